"""The domain: frozen dataclasses, typed ids and pure rules. No I/O, and no import of other packages of this program."""
