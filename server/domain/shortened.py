"""Cuts text to what there is room for."""


def shortened(text: str, limit: int) -> str:
    """The text, at most ``limit`` characters long; one that is cut ends in "…"."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
