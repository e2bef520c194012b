"""Collects the sentences of templates, cards and code into the .po files: ``make translations``.

Sentences in code are the first argument of ``say(…)`` or ``_(…)``, the values of ``FLASHES``, and what the catalogue
says of groups and event types.
"""

import ast
import tomllib
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from server.domain.catalog import GROUPS

ROOT = Path(__file__).parent.parent.parent
LOCALES = ROOT / "server" / "locale"
LANGUAGES = ("zh_Hans",)
CARD_TEXTS = ("title", "summary", "label", "help", "pattern_hint", "url_placeholder")


def sentences() -> dict[str, list[str]]:
    """Every sentence that a reader may see, with the files it stands in."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "templates").rglob("*.html")):
        for _, message, _, _ in extract_from_file("jinja2.ext.babel_extract", file, options={"silent": "false"}):
            for text in (message,) if isinstance(message, str) else message:
                found.setdefault(text, []).append(_name(file))
    for file in sorted((ROOT / "server").rglob("*.py")):
        for text in _in_code(file):
            found.setdefault(text, []).append(_name(file))
    for group in GROUPS:
        texts = [group.title, group.description, *(event_type.description for event_type in group.event_types)]
        for text in texts:
            found.setdefault(text, []).append(f"server/domain/catalog/{group.name}.py")
    for file in sorted((ROOT / "transforms").rglob("card.toml")):
        for text in _in_card(tomllib.loads(file.read_text())):
            found.setdefault(text, []).append(_name(file))
    found.pop("", None)
    return found


def missing(language: str) -> list[str]:
    """Sentences without a translation."""
    catalogue = _read(language)
    return [text for text in sentences() if not (entry := catalogue.get(text)) or not entry.string or entry.fuzzy]


def update(language: str) -> None:
    """Write the .po file anew: known translations stay, new sentences are empty, unused ones go."""
    old = _read(language)
    new = Catalog(locale=language, project="Hookbench", fuzzy=False)
    for text, files in sentences().items():
        entry = old.get(text)
        plural = _plural_of(text)
        new.add(
            (text, plural) if plural else text, entry.string if entry else None, [(f, 0) for f in dict.fromkeys(files)]
        )
    out = BytesIO()
    write_po(out, new, omit_header=False, include_lineno=False, sort_output=True, width=120)
    file = LOCALES / language / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(out.getvalue())


def _read(language: str) -> Catalog:
    file = LOCALES / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as source:
        return read_po(source, locale=language)


def _plural_of(text: str) -> str | None:
    return None


def _in_code(file: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Name(id="say" | "_" | "Sentence"), args=[ast.Constant(value=str(text)), *_]):
                found.append(text)
            case ast.Assign(targets=[ast.Name(id="FLASHES")], value=ast.Dict(values=values)):
                found += [value.value for value in values if isinstance(value, ast.Constant)]
    return found


def _in_card(value: object, key: str = "") -> list[str]:
    match value:
        case dict():
            return [text for name, inner in value.items() for text in _in_card(inner, name)]
        case list():
            return [text for inner in value for text in _in_card(inner, key)]
        case str() if key in (*CARD_TEXTS, "steps"):
            return [value]
        case _:
            return []


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


if __name__ == "__main__":
    for each in LANGUAGES:
        update(each)
        untranslated = missing(each)
        print(f"{each}: {len(sentences())} sentences, {len(untranslated)} without a translation")
