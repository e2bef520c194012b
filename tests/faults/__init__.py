"""Faults done to the running server, with a ledger on both sides. ``make faults`` prints the figures."""
