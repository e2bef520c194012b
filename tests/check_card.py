"""Checks one card and shows what its code makes of each event type: ``make card NAME=slack``; ``WRITE=1`` writes it.

What is written is what the code does now, so read it before you keep it.
"""

import asyncio
import json
import sys

from card_checks import (
    Folder,
    a_sandbox,
    collapsed,
    entry_of,
    made_of,
    misread_responses,
    refused_by_contract,
    sample_event,
    unexpected,
    wrong_requests,
)

from server.assets import transforms_dir
from server.domain.card_files import LOCALES, sentences_of
from server.domain.card_tables import MalformedCard
from server.domain.catalog import EVENT_TYPES
from server.domain.contract_schemas import MalformedContract

SHOWN = 160


async def look(name: str, *, write: bool, full: bool) -> list[str]:
    """The problems of a card. Prints what its code makes of the samples."""
    path = transforms_dir() / name
    try:
        folder = Folder.read(path)
        sentences = {*sentences_of(folder.card), *folder.contract.sentences}
    except (MalformedCard, MalformedContract, ValueError) as error:
        return [f"{type(error).__name__}: {error}"]
    except FileNotFoundError:
        return [f"transforms/{name} does not exist"]
    problems = [
        f"{locale}.json has no {sentence!r}"
        for locale in LOCALES
        for sentence in sorted(sentences - folder.card.texts.get(locale, {}).keys())
    ] + [
        f"{locale}.json: {sentence!r} is no sentence of the card"
        for locale in LOCALES
        for sentence in sorted(folder.card.texts.get(locale, {}).keys() - sentences)
    ]
    for file in ("wrong.json", "responses.json"):
        if file not in folder.files:
            problems.append(f"{file} is missing")
    async with a_sandbox() as sandbox:
        for code in folder.codes:
            entries = {
                event_type: entry_of(
                    await made_of(sandbox, folder.card, folder.codes[code], sample_event(event_type)),
                    folder.card,
                    event_type,
                )
                for event_type in EVENT_TYPES
            }
            print(f"\n{code}:")
            for event_type, entry in entries.items():
                text = json.dumps(entry, ensure_ascii=False)
                print(f"  {event_type:36} {text if full or len(text) <= SHOWN else text[:SHOWN] + '…'}")
            if write:
                (path / "expected").mkdir(exist_ok=True)
                written = json.dumps(collapsed(entries), ensure_ascii=False, indent=2) + "\n"
                (path / "expected" / f"{code}.json").write_text(written, encoding="utf-8")
            else:
                problems += await unexpected(sandbox, folder, code)
            problems += await refused_by_contract(sandbox, folder, code, varied=False)
            problems += await refused_by_contract(sandbox, folder, code, varied=True)
    if "wrong.json" in folder.files:
        problems += wrong_requests(folder)
    if "responses.json" in folder.files:
        problems += misread_responses(folder)
    return problems


def main() -> None:
    name, *options = sys.argv[1:]
    problems = asyncio.run(look(name, write="--write" in options, full="--full" in options))
    print()
    for problem in problems[:60]:
        print(f"- {problem}")
    if len(problems) > 60:
        print(f"… and {len(problems) - 60} more")
    print(f"{name}: {len(problems)} problems" if problems else f"{name}: no problem")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
