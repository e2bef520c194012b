"""Injects faults into a running server and checks, with a ledger on both sides, that no event is lost."""
