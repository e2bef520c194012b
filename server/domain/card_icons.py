"""The icon of a person's own card: a few shapes, read strictly and written anew, since a page shows it as SVG.

What is not a known shape with numbers in known attributes is refused, so nothing of the text reaches a page as it came.
"""

import re
from collections.abc import Mapping
from html import escape
from xml.etree import ElementTree

MAX_ICON_CHARACTERS = 4000
MAX_SHAPES = 60

_NUMBERS = re.compile(r"[\d\s.,eE+-]{1,400}")
_PATH = re.compile(r"[\d\s.,eE+\-MmLlHhVvCcSsQqTtAaZz]{1,3000}")
_TRANSFORM = re.compile(r"(?:(?:rotate|translate|scale)\([\d\s.,+-]{1,60}\)\s*){1,4}")
_PAINT = re.compile(r"none|currentColor")
_WORD = re.compile(r"round|square|butt|bevel|miter|evenodd|nonzero")

_ATTRIBUTES: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height"), _NUMBERS),
    **dict.fromkeys(("points", "stroke-width", "stroke-dasharray", "opacity"), _NUMBERS),
    **dict.fromkeys(("fill", "stroke"), _PAINT),
    **dict.fromkeys(("stroke-linecap", "stroke-linejoin", "fill-rule"), _WORD),
    "d": _PATH,
    "transform": _TRANSFORM,
}
_SHAPES = ("path", "line", "polyline", "polygon", "rect", "circle", "ellipse", "g")


def safe_icon(text: str) -> str | None:
    """The shapes of an icon, written anew; ``None`` when there is anything else in it."""
    if len(text) > MAX_ICON_CHARACTERS or "<!" in text or "<?" in text:  # no DTD, no entities
        return None
    try:
        root = ElementTree.fromstring(f"<icon>{text}</icon>")  # noqa: S314  short, and without declarations
    except ElementTree.ParseError:
        return None
    shapes = list(root.iter())[1:]
    if not shapes or len(shapes) > MAX_SHAPES or not all(_is_plain(shape) for shape in shapes):
        return None
    if root.text and root.text.strip():
        return None
    return "".join(_written(shape) for shape in root)


def _is_plain(shape: ElementTree.Element) -> bool:
    """Whether it is a known shape with known attributes, and holds no text and nothing that it should not."""
    if shape.tag not in _SHAPES or (len(shape) and shape.tag != "g"):
        return False
    if any(text and text.strip() for text in (shape.text, shape.tail)):
        return False
    return all(name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(value) for name, value in shape.items())


def _written(shape: ElementTree.Element) -> str:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in shape.items())
    inner = "".join(_written(each) for each in shape)
    return f"<{shape.tag}{attributes}>{inner}</{shape.tag}>" if inner else f"<{shape.tag}{attributes}/>"


def is_letter(text: str) -> bool:
    """Whether ``letter_icon`` can show it: one or two letters or digits of any script."""
    return 0 < len(text) <= 2 and text.isalnum()


def letter_icon(letter: str) -> str:
    """An icon that shows a letter, or a sign of another script."""
    return (
        '<rect x="3" y="3" width="18" height="18" rx="4"/>'
        '<text x="12" y="16.5" text-anchor="middle" font-size="12" font-weight="600" '
        f'fill="currentColor" stroke="none">{escape(letter)}</text>'
    )
