"""``hookbench activate``, ``rollback`` and ``history``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from server.actions import activations, pushes
from server.actions.activations import NO_DRAFT, Approval, former_version
from server.actions.case_runs import run_all
from server.actions.endpoints import serving
from server.commands.opened import Opened
from server.commands.pushing import COLOURS, diff, tell_parked, told_cases
from server.commands.shared import Refused, at, author, now, show, table
from server.domain.case_results import CaseResults
from server.domain.endpoints import Endpoint
from server.domain.ids import VersionId
from server.domain.sentences import Invalid, Problem
from server.domain.shortened import shortened
from server.domain.versions import Activation, ActivationReason, CodeDraft, Version, VersionOrigin
from server.store import Transaction, drafts, versions

LAST = 50
"""Rows that ``history`` shows."""


async def activate(opened: Opened, wanted: str, number: int | None, note: str, override: str) -> None:
    """Make the draft, or a version by its number, serve, if its test cases pass."""
    endpoint = await opened.find(wanted)
    stored = await opened.store.read(lambda tx: pushes.read(tx, endpoint.id))
    draft, version = stored.draft, None
    if number is not None:
        version = await _numbered(opened, endpoint, number)
    elif draft is None:
        raise Invalid(Problem("", NO_DRAFT))
    masker = pushes.masker(stored, opened.cards.get(endpoint.card))
    before, code = masker.text(stored.active_code), masker.text(version.code if version else stored.code)
    for line in diff(before, code, _name(endpoint.version), _name(version) if version else "draft"):
        show(line, COLOURS.get(line[:1], ""))
    results = CaseResults()
    if version or stored.transforming:
        tested = replace(endpoint, version=version) if version else endpoint
        results = await run_all(opened, tested, None if version else draft)
    failing = results.failing
    for line in told_cases(results):
        show(masker.text(line))
    if failing and not override:
        raise Refused(f"{failing} test cases fail. Nothing was activated. To do it all the same, use --override WHY.")
    approval = Approval(author(), note, failing, override if failing else "")

    def update(tx: Transaction) -> Endpoint:
        if version:
            return activations.serve_version(tx, endpoint.id, version.id, approval, now())
        assert draft
        return activations.serve_draft(tx, endpoint.id, draft.id, approval, now(), VersionOrigin.COMMAND_LINE)

    await _tell(opened, await opened.store.write(update))


async def roll_back(opened: Opened, wanted: str, number: int | None, note: str) -> None:
    """Make the version that served before, or one by its number, serve again."""
    endpoint = await opened.find(wanted)
    if number is not None:
        version_id = (await _numbered(opened, endpoint, number)).id
        if not await opened.store.read(lambda tx: versions.has_served(tx, version_id)):
            raise Refused(f"Version {number} never served. Activate it: hookbench activate {wanted} --version {number}")
    else:
        made = await opened.store.read(lambda tx: versions.activations_of(tx, endpoint.id))
        former = former_version(endpoint, made)
        if former is None:
            raise Refused("No other version has served yet.")
        version_id = former
    approval = Approval(author(), note)

    def update(tx: Transaction) -> Endpoint:
        return activations.serve_version(tx, endpoint.id, version_id, approval, now(), ActivationReason.ROLLED_BACK)

    await _tell(opened, await opened.store.write(update))
    show("Values of variables, credentials, URL and event types stay as they are.")


async def history(opened: Opened, wanted: str, *, as_json: bool) -> None:
    """Print versions and activations, newest first."""
    endpoint = await opened.find(wanted)

    def read(tx: Transaction) -> tuple[list[Version], list[Activation], dict[VersionId, Version], CodeDraft | None]:
        made = versions.activations_of(tx, endpoint.id, LAST)
        named = versions.by_ids(tx, [each.version_id for each in made])
        return versions.history(tx, endpoint.id, LAST), made, named, drafts.current(tx, endpoint.id)

    known, made, named, draft = await opened.store.read(read)
    if as_json:
        click.echo(json.dumps(_as_data(endpoint, known, made, named, draft), indent=2))
        return
    show(f"{opened.name_of(endpoint)} ({endpoint.id})")
    if draft:
        show(f"There is a draft: revision {draft.revision}, saved {at(draft.created_at)}, by {draft.author or '?'}.")
    show("\nVersions")
    rows = [
        (f"v{one.number}", at(one.created_at), one.author, one.origin.value, _marks(endpoint, one), _line(one.note))
        for one in known
    ]
    for line in table(("", "created (UTC)", "author", "origin", "", "note"), rows):
        show(line)
    show("\nActivations")
    rows = [
        (at(one.created_at), _served(one, named), one.reason.value, one.author, _failing(one), _line(one.note))
        for one in made
    ]
    for line in table(("since (UTC)", "", "reason", "author", "", "note"), rows):
        show(line)


async def _numbered(opened: Opened, endpoint: Endpoint, number: int) -> Version:
    version = await opened.store.read(lambda tx: versions.numbered(tx, endpoint.id, number))
    if version is None:
        raise Refused(f"There is no version {number}. See: hookbench history {endpoint.id}")
    return version


async def _tell(opened: Opened, changed: Endpoint) -> None:
    if changed.version and changed.transforming:
        show(f"Version {changed.version.number} is active.")
    else:
        show("The transformation is off: events are forwarded unchanged.")
    await tell_parked(opened, changed)


def _name(version: Version | None) -> str:
    return f"version {version.number}" if version else "no code"


def _marks(endpoint: Endpoint, version: Version) -> str:
    shadow = endpoint.shadow
    if serving(endpoint) == version.id:
        return "active"
    return "in shadow" if shadow and shadow.version.id == version.id else ""


def _served(activation: Activation, named: Mapping[VersionId, Version]) -> str:
    if activation.version_id is None:
        return "off"
    version = named.get(activation.version_id)
    return f"v{version.number}" if version else "?"


def _failing(activation: Activation) -> str:
    return f"{activation.failing} failing: {_line(activation.override_note)}" if activation.failing else ""


def _line(text: str) -> str:
    """The first line of a note, cut to what fits beside the other columns."""
    line = text.strip().partition("\n")[0].replace("\t", " ")
    return shortened(line, 60)


def _as_data(
    endpoint: Endpoint,
    known: Sequence[Version],
    made: Sequence[Activation],
    named: Mapping[VersionId, Version],
    draft: CodeDraft | None,
) -> dict[str, Any]:
    active = serving(endpoint)
    return {
        "endpoint": endpoint.id,
        "active": next((one.number for one in (*known, endpoint.version) if one and one.id == active), None),
        "draft": {"revision": draft.revision, "author": draft.author, "saved_at": draft.created_at} if draft else None,
        "versions": [
            {
                "number": one.number,
                "id": one.id,
                "created_at": one.created_at,
                "author": one.author,
                "origin": one.origin.value,
                "note": one.note,
            }
            for one in known
        ],
        "activations": [
            {
                "version": named[one.version_id].number if one.version_id and one.version_id in named else None,
                "version_id": one.version_id,
                "reason": one.reason.value,
                "at": one.created_at,
                "author": one.author,
                "note": one.note,
                "failing": one.failing,
                "override_note": one.override_note,
            }
            for one in made
        ],
    }
