"""The types that the editor of a transformation knows, as the text of a ``.d.ts`` file.

A webhook is one type for each event type, so that ``switch (webhook.eventType)`` narrows the payload. Code that never
asks for the event type is meant for those that the endpoint receives (``ReceivedWebhook``), any other code may be
written for more: the editor decides (``type-service.js``). Reading ``webhook.payload`` gives the event; what is
assigned to it must be what the card's contract accepts. The first line is a comment with what the editor needs besides
types.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from server.domain.catalog import EVENT_TYPES
from server.domain.contracts import Call, Content, Contract
from server.domain.runtime_definitions import RUNTIME
from server.domain.schema_types import SchemaTypes, comment, interface, property_name
from server.domain.sentences import Sentence, say

Observed = Mapping[str, Mapping[str, Sequence[str]]]
"""Fields that real events had and the catalog lacks: by event type, by path such as ``data.customer.tier`` or
``data.product_cart[].sku``, the JSON types that were seen. A field that the catalog has gets these types in addition;
an event type that it lacks is only known by name."""

MAX_OBSERVED = 200
"""Observed fields of one event type that are shown."""
SEEN = say("Seen in real events, but not in the catalog.")
JSON_TYPES = frozenset({"string", "number", "integer", "boolean", "null", "object", "array"})
METHODS = ("POST", "PUT", "PATCH", "GET", "DELETE")
ABSENT = "undefined"
"""The type of a field that only other event types have: so code that has not asked for the event type may read it."""

_WEBHOOK = """\
interface WebhookOf<Name extends string, Event> {
{event_type}readonly eventType: Name;
{payload}get payload(): Event;
set payload(body: Accepts);
{payload}readonly $event: Event;
readonly $body: any;
{url}url: string;
{method}get method(): string;
set method(name: {methods});
{headers}headers: { [name: string]: any };
{env}readonly env: Env;
{cancel}cancel?: boolean;
{id}readonly id: string;
{timestamp}readonly timestamp: string;
}
"""

DESCRIPTIONS: Mapping[str, Sentence] = {
    "event_type": say("The event type. Comparing it narrows the payload."),
    "payload": say("The event. What you assign to it becomes the body of the request."),
    "url": say("Where the request goes: the endpoint's URL, unless the code changes it."),
    "method": say("The method of the request."),
    "headers": say("Names and values. They replace the endpoint's own headers and credentials."),
    "env": say("The variables of the endpoint."),
    "cancel": say("Set it to true, and nothing is sent."),
    "id": say("The webhook-id of the event, the same in every attempt and replay."),
    "timestamp": say("When the event came, in Unix seconds, as a string."),
}
"""What hovering over a property of ``webhook`` shows."""


def type_definitions(
    *,
    event_types: Iterable[str] | None = None,
    contract: Contract | None = None,
    url: str = "",
    variables: Iterable[str] = (),
    observed: Observed | None = None,
    words: Callable[[str], str] = str,
) -> str:
    """The text of the ``.d.ts`` file.

    ``event_types``: those that the endpoint subscribes to; ``None`` for all. ``url``: where its requests go, by which
    the contract's calls are chosen. ``words`` translates descriptions.
    """
    names = [name for name in EVENT_TYPES if event_types is None or name in set(event_types)] or list(EVENT_TYPES)
    events = _events(list(EVENT_TYPES), observed or {}, words)
    facts, accepted = _accepted(contract, url, words)
    described = {name: comment([words(text.text)]) for name, text in DESCRIPTIONS.items()}
    webhook = _WEBHOOK.replace("{methods}", " | ".join(json.dumps(method) for method in METHODS))
    for name, text in described.items():
        webhook = webhook.replace(f"{{{name}}}", text)
    env = interface("Env", [f"readonly {property_name(name)}: string;" for name in sorted(set(variables))])
    seen = [name for name in observed or {} if name not in EVENT_TYPES]
    facts = {"events": [*EVENT_TYPES, *seen], "seen": seen, "subscribed": names, **facts}
    return "\n".join(
        [
            "//" + json.dumps(facts, ensure_ascii=True),
            RUNTIME, webhook, env, events, accepted,
            _union("AnyWebhook", EVENT_TYPES), _union("ReceivedWebhook", names),
        ]
    )  # fmt: skip


def _union(name: str, event_types: Iterable[str]) -> str:
    kinds = "".join(f'\n  | WebhookOf<"{each}", {_type_name(each)}Event>' for each in event_types)
    return f"type {name} ={kinds};\n"


def _events(names: Sequence[str], observed: Observed, words: Callable[[str], str]) -> str:
    types = SchemaTypes(words, open=False)
    of_data: dict[str, str] = {}
    properties: dict[str, dict[str, Any]] = {}
    events = []
    for name in names:
        kind = EVENT_TYPES[name]
        schema = _with_observed(kind.schema, observed.get(name, {}), words)
        data = schema["properties"]["data"]
        typed = types.of(data, kind.payload_type, kind.sample["data"])
        of_data[name] = typed
        properties[typed] = data["properties"]
        envelope = [
            f"{comment([words(one.get('description', ''))])}{property_name(each)}"
            f"{'' if each in schema['required'] else '?'}: "
            + (f"Whole{typed}" if each == "data" else types.of(one, _type_name(name)))
            + ";"
            for each, one in schema["properties"].items()
        ]
        events.append(comment([words(kind.description)]) + interface(f"{_type_name(name)}Event", envelope))
    every = dict.fromkeys(field for fields in properties.values() for field in fields)
    for typed, fields in properties.items():
        lacking = [f"{property_name(field)}?: {ABSENT};" for field in every if field not in fields]
        events.append(interface(f"Whole{typed} extends {typed}", lacking))
    return "\n".join([*types.declarations, *events])


def _with_observed(
    schema: Mapping[str, Any], fields: Mapping[str, Sequence[str]], words: Callable[[str], str]
) -> Mapping[str, Any]:
    """The schema with further optional properties."""
    if not fields:
        return schema
    made = deepcopy(dict(schema))
    for path, kinds in list(fields.items())[:MAX_OBSERVED]:
        *parents, last = path.replace("[]", ".[]").split(".")
        node = made
        for step in parents:
            inside = node if step == "[]" else node.setdefault("properties", {})
            node = inside.setdefault("items" if step == "[]" else step, {})
        if last != "[]":
            kinds = [kind for kind in kinds if kind in JSON_TYPES]
            fields_here = node.setdefault("properties", {})
            fields_here[last] = _widened(fields_here[last], kinds) if last in fields_here else _seen(kinds, words)
    return made


def _seen(kinds: Sequence[str], words: Callable[[str], str]) -> dict[str, Any]:
    return {"description": words(SEEN.text), **({"type": list(kinds)} if kinds else {})}


def _widened(schema: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    """The schema of a known field that had other types too. Real events decide, so nothing is ruled out."""
    known = schema.get("type", [])
    made = {**schema, "type": [*([known] if isinstance(known, str) else known), *kinds]}
    if "enum" in made or "const" in made:
        allowed = [*made.get("enum", ()), *([made["const"]] if "const" in made else ())]
        made = {key: value for key, value in made.items() if key not in ("enum", "const")}
        if set(kinds) == {"null"}:
            made["enum"] = [*allowed, None]
    return made


def _accepted(contract: Contract | None, url: str, words: Callable[[str], str]) -> tuple[dict[str, Any], str]:
    """The types of the bodies that a contract accepts, and by which URL the editor chooses one."""
    calls = [call for call in contract.calls if not call.refused] if contract else []
    address = url.partition("#")[0].partition("?")[0]
    texts, listed, chosen = [], [], []
    for number, call in enumerate(calls):
        text, typed = _body(call, number, words)
        texts.append(text)
        listed.append({"type": typed, "url": call.url.text if call.url else ""})
        if call.url is None or call.url.matches(address):
            chosen.append(typed)
    texts.append(f"type AcceptsByUrl = {' | '.join(dict.fromkeys(chosen)) or 'any'};\n")
    return {"calls": listed}, "\n".join(texts)


def _body(call: Call, number: int, words: Callable[[str], str]) -> tuple[str, str]:
    if call.body is None or call.content is Content.ANY:
        return "", "any"
    root = call.body.root
    defs = root.get("$defs", {}) if isinstance(root, Mapping) else {}
    types = SchemaTypes(words, defs, lenient=call.content is Content.FORM)
    types._names.update({"Env", "Webhook"})
    typed = types.of(root, f"Body{number}")
    name = f"Accepts{number}"
    # A string is sent as it is, so it may hold any JSON.
    return "\n".join([*types.declarations, f"type {name} = string | {typed};\n"]), name


def _type_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace(".", "_").split("_"))
