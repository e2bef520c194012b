"""The code of the seed is invalid at Customer.io: a person sees it before anything is sent, and has it corrected."""

import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from accessibility import faults_in
from editor import code_of, open_test, paste_over
from playwright.sync_api import Page, Request, expect
from running import Running

SEED = Path(__file__).parent.parent / "fixtures" / "seed"


def by_hand(request: Request) -> bool:
    return request.url.endswith("/transformations/try") and "typing" not in parse_qs(request.post_data or "")


def run_on_a_sample(page: Page, hookbench: Running, code: str, event_type: str = "payment.succeeded") -> None:
    """The form of a new Customer.io endpoint, with this code tested."""
    page.goto(f"{hookbench.url}/test/endpoints/new?card=customer_io")
    paste_over(page, "field-code", code)
    open_test(page)
    page.get_by_label("Event type", exact=True).select_option(event_type)
    run = page.get_by_role("button", name="Run test")
    with page.expect_response(lambda response: by_hand(response.request)):
        run.click()
    expect(run).not_to_have_class(re.compile("htmx-request"))  # its result is there, not that of a run while typing
    expect(page.get_by_role("heading", name="On all samples")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_fix_it_shows_a_difference_and_the_code_is_taken_over(hookbench: Running, signed_in: Page, width: int) -> None:
    page = signed_in
    page.set_viewport_size({"width": width, "height": 900})
    code = (SEED / "track_payments.js").read_text()
    run_on_a_sample(page, hookbench, code)
    result = page.locator("#test-result")
    expect(result).to_contain_text("The destination does not accept this request: 1 error")
    expect(result).to_contain_text("Allowed: identify, delete, event")

    with page.expect_response(lambda response: response.request.method == "POST"):  # each correction is run on samples
        page.get_by_role("button", name="Fix it").click()
    correction = page.get_by_role("region", name="Corrected code")
    expect(correction).to_contain_text("It fixes 1 problem.")
    expect(correction.locator("tr.removed")).to_contain_text('action: "payment_completed"')
    expect(correction.locator("tr.added")).to_contain_text('action: "event"')
    assert faults_in(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than its screen"

    correction.get_by_role("button", name="Use this code").click()
    expect(page.locator("#field-code")).to_have_value(code.replace('action: "payment_completed"', 'action: "event"'))
    page.get_by_role("button", name="Run test").click()
    expect(result).to_contain_text("The request fits the contract of Customer.io.")


def test_the_rest_is_cancelled_by_keyboard(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    run_on_a_sample(page, hookbench, (SEED / "track_attributes.js").read_text())

    page.get_by_role("button", name="Cancel them in the code").press("Enter")
    page.get_by_role("button", name="Use this code").press("Enter")

    expect(page.get_by_text("The code was replaced.")).to_be_visible()
    assert 'if (!["payment.succeeded"].includes(webhook.eventType))' in code_of(page, "field-code")
    open_test(page)
    page.get_by_role("button", name="Run test").click()
    expect(page.locator("#test-result")).to_contain_text("Customer.io accepts what the code sends for each event type.")
