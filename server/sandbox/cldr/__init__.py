"""CLDR, read from ``data.zip``, and what ``Intl`` makes of it: patterns, names and rules for one question at a time."""
