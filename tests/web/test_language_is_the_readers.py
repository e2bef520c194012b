"""Pages speak the language that the reader chose, otherwise the one that the browser asks for."""

import re
from collections.abc import Iterator

import pytest
from entries import kept_endpoint, tried
from form import text_of
from site_under_test import Site

from server.domain.messages import AttemptError, AttemptOutcome, DeliveryState
from server.domain.reasons import because, dump_cause, load_cause
from server.domain.transformations import FailureKind, Program, TransformFailed, Webhook
from server.store import columns
from server.web import i18n, reasons

CHINESE = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}
A_PAYMENT = {"event_type": "payment.succeeded", "payload": "{}", "url": "", "method": "POST", "headers": {}, "env": {}}


@pytest.fixture
def in_chinese() -> Iterator[None]:
    token = i18n.current.set("zh_Hans")
    yield
    i18n.current.reset(token)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh", "zh_Hans"),
        ("zh-CN", "zh_Hans"),
        ("zh-SG", "zh_Hans"),
        ("zh-Hans", "zh_Hans"),
        ("zh-hans-cn", "zh_Hans"),
        ("zh-TW", "zh_Hans"),  # simplified characters are nearer to these readers than English
        ("en", "en"),
        ("en-GB", "en"),
        ("de", "en"),
        ("de, zh-CN;q=0.5, en;q=0.4", "zh_Hans"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("zh-CN;q=0.1, en;q=0.9", "en"),
        ("zh-CN;q=0, en", "en"),
        ("*", "en"),
        ("", "en"),
        (None, "en"),
        ("zh;q=very, ;;;,,=", "en"),
    ],
)
def test_the_first_language_that_we_have_is_spoken(accepted: str | None, language: str) -> None:
    assert i18n.choose(None, accepted) == language


def test_what_the_reader_chose_comes_before_what_the_browser_asks_for() -> None:
    assert i18n.choose("zh_Hans", "en") == "zh_Hans"
    assert i18n.choose("en", "zh-CN") == "en"
    assert i18n.choose("tlh", "zh-CN") == "zh_Hans", "a language that we do not have is no choice"


async def test_a_browser_that_asks_for_chinese_gets_chinese(site: Site) -> None:
    page = await site.get("/endpoints", headers=CHINESE)

    assert '<html lang="zh-Hans"' in page.text
    assert "还没有端点" in page.text
    assert "No endpoints yet" not in page.text


async def test_a_german_browser_gets_english(site: Site) -> None:
    page = await site.get("/endpoints", headers={"accept-language": "de"})

    assert '<html lang="en"' in page.text
    assert "No endpoints yet" in page.text


async def test_one_reader_s_language_is_not_the_next_one_s(site: Site) -> None:
    await site.get("/endpoints", headers=CHINESE)

    assert "No endpoints yet" in (await site.get("/endpoints", headers={"accept-language": "en"})).text


async def test_what_is_counted_is_counted_in_chinese(site: Site) -> None:
    for _ in range(2):
        await kept_endpoint(site)

    assert "2 个端点" in (await site.get("/endpoints", headers=CHINESE)).text


async def test_a_card_s_words_are_translated_within_sentences(site: Site) -> None:
    form = {"card": "customer_io", "destination": "send", "listen": "all"}
    page = await site.post("/endpoints", form, headers=CHINESE)

    assert "请输入“站点 ID”。" in text_of(page.text)


async def test_moments_are_written_in_the_reader_s_way(site: Site) -> None:
    endpoint = await kept_endpoint(site)

    in_english = (await site.get(f"/endpoints/{endpoint.id}", headers={"accept-language": "en"})).text
    in_chinese = (await site.get(f"/endpoints/{endpoint.id}", headers=CHINESE)).text

    assert re.search(r">\d\d [A-Z][a-z]{2} \d{4}, \d\d:\d\d:\d\d UTC<", in_english)
    assert re.search(r">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC<", in_chinese)


async def test_a_reason_that_an_attempt_keeps_is_told_in_chinese(site: Site) -> None:
    error = AttemptError("refused", because("connection_refused", host="a.example"))
    outcome = AttemptOutcome.UNREACHABLE
    entry = await tried(
        site, await kept_endpoint(site), DeliveryState.FAILED, outcome=outcome, response=None, error=error
    )

    page = text_of((await site.get(f"/messages/{entry.message.id}", headers=CHINESE)).text)

    assert "连接被拒绝" in page
    assert "a.example 拒绝连接：该端口没有服务在监听。" in page


@pytest.mark.usefixtures("in_chinese")
def test_a_reason_within_a_reason_is_told_too() -> None:
    error = AttemptError(FailureKind.BAD_RESULT, because("request_url", problem=because("url_scheme")))

    assert reasons.reason(error) == "webhook.url 无法使用：URL 必须以 https:// 或 http:// 开头。"


@pytest.mark.usefixtures("in_chinese")
def test_a_reason_comes_back_from_the_database_as_it_was() -> None:
    stored = AttemptError("tls", because("request_url", problem=because("url_too_long", limit=2048)), 3, 4, "line")

    assert columns.load_error(columns.dump_error(stored)) == stored


@pytest.mark.usefixtures("in_chinese")
@pytest.mark.parametrize("text", ["Could not connect to a.example.", '{"key":"url_host"', '{"key":1}', "{}"])
def test_the_text_of_an_older_version_is_shown_as_it_is(text: str) -> None:
    assert load_cause(text) == text


def test_text_that_looks_like_a_reason_stays_text() -> None:
    thrown = '{"key":"url_host","values":{}}'

    assert str(load_cause(dump_cause(thrown))) == thrown


def test_a_reason_of_a_newer_version_is_shown_by_its_key() -> None:
    assert load_cause('{"key":"not_known_here","values":{}}') == "not_known_here"


@pytest.mark.usefixtures("in_chinese")
def test_what_code_threw_stays_as_it_is() -> None:
    thrown = AttemptError(FailureKind.THREW, "The sandbox could not run the code.")

    assert reasons.reason(thrown) == thrown.message


@pytest.mark.usefixtures("in_chinese")
def test_every_kind_of_failure_has_a_chinese_name() -> None:
    for kind in FailureKind:
        assert reasons.kind_of(AttemptError(kind, "")) != kind.capitalize()


@pytest.mark.parametrize(
    "code",
    [
        "const nothing = 1;",
        "const handler = (w) => { while (true); };",
        "const handler = (w) => new Promise(() => {});",
        "const handler = (w) => 'text';",
        "const handler = (w) => { w.url = 7; return w; };",
        "const handler = (w) => { w.headers = []; return w; };",
        "const handler = (w) => { w.headers = {'x-team': {}}; return w; };",
        "const handler = (w) => { w.payload = undefined; return w; };",
        "const handler = (w) => { w.payload = 'x'.repeat(9e6); return w; };",
        "const handler = (w) => { const all = []; while (true) all.push(new Array(1e5).fill(1)); };",
    ],
)
@pytest.mark.usefixtures("in_chinese")
async def test_what_the_sandbox_says_of_code_is_told_in_chinese(site: Site, code: str) -> None:
    result = await site.services.sandbox.run(Program("test", code), Webhook(**A_PAYMENT))  # type: ignore[arg-type]

    assert isinstance(result, TransformFailed)
    assert result.error.kind != FailureKind.THREW
    assert re.search("[\u4e00-\u9fff]", reasons.reason(result.error)), result.error.message
    assert not re.search(r"\b(an?|the|must|is)\b", reasons.reason(result.error))


@pytest.mark.parametrize("value", ["7", "7n", "true", "() => 1", "Symbol('x')", "[]", "{}"])
@pytest.mark.parametrize("place", ["w.url =", "w.method =", "w.headers =", "w.headers.x =", "w.payload =", "return"])
@pytest.mark.usefixtures("in_chinese")
async def test_whatever_the_value_is_its_kind_is_told_in_chinese(site: Site, place: str, value: str) -> None:
    code = f"const handler = (w) => {{ {place} {value}; return w; }};"
    result = await site.services.sandbox.run(Program("test", code), Webhook(**A_PAYMENT))  # type: ignore[arg-type]

    if isinstance(result, TransformFailed) and result.error.kind != FailureKind.THREW:
        assert not re.search(r"\b(an?|the|must|is)\b", reasons.reason(result.error)), result.error.message
