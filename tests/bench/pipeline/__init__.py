"""Measures the whole path of an event under load."""
