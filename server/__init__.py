"""Hookbench: receives signed webhooks, reshapes them with the user's JavaScript and forwards them."""

__version__ = "0.1.0"
