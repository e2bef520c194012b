"""Collects the sentences of templates, cards and code into the .po files: ``make translations``.

Sentences in code are the arguments of ``say("…")``, ``Sentence("…")`` and ``gettext("…")``, and the values of
``FLASHES``. Sentences of the event catalogue are its titles and descriptions, including those of schemas.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from server.domain.catalog import GROUPS
from server.domain.reasons import REASONS
from server.sandbox.differences import DIFFERENCES
from server.settings import documented
from server.web.render import environment

ROOT = Path(__file__).parent.parent.parent
LOCALES = ROOT / "server" / "locale"
LANGUAGES = ("zh_Hans",)
TRANSLATES = {"server.domain.sentences": {"say", "Sentence"}, "server.web.i18n": {"gettext"}}
"""Module → its functions whose first argument is a sentence."""

# Babel's own header contains the current time, so every run would change the file.
HEADER = r"""msgid ""
msgstr ""
"Project-Id-Version: Hookbench\n"
"Language: {language}\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plural}\n"

"""

Sentence = str | tuple[str, str]
"""The English text; if it has a count, the pair of singular and plural."""


@cache
def sentences() -> dict[Sentence, list[str]]:
    """Every sentence that a user may see → the files that contain it."""
    found: dict[Sentence, list[str]] = {}
    for sentence, file in _everywhere():
        if sentence and file not in found.setdefault(sentence, []):
            found[sentence].append(file)
    return found


def missing(language: str) -> list[Sentence]:
    """The sentences without a translation."""
    known = read(language)
    return [sentence for sentence in sentences() if not _translation(known, sentence)]


def update(language: str) -> bytes:
    """The updated .po file: keeps known translations, adds new sentences empty, and drops unused ones."""
    known = read(language)
    catalogue = Catalog(locale=language, fuzzy=False)
    for sentence, files in sentences().items():
        catalogue.add(sentence, _translation(known, sentence), [(file, 0) for file in files])
    out = BytesIO(HEADER.format(language=language, plural=catalogue.plural_forms).encode())
    out.seek(0, SEEK_END)
    write_po(out, catalogue, omit_header=True, include_lineno=False, sort_output=True, width=120)
    return out.getvalue()


def read(language: str) -> Catalog:
    file = file_of(language)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as source:
        return read_po(source, locale=language)


def file_of(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "messages.po"


def _translation(known: Catalog, sentence: Sentence) -> str | tuple[str, ...] | None:
    """The translation; None if it is missing or fuzzy, or if the sentence gained or lost its plural."""
    entry = known.get(sentence)
    if entry is None or entry.fuzzy or entry.id != sentence:
        return None
    if isinstance(entry.string, str):
        return entry.string or None
    texts = tuple(entry.string or ())
    return texts if all(texts) else None


def _everywhere() -> Iterator[tuple[Sentence, str]]:
    for file in sorted((ROOT / "templates").rglob("*.html")):
        extracted = environment().extract_translations(file.read_text())  # type: ignore[attr-defined]  # by jinja2.ext.i18n
        for _, _, given in extracted:
            match given:
                case str(text):
                    yield text, _name(file)
                case (str(one), str(many), *_):
                    yield (one, many), _name(file)
    for file in sorted((ROOT / "server").rglob("*.py")):
        for text in _in_code(ast.parse(file.read_text())):
            yield text, _name(file)
    for group in GROUPS:
        for text in (group.title, group.description):
            yield text, "server/domain/catalog"
        for event_type in group.event_types:
            yield event_type.description, "server/domain/catalog"
            for text in _in_schema(event_type.schema):
                yield text, "server/domain/catalog"
    for _, _, text in documented():
        yield text, "server/settings.py"
    for text in REASONS.values():
        yield text, "server/domain/reasons.py"
    for difference in DIFFERENCES:
        yield difference.why, "server/sandbox/differences.py"


def _in_code(module: ast.Module) -> Iterator[str]:
    imported = {
        alias.asname or alias.name
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module in TRANSLATES
        for alias in node.names
        if alias.name in TRANSLATES[node.module]
    }
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text)), *_]) if name in imported:
                yield text
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="i18n"), attr="gettext"), args=[ast.Constant(value=str(text))]
            ):
                yield text
            case ast.Assign(targets=[ast.Name(id="FLASHES")], value=ast.Dict(values=values)):
                for value in values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value


def _in_schema(schema: Mapping[str, Any]) -> Iterator[str]:
    inner = schema.get("items", schema)
    for each in inner.get("properties", {}).values():
        yield each.get("description", "")
        yield from _in_schema(each)


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


if __name__ == "__main__":
    for each in LANGUAGES:
        written = update(each)
        file_of(each).parent.mkdir(parents=True, exist_ok=True)
        file_of(each).write_bytes(written)
        print(f"{each}: {len(sentences())} sentences, {len(missing(each))} without a translation")
