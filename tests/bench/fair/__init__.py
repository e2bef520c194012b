"""Measures whether one misbehaving endpoint or client slows down others."""
