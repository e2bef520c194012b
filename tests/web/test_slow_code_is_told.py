"""Code that keeps running out of time is named on its endpoint's page; a test run shows what it used of its limits."""

import pytest
from builders import an_endpoint
from form import a_form, text_of, without_times
from sandbox.asking import a_webhook
from site_under_test import Site

from server.delivery import notifier
from server.delivery.prepare import program_of
from server.domain.notification_settings import NotificationSettings
from server.domain.operational_event_types import TRANSFORMATION_TOO_SLOW
from server.domain.transformations import Program, TransformFailed
from server.store import Transaction, endpoints, operational_events, options

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}
LOOP = "function handler(webhook) { for (;;); }"
TOLD = "timed out 3 times in a row"


async def test_an_endpoint_whose_code_is_in_the_slow_lane_says_so(site: Site) -> None:
    endpoint = an_endpoint(site.source, code=LOOP)
    assert endpoint.version
    await site.services.store.write(lambda tx: endpoints.insert(tx, endpoint))
    assert TOLD not in text_of((await site.get(f"/endpoints/{endpoint.id}")).text)

    for _ in range(3):
        result = await site.services.sandbox.run(program_of(endpoint, endpoint.version), a_webhook())
        assert isinstance(result, TransformFailed)

    assert TOLD in text_of((await site.get(f"/endpoints/{endpoint.id}")).text)


async def test_entering_the_slow_lane_is_an_operational_event_that_people_are_told_of(
    loopback_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "WATCH_SECONDS", 0.02)
    site, box = loopback_site, loopback_site.app.state.box
    endpoint, tested = an_endpoint(site.source, code=LOOP), an_endpoint(site.source, code="const handler = w => w")
    assert endpoint.version and tested.version

    def keep(tx: Transaction) -> None:
        options.set_alerts(tx, NotificationSettings(addresses=("ada@example.com",)), site.services.now())
        for each in (endpoint, tested):
            endpoints.insert(tx, each)

    await site.services.store.write(keep)
    of_test = Program(tested.id, LOOP + " // tried on the Test tab")
    for _ in range(3):
        for program in (of_test, program_of(endpoint, endpoint.version)):
            await site.services.sandbox.run(program, a_webhook())
    while not box.got:
        await site.get("/healthz")

    [notice] = await site.services.store.read(lambda tx: operational_events.page(tx, site.source.id))
    assert (notice.type, notice.endpoint_id, notice.count) == (TRANSFORMATION_TOO_SLOW, endpoint.id, 1)
    said = "Version 1 of the code timed out 3 times in a row."
    [mail] = box.got
    assert mail["subject"] == "[Hookbench Test] Transformation too slow: https://example.com/hook"
    assert said in mail.get_content()
    page = (await site.get("/notices")).text
    assert f"Transformation too slow New just https://example.com/hook {said}" in without_times(page)
    assert f'href="/test/endpoints/{endpoint.id}/transformation"' in page


async def test_a_test_run_shows_time_and_memory_with_their_limits(site: Site) -> None:
    answer = await site.post("/transformations/try", a_form(code="const handler = w => w"), headers=FRAGMENT)

    text = text_of(answer.text)
    assert "ms of 1000 ms" in text
    assert "MiB of 64 MiB" in text


async def test_a_failed_test_run_names_kind_line_column_and_no_path_of_the_host(site: Site) -> None:
    code = 'function handler(w) {\n  console.warn("before");\n  throw new Error(new Error().stack);\n}'

    answer = await site.post("/transformations/try", a_form(code=code), headers=FRAGMENT)

    text = text_of(answer.text)
    assert "line 3" in text
    assert "throw new Error( new Error().stack);" in text  # the word at that column is marked
    assert "warn before" in text
    for trace in ("/server/", "site-packages", ".py", "Traceback"):
        assert trace not in text
