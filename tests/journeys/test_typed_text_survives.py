"""What somebody typed outlives a reload, a lost connection, a restart and an expired session."""

import pytest
from administrator import sign_in
from editor import code_of, open_test, paste_over
from playwright.sync_api import Page, Route, expect
from running import Running, wait_for
from shop import create_endpoint

CODE = "function handler(webhook) {\n  webhook.payload.mine = true;\n  return webhook;\n}\n"


def changed_code(hookbench: Running, page: Page, endpoint: str) -> None:
    page.goto(f"{hookbench.url}{endpoint}/transformation")
    page.get_by_label("Enabled").check()
    paste_over(page, "field-code", CODE)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save draft").last.click()


def save_settings(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()


def kept(page: Page) -> None:
    wait_for(lambda: page.evaluate("Object.keys(localStorage).some((key) => key.startsWith('kept:'))"))


def saved(page: Page) -> None:
    expect(page.get_by_text("Draft saved.")).to_be_visible()
    assert CODE.strip() in code_of(page, "field-code")


def test_a_reload_offers_it_again(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    page.on("dialog", lambda dialog: dialog.accept())
    changed_code(hookbench, page, create_endpoint(hookbench, page, "https://example.com/", "Our shop"))
    kept(page)
    page.reload()
    expect(page.get_by_text("You have unsaved changes from")).to_be_visible()
    assert "mine" not in code_of(page, "field-code")
    page.get_by_role("button", name="Restore them").click()
    expect(page.get_by_text("Your unsaved changes were restored.")).to_be_visible()
    assert CODE.strip() in code_of(page, "field-code")
    save(page)
    saved(page)
    page.reload()
    expect(page.get_by_role("button", name="Restore them")).to_have_count(0)


def test_discarded_is_discarded(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    page.on("dialog", lambda dialog: dialog.accept())
    endpoint = create_endpoint(hookbench, page, "https://example.com/", "Our shop")
    page.goto(f"{hookbench.url}{endpoint}/advanced")
    page.get_by_label("Rate limit (per second)").fill("7")
    page.get_by_label("Value").first.fill("a-secret-value")
    kept(page)
    # Secrets end with the tab; only what is no secret outlives it.
    assert "a-secret-value" not in page.evaluate("JSON.stringify(localStorage)")
    page.reload()
    page.get_by_role("button", name="Discard them").click()
    expect(page.get_by_label("Rate limit (per second)")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Rate limit (per second)")).to_have_value("")
    expect(page.get_by_role("button", name="Restore them")).to_have_count(0)


@pytest.mark.lost_connections
def test_a_cut_network_is_told_and_tried_again(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    changed_code(hookbench, page, create_endpoint(hookbench, page, "https://example.com/", "Our shop"))
    page.context.set_offline(True)
    save(page)
    expect(page.get_by_text("Hookbench could not be reached. Nothing was saved.")).to_be_visible()
    open_test(page)
    page.get_by_role("button", name="Run test").click()
    expect(page.get_by_text("Hookbench could not be reached. The test did not run.")).to_be_visible()
    page.context.set_offline(False)
    page.locator("#test-result").get_by_role("button", name="Try again").click()
    expect(page.locator("#test-result")).to_contain_text("Ready to send")
    page.get_by_role("button", name="Try again").first.click()
    saved(page)


@pytest.mark.lost_connections
def test_a_restart_of_the_server_loses_nothing(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    changed_code(hookbench, page, create_endpoint(hookbench, page, "https://example.com/", "Our shop"))
    hookbench.kill()
    save(page)
    expect(page.get_by_text("Hookbench could not be reached. Nothing was saved.")).to_be_visible()
    hookbench.start()
    page.get_by_role("button", name="Try again").click()
    saved(page)


@pytest.mark.lost_connections
def test_an_expired_session_comes_back_to_the_form(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    endpoint = create_endpoint(hookbench, page, "https://example.com/", "Our shop")
    changed_code(hookbench, page, endpoint)
    end_session(page)
    save(page)
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page)
    expect(page.get_by_text("Your unsaved changes were restored.")).to_be_visible()
    assert page.url.endswith(f"{endpoint}/transformation")
    assert CODE.strip() in code_of(page, "field-code")
    save(page)
    saved(page)


def test_an_endpoint_is_renamed_over_changed_code(hookbench: Running, signed_in: Page) -> None:
    page, asked = signed_in, []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    endpoint = create_endpoint(hookbench, page, "https://example.com/", "Our shop")
    changed_code(hookbench, page, endpoint)
    page.locator("summary", has_text="More actions").click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Orders")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Endpoint renamed.")).to_be_visible()
    expect(page.get_by_text("Your unsaved changes were restored.")).to_be_visible()
    assert page.url.endswith(f"{endpoint}/transformation")
    assert CODE.strip() in code_of(page, "field-code") and asked == []
    expect(page.locator(".page-head")).to_contain_text("Orders")
    page.locator(".account summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert asked == ["beforeunload"], "signing out forgets what was typed"


def test_start_from_can_be_undone(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{hookbench.url}/endpoints/new?card=customer_io")
    paste_over(page, "field-code", CODE)
    page.get_by_role("group", name="Start from:").get_by_role("button").first.click()
    expect(page.get_by_text("The code was replaced.")).to_be_visible()
    assert "mine" not in code_of(page, "field-code")
    page.get_by_role("button", name="Undo").click()
    assert CODE.strip() in code_of(page, "field-code")


def test_the_second_of_two_tabs_is_warned_and_chooses(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    endpoint = create_endpoint(hookbench, page, "https://example.com/", "Our shop")
    page.goto(f"{hookbench.url}{endpoint}/advanced")
    other = page.context.new_page()
    other.goto(f"{hookbench.url}{endpoint}/advanced")
    page.get_by_label("Rate limit (per second)").fill("7")
    other.get_by_label("Rate limit (per second)").fill("9")
    save_settings(page)
    expect(page.get_by_text("Endpoint saved.")).to_be_visible()
    expect(other.get_by_text("This form was just saved in another tab")).to_be_visible()
    save_settings(other)
    expect(other.get_by_text("Not saved: this form was saved in another tab")).to_be_visible()
    expect(other.get_by_label("Rate limit (per second)")).to_have_value("9")
    other.get_by_role("button", name="Overwrite").click()
    expect(other.get_by_text("Endpoint saved.")).to_be_visible()
    expect(other.get_by_label("Rate limit (per second)")).to_have_value("9")


def end_session(page: Page) -> None:
    """The browser still has the cookie; the server does not know the session any more."""
    [session] = [one for one in page.context.cookies() if one["name"] == "session"]
    page.context.add_cookies([{**session, "value": "a-session-that-is-over"}])


def test_signing_out_forgets_what_was_typed(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    page.on("dialog", lambda dialog: dialog.accept())
    changed_code(hookbench, page, create_endpoint(hookbench, page, "https://example.com/", "Our shop"))
    kept(page)
    page.locator(".account summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('kept:')).length") == 0


def typed_into_two_tabs(hookbench: Running, page: Page) -> Page:
    """Type a number and a secret into Advanced on this page. Returns another page of the same browser."""
    endpoint = create_endpoint(hookbench, page, "https://example.com/", "Our shop")
    page.goto(f"{hookbench.url}{endpoint}/advanced")
    page.get_by_label("Rate limit (per second)").fill("7")
    page.get_by_label("Value").first.fill("a-secret-value")
    kept(page)
    other = page.context.new_page()
    other.goto(f"{hookbench.url}/endpoints")
    return other


def sign_out(page: Page) -> None:
    page.locator(".account summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def keeps_secret(page: Page) -> bool:
    return page.evaluate("JSON.stringify(sessionStorage).includes('a-secret-value')")


def nothing_kept(page: Page) -> bool:
    return page.evaluate("!Object.keys(localStorage).some((key) => key.startsWith('kept:'))")


def test_signing_out_forgets_what_was_typed_in_other_tabs_too(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    page.on("dialog", lambda dialog: dialog.accept())
    other = typed_into_two_tabs(hookbench, page)
    assert keeps_secret(page)
    sign_out(other)
    wait_for(lambda: not keeps_secret(page))
    page.get_by_label("Rate limit (per second)").press_sequentially("8")
    page.goto(f"{hookbench.url}/login")
    assert nothing_kept(other) and not keeps_secret(page)


def test_a_tab_that_slept_while_another_signed_out_forgets_on_its_next_page(
    hookbench: Running, signed_in: Page
) -> None:
    page = signed_in
    page.on("dialog", lambda dialog: dialog.accept())
    other = typed_into_two_tabs(hookbench, page)
    page.goto("about:blank")
    sign_out(other)
    sign_in(other)
    expect(other.locator(".account")).to_be_visible()
    page.goto(f"{hookbench.url}/endpoints")
    wait_for(lambda: not keeps_secret(page))


@pytest.mark.lost_connections
def test_a_form_of_another_tab_is_saved_after_signing_in_again(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    other = typed_into_two_tabs(hookbench, page)
    page.get_by_label("Value").first.fill("")
    sign_out(other)
    save_settings(page)
    expect(page.get_by_text("You signed out in another tab. Nothing was saved.")).to_be_visible()
    expect(page.get_by_label("Rate limit (per second)")).to_have_value("7")
    sign_in(other)
    expect(other.locator(".account")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Endpoint saved.")).to_be_visible()
    expect(page.get_by_label("Rate limit (per second)")).to_have_value("7")


@pytest.mark.parametrize("late", ["main.js", "keep.js"])
def test_what_is_typed_before_the_scripts_have_come_is_kept_too(hookbench: Running, signed_in: Page, late: str) -> None:
    page = signed_in
    held: list[Route] = []
    page.on("dialog", lambda dialog: dialog.accept())
    endpoint = create_endpoint(hookbench, page, "https://example.com/", "Our shop")
    page.route(f"**/{late}*", lambda route: held.append(route))
    page.goto(f"{hookbench.url}{endpoint}/advanced", wait_until="commit")
    page.get_by_label("Rate limit (per second)").fill("7")
    page.get_by_label("In-order delivery").check()
    wait_for(lambda: page.evaluate("1") and held)
    for route in held:
        route.continue_()
    kept(page)
    page.unroute(f"**/{late}*")
    page.reload()
    page.get_by_role("button", name="Restore them").click()
    expect(page.get_by_label("Rate limit (per second)")).to_have_value("7")
    expect(page.get_by_label("In-order delivery")).to_be_checked()
    page.get_by_label("Rate limit (per second)").fill("")
    page.get_by_label("In-order delivery").uncheck()
    wait_for(lambda: not page.evaluate("Object.keys(localStorage).some((key) => key.startsWith('kept:'))"))


@pytest.mark.parametrize("late", ["main.js", "saving.js"])
def test_what_is_submitted_before_the_scripts_have_come_waits_for_them(
    hookbench: Running, signed_in: Page, late: str
) -> None:
    page = signed_in
    held: list[Route] = []
    address = hookbench.url + create_endpoint(hookbench, page, "https://example.com/", "Our shop") + "/advanced"
    page.route(f"**/{late}*", lambda route: held.append(route))
    page.goto(address, wait_until="commit")
    page.get_by_label("Rate limit (per second)").fill("7")
    save_settings(page)
    wait_for(lambda: page.evaluate("1") and held)
    assert page.url == address
    for route in held:
        route.continue_()
    expect(page.get_by_text("Endpoint saved.")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('kept:'))") == []


@pytest.mark.lost_connections
def test_without_the_scripts_it_is_submitted_all_the_same(hookbench: Running, signed_in: Page) -> None:
    page = signed_in
    address = hookbench.url + create_endpoint(hookbench, page, "https://example.com/", "Our shop") + "/advanced"
    page.route("**/main.js*", lambda route: route.abort("connectionrefused"))
    page.goto(address)
    page.get_by_label("Rate limit (per second)").fill("7")
    save_settings(page)
    expect(page.get_by_text("Endpoint saved.")).to_be_visible()
    expect(page.get_by_label("Rate limit (per second)")).to_have_value("7")
