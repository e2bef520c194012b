"""Endpoints as folders of files: what ``pull`` writes, what ``push`` would change, and pushing in one transaction.

A push compares three states, as git does: the folder, what Hookbench has, and what Hookbench had when the folder was
pulled. What others changed since is not overwritten unless the person forces it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from server.actions import activations, code_drafts
from server.actions import endpoints as endpoint_actions
from server.actions import test_cases as case_actions
from server.actions.activations import Approval
from server.actions.controls import MAX_CONCURRENT_ATTEMPTS
from server.actions.endpoint_form import ChecksDrafts, EndpointForm, problems
from server.actions.endpoints import Stale, check_whole, existing
from server.actions.services import NO_CARD
from server.domain.audit import AuditAction
from server.domain.cards import Card
from server.domain.checked_values import MalformedFile
from server.domain.endpoint_files import MAX_CASES, Folder, file_of
from server.domain.endpoints import Endpoint
from server.domain.health import HEALTHY
from server.domain.ids import EndpointId, MessageId, Millis, TestCaseId, mint
from server.domain.masking import Masker, is_secret_url, masker_of
from server.domain.pulled import Fingerprints, Pulled
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.test_case_files import dump as dump_case
from server.domain.test_case_files import load as load_case
from server.domain.test_cases import TestCase
from server.domain.versions import CodeDraft, VersionOrigin
from server.store import Transaction, drafts, endpoints, options, own_cards, test_cases
from server.store.test_cases import StoredCase


@dataclass(frozen=True, slots=True)
class StoredFolder:
    """What Hookbench has of an endpoint's folder."""

    endpoint: Endpoint
    draft: CodeDraft | None
    cases: Sequence[StoredCase]
    card_files: Mapping[str, str] | None
    """The files of its own card; ``None`` for a card of Hookbench."""
    pushed: Fingerprints | None
    """What the last push left."""

    @property
    def code(self) -> str:
        """The code of the draft, or else the active one."""
        return self.draft.code if self.draft else self.active_code

    @property
    def active_code(self) -> str:
        return self.endpoint.version.code if self.endpoint.version else ""

    @property
    def variables(self) -> Mapping[str, str]:
        """Those of the draft, or else of the endpoint."""
        return self.endpoint.variables if self.draft is None or self.draft.variables is None else self.draft.variables

    @property
    def transforming(self) -> bool:
        return self.draft.transforming if self.draft else self.endpoint.transforming

    def pulled(self, folder: Folder, *, draft: bool) -> Pulled:
        """What the lock of this folder says. ``draft``: the folder has the draft, if there is one."""
        version = self.endpoint.version.number if self.endpoint.version else 0
        revision = self.draft.revision if draft and self.draft else 0
        return Pulled(self.endpoint.id, version, revision, Fingerprints.of(folder))


def read(tx: Transaction, endpoint_id: EndpointId) -> StoredFolder:
    """What there is of an endpoint. Raises ``Gone``, and ``Invalid`` when a part of it cannot be read."""
    endpoint = endpoints.get(tx, endpoint_id)
    if endpoint is None:
        raise endpoint_actions.Gone
    check_whole(endpoint)
    draft = drafts.current(tx, endpoint_id)
    if draft and draft.unreadable:
        raise Invalid(Problem("", say("The variables of the draft cannot be read. Enter them again and save.")))
    card = own_cards.get(tx, endpoint.card)
    return StoredFolder(
        endpoint,
        draft,
        test_cases.of_endpoint(tx, endpoint_id),
        card.files if card else None,
        options.pushed(tx, endpoint_id),
    )


def folder_of(
    stored: StoredFolder, card: Card | None, *, draft: bool, files: Mapping[str, str] | None = None
) -> Folder:
    """The folder of an endpoint without secrets. ``draft``: with the draft, if there is one; else the active code.

    ``files``: the paths that cases have already, by name. Raises ``Invalid`` when a secret stands in a text that cannot
    be changed.
    """
    drafted = draft and stored.draft is not None
    endpoint = stored.endpoint
    shown = replace(endpoint, variables=stored.variables, transforming=stored.transforming) if drafted else endpoint
    masks = masker(stored, card)
    names = {each.name for each in stored.cases}
    folder = Folder(
        file_of(shown, card),
        stored.code if drafted else stored.active_code,
        tuple(_without_secrets(each.case, masks) for each in stored.cases if each.case),
        {name: path for name, path in (files or {}).items() if name in names} or None,
        stored.card_files,
    )
    _check_no_secrets(folder, masks)
    return folder


def _check_no_secrets(folder: Folder, masker: Masker) -> None:
    for path, text in folder.files.items():
        if masker.text(text) != text:
            sentence = say(
                "{file} holds a secret of this endpoint. Put it into a variable, and read it from webhook.env.",
                file=path,
            )
            raise Invalid(Problem("", sentence))


def masker(stored: StoredFolder, card: Card | None) -> Masker:
    """Masks the secrets of the endpoint and of its draft, in one go."""
    both = {f"{name} of the draft": value for name, value in stored.variables.items()}
    return masker_of(replace(stored.endpoint, variables={**both, **stored.endpoint.variables}), card)


def _without_secrets(case: TestCase, masker: Masker) -> TestCase:
    text = dump_case(case)
    masked = masker.text(text)
    if masked == text:
        return case
    try:
        return load_case(masked, id=case.id, name=case.name)
    except MalformedFile:
        sentence = say("The test case {name} holds a secret of this endpoint. Change it.", name=case.name)
        raise Invalid(Problem("cases", sentence)) from None


class Part(StrEnum):
    """A part of a folder that changes by itself."""

    CODE = "code"
    SETTINGS = "settings"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Spot:
    """A part, and for a test case its name."""

    part: Part
    name: str = ""


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What a push changes."""

    stored: StoredFolder
    before: Folder
    """What Hookbench has: the draft, or else the active code."""
    folder: Folder
    """What is pushed."""
    typed: EndpointForm
    """The endpoint's form as the folder describes it."""
    code: bool
    """Code, switch or variables become the draft."""
    activate: bool
    """A draft becomes active."""
    settings: bool
    added: tuple[TestCase, ...]
    changed: tuple[TestCase, ...]
    """With the ids of those that they replace."""
    removed: tuple[StoredCase, ...]
    missing: tuple[str, ...]
    """Variables that ``endpoint.toml`` names and that have no value."""
    conflicts: tuple[Spot, ...]
    """What both the folder and somebody else changed since the pull."""
    kept: tuple[Spot, ...]
    """What only somebody else changed since the pull; it stays."""

    @property
    def changes(self) -> bool:
        return self.code or self.activate or self.settings or bool(self.added or self.changed or self.removed)

    @property
    def cases(self) -> list[TestCase]:
        """The test cases that the endpoint has afterwards, but for unreadable ones."""
        gone = {each.id for each in self.removed}
        new = {case.id: case for case in self.changed}
        stay = [new.get(each.id, each.case) for each in self.stored.cases if each.id not in gone]
        return [*(case for case in stay if case), *self.added]


def plan(
    stored: StoredFolder,
    folder: Folder,
    card: Card,
    base: Pulled | None,
    *,
    activate: bool = False,
    given: Mapping[str, str] | None = None,
    over_pushes: bool = False,
    force: bool = False,
) -> PushPlan:
    """What pushing a folder changes.

    ``given``: values of variables. ``over_pushes``: what earlier pushes left may be replaced, too. ``force``: so may
    everything. Raises ``Invalid`` when the folder belongs to another card.
    """
    endpoint, values = stored.endpoint, {**stored.variables, **(given or {})}
    _check_fits(folder, endpoint, card)
    before = folder_of(stored, card, draft=True)
    kept = before.endpoint
    described = replace(folder.endpoint, url=folder.endpoint.url or kept.url, name=folder.endpoint.name or kept.name)
    pushed = replace(folder, endpoint=described)
    _check_no_secrets(pushed, masker(stored, card))
    bases = [each for each in (base and base.fingerprints, over_pushes and stored.pushed) if each]
    merge = _Merge(Fingerprints.of(pushed), Fingerprints.of(before), bases, force)

    names = pushed.endpoint.variables
    variables = {name: values[name] for name in (*stored.variables, *names) if name in names and name in values}
    code = merge.takes(Spot(Part.CODE)) or any(stored.variables.get(name) != values[name] for name in given or {})
    settings = merge.takes(Spot(Part.SETTINGS))
    known = {each.name: each for each in stored.cases if each.case}
    cases = {case.name: case for case in pushed.cases}
    taken = [name for name in {**known, **cases} if merge.takes(Spot(Part.CASE, name))]
    stays = any(spot.part is Part.CODE for spot in (*merge.kept, *merge.conflicts))
    typed = _typed(endpoint, pushed, variables)
    is_active = (typed.code, typed.transforming) == (stored.active_code, endpoint.transforming)
    is_active = is_active and variables == dict(endpoint.variables)
    return PushPlan(
        stored=stored,
        before=before,
        folder=pushed,
        typed=typed,
        code=code,
        activate=activate and not stays and not is_active and (code or stored.draft is not None),
        settings=settings,
        added=tuple(replace(cases[name], id=mint(TestCaseId)) for name in taken if name not in known),
        changed=tuple(replace(cases[name], id=known[name].id) for name in taken if name in known and name in cases),
        removed=tuple(known[name] for name in taken if name not in cases),
        missing=tuple(name for name in names if name not in variables),
        conflicts=tuple(merge.conflicts),
        kept=tuple(merge.kept),
    )


class _Merge:
    """Decides for each part whether the folder's state is taken."""

    def __init__(self, here: Fingerprints, there: Fingerprints, bases: Collection[Fingerprints], force: bool) -> None:
        self._here, self._there, self._bases, self._force = here, there, bases, force
        self.conflicts: list[Spot] = []
        self.kept: list[Spot] = []

    def takes(self, spot: Spot) -> bool:
        """Whether the folder's state replaces what Hookbench has. Otherwise notes why, if they differ."""
        here, there = _hash(self._here, spot), _hash(self._there, spot)
        if here == there:
            return False
        bases = {_hash(base, spot) for base in self._bases}
        if self._force or there in bases or (there is None and not bases):
            return True
        if here in bases:
            self.kept.append(spot)
        else:
            self.conflicts.append(spot)
        return False


def _hash(fingerprints: Fingerprints, spot: Spot) -> str | None:
    match spot.part:
        case Part.CODE:
            return fingerprints.code
        case Part.SETTINGS:
            return fingerprints.settings
        case Part.CASE:
            return fingerprints.cases.get(spot.name)


def _check_fits(folder: Folder, endpoint: Endpoint, card: Card) -> None:
    file = folder.endpoint
    if file.card != endpoint.card:
        values: dict[str, str | int | Sentence] = {"file": file.card, "endpoint": endpoint.card}
        sentence = Sentence("The folder is for the card {file}, and the endpoint has the card {endpoint}.", values)
        raise Invalid(Problem("", sentence))
    if file.url and not card.asks_url:
        raise Invalid(Problem("", say("The card knows the URL of this endpoint. Remove url from endpoint.toml.")))
    if is_secret_url(file.url, whole=card.url.secret):
        sentence = say("The url in endpoint.toml holds a secret. Remove it there, and enter it on the endpoint's page.")
        raise Invalid(Problem("", sentence))
    if (file.controls.concurrency or 0) > MAX_CONCURRENT_ATTEMPTS:
        sentence = say("must be a whole number from 1 to {limit}.", limit=MAX_CONCURRENT_ATTEMPTS)
        raise Invalid(Problem("pacing.concurrency", sentence))


def _typed(endpoint: Endpoint, folder: Folder, variables: Mapping[str, str]) -> EndpointForm:
    file = folder.endpoint
    return replace(
        EndpointForm.of(endpoint),
        url=file.url or EndpointForm.of(endpoint).url,
        name=file.name or endpoint.name,
        description=file.description,
        event_types=file.event_types,
        conditions=tuple((one.path, one.operator.value, one.value) for one in file.conditions),
        variables=tuple(variables.items()),
        transforming=file.transforming,
        code=folder.code,
    )


async def check(checks: ChecksDrafts, planned: PushPlan, card: Card) -> None:
    """Raise ``Invalid`` when the endpoint's form would refuse what is pushed, or there are too many test cases."""
    endpoint = planned.stored.endpoint
    fields: set[str] = {"code", "variables"} if planned.code else set()
    if planned.settings:
        fields |= {"name", "description", "event_types", "conditions"}
        fields |= {"url"} if planned.typed.url != EndpointForm.of(endpoint).url else set()
    found = await problems(checks, planned.typed, card, endpoint.credentials) if fields else []
    if wrong := [one for one in found if one.field.partition(".")[0] in fields]:
        raise Invalid(*wrong)
    if planned.added and len(planned.stored.cases) - len(planned.removed) + len(planned.added) > MAX_CASES:
        raise Invalid(Problem("", say("An endpoint can have at most {limit} test cases.", limit=MAX_CASES)))


def settings_change(planned: PushPlan) -> Callable[[Endpoint], Endpoint]:
    """How the settings in ``endpoint.toml`` change the endpoint."""
    file, url = planned.folder.endpoint, planned.typed.url

    def changed(now: Endpoint) -> Endpoint:
        return replace(
            now,
            url=url or now.url,
            health=HEALTHY if url and url != now.url else now.health,
            name=file.name or now.name,
            description=file.description,
            event_types=file.event_types,
            conditions=file.conditions,
            controls=file.controls,
        )

    return changed


def push(
    tx: Transaction,
    planned: PushPlan,
    card: Card,
    approval: Approval,
    waiting: Mapping[MessageId, bool],
    at: Millis,
    checks: str | None = None,
) -> tuple[StoredFolder, Pulled]:
    """Do what was planned, or nothing. Returns what Hookbench has then, and what the folder's lock says from now on.

    ``waiting``: from ``endpoints.survey``. ``checks``: what the test cases say about the code, as JSON. Raises
    ``Stale`` when anything was changed since it was planned, ``Gone`` and ``Invalid``.
    """
    endpoint_id = planned.stored.endpoint.id
    now = existing(tx, endpoint_id)
    if _without_health(read(tx, endpoint_id)) != _without_health(planned.stored):
        raise Stale(now)
    if planned.settings:
        endpoint_actions.put(tx, now, settings_change(planned), waiting, at, approval.author)
    case_actions.take_away(tx, endpoint_id, [each.id for each in planned.removed], approval.author, at)
    for case in planned.changed:
        test_cases.change(tx, endpoint_id, case, at)
    case_actions.note(tx, endpoint_id, AuditAction.CASES_CHANGED, approval.author, at, planned.changed)
    test_cases.insert(tx, endpoint_id, planned.added, approval.author, at)
    case_actions.note(tx, endpoint_id, AuditAction.CASES_ADDED, approval.author, at, planned.added)
    draft = planned.stored.draft
    if planned.code:
        draft = code_drafts.put(tx, endpoint_id, planned.typed, approval.author, at)
        if draft and checks is not None:
            drafts.keep_checks(tx, draft.id, checks)
    if planned.activate and draft:
        activations.serve_draft(tx, endpoint_id, draft.id, approval, at, VersionOrigin.IMPORT)
    after = read(tx, endpoint_id)
    lock = locked(planned, after, folder_of(after, card, draft=True))
    options.set_pushed(tx, endpoint_id, lock.fingerprints, at)
    return after, lock


def locked(planned: PushPlan, after: StoredFolder, has: Folder) -> Pulled:
    """What the folder's lock says after a push. ``has``: what Hookbench has then.

    What somebody else changed and the push left as it is does not count as seen: the next push must not overwrite it.
    """
    pulled, here = after.pulled(has, draft=True), Fingerprints.of(planned.folder)
    there, unseen = pulled.fingerprints, {*planned.kept, *planned.conflicts}
    cases = {name: value for name, value in there.cases.items() if Spot(Part.CASE, name) not in unseen}
    cases |= {name: value for name, value in here.cases.items() if Spot(Part.CASE, name) in unseen}
    code = here.code if Spot(Part.CODE) in unseen else there.code
    settings = here.settings if Spot(Part.SETTINGS) in unseen else there.settings
    return replace(pulled, fingerprints=Fingerprints(code, settings, cases))


def _without_health(stored: StoredFolder) -> StoredFolder:
    """For comparisons: each failed or successful delivery may change the health."""
    return replace(stored, endpoint=replace(stored.endpoint, health=HEALTHY))


def card_of(cards: Mapping[str, Card], endpoint: Endpoint) -> Card:
    """The endpoint's card. Raises ``Invalid`` when it is missing."""
    card = cards.get(endpoint.card)
    if card is None:
        raise Invalid(Problem("", NO_CARD))
    return card
