"""Beside the code, its result follows what is typed: calm, newest first, and only as long as the person wants it."""

import re
from collections.abc import Iterator

import pytest
from accessibility import faults_in
from administrator import sign_in_without_pages
from editor import code_of, editor, open_test, paste_over
from playwright.sync_api import Browser, Page, Route, expect
from running import Running
from shop import create_endpoint, ingest_address, send

CODE = 'function handler(webhook) {\n  webhook.payload = { text: "first" };\n  return webhook;\n}\n'
SLOW = CODE.replace("  return", "  for (const end = Date.now() + 300; Date.now() < end; );\n  return")
TRY = "**/transformations/try"


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Runs while typing have the lowest priority: where other tests run beside these, they take their time."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("beside") / "data") as running:
        yield running


@pytest.fixture
def form(page: Page, server: Running) -> Page:
    """The form of a new endpoint of the card Webhook, with the transformation on."""
    sign_in_without_pages(server, page.context)
    page.goto(f"{server.url}/test/endpoints/new?card=webhook")
    page.get_by_label("Enabled").check()
    expect(editor(page, "field-code")).to_be_visible()
    return page


def runs(page: Page) -> list[str]:
    """The bodies of the test runs from now on."""
    made: list[str] = []
    page.on("request", lambda request: made.append(request.post_data or "") if request.url.endswith("/try") else None)
    return made


def result(page: Page):  # type: ignore[no-untyped-def]
    return page.locator("#test-result")


def accessible(page: Page) -> None:
    assert faults_in(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than its screen"


def test_the_result_follows_and_the_focus_stays(form: Page) -> None:
    made = runs(form)
    paste_over(form, "field-code", CODE)
    expect(result(form)).to_contain_text('"first"')
    form.keyboard.press("Home")
    expect(editor(form, "field-code")).to_be_focused()
    expect(form.get_by_role("status").filter(has_text="The result is up to date.")).to_be_visible()
    assert result(form).get_attribute("aria-live") is None
    assert [("typing=on" in body) for body in made] == [True]
    accessible(form)

    # What the result does not depend on runs nothing, and neither does the same code again.
    form.get_by_label("Description").fill("Our shop")
    form.get_by_role("button", name="Run test").click()
    expect(result(form).locator("h3")).to_be_focused()
    form.keyboard.press("Escape")
    expect(form.get_by_role("button", name="Run test")).to_be_focused()
    assert len(made) == 2


def test_an_error_is_calm_and_the_last_good_result_stays(form: Page) -> None:
    paste_over(form, "field-code", CODE)
    expect(result(form)).to_contain_text('"first"')
    paste_over(form, "field-code", CODE.replace('"first" }', '"first" ]'))
    expect(form.get_by_text("The code fails in line 2.")).to_be_visible()
    expect(form.locator(".cm-lintRange-error")).to_have_count(1)
    was = form.locator(".result-was")
    expect(was).to_contain_text('"first"')
    assert was.evaluate("(each) => each.inert")
    expect(form.get_by_role("alert")).to_have_count(0)
    expect(editor(form, "field-code")).to_be_focused()
    accessible(form)
    form.emulate_media(color_scheme="dark")
    accessible(form)
    form.emulate_media(color_scheme="light")

    paste_over(form, "field-code", CODE.replace("first", "second"))
    expect(result(form)).to_contain_text('"second"')
    expect(was).to_have_count(0)
    expect(form.locator(".cm-lintRange-error")).to_have_count(0)

    paste_over(form, "field-payload", "{")
    expect(form.get_by_text("The code cannot run yet.")).to_be_visible()
    expect(was).to_contain_text('"second"')


def test_the_body_of_a_result_is_searched_and_folded_and_that_runs_and_saves_nothing(form: Page) -> None:
    paste_over(form, "field-code", CODE.replace('"first"', '{ deep: ["first"] }'))
    expect(result(form)).to_contain_text('"first"')
    body = result(form).locator(".body-view")
    made = runs(form)
    body.get_by_role("button", name="Search in this body").click()
    expect(body.get_by_role("textbox", name="Search in this body")).to_be_focused()
    form.keyboard.type("first")
    form.keyboard.press("Enter")
    expect(body.locator("[data-view-count]")).to_contain_text("1")
    body.get_by_role("button", name="Fold all").click()
    expect(body.get_by_text('"first"')).to_be_hidden()
    expect(form).to_have_url(re.compile(r"/endpoints/new\?card=webhook"))
    assert made == []

    paste_over(form, "field-code", CODE.replace("first", "second"))
    expect(body).to_contain_text('"second"')
    expect(body.get_by_role("tree")).to_be_visible()


def test_what_is_found_in_a_body_is_scrolled_into_the_window(form: Page) -> None:
    form.set_viewport_size({"width": 1024, "height": 500})
    open_test(form)
    form.get_by_role("button", name="Run test").click()
    body = result(form).locator(".body-view")
    last = body.locator(".tok-propertyName").last
    word = last.inner_text()
    form.evaluate("scrollTo(0, 0)")
    expect(last).not_to_be_in_viewport()
    expect(body.locator("[data-ready]")).to_be_attached()  # its script has come
    body.get_by_role("button", name="Search in this body").evaluate("(button) => button.click()")
    expect(body.get_by_role("textbox", name="Search in this body")).to_be_focused()
    form.keyboard.type(word)
    form.keyboard.press("Shift+Enter")
    expect(body.locator('[role="treeitem"]', has_text=word).last).to_be_in_viewport()


def test_the_newest_wins_and_one_runs_at_a_time(form: Page) -> None:
    """Typing during a slow run: what comes last is shown, and never two at once."""
    under_way = {"now": 0, "most": 0}
    shown: list[str] = []

    def slowly(route: Route) -> None:
        under_way["now"] += 1
        under_way["most"] = max(under_way.values())
        answer = route.fetch()
        form.wait_for_timeout(400)
        under_way["now"] -= 1
        route.fulfill(response=answer)

    form.route(TRY, slowly)
    made = runs(form)
    for word in ("one", "two", "three"):
        with form.expect_request(TRY) if word == "one" else form.expect_event("requestfinished"):
            paste_over(form, "field-code", SLOW.replace("first", word))
        shown.append(result(form).inner_text())
    expect(result(form)).to_contain_text('"three"')
    assert under_way["most"] == 1
    assert len(made) <= 3

    # Run test goes first: the run that typing began is not shown after it.
    form.unroute(TRY)
    paste_over(form, "field-code", CODE.replace("first", "four"))
    form.keyboard.press("ControlOrMeta+Enter")
    expect(result(form)).to_contain_text('"four"')


def test_after_the_keys_the_focus_stays_in_the_editor_and_the_result_is_announced(form: Page) -> None:
    form.get_by_role("switch", name="Run while typing").press("Space")
    paste_over(form, "field-code", CODE)
    told = form.get_by_role("status").filter(has_text="The result is up to date.")
    for word in ("first", "again"):
        paste_over(form, "field-code", CODE.replace("first", word))
        form.keyboard.press("ControlOrMeta+Enter")
        expect(result(form)).to_contain_text(f'"{word}"')
        expect(told).to_be_visible()
        expect(editor(form, "field-code")).to_be_focused()
    form.keyboard.type("ge")
    assert code_of(form, "field-code").endswith("ge")
    assert form.url.endswith("/test/endpoints/new?card=webhook")

    paste_over(form, "field-code", NULL)
    form.keyboard.press("ControlOrMeta+Enter")
    expect(form.get_by_text("The code fails in line 2.")).to_be_visible()
    expect(editor(form, "field-code")).to_be_focused()
    with form.expect_response(TRY):
        form.get_by_label("Description").press("ControlOrMeta+Enter")
    expect(form.get_by_text("The code fails in line 2.")).to_be_visible()
    expect(form.get_by_label("Description")).to_be_focused()
    form.get_by_role("button", name="Run test").press("Enter")
    expect(result(form).locator("h3")).to_be_focused()


def test_on_a_narrow_screen_the_keys_show_the_result_and_escape_leads_back_to_the_code(form: Page) -> None:
    form.set_viewport_size({"width": 1024, "height": 768})
    paste_over(form, "field-code", CODE)
    form.keyboard.press("ControlOrMeta+Enter")
    expect(result(form)).to_contain_text('"first"')
    expect(result(form).locator("h3")).to_be_focused()
    form.keyboard.press("Escape")
    expect(editor(form, "field-code")).to_be_focused()


def test_the_switch_is_remembered_and_without_it_nothing_runs(form: Page, server: Running) -> None:
    switch = form.get_by_role("switch", name="Run while typing")
    switch.press("Space")
    expect(switch).not_to_be_checked()
    form.reload()
    form.get_by_label("Enabled").check()
    expect(switch).not_to_be_checked()
    made = runs(form)
    with form.expect_response("**/transformations/check"):
        paste_over(form, "field-code", CODE)
    form.keyboard.press("ControlOrMeta+Enter")
    expect(result(form)).to_contain_text('"first"')
    assert ["typing" in body for body in made] == [False]

    switch.check()
    paste_over(form, "field-code", CODE.replace("first", "again"))
    expect(result(form)).to_contain_text('"again"')


def test_on_a_narrow_screen_nothing_runs_unseen(form: Page) -> None:
    form.set_viewport_size({"width": 390, "height": 844})
    made = runs(form)
    with form.expect_response("**/transformations/check"):
        paste_over(form, "field-code", CODE)
    assert made == []
    open_test(form)
    form.get_by_role("button", name="Run test").click()
    expect(result(form)).to_contain_text('"first"')
    paste_over(form, "field-payload", '{"type": "payment.succeeded", "data": {}}')
    expect(form.get_by_text("The result is up to date.")).to_be_visible()
    accessible(form)


def test_the_six_steps_fit_one_screen(form: Page, server: Running) -> None:
    form.goto(f"{server.url}/test/endpoints/new?card=customer_io")
    for language in ("en", "zh_Hans"):
        form.context.add_cookies([{"name": "lang", "value": language, "url": server.url}])
        form.reload()
        for parts in ("[data-card-picker] summary", "[name='credentials.site_id']", "[name='credentials.api_key']"):
            expect(form.locator(parts)).to_be_in_viewport(ratio=1)
        for parts in (".cm-editor", "[data-run-test]", "#test-result", ".form-foot button"):
            expect(form.locator(parts).first).to_be_in_viewport(ratio=1)
        assert form.evaluate("document.querySelector('.cm-editor').getBoundingClientRect().height") > 200
    form.set_viewport_size({"width": 2560, "height": 1440})
    assert form.evaluate("document.querySelector('.cm-editor').getBoundingClientRect().width") > 850
    accessible(form)


HEIGHT = "document.querySelector('#test-result').clientHeight"


def test_the_payload_gives_its_room_to_the_first_result(form: Page, server: Running) -> None:
    form.goto(f"{server.url}/test/endpoints/new?card=slack")
    payload = editor(form, "field-payload")
    expect(payload).to_be_visible()
    form.get_by_role("button", name="Run test").click()
    expect(payload).to_be_hidden()
    assert form.evaluate(HEIGHT) > 300
    for parts in (".cm-editor", "#test-result", ".form-foot button"):
        expect(form.locator(parts).first).to_be_in_viewport(ratio=1)
    accessible(form)

    # Whoever wants to see it keeps it, also on the next page, until they hide it again.
    form.get_by_role("button", name="Show payload").click()
    expect(payload).to_be_visible()
    form.get_by_label("Event type", exact=True).select_option("refund.succeeded")
    expect(result(form)).to_contain_text("Refund")
    expect(payload).to_be_visible()
    form.reload()
    form.get_by_role("button", name="Run test").click()
    expect(result(form).locator("h3")).to_be_focused()
    expect(payload).to_be_visible()
    form.get_by_role("button", name="Hide payload").click()
    expect(payload).to_be_hidden()
    accessible(form)

    # A narrow screen has no result beside the code, and a high one has room for both.
    form.set_viewport_size({"width": 1024, "height": 768})
    open_test(form)
    expect(payload).to_be_visible()
    form.set_viewport_size({"width": 2560, "height": 1300})
    form.reload()
    form.get_by_role("button", name="Run test").click()
    expect(result(form).locator("h3")).to_be_focused()
    expect(payload).to_be_visible()


def test_the_payload_stays_while_it_is_edited_and_when_it_is_wrong(form: Page) -> None:
    paste_over(form, "field-payload", "{")
    expect(form.get_by_text("The code cannot run yet.")).to_be_visible()
    paste_over(form, "field-payload", '{"type": "payment.succeeded", "data": {}}')
    expect(form.get_by_text("The result is up to date.")).to_be_visible()
    expect(editor(form, "field-payload")).to_be_focused()
    paste_over(form, "field-code", CODE)
    expect(result(form)).to_contain_text('"first"')
    expect(editor(form, "field-payload")).to_be_hidden()


def test_the_code_has_the_whole_width_of_a_small_screen(form: Page, server: Running) -> None:
    address = server.url + create_endpoint(server, form, "https://example.com/", "Our shop") + "/transformation"
    form.set_viewport_size({"width": 1024, "height": 768})
    form.goto(address)
    form.get_by_label("Enabled").check()
    box = editor(form, "field-code").locator("xpath=ancestor::*[contains(@class, 'cm-editor')]").bounding_box()
    assert box and box["width"] > 550
    accessible(form)


def test_a_refused_form_keeps_the_result(form: Page) -> None:
    paste_over(form, "field-code", CODE)
    expect(result(form)).to_contain_text('"first"')
    form.get_by_role("button", name="Create", exact=True).last.click()
    expect(form.get_by_text("Please fix the following:")).to_be_visible()
    expect(result(form)).to_contain_text('"first"')
    paste_over(form, "field-code", CODE.replace("first", "second"))
    expect(result(form)).to_contain_text('"second"')
    accessible(form)


def test_a_hint_stands_beside_its_icon(form: Page, server: Running) -> None:
    form.goto(f"{server.url}/test/endpoints/new?card=slack")
    for width in (1440, 390):
        form.set_viewport_size({"width": width, "height": 900})
        form.get_by_label("Endpoint URL").fill("https://example.com/services/x")
        form.get_by_label("Endpoint URL").press("Tab")
        icon, text = form.locator(".hint > .icon").bounding_box(), form.locator(".hint > span").bounding_box()
        assert icon and text
        assert icon["x"] < text["x"] and text["y"] <= icon["y"] + icon["height"] / 2 < text["y"] + text["height"]


def test_the_draft_is_saved_by_key_and_the_place_is_kept(form: Page, server: Running) -> None:
    address = server.url + create_endpoint(server, form, "https://example.com/", "Our shop") + "/transformation"
    form.goto(address)
    form.get_by_label("Enabled").check()
    paste_over(form, "field-payload", '{"type": "payment.succeeded", "data": {"own": 1}}')
    paste_over(form, "field-code", CODE)
    expect(result(form)).to_contain_text('"first"')
    form.keyboard.press("ArrowUp")
    form.keyboard.press("ControlOrMeta+s")
    expect(form.get_by_text("Draft saved. It is not live yet.")).to_be_visible()
    expect(editor(form, "field-code")).to_be_focused()
    expect(result(form)).to_contain_text('"first"')
    assert '"own": 1' in code_of(form, "field-payload")
    form.keyboard.type("// here")
    assert "// here" in code_of(form, "field-code").splitlines()[3]


def test_saving_by_key_creates_nothing_by_surprise(form: Page, server: Running) -> None:
    paste_over(form, "field-code", CODE)
    form.keyboard.press("ControlOrMeta+s")
    expect(form.get_by_text("Kept in this browser. Create makes the endpoint.")).to_be_visible()
    assert form.url.endswith("/test/endpoints/new?card=webhook")
    form.get_by_label("Description").press("ControlOrMeta+s")
    form.reload()
    form.get_by_role("button", name="Restore them").click()
    assert code_of(form, "field-code") == CODE


def test_nothing_moves_while_the_editors_load(form: Page, server: Running) -> None:
    for width in (1440, 390):
        form.set_viewport_size({"width": width, "height": 900})
        form.goto(f"{server.url}/test/endpoints/new?card=customer_io")
        expect(editor(form, "field-code")).to_be_visible()
        shift = form.evaluate(
            """() => new Promise((done) => {
              let sum = 0
              new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value })
                .observe({ type: "layout-shift", buffered: true })
              setTimeout(() => done(sum), 100)
            })"""
        )
        assert shift < 0.01, width


@pytest.mark.lost_connections
def test_a_session_that_is_over_is_told_and_nothing_is_lost(form: Page) -> None:
    [session] = [one for one in form.context.cookies() if one["name"] == "session"]
    form.context.add_cookies([{**session, "value": "a-session-that-is-over"}])
    paste_over(form, "field-code", CODE)
    expect(form.get_by_text("Not run: your session has expired.")).to_be_visible()
    assert code_of(form, "field-code") == CODE
    assert re.search(r"/test/endpoints/new", form.url)


def test_two_people_type_and_neither_waits_for_the_other(form: Page, server: Running, browser: Browser) -> None:
    other_context = browser.new_context(viewport={"width": 1440, "height": 900})
    sign_in_without_pages(server, other_context)
    other = other_context.new_page()
    other.goto(f"{server.url}/test/endpoints/new?card=webhook")
    other.get_by_label("Enabled").check()
    paste_over(other, "field-code", SLOW.replace("300", "60000"))
    paste_over(form, "field-code", CODE)
    expect(result(form)).to_contain_text('"first"')
    expect(result(other)).to_contain_text("Time limit")
    other_context.close()


NULL = CODE.replace('"first"', "webhook.payload.data.nothing.at")


def test_from_a_failed_event_to_its_line_and_fixed(form: Page, server: Running, browser: Browser) -> None:
    """Six clicks from the message to the fixed code, which is the next step's only one by keyboard."""
    address = ingest_address(server, form)
    form.goto(f"{server.url}/test/endpoints/new?card=webhook")
    form.get_by_label("Endpoint URL").fill("https://shop.example/hooks")
    form.get_by_role("radio", name="Capture").check()
    form.get_by_label("Enabled").check()
    paste_over(form, "field-code", NULL)
    expect(form.get_by_text("The code fails in line 2.")).to_be_visible()
    form.get_by_role("button", name="Create", exact=True).last.click()
    form.wait_for_url("**/endpoints/ep_*")
    send(address, "payment.succeeded")
    send(address, "dispute.lost")
    form.goto(f"{server.url}/test/logs")
    form.locator("a.row-link", has_text="payment.succeeded").first.click()
    form.wait_for_url("**/messages/msg_*")
    form.get_by_role("link", name="Open line 2 in editor").first.click()

    expect(form.get_by_text("An event failed in line 2 of v1.")).to_be_visible()
    expect(editor(form, "field-code")).to_be_focused()
    expect(form.locator(".cm-lintRange-error")).to_have_text("at")
    expect(form.get_by_text("The code fails in line 2.")).to_be_visible()
    expect(form.get_by_label("Or a real event").locator("option:checked")).to_contain_text("payment.succeeded")
    accessible(form)
    line = form.url
    form.keyboard.press("Home")
    for _ in range(2):
        form.keyboard.press("ControlOrMeta+Delete")
    assert code_of(form, "field-code") != NULL
    paste_over(form, "field-code", NULL.replace("data.nothing.at", "data.payment_id"))
    expect(result(form)).to_contain_text('"text": "pay_')
    form.keyboard.press("ControlOrMeta+s")
    expect(form.get_by_text("Draft saved. It is not live yet.")).to_be_visible()

    # The line is in the active version still. Without scripts the link leads there.
    plain = browser.new_context(java_script_enabled=False)
    sign_in_without_pages(server, plain)
    page = plain.new_page()
    page.goto(line)
    expect(page.get_by_text("The editor shows other code, which does not have this line.")).to_be_visible()
    page.get_by_role("link", name="v1:2").click()
    expect(page.locator("tr:target")).to_contain_text("data.nothing.at")
    plain.close()


def test_two_tabs_type_at_the_same_endpoint(form: Page, server: Running) -> None:
    """Each tab shows what its own code makes; what the first saves, the second is told of, and nothing is lost."""
    address = server.url + create_endpoint(server, form, "https://example.com/", "Our shop") + "/transformation"
    form.goto(address)
    form.get_by_label("Enabled").check()
    other = form.context.new_page()
    other.goto(address)
    other.get_by_label("Enabled").check()
    paste_over(form, "field-code", CODE)
    paste_over(other, "field-code", CODE.replace("first", "other"))
    expect(result(form)).to_contain_text('"first"')
    expect(result(other)).to_contain_text('"other"')
    form.keyboard.press("ControlOrMeta+s")
    expect(form.get_by_text("Draft saved. It is not live yet.")).to_be_visible()
    other.keyboard.press("ControlOrMeta+s")
    expect(other.get_by_text("Not saved: ada saved this draft after you opened it.")).to_be_visible()
    assert code_of(other, "field-code") == CODE.replace("first", "other")
    accessible(other)
    other.get_by_role("button", name="Keep mine").click()
    expect(other.get_by_text("Draft saved. It is not live yet.")).to_be_visible()
    expect(form.get_by_text("This form was just saved in another tab")).to_be_visible()
    other.close()
