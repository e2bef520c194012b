"""The commands about an endpoint's code, and what all commands share."""
