"""Checks of one card, used by the tests of all cards and by ``make card NAME=…``: its code is run as a live event is.

Every check returns sentences that say what is wrong; none is good.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from server.actions.cards import read_files
from server.assets import transforms_dir
from server.delivery.prepare import Event, Preparation, ReadyToSend, prepare, unsent_event
from server.domain.card_files import parse_card
from server.domain.cards import Card, FieldKind
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.contracts import Contract, parse_contract
from server.domain.endpoints import URL_NOT_SET, Endpoint
from server.domain.ids import EndpointId
from server.domain.messages import ReceivedResponse
from server.domain.requests import DEFAULTS as DEFAULT_HEADERS
from server.domain.requests import FinishedRequest, layered
from server.domain.starting_cases import EXPECTED_VARIABLES, NO_EXAMPLE
from server.domain.transformations import Cancelled
from server.sandbox import Limits, Sandbox

MIB = 1024 * 1024
ENV = EXPECTED_VARIABLES
"""Variables of the person for code that reads some of its own."""

NOW = 1_767_225_600_000
"""When wrong requests are judged, for destinations that refuse old events."""


@asynccontextmanager
async def a_sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(Limits(run_time=1.0, memory=64 * MIB, result=MIB, console=64 * 1024, workers=1))
    await sandbox.start()
    try:
        yield sandbox
    finally:
        await sandbox.close()


@dataclass(frozen=True, slots=True)
class Folder:
    """A card with all files of its folder."""

    card: Card
    files: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> "Folder":
        files = read_files(path)
        return cls(parse_card(path.name, files, trusted=True), files)

    @property
    def codes(self) -> dict[str, str]:
        """The default code and the samples, by name."""
        return {"default": self.card.default_code} | {sample.name: sample.code for sample in self.card.samples}

    @property
    def contract(self) -> Contract:
        return parse_contract(self.card.contract_text)

    def content(self, path: str) -> Any:
        return json.loads(self.files[path])


@cache
def folders() -> list[Folder]:
    return [Folder.read(file.parent) for file in sorted(transforms_dir().glob("*/card.toml"))]


def credentials_for(card: Card) -> dict[str, str]:
    """Plausible values of the card's fields: the placeholders, which look like the real ones."""
    return {
        field.name: field.choices[0][0] if field.kind is FieldKind.CHOICE else field.placeholder or NO_EXAMPLE
        for field in card.fields
    }


def endpoint_for(card: Card, code: str, variables: Mapping[str, str] = ENV) -> Endpoint:
    credentials = credentials_for(card)
    return Endpoint.new(
        id=EndpointId(f"ep_{card.name}"),
        card=card.name,
        url=(card.url.placeholder if card.asks_url else card.default_url(credentials)) or URL_NOT_SET,
        transforming=True,
        code=code,
        destination="send",  # type: ignore[arg-type]
        credentials=credentials,
        variables=variables,
    )


async def made_of(sandbox: Sandbox, card: Card, code: str, event: Event) -> Preparation:
    return await prepare(endpoint_for(card, code), event, sandbox=sandbox, cards={card.name: card})


def sample_event(event_type: str) -> Event:
    return unsent_event(event_type, sample_json(event_type).encode())


# Results and the ``expected`` files


def entry_of(made: Preparation, card: Card, event_type: str) -> object:
    """A result as an entry of an ``expected`` file: ``"cancelled"``, ``"unchanged"`` or what differs from the event."""
    if isinstance(made, Cancelled):
        return "cancelled"
    if not isinstance(made, ReadyToSend):
        return {"failed": str(made.error.cause)}
    request, plain = made.request, endpoint_for(card, "")
    url = card.with_query(plain.url, plain.credentials)
    usual = layered(DEFAULT_HEADERS, card.request_headers(plain.credentials))
    usual_names = {name.lower() for name in usual}
    found: dict[str, object] = {}
    if request.url != url:
        found["url"] = request.url
    if request.method != "POST":
        found["method"] = request.method
    headers = {
        name: value
        for name, value in request.headers.items()
        if usual.get(name, usual.get(name.lower())) != value and not (name.lower() in usual_names and "{" in value)
    }
    card_made = {name.lower() for name in card.headers} | {name.lower() for name in card.auth}
    if headers := {name: value for name, value in headers.items() if name.lower() not in card_made}:
        found["headers"] = headers
    body = _parsed(request.body)
    if body != json.loads(sample_json(event_type)):
        found["payload"] = body
    return found or "unchanged"


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def collapsed(entries: Mapping[str, object]) -> dict[str, object]:
    """Entries with the most frequent word, such as ``"cancelled"``, as ``*``."""
    words = [entry for entry in entries.values() if isinstance(entry, str)]
    most = max(sorted(set(words)), key=words.count, default=None)
    named = {event_type: entry for event_type, entry in entries.items() if entry != most}
    return named | ({"*": most} if most is not None else {})


async def unexpected(sandbox: Sandbox, folder: Folder, name: str) -> list[str]:
    """Where code gives something else than its ``expected`` file says, over all event types."""
    path = f"expected/{name}.json"
    if path not in folder.files:
        return [f"{path} is missing"]
    promised, found = folder.content(path), []
    found += [f"{path}: {each} is no event type" for each in promised.keys() - EVENT_TYPES.keys() - {"*"}]
    for event_type in EVENT_TYPES:
        wanted = promised.get(event_type, promised.get("*"))
        made = await made_of(sandbox, folder.card, folder.codes[name], sample_event(event_type))
        entry = entry_of(made, folder.card, event_type)
        if wanted != entry and not (wanted == "sent" and isinstance(made, ReadyToSend)):
            found.append(f"{path}: {event_type} gives {_short(entry)}, expected {_short(wanted)}")
    return found


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 400 else text[:400] + "…"


# Variants of events


HOSTILE = (
    "<!channel> @everyone <script>alert(1)</script> *_[]()~`>#+-=|{}.!\\ \"'&<b> {{x}} ${y} ‮\u200b\ud83d\ude00 " * 3
)
LONG = "&<😀 long " * 700
FREE = ("name", "remarks", "reason", "error_message", "error_code", "cancellation_comment", "description", "state")
"""Fields in which people or banks write what they like, as long as they like."""


def variants(event_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what is special, the payload) of events that differ from the sample in what code often forgets.

    What is the same as the sample or as an earlier one, such as long texts in an event without texts, is left out.
    """
    seen = [json.loads(sample_json(event_type))]
    for what, payload in _all_variants(event_type):
        if payload not in seen:
            seen.append(payload)
            yield what, payload


def _all_variants(event_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
    known = EVENT_TYPES[event_type]

    def sample() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(sample_json(event_type))
        return found

    yield "a currency without decimals", _replaced(sample(), {"currency": "JPY"})
    yield "a currency with three decimals", _replaced(sample(), {"currency": "KWD"})
    yield "every nullable field null", _without(sample(), known.schema, keep=True)
    yield "every nullable field absent", _without(sample(), known.schema, keep=False)
    yield "hostile texts", _replaced(sample(), dict.fromkeys(FREE, HOSTILE))
    yield "long texts", _replaced(sample(), dict.fromkeys(FREE, LONG))
    yield "empty texts", _replaced(sample(), dict.fromkeys(FREE, ""))


def _replaced(value: Any, changes: Mapping[str, object]) -> Any:
    if isinstance(value, list):
        return [_replaced(each, changes) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: changes[name] if name in changes and isinstance(each, str) else _replaced(each, changes)
        for name, each in value.items()
    }


def _without(value: Any, schema: Mapping[str, Any], *, keep: bool) -> Any:
    """The payload with all fields null, or absent, that may be null."""
    if isinstance(value, list):
        return [_without(each, schema.get("items", {}), keep=keep) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, each in value.items():
        inner = schema.get("properties", {}).get(name, {})
        if _nullable(inner):
            if keep:
                found[name] = None
            continue
        found[name] = _without(each, inner, keep=keep)
    return found


def _nullable(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type", ())
    if "null" in (kind if isinstance(kind, list) else [kind]):
        return True
    return any(_nullable(each) for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())))


# Contracts


async def refused_by_contract(sandbox: Sandbox, folder: Folder, name: str, *, varied: bool) -> list[str]:
    """Where what code sends is refused by the card's contract, or code fails: over all samples, or all variants."""
    contract = folder.contract

    async def look(event_type: str, what: str, payload: dict[str, Any]) -> list[str]:
        event = unsent_event(event_type, json.dumps(payload).encode())
        made = await made_of(sandbox, folder.card, folder.codes[name], event)
        if isinstance(made, Cancelled):
            return []
        if not isinstance(made, ReadyToSend):
            return [f"{name}, {event_type}, {what}: fails: {made.error.cause}"]
        verdict = contract.judge(made.request, now=event.timestamp * 1000)
        return [f"{name}, {event_type}, {what}: {each.cause}" for each in verdict.findings]

    found: list[str] = []
    for event_type in EVENT_TYPES:
        cases = variants(event_type) if varied else [("the sample", json.loads(sample_json(event_type)))]
        # At once, so that requests are judged while the sandbox runs the next code.
        found += chain(*await asyncio.gather(*[look(event_type, what, payload) for what, payload in cases]))
    return found


def wrong_requests(folder: Folder) -> list[str]:
    """Where the contract does not refuse a request of ``wrong.json``, or not at the places that it names."""
    cases = folder.content("wrong.json")
    found = []
    if len(cases) < 5 and any(call.body for call in folder.contract.calls):
        found = [f"wrong.json has {len(cases)} requests; at least five show what is refused"]
    endpoint = endpoint_for(folder.card, "")
    headers = layered(
        DEFAULT_HEADERS, folder.card.request_headers(endpoint.credentials, webhook_id="msg_1", timestamp="1767225600")
    )
    for number, case in enumerate(cases):
        if odd := case.keys() - {"why", "url", "method", "headers", "body", "problems"}:
            found.append(f"wrong.json[{number}]: {', '.join(sorted(odd))} is not known")
        body = case.get("body", {})
        request = FinishedRequest(
            case.get("method", "POST"),
            case.get("url", folder.card.with_query(endpoint.url, endpoint.credentials)),
            layered(headers, case.get("headers", {})),
            body.encode() if isinstance(body, str) else json.dumps(body).encode(),
        )
        got = [each.path for each in folder.contract.judge(request, now=NOW).errors]
        if got != case["problems"]:
            found.append(f"wrong.json[{number}] ({case.get('why', '')}): errors at {got}, expected {case['problems']}")
    return found


def misread_responses(folder: Folder) -> list[str]:
    """Where a response of ``responses.json`` does not read as it says."""
    found = []
    for number, case in enumerate(folder.content("responses.json")):
        if odd := case.keys() - {"why", "status", "headers", "body", "reads", "retry", "message", "wait_ms", "limited"}:
            found.append(f"responses.json[{number}]: {', '.join(sorted(odd))} is not known")
        body = case.get("body", "")
        text = body if isinstance(body, str) else json.dumps(body)
        headers = tuple((name, str(value)) for name, value in case.get("headers", {}).items())
        reading = folder.contract.read(ReceivedResponse(case["status"], headers, text.encode(), False), NOW)
        got = {
            "reads": reading.reads.value,
            "retry": reading.retry,
            "message": reading.message,
            "wait_ms": reading.wait_ms,
            "limited": reading.limited,
        }
        wrong = {key: got[key] for key in got.keys() & case.keys() if got[key] != case[key]}
        if wrong or "reads" not in case:
            found.append(f"responses.json[{number}] ({case.get('why', case['status'])}): reads {wrong or got}")
    return found
