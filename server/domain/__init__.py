"""What things are: frozen dataclasses, typed ids, pure rules. No I/O, and nothing of ours is imported here."""
