"""``hookbench test``: runs the test cases of endpoint folders without a server and without a database."""

import asyncio
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import click

from server.commands.shared import Stop, settings_of
from server.domain.case_results import CaseState
from server.domain.checked_values import MalformedFile
from server.domain.coverage import Coverage
from server.domain.coverage_reports import as_lcov
from server.domain.coverage_reports import in_words as coverage_in_words
from server.domain.endpoint_files import (
    CARD_FOLDER,
    CASES_FOLDER,
    CODE_FILE,
    ENDPOINT_FILE,
    MAX_CASES,
    Folder,
)
from server.domain.line_diff import DiffLine, LineKind, line_diff
from server.domain.sentences import Sentence
from server.domain.test_case_files import MAX_FILE_BYTES, dump
from server.domain.test_cases import ExactRequest, TestCase, in_words, told_expectation
from server.domain.visible import visible

if TYPE_CHECKING:
    from server.actions.case_runs import CaseRun
    from server.domain.cards import Card
    from server.sandbox import Sandbox

MAX_CARD_FILES = 80
MAX_DIFF_LINES = 60
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKS = {CaseState.PASSED: ("ok  ", "green"), CaseState.FAILED: ("FAIL", "red"), CaseState.UNRUN: ("----", "yellow")}
_SIGNS = {LineKind.SAME: "  ", LineKind.ADDED: "+ ", LineKind.REMOVED: "- "}


@dataclass(frozen=True, slots=True)
class FolderRun:
    """A folder with what came of its cases."""

    path: Path
    name: str
    """The folder's path as it was typed."""
    folder: Folder
    cards: Mapping[str, "Card"]
    runs: Sequence["CaseRun"]
    coverage: Coverage | Sentence | None = None
    """What the cases cover, or why that is unknown; ``None`` when nobody asked."""

    def count(self, state: CaseState) -> int:
        return sum(run.state is state for run in self.runs)

    def file_of(self, case: TestCase) -> str:
        """The path of the case's file in the folder."""
        return (self.folder.case_files or {})[case.name]


def test(
    folders: Sequence[Path],
    *,
    junit: Path | None,
    update: bool,
    yes: bool,
    actual: Path | None,
    coverage: bool,
    lcov: Path | None,
) -> None:
    """Run the cases of the folders, print what came of them, and end with the exit code."""
    read = [(path, read_folder(path)) for path in _endpoints_in(folders)]
    if not any(folder.cases for _, folder in read):
        raise Stop(f"There are no test cases. They are JSON files in the folder {CASES_FOLDER} of an endpoint.")
    covered = coverage or lcov is not None
    found = asyncio.run(_run(read, covered=covered))
    for each in found:
        click.echo("\n".join(_told(each)) + "\n")
    if update and _updated(found, ask=not yes):
        found = asyncio.run(_run([(path, read_folder(path)) for path, _ in read], covered=covered))
    click.echo(_summary(found))
    _write_files(found, junit, actual, lcov)
    sys.exit(0 if all(each.count(CaseState.PASSED) == len(each.runs) for each in found) else 1)


def read_folder(path: Path) -> Folder:
    """The endpoint in a folder. Raises ``Stop`` with a sentence that names the file."""
    try:
        return Folder.of(_files(path))
    except MalformedFile as error:
        raise Stop(f"{path}/{error}") from error


def _files(path: Path) -> dict[str, str]:
    """The files of an endpoint's folder as texts by their paths. Files that it does not know are left alone."""
    card = path / CARD_FOLDER
    known = [path / ENDPOINT_FILE, path / CODE_FILE]
    known += sorted((path / CASES_FOLDER).glob("[!.]*.json"))[: MAX_CASES + 1]
    known += sorted(each for pattern in ("*.*", "*/*.*") for each in card.glob(pattern))[:MAX_CARD_FILES]
    return {each.relative_to(path).as_posix(): _text(each) for each in known if each.is_file()}


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise Stop(f"{file} is larger than {MAX_FILE_BYTES // 1024} KiB.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Stop(f"{file} is not UTF-8 text.") from error


def _endpoints_in(folders: Iterable[Path]) -> list[Path]:
    """The endpoints' folders: those named, or those in them."""
    found: list[Path] = []
    for folder in folders:
        if (folder / ENDPOINT_FILE).is_file():
            inner = [folder]
        else:
            inner = sorted(each.parent for each in folder.glob(f"*/{ENDPOINT_FILE}"))
        if not inner:
            raise Stop(f"There is no {ENDPOINT_FILE} in {folder}, nor in a folder in it.")
        found += [each for each in inner if each not in found]
    return found


def cards_of(path: Path, folder: Folder) -> dict[str, "Card"]:
    """The folder's card by its name: a built-in one, or the own card whose files the folder has."""
    from server.actions.cards import load_card
    from server.assets import transforms_dir
    from server.domain.card_files import CARD_FILE, parse_card
    from server.domain.card_shelf import OWN, is_own
    from server.domain.card_tables import MalformedCard

    name = folder.endpoint.card
    if is_own(name):
        if not folder.card_files:
            return {}
        try:
            return {name: parse_card(name.removeprefix(OWN), folder.card_files)}
        except MalformedCard as error:
            raise Stop(f"{path}/{CARD_FOLDER}: {error}") from error
    if name not in {each.parent.name for each in transforms_dir().glob(f"*/{CARD_FILE}")}:
        raise Stop(f"{path}/{ENDPOINT_FILE}: this Hookbench has no card {name!r}.")
    return {name: load_card(transforms_dir() / name)}


async def _run(read: Sequence[tuple[Path, Folder]], *, covered: bool = False) -> list[FolderRun]:
    from server.sandbox import Sandbox

    sandbox = Sandbox(settings_of({}).limits)
    await sandbox.start()
    try:
        found = [await run_folder(path, folder, sandbox) for path, folder in read]
        return [replace(each, coverage=await _covered(each, sandbox)) for each in found] if covered else found
    finally:
        await sandbox.close()


async def run_folder(path: Path, folder: Folder, sandbox: "Sandbox") -> FolderRun:
    """Run the cases of one folder."""
    from server.actions.case_runs import run_cases

    cards = cards_of(path, folder)
    runs = await run_cases(
        folder.cases, folder.endpoint.card, folder.code, owner=str(path), sandbox=sandbox, cards=cards
    )
    return FolderRun(path, str(path), folder, cards, runs)


async def _covered(found: FolderRun, sandbox: "Sandbox") -> Coverage | Sentence:
    """What the cases of a folder cover. They run again, since code with counters may word its errors differently."""
    from server.actions.case_runs import run_cases
    from server.delivery.counting import CountingSandbox
    from server.domain.branch_counters import NotCountable, instrument

    folder = found.folder
    try:
        counting = CountingSandbox(sandbox, instrument(folder.code))
    except NotCountable as cannot:
        return cannot.sentence
    card = folder.endpoint.card
    await run_cases(folder.cases, card, folder.code, owner=found.name, sandbox=counting, cards=found.cards)
    return counting.coverage


def _told(found: FolderRun) -> Iterator[str]:
    """One folder's results, line by line."""
    yield visible(found.name)
    for run in found.runs:
        mark, colour = _MARKS[run.state]
        yield f"  {click.style(mark, fg=colour)} {visible(run.case.name)}"
        yield from (visible(f"       {line}") for line in _differences(run))
    if isinstance(found.coverage, Coverage):
        yield from (f"  {line}" for line in coverage_in_words(found.coverage, CODE_FILE))
    elif found.coverage:
        yield f"  {found.coverage}"


def _differences(run: "CaseRun") -> list[str]:
    """What is wrong: how an exact request differs, or a sentence for each assertion that does not hold."""
    if run.state is CaseState.FAILED and isinstance(run.case.expectation, ExactRequest):
        return _diff(*_both(run))
    return [str(failure.sentence) for failure in run.failures]


def _both(run: "CaseRun") -> tuple[str, str]:
    """What the case expects and what the code makes, as text."""
    assert run.outcome is not None
    return told_expectation(run.case), in_words(run.outcome, run.case.expectation)


def _diff(before: str, after: str) -> list[str]:
    lines = [_line(each) for each in line_diff(before, after)]
    rest = len(lines) - MAX_DIFF_LINES
    return lines if rest <= 0 else [*lines[:MAX_DIFF_LINES], f"… {rest} more lines"]


def _line(line: DiffLine) -> str:
    if line.kind is LineKind.FOLDED:
        return f"  … {line.count} equal lines"
    return _SIGNS[line.kind] + line.text


def _summary(found: Sequence[FolderRun]) -> str:
    counts = {state: sum(each.count(state) for each in found) for state in CaseState}
    words = {CaseState.PASSED: "passed", CaseState.FAILED: "failed", CaseState.UNRUN: "could not be run"}
    told = [f"{counts[state]} {words[state]}" for state in CaseState if counts[state] or state is CaseState.PASSED]
    return ", ".join(told)


def _updated(found: Sequence[FolderRun], *, ask: bool) -> bool:
    """Show the expectations that would change and write them to their files, if the person agrees."""
    from server.actions.case_runs import new_expectation

    changed: list[tuple[Path, TestCase]] = []
    for each in found:
        for run in each.runs:
            if run.state is not CaseState.FAILED or run.outcome is None:
                continue
            card = each.cards.get(each.folder.endpoint.card)
            case = replace(run.case, expectation=new_expectation(run, card))
            if case.expectation == run.case.expectation:
                continue
            file = each.path / each.file_of(case)
            click.echo(visible("\n".join([str(file), *_diff(told_expectation(run.case), told_expectation(case)), ""])))
            changed.append((file, case))
    if not changed:
        click.echo("No expectation can be updated.")
        return False
    if ask and not sys.stdin.isatty():
        raise Stop("Nobody can be asked here. With --yes the expectations are updated without asking.")
    told = "1 expectation" if len(changed) == 1 else f"{len(changed)} expectations"
    if ask and not click.confirm(f"Update {told}?"):
        return False
    for file, case in changed:
        try:
            file.write_text(dump(case), encoding="utf-8")
        except OSError as error:
            raise Stop(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"Updated {told}.")
    return True


def _write_files(found: Sequence[FolderRun], junit: Path | None, actual: Path | None, lcov: Path | None) -> None:
    try:
        if lcov:
            records = [
                as_lcov(each.coverage, str(each.path / CODE_FILE))
                for each in found
                if isinstance(each.coverage, Coverage)
            ]
            lcov.write_text("".join(records), encoding="utf-8", errors="replace")
        if junit:
            ElementTree.ElementTree(_as_junit(found)).write(junit, encoding="utf-8", xml_declaration=True)
        if actual:
            for path, text in _failing_texts(found):
                file = actual / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise Stop(f"{error.filename} cannot be written: {error.strerror}") from error


def _failing_texts(found: Sequence[FolderRun]) -> Iterator[tuple[str, str]]:
    """(path, text) of what each failing case expects and what the code makes."""
    names: dict[str, int] = {}
    for each in found:
        name = each.path.resolve().name
        names[name] = names.get(name, 0) + 1
        folder = name if names[name] == 1 else f"{name}-{names[name]}"
        for run in each.runs:
            if run.state is CaseState.FAILED and run.outcome is not None:
                stem = Path(each.file_of(run.case)).stem
                before, after = _both(run)
                yield f"{folder}/{stem}.expected.txt", before
                yield f"{folder}/{stem}.actual.txt", after


def _as_junit(found: Sequence[FolderRun]) -> ElementTree.Element:
    root = ElementTree.Element("testsuites")
    for each in found:
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_clean(each.name),
            tests=str(len(each.runs)),
            failures=str(each.count(CaseState.FAILED)),
            errors=str(each.count(CaseState.UNRUN)),
            time=f"{sum(run.ms for run in each.runs) / 1000:.3f}",
        )
        for run in each.runs:
            suite.append(_as_junit_case(each, run))
    return root


def _as_junit_case(found: FolderRun, run: "CaseRun") -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        name=_clean(run.case.name),
        classname=_clean(found.name),
        file=_clean(str(found.path / found.file_of(run.case))),
        time=f"{run.ms / 1000:.3f}",
    )
    if run.state is not CaseState.PASSED:
        kind = "failure" if run.state is CaseState.FAILED else "error"
        wrong = ElementTree.SubElement(case, kind, message=_clean(str(run.failures[0].sentence)))
        wrong.text = _clean("\n".join(_differences(run)))
    if run.console:
        ElementTree.SubElement(case, "system-out").text = _clean("\n".join(line.text for line in run.console))
    return case


def _clean(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _NO_XML.sub("�", text)
