"""Code that keeps running out of time is named on its endpoint's page; a test run shows what it used of its limits."""

from builders import an_endpoint
from form import a_form, text_of
from sandbox.asking import a_webhook
from site_under_test import Site

from server.delivery.prepare import program_of
from server.domain.transformations import TransformFailed
from server.store import endpoints

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}
LOOP = "function handler(webhook) { for (;;); }"
TOLD = "ran out of time 3 times in a row"


async def test_an_endpoint_whose_code_is_in_the_slow_lane_says_so(site: Site) -> None:
    endpoint = an_endpoint(site.source, code=LOOP)
    assert endpoint.version
    await site.bench.store.write(lambda tx: endpoints.insert(tx, endpoint))
    assert TOLD not in text_of((await site.get(f"/endpoints/{endpoint.id}")).text)

    for _ in range(3):
        result = await site.bench.sandbox.run(program_of(endpoint, endpoint.version), a_webhook())
        assert isinstance(result, TransformFailed)

    assert TOLD in text_of((await site.get(f"/endpoints/{endpoint.id}")).text)


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
    assert "throw new Error(new Error().stack);" in text
    assert "warn before" in text
    for trace in ("/server/", "site-packages", ".py", "Traceback"):
        assert trace not in text
