"""Builds the vendored fonts: the signs, weights and features that the pages use, and nothing else.

Needs ``fonttools`` 4.68.0 and ``brotli`` 1.2.1 (``pip install fonttools==4.68.0 brotli==1.2.1``) and the packages of
``package-lock.json``: ``npm ci && python fonts.py``. Prints what VENDORED.md and ``static/css/tokens.css`` say.
"""

from hashlib import sha256
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
SIGNS = [*range(0x20, 0x7F), *range(0xA0, 0x100), 0x152, 0x153, 0x178, *range(0x2010, 0x2027), 0x2030, 0x2032, 0x2033]
SIGNS += [0x2039, 0x203A, 0x20AC, 0x2122, *range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265]
"""ASCII, Latin-1 and the signs of our sentences. What is missing comes from a font of the system, as Chinese does."""
WEIGHTS = (400, 700)
FONTS = {
    "inter": (("kern", "ccmp", "tnum"), "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"),
    "jetbrains-mono": (
        ("ccmp",),  # without calt: its ligatures would show != as one sign, and people look for what they typed
        "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
    ),
}


def reduced(path: Path, features: tuple[str, ...]) -> bytes:
    """The font as WOFF2, with ``SIGNS``, ``WEIGHTS`` and ``features`` only."""
    font = TTFont(path, recalcTimestamp=False)
    options = Options()
    options.layout_features = list(features)
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # names, copyright and licence
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=SIGNS)
    subsetter.subset(font)
    # Written and read again: the instancer needs the glyphs of the subset only.
    whole = BytesIO()
    font.flavor = None
    font.save(whole)
    font = instantiateVariableFont(TTFont(whole, recalcTimestamp=False), {"wght": WEIGHTS})
    font.flavor = "woff2"
    made = BytesIO()
    font.save(made)
    return made.getvalue()


for name, (features, source) in FONTS.items():
    made = reduced(HERE / "node_modules" / source, features)
    (HERE.parent / f"{name}.woff2").write_bytes(made)
    print(sha256(made).hexdigest(), f"{name}.woff2", len(made))
