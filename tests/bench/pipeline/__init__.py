"""The whole path under load."""
