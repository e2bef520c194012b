"""A secret is hidden wherever it comes back and however it is written; what is none stays readable."""

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from builders import SECRET, a_source, an_endpoint
from hypothesis import given
from hypothesis import strategies as st

from server.domain.cards import Card, CardField, CardUrl, FieldKind, Group
from server.domain.endpoints import FormerSecret
from server.domain.masking import MASK, Masker, Maskers, may_be_key, secrets_of, shown_url, tail
from server.domain.messages import AttemptError, ConsoleLine, ReceivedResponse, SentRequest
from server.domain.reasons import because
from server.domain.warnings import RunWarning

KEY = "sk_live/4+2 \"ü&<x>'="


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        json.dumps({"k": KEY}),
        json.dumps({"k": KEY}, ensure_ascii=False),
        json.dumps(json.dumps({"k": KEY})),
        json.dumps({"k": KEY}).replace("/", "\\/"),
        quote(KEY, safe=""),
        quote(KEY),
        quote_plus(KEY),
        re.sub("%..", lambda escape: escape[0].lower(), quote(KEY, safe="")),
        html.escape(KEY),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        b64encode(KEY.encode()).decode(),
        urlsafe_b64encode(KEY.encode()).decode().rstrip("="),
        "Basic " + b64encode(f"site:{KEY}".encode()).decode(),
        "Basic " + b64encode(f"user1:{KEY}".encode()).decode(),
        "Basic " + b64encode(f"user:{KEY}:and more".encode()).decode(),
        f"'{KEY}'".replace("'", "\\'"),
        f"before{KEY}after",
        html.escape(KEY).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),  # Go, Jinja
        re.sub("[<>&]", lambda one: f"\\u{ord(one[0]):04x}", json.dumps(KEY, ensure_ascii=False)),  # Go
        KEY.encode().decode("latin-1"),  # UTF-8 in a header
    ],
)
def test_every_spelling_is_hidden(written: str) -> None:
    masker = Masker([KEY])
    masked = masker.text(written)
    assert MASK in masked
    assert masker.data(written.encode()) == masked.encode()
    for left in (KEY, quote(KEY, safe=""), KEY.encode().hex(), KEY[:12]):
        assert left not in masked


@given(st.text(min_size=12, max_size=40).filter(str.strip), st.text(max_size=7), st.text(max_size=7))
def test_no_base64_of_it_is_left_whatever_stands_around(secret: str, before: str, after: str) -> None:
    encoded = b64encode((before + secret + after).encode("utf-8", "replace"))
    masked = Masker([secret]).data(encoded)
    assert MASK.encode() in masked
    assert len(masked.replace(MASK.encode(), b"")) <= len(b64encode((before + after).encode("utf-8", "replace"))) + 8


def test_all_of_an_attempt_is_masked() -> None:
    masker, shown = Masker([KEY]), Masker([KEY]).text(KEY)
    request = SentRequest("POST", f"https://example.com/{quote(KEY, safe='')}?k=1", (("Accept", KEY),), KEY.encode())
    assert masker.request(request) == SentRequest(
        "POST", f"https://example.com/{MASK}?k=1", (("Accept", MASK),), MASK.encode()
    )
    response = ReceivedResponse(200, (("X-Echo", f"a {KEY}"),), f"<{KEY}>".encode(), False)
    assert masker.response(response) == ReceivedResponse(200, (("X-Echo", f"a {MASK}"),), f"<{MASK}>".encode(), False)
    assert masker.error(AttemptError("threw", KEY, 1, 2, f"throw '{KEY}'")) == AttemptError(
        "threw", MASK, 1, 2, f"throw '{MASK}'"
    )
    assert masker.console((ConsoleLine("log", KEY),)) == (ConsoleLine("log", shown),)


def test_a_secret_that_is_cut_off_at_the_end_is_hidden() -> None:
    body = b"x" * 20 + b"sk_live_0123456789"[:14]
    cut = ReceivedResponse(200, (), body, truncated=True)
    assert Masker(["sk_live_0123456789"]).response(cut).body == b"x" * 20 + MASK.encode()
    whole = ReceivedResponse(200, (), body, truncated=False)
    assert Masker(["sk_live_0123456789"]).response(whole).body == body


@pytest.mark.parametrize("written", [json.dumps(KEY)[1:-1], quote(KEY, safe=""), b64encode(KEY.encode()).decode()])
def test_every_spelling_is_hidden_where_it_is_cut_off(written: str) -> None:
    cut = ReceivedResponse(200, (), f"x: {written[:-4]}".encode(), truncated=True)
    assert Masker([KEY]).response(cut).body == f"x: {MASK}".encode()


def test_long_texts_that_the_sandbox_cut_off_within_a_secret_hide_its_beginning() -> None:
    masker, long = Masker([KEY]), "x" * (4000 - 12)
    cut = (long + KEY)[:4000]
    assert masker.error(AttemptError("threw", cut)) == AttemptError("threw", long + MASK)
    assert masker.console((ConsoleLine("log", KEY), ConsoleLine("log", cut)))[1] == ConsoleLine("log", long + MASK)
    warned = RunWarning("rejection", {"message": f"no {KEY[:12]}…"})
    assert masker.warnings((warned,))[0].values == {"message": f"no {MASK}…"}
    short = AttemptError("threw", f"not {KEY[:9]}")
    assert masker.error(short) == short  # nobody cut it: it is what the code says


def test_the_host_of_a_request_is_never_masked() -> None:
    request = SentRequest("POST", "https://acme-prod-01.example.com/acme-prod-01", (), b"")
    assert Masker(["acme-prod-01"]).request(request).url == f"https://acme-prod-01.example.com/{MASK}"


def test_what_is_secret_of_an_endpoint() -> None:
    endpoint = an_endpoint(
        a_source(),
        url="https://ada:pass-word@example.com/hook?api_key=query-key&page=2",
        credentials={"api_key": "credential"},
        headers={"X-Team": "payments", "Authorization": f"Basic {b64encode(b'ada:basic-pass').decode()}"},
        variables={"SHOP": "Northwind Traders", "API_TOKEN": "swordfish", "PLAIN": "eur", "ID": "0c9f8e7d6b5a"},
        former_secret=FormerSecret("whsec_Zm9ybWVyZm9ybWVyZm9ybWVyZm9ybWVy", 1),
    )
    found = secrets_of(endpoint, None)
    for value in ("pass-word", "query-key", "credential", "basic-pass", "swordfish", "0c9f8e7d6b5a"):
        assert value in found
    assert SECRET.removeprefix("whsec_") in found and "Zm9ybWVyZm9ybWVyZm9ybWVyZm9ybWVy" in found
    assert not {"payments", "Northwind Traders", "eur", "2"} & set(found)


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("API_KEY", "swordfish", True),
        ("PASSWORD", "hunter2", True),
        ("SMTP_PASS", "hunter2", True),
        ("PASSPHRASE", "hunter2", True),
        ("PIN", "482913", True),
        ("API_KEY", "918273645", True),
        ("TOKEN_EXPIRES", "1764300000", False),
        ("SHIPPING", "standard", False),
        ("COMPASS", "northwest", False),
        ("TOKEN", "short", False),
        ("TEAM", "payments", False),
        ("SHOP", "Northwind Traders of the North", False),
        ("MAIL", "ada.lovelace42@example.com", False),
        ("FLAG", "true", False),
        ("AMOUNT", "1234567890123", False),
        ("SINCE", "2026-11-28", False),
        ("ANY", "AKIAIOSFODNN7EXAMPLE", True),
        ("ANY", "0d9c8b7a6f5e4d3c2b1a", True),
        ("ANY", "canary-7f3a9c-variable", True),
        ("ANY", "correct-horse-battery", True),
        ("CHANNEL", "#payments-alerts", False),
        ("ZONE", "Europe/Berlin", False),
        ("ANY", "the key is 0d9c8b7a6f5e", True),
        ("X-Webhook-Endpoint", "https://example.com/plain", False),
    ],
)
def test_what_may_be_a_key(name: str, value: str, key: bool) -> None:
    assert may_be_key(name, value) is key


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/hook", "https://example.com/hook"),
        ("https://example.com/hook?page=2&mode=live", "https://example.com/hook?page=2&mode=live"),
        ("https://example.com/hook?token=abcdef", f"https://example.com/hook?token={MASK}"),
        ("https://example.com/h?a=0d9c8b7a6f5e4d", f"https://example.com/h?a={MASK}"),
        ("https://ada:secret@example.com:8443/x", f"https://{MASK}@example.com:8443/x"),
        ("https://hooks.slack.com/services/T0/B0/x", f"https://hooks.slack.com/{MASK}"),
        ("https://discord.com/api/webhooks/1/a", f"https://discord.com/{MASK}"),
        ("https://hooks.zapier.com/hooks/catch/1/a/", f"https://hooks.zapier.com/{MASK}"),
        ("https://0.environment.api.powerplatform.com/x", f"https://0.environment.api.powerplatform.com/{MASK}"),
        ("https://example.com/in/Zx81kQw93LmN20aB/", f"https://example.com/in/{MASK}/"),
        ("https://example.com/webhook-receivers-of-ours", "https://example.com/webhook-receivers-of-ours"),
        ("https://[::1", MASK),
        ("no url", MASK),
    ],
)
def test_a_url_is_shown_without_what_may_be_a_key(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_a_card_whose_url_is_a_secret_shows_the_host() -> None:
    assert shown_url("https://chat.example.com/a/b?c=d", whole=True) == f"https://chat.example.com/{MASK}"


@pytest.mark.parametrize(("value", "last"), [("sk_live_12345678", "5678"), ("hunter2", ""), ("", "")])
def test_the_last_four_characters_are_shown_of_long_ones(value: str, last: str) -> None:
    assert tail(value) == last


def test_a_masker_is_made_once_for_an_endpoint_and_anew_when_it_changed() -> None:
    maskers = Maskers()
    values: dict[str, Any] = {"variables": {"KEY": "first-secret"}}
    endpoint = an_endpoint(a_source(), **values)
    first = maskers.of(endpoint, None)
    assert maskers.of(endpoint, None) is first
    same = an_endpoint(endpoint.source_id, **values | {"id": endpoint.id})
    assert maskers.of(same, None) is first
    changed = an_endpoint(endpoint.source_id, variables={"KEY": "other-secret"}, id=endpoint.id)
    assert maskers.of(changed, None).text("other-secret") == MASK


def test_a_masker_is_made_anew_when_the_card_was_changed() -> None:
    maskers = Maskers()
    endpoint = an_endpoint(a_source(), card="own:acme", credentials={"key": "first-secret"})
    fields = tuple(CardField("key", "Key", kind) for kind in (FieldKind.TEXT, FieldKind.SECRET))
    text, secret = (
        Card("own:acme", "Acme", "Acme.", Group.OWN, (), (field,), CardUrl(asks=True), "", "") for field in fields
    )
    assert maskers.of(endpoint, text).text("first-secret") == "first-secret"
    assert maskers.of(endpoint, secret).text("first-secret") == MASK


def test_the_beginning_of_a_secret_where_a_value_of_a_reason_was_cut_off() -> None:
    key = "sk_live_ABCDEF1234567890abcd"
    name = "N" * 3982 + key[:18]  # what the sandbox keeps of a longer text

    masked = Masker((key,)).error(AttemptError("bad result", because("result_not_text", name=name, kind="an object")))

    assert masked and "sk_live_ABCDEF" not in masked.message
