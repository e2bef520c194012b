"""A person saves a draft, sees what changes, activates it, rolls back and restores; two people meet on one draft."""

import os
from pathlib import Path

import pytest
from accessibility import faults_in
from administrator import sign_in
from editor import code_of, paste_over
from playwright.sync_api import Browser, Page, expect
from running import Running
from shop import create_endpoint

FIRST = "function handler(webhook) {\n  webhook.payload.first = true;\n  return webhook;\n}\n"
SECOND = FIRST.replace("first", "second")
PICTURES = os.environ.get("PICTURES", "")


def look(page: Page, name: str) -> None:
    """Axe finds nothing, and the page is no wider than its screen. With ``PICTURES`` set, a picture of it is kept."""
    assert faults_in(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than its screen"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def save_draft(page: Page, address: str, code: str) -> None:
    page.goto(address)
    page.get_by_label("Enabled").check()
    paste_over(page, "field-code", code)
    page.keyboard.press("ControlOrMeta+s")
    expect(page.get_by_text("Draft saved. It is not live yet.")).to_be_visible()


@pytest.mark.parametrize(("width", "language", "scheme"), [(1440, "en", "light"), (390, "zh_Hans", "dark")])
def test_draft_activate_roll_back_and_restore(
    hookbench: Running, signed_in: Page, width: int, language: str, scheme: str
) -> None:
    page = signed_in
    home = hookbench.url + create_endpoint(hookbench, page, "https://example.com/", "Our shop")
    address, mark = f"{home}/transformation", f"{language}-{width}"
    save_draft(page, address, FIRST)
    page.get_by_role("link", name="Activate…").click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()
    page.get_by_label("Note").fill("First code")
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.get_by_text("Activated. New events are transformed with this code.")).to_be_visible()

    save_draft(page, address, SECOND)
    expect(page.locator(".badges").first).to_contain_text("draft differs")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "lang", "value": language, "url": hookbench.url}])
    page.reload()
    look(page, f"editor-{mark}")
    page.goto(f"{address}/activate")
    look(page, f"activate-{mark}")
    page.goto(f"{home}/history/compare?after=draft")
    look(page, f"compare-{mark}")
    page.context.add_cookies([{"name": "lang", "value": "en", "url": hookbench.url}])
    page.goto(address)
    page.get_by_role("button", name="Save and activate…").click()
    page.get_by_role("button", name="Activate", exact=True).press("Enter")
    expect(page.get_by_text("Activated. New events")).to_be_visible()

    page.get_by_role("button", name="Roll back to v", exact=False).first.click()
    expect(page.get_by_text("Rolled back. Values of variables")).to_be_visible()
    expect(page.locator(".badges").first).to_contain_text("active")
    page.get_by_role("button", name="Restore v").first.click()
    expect(page.get_by_text("The code is in the draft now.")).to_be_visible()
    assert code_of(page, "field-code") == SECOND
    page.context.add_cookies([{"name": "lang", "value": language, "url": hookbench.url}])
    page.goto(f"{home}/history")
    look(page, f"history-{mark}")
    page.locator("table a").first.click()
    look(page, f"version-{mark}")
    page.context.add_cookies([{"name": "lang", "value": "en", "url": hookbench.url}])
    page.goto(address)
    page.get_by_role("button", name="Discard", exact=True).click()
    page.get_by_role("button", name="Discard the draft").click()
    expect(page.get_by_text("Draft discarded.")).to_be_visible()
    assert code_of(page, "field-code") == FIRST


def test_the_second_of_two_people_merges(hookbench: Running, signed_in: Page, browser: Browser) -> None:
    page = signed_in
    address = hookbench.url + create_endpoint(hookbench, page, "https://example.com/", "Our shop") + "/transformation"
    save_draft(page, address, FIRST + "\n\n\n// end\n")
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator(".cm-content").first).to_be_visible()
    save_draft(page, address, "// theirs\n" + FIRST + "\n\n\n// end\n")

    paste_over(other, "field-code", FIRST + "\n\n\n// end\n// mine\n")
    other.get_by_role("button", name="Save draft").last.click()
    expect(other.get_by_text("Not saved: ada saved this draft after you opened it.")).to_be_visible()
    look(other, "two-people")
    other.get_by_role("button", name="Merge both").click()

    expect(other.get_by_text("Your changes and the saved ones are merged below.")).to_be_visible()
    both = "// theirs\n" + FIRST + "\n\n\n// end\n// mine\n"
    assert code_of(other, "field-code") == both
    expect(other.locator(".cm-changedLine, .cm-insertedLine").first).to_contain_text("// mine")
    look(other, "merged")
    other.get_by_role("button", name="Save draft").last.click()
    expect(other.get_by_text("Draft saved. It is not live yet.")).to_be_visible()
    assert code_of(other, "field-code") == both


def test_code_typed_before_the_session_expired_is_merged_with_what_was_saved_since(
    hookbench: Running, signed_in: Page
) -> None:
    page = signed_in
    address = hookbench.url + create_endpoint(hookbench, page, "https://example.com/", "Our shop") + "/transformation"
    save_draft(page, address, FIRST + "\n\n\n// end\n")
    other = page.context.new_page()
    paste_over(page, "field-code", FIRST + "\n\n\n// end\n// mine\n")
    save_draft(other, address, "// theirs\n" + FIRST + "\n\n\n// end\n")
    # An open page hears of it; once the session has ended, that request would lead to the sign-in page by itself.
    expect(page.get_by_text("This form was just saved in another tab")).to_be_visible()
    other.close()
    [session] = [one for one in page.context.cookies() if one["name"] == "session"]
    page.context.add_cookies([{**session, "value": "a-session-that-is-over"}])

    page.get_by_role("button", name="Save draft").last.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page)
    expect(page.get_by_text("Your unsaved changes were restored.")).to_be_visible()
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.get_by_text("Not saved: ada saved this draft after you opened it.")).to_be_visible()
    page.get_by_role("button", name="Merge both").click()

    expect(page.get_by_text("Your changes and the saved ones are merged below.")).to_be_visible()
    assert code_of(page, "field-code") == "// theirs\n" + FIRST + "\n\n\n// end\n// mine\n"
    expect(page.get_by_role("button", name="Restore them")).to_have_count(0)
