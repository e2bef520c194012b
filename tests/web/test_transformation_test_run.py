"""Run test: the finished request or the error, as the block alone for htmx and as the whole page for a plain form."""

import html

import pytest
from form import a_form, customer_io, text_of
from site_under_test import Site

from server.store import versions

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}
AS_BASIC = "MWEyYjNjNGQ1ZTZmN2E4YjljMGQ6MGQ5YzhiN2E2ZjVlNGQzYzJiMWE="


async def test_the_finished_request_is_shown_with_what_changed_and_the_console(site: Site) -> None:
    code = """function handler(webhook) {
      console.warn("amount", webhook.payload.data.total_amount);
      webhook.method = "PUT";
      webhook.headers["x-key"] = "topsecret";
      webhook.payload = { type: webhook.eventType, team: webhook.env.TEAM };
      return webhook;
    }"""
    form = customer_io(code=code, variables_key=["TEAM"], variables_value=["blue"])

    answer = await site.post("/transformations/try", form, headers=FRAGMENT)

    text = text_of(answer.text)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "Ready to send" in text
    assert "PUT https://track.customer.io/api/v2/entity" in text
    assert '"team": "blue"' in text
    assert "team added" in text
    assert "business_id removed" in text
    assert "warn amount" in text
    assert "authorization Basic ••••••••" in text
    assert AS_BASIC not in answer.text
    assert "topsecret" not in answer.text.replace(html.escape(code), "")


async def test_a_failing_script_is_a_good_answer_with_line_and_column(site: Site) -> None:
    code = "function handler(webhook) {\n  return webhook.nothing.here;\n}"

    answer = await site.post("/transformations/try", a_form(code=code), headers=FRAGMENT)

    assert answer.status_code == 200
    assert "Cannot read properties of undefined (reading 'here')" in text_of(answer.text)
    assert 'data-for="#field-code"' in answer.text
    assert 'data-line="2"' in answer.text


async def test_a_cancelled_event_is_not_called_a_success(site: Site) -> None:
    answer = await site.post("/transformations/try", a_form(code="const handler = () => null"), headers=FRAGMENT)

    assert "The code cancels this event: nothing is sent." in answer.text
    assert "Ready to send" not in answer.text


async def test_a_url_that_the_guard_forbids_fails_the_test(site: Site) -> None:
    code = 'function handler(webhook) { webhook.url = "http://[::1]:9/"; return webhook }'

    answer = await site.post("/transformations/try", a_form(code=code), headers=FRAGMENT)

    assert "The address belongs to this machine (loopback)." in answer.text
    assert "Ready to send" not in answer.text


async def test_a_reserved_header_fails_the_test(site: Site) -> None:
    code = 'function handler(webhook) { webhook.headers["Host"] = "a"; return webhook }'

    answer = await site.post("/transformations/try", a_form(code=code), headers=FRAGMENT)

    assert "The header Host is reserved: Hookbench or the connection sets it." in answer.text


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ('{"a":\n 1,}', "The payload is not valid JSON: see line 2, column"),
        ("", "The payload is not valid JSON: see line 1, column 1."),
        ("[1]", "The payload must be a JSON object, in braces: { … }."),
        ('{"a": NaN}', "The payload is not valid JSON."),
        ("[" * 100_000, "The payload is not valid JSON."),
    ],
)
async def test_a_payload_that_is_no_event_is_named_beside_its_field(site: Site, payload: str, sentence: str) -> None:
    fragment = await site.post("/transformations/try", a_form(payload=payload), headers=FRAGMENT)
    page = await site.post("/transformations/try", a_form(payload=payload))

    assert (fragment.status_code, page.status_code) == (422, 422)
    assert sentence in text_of(fragment.text)
    assert 'id="field-payload-error"' in page.text
    assert sentence in text_of(page.text)


@pytest.mark.parametrize("card", ["webhook", "slack"])
async def test_a_url_that_was_not_typed_yet_is_said_to_be_missing(site: Site, card: str) -> None:
    answer = await site.post("/transformations/try", a_form(card=card, url=""), headers=FRAGMENT)

    assert answer.status_code == 200
    assert "The endpoint has no URL yet, and the code sets none." in answer.text


async def test_without_scripts_the_whole_page_comes_back_with_the_result(site: Site) -> None:
    answer = await site.post("/transformations/try", a_form(description="Still here"))

    assert answer.status_code == 200
    assert "<html" in answer.text
    assert "Ready to send" in answer.text
    assert "\nStill here</textarea>" in answer.text


async def test_without_scripts_a_button_loads_the_sample_of_an_event_type(site: Site) -> None:
    answer = await site.post("/transformations/sample", a_form(event_type="dispute.opened", payload="{}"))

    assert '"type": "dispute.opened"' in html.unescape(answer.text)
    assert "Test output" not in answer.text


async def test_a_sample_of_the_card_replaces_the_code_and_nothing_else(site: Site) -> None:
    sample = site.services.cards["customer_io"].samples[0]
    form = customer_io(start=sample.name, description="Still here")

    fragment = await site.post("/transformations/start", form, headers=FRAGMENT)
    page = await site.post("/transformations/start", form)

    assert f"\n{sample.code}</textarea>" in html.unescape(fragment.text)
    assert f"\n{sample.code}</textarea>" in html.unescape(page.text)
    assert "\nStill here</textarea>" in page.text


async def test_an_endpoint_that_exists_is_tried_with_its_stored_credentials(site: Site) -> None:
    created = await site.post("/endpoints", customer_io())
    endpoint_id = created.headers["location"].split("/")[3].split("?")[0]
    form = {"endpoint": endpoint_id, "transforming": "on", "code": "const handler = (w) => w", "payload": "{}"}

    answer = await site.post("/transformations/try", form, headers=FRAGMENT)

    assert "authorization Basic ••••••••" in text_of(answer.text)
    history = await site.services.store.read(lambda tx: versions.history(tx, endpoint_id))
    assert [version.number for version in history] == [1]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("const handler = (w) => w", None),
        ("", None),
        ("let a = 1;\nlet a = 2;", 2),
    ],
)
async def test_the_check_while_typing_answers_with_the_place(site: Site, code: str, line: int | None) -> None:
    error = (await site.post("/transformations/check", {"code": code})).json()["error"]

    assert (error and error["line"]) == line
    assert error is None or error["message"].startswith("SyntaxError")


async def test_a_missing_variable_in_a_header_and_lost_work_are_told(site: Site) -> None:
    code = """function handler(webhook) {
      webhook.headers.Authorization = `Bearer ${webhook.env.API_KEY}`;
      (async () => { throw new Error("lost") })();
      return webhook;
    }"""
    answer = await site.post("/transformations/try", a_form(code=code), headers=FRAGMENT)

    text = text_of(answer.text)
    assert "The header Authorization contains “undefined”. The code reads webhook.env.API_KEY" in text
    assert "A promise was rejected at line 3 and not handled: Error: lost." in text
