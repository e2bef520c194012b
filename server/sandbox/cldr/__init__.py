"""Reads CLDR data from ``data.zip`` and derives what ``Intl`` needs: patterns, names and rules, one part at a time."""
