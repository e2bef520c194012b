"""Run test shows what the card's contract says, on this event and on all samples; Fix it offers corrected code."""

import html
import re
from pathlib import Path

import pytest
from form import a_form, customer_io, text_of
from site_under_test import Site

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}
SEED = Path(__file__).parent.parent / "fixtures" / "seed"


def seed(name: str) -> str:
    return next(SEED.rglob(f"{name}.js")).read_text(encoding="utf-8")


def corrected(answer: str) -> str:
    found = re.search(r'<textarea name="corrected"[^>]*>(.*?)</textarea>', answer, re.DOTALL)
    assert found, "no corrected code"
    return html.unescape(found[1]).removeprefix("\n")


def on_all_samples(answer: str) -> str:
    return text_of(answer).partition("On all samples")[2]


@pytest.mark.parametrize(
    ("sample", "event_type", "errors"),
    [("track_payments", "payment.succeeded", 1), ("track_subscriptions", "subscription.active", 2)],
)
async def test_the_seeds_samples_get_their_verdict(site: Site, sample: str, event_type: str, errors: int) -> None:
    form = customer_io(code=seed(sample), event_type=event_type)
    await site.post("/transformations/sample", form)

    answer = await site.post("/transformations/try", form, headers=FRAGMENT)

    text = text_of(answer.text)
    assert answer.status_code == 200
    assert "The destination does not accept this request: 1 error" in text
    assert "Allowed: identify, delete, event" in text
    assert f"{errors} error" in on_all_samples(answer.text)
    assert f"{48 - errors} event types are sent as they came" in text
    assert "Fix it" in text


async def test_code_that_fits_is_told_so(site: Site) -> None:
    answer = await site.post("/transformations/try", customer_io(code=seed("track_attributes")), headers=FRAGMENT)

    text = text_of(answer.text)
    assert "The request fits the contract of Customer.io." in text
    assert "Fix it" not in text
    assert "47 event types are sent as they came" in text


async def test_an_event_that_the_code_leaves_alone_is_one_error(site: Site) -> None:
    form = customer_io(code="function handler(webhook) { return webhook; }")

    answer = await site.post("/transformations/try", form, headers=FRAGMENT)

    assert "The destination does not accept this request: 1 error" in text_of(answer.text)


async def test_fix_it_shows_the_difference_and_the_button_takes_the_code_over(site: Site) -> None:
    form = customer_io(code=seed("track_subscriptions"))

    answer = await site.post("/transformations/correct", form | {"part": "findings"}, headers=FRAGMENT)

    assert answer.status_code == 200
    assert "It fixes 2 problems." in text_of(answer.text)
    code = corrected(answer.text)
    assert code.count('action: "event"') == 2
    assert code.replace('action: "event"', "") == re.sub(
        r'action: "subscription_\w+"', "", seed("track_subscriptions").replace("\r\n", "\n")
    )

    taken = await site.post(
        "/transformations/start", form | {"start": "corrected:", "corrected": code}, headers=FRAGMENT
    )
    assert html.unescape(taken.text).count('action: "event"') == 2
    judged = await site.post("/transformations/try", form | {"code": code}, headers=FRAGMENT)
    assert "Fix it" not in text_of(judged.text)


async def test_the_rest_can_be_cancelled(site: Site) -> None:
    form = customer_io(code=seed("track_payments"))

    answer = await site.post("/transformations/correct", form | {"part": "unhandled"}, headers=FRAGMENT)

    code = corrected(answer.text)
    assert '["payment.succeeded"].includes(webhook.eventType)' in code
    judged = await site.post("/transformations/try", form | {"code": code}, headers=FRAGMENT)
    assert "sent as they came" not in text_of(judged.text)


async def test_code_that_nothing_mends_is_told_so(site: Site) -> None:
    form = customer_io(code="function handler(webhook) { webhook.payload = { a: 1 }; return webhook; }")

    answer = await site.post("/transformations/correct", form | {"part": "findings"}, headers=FRAGMENT)

    assert "No correction was found that works on all samples." in text_of(answer.text)


async def test_without_scripts_the_correction_comes_with_the_whole_page(site: Site) -> None:
    form = customer_io(code=seed("track_payments"))

    answer = await site.post("/transformations/correct", form | {"part": "findings"})

    assert "<html" in answer.text
    assert 'action: "event"' in corrected(answer.text)
    assert 'action: "payment_completed"' in html.unescape(answer.text), "the editor still has the person's code"


async def test_a_card_without_a_contract_judges_nothing(site: Site) -> None:
    answer = await site.post("/transformations/try", a_form(code="const handler = (w) => w"), headers=FRAGMENT)

    assert "contract" not in text_of(answer.text).lower()


async def test_code_that_cannot_run_is_not_corrected(site: Site) -> None:
    answer = await site.post("/transformations/correct", customer_io(code=" "), headers=FRAGMENT)

    assert answer.status_code == 422
    assert "Write the transformation" in text_of(answer.text)


async def test_slow_code_is_checked_as_far_as_time_allows(site: Site) -> None:
    code = "function handler(w) { const end = Date.now() + 300; while (Date.now() < end); w.payload = {}; return w; }"

    answer = await site.post("/transformations/try", customer_io(code=code), headers=FRAGMENT)

    assert "were not checked, because the code is slow" in text_of(answer.text)
    assert "Fix it" not in text_of(answer.text)


async def test_a_secret_is_not_in_a_finding(site: Site) -> None:
    code = "function handler(w) { w.payload = { type: w.env.API_TOKEN }; return w; }"
    form = customer_io(code=code, variables_key=["API_TOKEN"], variables_value=["tok_0123456789abcdef"])

    answer = await site.post("/transformations/try", form, headers=FRAGMENT)

    assert "tok_0123456789abcdef" not in answer.text
