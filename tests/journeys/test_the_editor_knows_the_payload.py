"""While a person types, the editor knows the fields of each event type and what the destination accepts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from accessibility import faults_in
from administrator import set_up
from editor import code_of, editor, open_test, paste_over
from playwright.sync_api import Browser, Locator, Page, Route, expect
from running import Running

SEED = Path(__file__).parent.parent / "fixtures" / "seed"
PATIENCE_MS = 30_000
"""Loading the type checker takes two seconds, and longer where other tests run beside it."""
READY = "#field-code[data-types=ready]"
NULLABLE = """function handler(webhook) {
  const data = webhook.payload.data;
  switch (webhook.eventType) {
    case "payment.succeeded":
      webhook.headers["x-card"] = data.card_last_four.trim();
      break;
  }
  return webhook;
}
"""
DISPUTE = NULLABLE.replace("payment.succeeded", "dispute.opened").replace("data.card_last_four.trim()", "data")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("types") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def visitor(browser: Browser, server: Running) -> Iterator[Page]:
    """A signed-in page without any error. Its scripts are kept between its pages, as in a person's browser."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.add_init_script("localStorage.setItem('run-while-typing', 'off')")  # errors of runs would cover warnings
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    set_up(server, page)
    yield page
    context.close()
    assert troubles == []


@pytest.fixture(scope="module")
def form(visitor: Page, server: Running) -> Page:
    """The form of a new Customer.io endpoint, with the type checker loaded and the code of the card checked."""
    visitor.goto(f"{server.url}/test/endpoints/new?card=customer_io")
    load_checker(visitor)
    assert marked(visitor) == []
    return visitor


def load_checker(page: Page) -> None:
    editor(page, "field-code").click()
    page.wait_for_selector(READY, state="attached")


def marked(page: Page) -> list[str]:
    """The words with a warning."""
    return page.locator(".cm-lintRange-warning").all_inner_texts()


def type_anew(page: Page, code: str) -> None:
    """Paste other code, and wait until it is checked."""
    page.evaluate("document.querySelector('#field-code').dataset.types = ''")
    paste_over(page, "field-code", code)
    page.wait_for_selector(READY, state="attached")


def move_behind(page: Page, text: str) -> None:
    """Move the cursor behind this text, by the keyboard."""
    before = code_of(page, "field-code").partition(text)[0] + text
    page.keyboard.press("ControlOrMeta+Home")
    for _ in range(before.count("\n")):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    if before.rpartition("\n")[2].startswith(" "):
        page.keyboard.press("Home")  # the first one goes to the first letter
    for _ in before.rpartition("\n")[2]:
        page.keyboard.press("ArrowRight")


def sentence_of(page: Page) -> Locator:
    """What hovering over the first marked word shows."""
    page.mouse.move(0, 0)
    page.locator(".cm-lintRange-warning").first.hover()
    return page.locator(".cm-tooltip-hover .cm-diagnostic")


def test_a_value_that_the_destination_refuses_is_marked_while_typing(form: Page) -> None:
    type_anew(form, (SEED / "track_payments.js").read_text())
    assert marked(form) == ['"payment_completed"']
    expect(sentence_of(form)).to_contain_text('The destination does not accept "payment_completed" for “action”.')
    expect(sentence_of(form)).to_contain_text('It accepts "event"')


def test_null_is_warned_of_until_it_is_asked_for(form: Page) -> None:
    type_anew(form, NULLABLE)
    assert marked(form) == ["data.card_last_four"]
    expect(sentence_of(form)).to_contain_text("“card_last_four” may be null or absent here.")

    for guard in ("data.card_last_four?.trim()", '(data.card_last_four || "").trim()'):
        type_anew(form, NULLABLE.replace("data.card_last_four.trim()", guard))
        assert marked(form) == []


@pytest.mark.parametrize(
    ("wrong", "word", "sentence"),
    [
        ('if (webhook.eventType === "payment.suceeded") return null;', '"payment.suceeded"', "payment.succeeded"),
        ("webhook.headers.a = webhook.env.TEAM_ID;", "TEAM_ID", "There is no variable “TEAM_ID”."),
        ('fetch("https://example.com");', "fetch", "There is no fetch."),
        ("const { emial } = webhook.payload.data.customer;", "emial", "Did you mean “email”?"),
    ],
)
def test_what_does_not_exist_is_marked(form: Page, wrong: str, word: str, sentence: str) -> None:
    type_anew(form, f"function handler(webhook) {{\n  {wrong}\n  return webhook;\n}}\n")
    assert marked(form) == [word]
    expect(sentence_of(form)).to_contain_text(sentence)


def test_a_variable_of_the_form_is_known_and_a_warning_blocks_nothing(form: Page) -> None:
    type_anew(form, "function handler(webhook) {\n  webhook.headers.a = webhook.env.TEAM_ID;\n  return webhook;\n}\n")
    form.get_by_role("tab", name="Variables").click()
    form.locator('[name="variables_key"]').first.fill("TEAM_ID")
    form.get_by_role("tab", name="Code", exact=True).click()
    type_anew(form, code_of(form, "field-code") + "\n")
    assert marked(form) == []


def test_an_event_type_that_the_form_does_not_choose_is_told(form: Page) -> None:
    asked = (
        'function handler(webhook) {\n  if (webhook.eventType === "refund.failed") return null;\n  return webhook;\n}\n'
    )
    form.get_by_role("radio", name="Only these").check()
    form.evaluate("document.querySelector('[name=event_types][value=\"payment.failed\"]').checked = true")
    type_anew(form, asked)
    expect(form.locator(".cm-lintRange-info")).to_have_text('"refund.failed"')
    assert marked(form) == []

    form.get_by_role("radio", name="All events").check()
    type_anew(form, asked + "\n")
    expect(form.locator(".cm-lintRange-info")).to_have_count(0)


def test_completion_lists_the_fields_of_the_case(form: Page) -> None:
    type_anew(form, DISPUTE)
    move_behind(form, '"] = data')
    form.keyboard.type(".dis")

    listed = form.locator(".cm-tooltip-autocomplete li")
    expect(listed.filter(has_text="dispute_id")).to_be_visible()
    assert listed.filter(has_text=re.compile("discount|card")).count() == 0
    form.keyboard.type("pute_i")
    expect(listed).to_have_count(1)
    expect(form.locator(".type-card")).to_be_visible()
    form.keyboard.press("Enter")
    assert "= data.dispute_id;" in code_of(form, "field-code")


HOLDING = """() => {
  const post = Worker.prototype.postMessage;
  const held = [];
  Worker.prototype.postMessage = function (message) {
    document.body.dataset.held = message.method;
    held.push(() => post.call(this, message));
  };
  window.letGo = () => {
    Worker.prototype.postMessage = post;
    held.forEach((send) => send());
  };
}"""
"""Holds back what is asked of the type worker, as a busy machine does, until ``letGo()``."""


def test_what_is_typed_before_the_worker_answers_narrows_its_list(form: Page) -> None:
    type_anew(form, DISPUTE)
    move_behind(form, '"] = data')
    form.evaluate(HOLDING)
    form.keyboard.type(".")
    form.wait_for_selector("body[data-held=completions]")
    form.keyboard.type("dis")
    form.evaluate("letGo()")
    listed = form.locator(".cm-tooltip-autocomplete li")
    expect(listed.filter(has_text="dispute_id")).to_be_visible()
    assert listed.filter(has_text=re.compile("discount|card")).count() == 0
    form.keyboard.press("Escape")


def test_the_list_opens_when_the_worker_is_ready(form: Page, visitor: Page, server: Running) -> None:
    """Who types sooner waits behind the dot; nothing else is typed."""
    held: list[Route] = []
    visitor.route("**/type-worker.js", lambda route: held.append(route))
    visitor.goto(f"{server.url}/test/endpoints/new?card=customer_io")
    with visitor.expect_request("**/type-worker.js"):
        editor(visitor, "field-code").click()
    paste_over(visitor, "field-code", DISPUTE)
    move_behind(visitor, '"] = data')
    listed = visitor.locator(".cm-tooltip-autocomplete li")
    visitor.keyboard.type(".dis")
    expect(listed.filter(has_text="disputes")).to_be_visible()  # of the sample, a payment
    visitor.keyboard.type("pute_")
    expect(listed).to_have_count(0)
    held[0].continue_()
    expect(listed.filter(has_text="dispute_id")).to_be_visible(timeout=PATIENCE_MS)
    visitor.keyboard.press("Escape")
    visitor.unroute("**/type-worker.js")


def test_a_name_is_described_by_keyboard(form: Page) -> None:
    type_anew(form, NULLABLE.replace("four.trim", "four?.trim"))
    move_behind(form, "data.card_last")
    form.keyboard.press("ControlOrMeta+Shift+Space")
    card = form.locator(".type-card")
    expect(card).to_contain_text("card_last_four?: string | null")
    expect(card).to_contain_text("The last four digits of the card.")
    expect(card).to_contain_text("May be null. May be absent.")
    expect(card).to_contain_text('Example: "4242"')
    form.keyboard.press("Escape")


def test_code_is_formatted_renamed_and_searched_by_keyboard(form: Page) -> None:
    ugly = "function handler(webhook){\nconst sum=total(webhook)\nwebhook.headers.a=String( sum )\nreturn webhook\n}\n"
    type_anew(form, ugly + "function total(webhook) { return 1 }\n")

    form.keyboard.press("Shift+Alt+f")
    expect(form.locator("#field-code")).to_have_value(re.compile(r" const sum = total\(webhook\)\n"))
    move_behind(form, "const su")
    form.keyboard.press("F2")
    expect(form.locator(".cm-selectionBackground")).to_have_count(2)
    form.keyboard.type("all")
    expect(form.locator("#field-code")).to_have_value(re.compile(r"const all = total[\s\S]*String\(all\)"))

    move_behind(form, "= tot")
    form.keyboard.press("F4")
    expect(form.locator(".cm-lineNumbers .cm-activeLineGutter").first).to_have_text("6")
    form.keyboard.type("X")
    expect(form.locator("#field-code")).to_have_value(re.compile("function Xtotal"))
    form.keyboard.press("ControlOrMeta+z")
    form.keyboard.press("ControlOrMeta+Shift+o")
    expect(form.locator(".cm-symbols button")).to_have_text(["handler", "total"])
    form.keyboard.press("Escape")
    form.keyboard.press("ControlOrMeta+a")
    form.keyboard.press("ControlOrMeta+/")
    assert code_of(form, "field-code").startswith("// function handler")
    form.keyboard.press("ControlOrMeta+z")


def test_an_error_of_a_run_leads_to_its_line_and_the_warnings_stay(form: Page) -> None:
    type_anew(form, NULLABLE.replace("  return webhook", "  null.x;\n  webhook.cancle = 1;\n  return webhook"))
    open_test(form)
    form.get_by_role("button", name="Run test").click()
    form.locator("#test-result").get_by_role("link", name="line 8").click()
    expect(form.locator(".cm-editor").first).to_have_class(re.compile("cm-focused"))
    form.keyboard.type("/* here */")
    assert "/* here */" in code_of(form, "field-code").splitlines()[7]
    assert "cancle" in marked(form)


def test_the_list_of_shortcuts_opens_and_the_text_gets_larger(form: Page) -> None:
    editor(form, "field-code").click()
    form.keyboard.press("F1")
    dialog = form.get_by_role("dialog", name="Shortcuts of the editor")
    expect(dialog).to_be_visible()
    assert faults_in(form) == []
    form.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    size = "parseFloat(getComputedStyle(document.querySelector('.cm-editor')).fontSize)"
    before = form.evaluate(size)
    for _ in range(30):
        form.get_by_role("button", name="Larger text").click()
    assert before < form.evaluate(size) <= 24
    form.get_by_role("button", name="Wrap lines").click()
    expect(form.get_by_role("button", name="Wrap lines")).to_have_attribute("aria-pressed", "true")
    expect(form.locator(".cm-content").first).to_have_class(re.compile("cm-lineWrapping"))


def test_it_speaks_the_language_of_the_reader_and_no_other_page_loads_it(visitor: Page, server: Running) -> None:
    loaded: list[str] = []
    visitor.on("request", lambda request: loaded.append(request.url) if "typescript" in request.url else None)
    visitor.context.on("request", lambda request: loaded.append(request.url) if "/type" in request.url else None)
    visitor.context.add_cookies([{"name": "lang", "value": "zh_Hans", "url": server.url}])
    for address in (
        "endpoints",
        "logs",
        "events/payment.succeeded",
        "cards/new",
        "docs/code",
        "settings",
        "endpoints/new",
    ):
        visitor.goto(f"{server.url}/test/{address}")
        visitor.wait_for_load_state("networkidle")
    assert [url for url in loaded if "typescript" in url or "type-worker" in url or "types.d.ts" in url] == []

    visitor.goto(f"{server.url}/test/endpoints/new?card=customer_io")
    load_checker(visitor)
    assert [url for url in loaded if "type-worker" in url]
    type_anew(visitor, NULLABLE)
    expect(sentence_of(visitor)).to_contain_text("可能为 null")
    visitor.context.clear_cookies(name="lang")


def test_who_saves_data_gets_the_sample_only_and_the_page_is_small(
    browser: Browser, visitor: Page, server: Running
) -> None:
    # A browser that comes for the first time: what it has kept may be missing in what it measures.
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.add_cookies(visitor.context.cookies())  # type: ignore[arg-type]
    newcomer = context.new_page()
    newcomer.set_default_timeout(PATIENCE_MS)
    newcomer.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    loaded: list[str] = []
    newcomer.context.on("request", lambda request: loaded.append(request.url) if "worker" in request.url else None)
    newcomer.goto(f"{server.url}/test/endpoints/new?card=slack")
    newcomer.locator(".cm-content").first.wait_for()  # on a busy machine it comes after a pause
    newcomer.wait_for_load_state("networkidle")
    transferred = newcomer.evaluate(
        "['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))"
        ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    assert 150_000 < transferred < 300_000
    paste_over(newcomer, "field-code", "function handler(webhook) {\n  webhook.payload.data\n  return webhook;\n}\n")
    move_behind(newcomer, "payload.data")
    newcomer.keyboard.type(".total_am")
    expect(newcomer.locator(".cm-tooltip-autocomplete li")).to_have_text([re.compile("total_amount")])
    assert loaded == []
    context.close()
