"""The editor's type checker on real code: what it warns of is wrong, and what is right has no warning.

It runs here as in the browser, in Deno instead of a worker.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from card_checks import a_sandbox, made_of, sample_event
from cards import BUILT_IN

from server.delivery.prepare import ReadyToSend
from server.domain.catalog import EVENT_TYPES
from server.domain.type_definitions import type_definitions

HERE = Path(__file__).parent
SEED = HERE.parent / "fixtures" / "seed"
TYPICAL = HERE / "typical"
CARDS = BUILT_IN
DENO = Path(sys.executable).parent / "deno"
CONTRACT = {"value", "kind", "missing", "excess", "maybeNull"}
"""The warnings that follow from a card's contract."""


@dataclass(frozen=True)
class Answer:
    warnings: list[dict[str, Any]]
    faults: list[int]
    completions: list[str] = field(default_factory=list)

    @property
    def marked(self) -> list[tuple[str, str]]:
        """(kind, marked text) of each warning."""
        return [(one["kind"], one["text"]) for one in self.warnings]


def check(asked: Iterable[dict[str, Any]]) -> list[Answer]:
    """What the type checker says about each ``{types, code, variables}``."""
    command = [str(DENO), "run", "--no-config", "--no-lock", "--allow-read", str(HERE / "type_warnings.js")]
    run = subprocess.run(
        command,
        input=json.dumps(list(asked)),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
    )
    return [Answer(**each) for each in json.loads(run.stdout)]


@cache
def types_of(card: str, event_types: tuple[str, ...] | None = None) -> str:
    found = CARDS[card]
    typed = {each.name: each.placeholder or (each.choices[0][0] if each.choices else "x") for each in found.fields}
    url = found.url.placeholder if found.asks_url else found.default_url(typed)
    return type_definitions(event_types=event_types, contract=found.contract, url=url, variables=found.variables)


def on_card(card: str, code: str, **more: Any) -> dict[str, Any]:
    return {"types": types_of(card), "code": code, **more}


def handler(body: str) -> str:
    return f"function handler(webhook) {{\nconst p = webhook.payload.data;\n{body}\nreturn webhook;\n}}\n"


@pytest.mark.parametrize("event_types", [None, ("payment.succeeded",), ("subscription.active", "payout.success")])
def test_the_code_of_every_card_has_no_warning(event_types: tuple[str, ...] | None) -> None:
    codes = {
        f"{card.name}/{name}": {"types": types_of(card.name, event_types), "code": code}
        for card in CARDS.values()
        for name, code in [("default", card.default_code), *((each.name, each.code) for each in card.samples)]
    }
    assert len(codes) > 100
    found = dict(zip(codes, check(codes.values()), strict=True))
    warned = {name: [one for one in answer.warnings if not one["info"]] for name, answer in found.items()}
    assert {name: warnings for name, warnings in warned.items() if warnings} == {}
    assert {name: answer.faults for name, answer in found.items() if answer.faults} == {}


def test_the_code_of_the_seed_has_only_what_customer_io_refuses() -> None:
    names = ("track_attributes", "track_payments", "track_subscriptions")
    found = check(on_card("customer_io", (SEED / f"{name}.js").read_text()) for name in names)
    assert [answer.marked for answer in found] == [
        [],
        [("value", '"payment_completed"')],
        [("value", '"subscription_started"'), ("value", '"subscription_cancelled"')],
    ]


def test_what_is_said_of_typical_code_is_what_the_contract_finds() -> None:
    files = sorted(TYPICAL.glob("*/*.js"))
    answers = check(on_card(file.parent.name, file.read_text()) for file in files)
    warned = 0
    for file, answer in zip(files, answers, strict=True):
        verdicts = json.loads((file.parent / "verdicts.json").read_text())[file.stem]
        refused = {
            step for paths in verdicts.values() if isinstance(paths, list) for path in paths for step in path.split(".")
        }
        for one in answer.warnings:
            if one["kind"] in CONTRACT:
                warned += 1
                assert one["values"][0] in refused, (file, one)
    assert warned > 20


WRONG = {
    'if (webhook.eventType === "payment.suceeded") return null;': [("eventType", '"payment.suceeded"')],
    'switch (webhook.eventType) { case "refund.done": }': [("eventType", '"refund.done"')],
    "p.customer.emial.trim();": [("field", "emial")],
    "webhook.env.TEM_ID.trim();": [("variable", "TEM_ID")],
    "webhook.cancle = true;": [("webhook", "cancle")],
    "p.customer.email.toLowercase();": [("method", "toLowercase")],
    'fetch("https://x.example");': [("unknownName", "fetch")],
    'const x = require("x");': [("unknownName", '"x"')],
    "setTimeout(() => 1);": [("unknownName", "setTimeout")],
    'webhook.method = "DELTE";': [("value", '"DELTE"')],
    'if (webhook.eventType === "payment.succeeded") p.card_last_four.trim();': [
        ("nothing", "p.card_last_four")
    ],
    'const { data } = webhook.payload;\nif (webhook.payload.type === "payout.success") data.customer.email.trim();': [
        ("field", "customer")
    ],
    'if (webhook.eventType === "subscription.active" && webhook.payload.data.status === "Active") return null;': [
        ("neverEqual", '"Active"')
    ],
    """if (webhook.eventType === "payment.succeeded") {
      const identifiers = { id: p.customer.customer_id };
      webhook.payload = { type: "person", action: "event", identifiers, name: p.subscription_id, timestamp: "now" };
    }""": [("kind", '"now"'), ("maybeNull", "p.subscription_id")],
    'const body = { type: "persn", action: "event" };\nwebhook.payload = body;': [("value", '"persn"')],
}  # fmt: skip

RIGHT = [
    "const { data: { customer: { email } } } = webhook.payload;\nwebhook.headers.a = email;",
    "count = 1;\nwebhook.headers.a = String(count);",
    'if (webhook.eventType === "payment.succeeded" && p.card_last_four) p.card_last_four.trim();',
    'if (webhook.eventType === "payment.succeeded") (p.card_last_four ?? "").trim();',
    'if (webhook.eventType === "payment.succeeded") p.card_last_four?.trim();',
    'if (webhook.eventType.startsWith("payment.")) webhook.headers.a = webhook.payload.data.customer.email;',
    'const id = p.customer ? p.customer.customer_id : "none"; webhook.headers.a = id.trim();',
    "webhook.payload.data.extra = 1;\nconst x = webhook.payload.data.extra + 1; webhook.headers.a = String(x);",
    'webhook.payload = { type: "person", action: "delete", identifiers: {} };\nwebhook.payload.attributes = { a: 1 };',
    "const customer = webhook.payload.data.customer || {};\nwebhook.headers.a = customer.email || customer.phone;",
    "for (const each of webhook.payload.data.product_cart ?? []) console.log(each.product_id);",
    'const { customer = {} } = webhook.payload.data;\nwebhook.headers.a = customer.email ?? "";',
    "const body = JSON.stringify({ a: 1 });\nwebhook.payload = body;",
    'const action = webhook.env.TEAM_ID;\nwebhook.payload = { type: "person", action, identifiers: {}, name: "x" };',
    'if (webhook.env.MAYBE) webhook.headers.a = webhook.env.MAYBE;',
    "webhook.headers.a = crypto.md5(webhook.id) + new URL(webhook.url).host + atob(btoa(webhook.timestamp));",
    'const names = [1, 2].toSorted().map(String); webhook.headers.a = names.at(-1) ?? ""; Object.groupBy([1], String);',
    'if (typeof fetch === "function") return null;',
    'const seen = {};\nfor (const key of Object.keys(webhook.payload.data)) seen[key] = webhook.payload.data[key];',
    'if (webhook.payload.data.subscription_id === null) return null;',
    "class Money { constructor(n) { this.n = n; } }\nwebhook.headers.a = String(new Money(1).n);",
]  # fmt: skip


def test_what_is_wrong_is_marked() -> None:
    answers = check(on_card("customer_io", handler(code), variables=["TEAM_ID"]) for code in WRONG)
    found = {code: sorted(answer.marked) for code, answer in zip(WRONG, answers, strict=True)}
    assert found == {code: sorted(marked) for code, marked in WRONG.items()}


def test_what_is_right_is_not_marked() -> None:
    answers = check(on_card("customer_io", handler(code), variables=["TEAM_ID"]) for code in RIGHT)
    assert {code: answer.marked for code, answer in zip(RIGHT, answers, strict=True) if answer.marked} == {}


@pytest.mark.parametrize("form", ["switch", "if"])
def test_each_event_type_has_its_own_fields(form: str) -> None:
    """The completions behind ``data.`` are the fields of the sample, which is complete."""
    open_ = {"switch": 'switch (webhook.eventType) {{ case "{}":', "if": 'if (webhook.eventType === "{}") {{'}[form]
    codes = [
        f"function handler(webhook) {{ const data = webhook.payload.data; {open_.format(name)} data."
        for name in EVENT_TYPES
    ]
    answers = check({"types": types_of("webhook"), "code": f"{code} }} }}", "at": len(code)} for code in codes)
    for name, answer in zip(EVENT_TYPES, answers, strict=True):
        assert set(answer.completions) == set(EVENT_TYPES[name].sample["data"]), name


def test_code_without_an_event_type_is_for_those_that_the_endpoint_receives() -> None:
    types = type_definitions(event_types=["payment.succeeded"])
    code = handler("p.card_last_four.trim(); webhook.headers.a = p.dispute_id.trim();")
    [chosen, any_] = check([{"types": types, "code": code}, {"types": types_of("webhook"), "code": code}])
    assert sorted(chosen.marked) == [("field", "dispute_id"), ("nothing", "p.card_last_four")]
    assert any_.marked == [("nothing", "p.card_last_four")]


def test_an_event_type_that_the_endpoint_does_not_receive_is_only_told() -> None:
    types = type_definitions(event_types=["payment.succeeded"])
    code = handler('if (webhook.eventType === "refund.succeeded") return null;')
    [answer] = check([{"types": types, "code": code}])
    assert [(one["kind"], one["info"]) for one in answer.warnings] == [("notSubscribed", True)]


LISTS_GLOBALS = """function handler(webhook) {
  webhook.payload = Object.getOwnPropertyNames(globalThis);
  return webhook;
}"""
ABSENT = {
    "fetch",
    "require",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "clearTimeout",
    "clearInterval",
    "XMLHttpRequest",
}
"""What the sandbox has only to say that it is absent."""


async def test_the_checker_knows_the_names_that_the_sandbox_has_and_no_other() -> None:
    async with a_sandbox() as sandbox:
        made = await made_of(sandbox, CARDS["webhook"], LISTS_GLOBALS, sample_event("payment.succeeded"))
    assert isinstance(made, ReadyToSend)
    there = set(json.loads(made.request.body))
    uses = "".join(f"console.log({name});\n" for name in sorted(there) if name != "handler")
    [used, listed] = check([on_card("webhook", handler(uses)), on_card("webhook", handler("x"), at=len(handler("x")))])

    unknown = {one["text"] for one in used.warnings}
    assert unknown == ABSENT & there
    known = set(listed.completions)
    assert len(known) > 60
    assert known - there == set()
