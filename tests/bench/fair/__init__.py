"""Whether trouble at one place slows another."""
