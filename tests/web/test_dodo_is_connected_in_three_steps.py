"""The page of a source: its URL, its secret, and a third step that waits for the first event and explains refusals."""

import time

import pytest
from builders import SECRET
from form import text_of
from site_under_test import Site

from server.domain.signing import sign
from server.store import sources

OTHER = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
BODY = b'{"type":"payment.succeeded","data":{}}'


async def sent(site: Site, body: bytes = BODY, *, secret: str = SECRET, drift: int = 0, drop: str = "") -> int:
    timestamp = str(int(time.time()) + drift)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": timestamp}
    headers["webhook-signature"] = sign(secret, "evt_1", int(timestamp), body)
    headers.pop(drop, None)
    return (await site.client.post(f"/in/{site.source.token}", content=body, headers=headers)).status_code


async def step_three(site: Site) -> str:
    return text_of((await site.get("/sources/connection", headers={"hx-request-type": "partial"})).text)


async def test_it_waits_and_then_names_the_first_event(each_site: Site) -> None:
    site = each_site
    page = text_of((await site.get("/sources")).text)
    assert "Connect Dodo in three steps" in page and "Then the first signed event arrives." in page
    await site.post(f"/sources/{site.source.id}/secret", {"secret": SECRET})
    assert "Waiting for the first signed event" in await step_three(site)
    assert await sent(site) == 200
    said = await step_three(site)
    assert "Connected Last signed event: payment.succeeded" in said
    assert "Connected" in text_of((await site.get("/live/sources")).text)  # in the list of all sources


@pytest.mark.parametrize(
    ("status", "how", "sentences"),
    [
        (
            401,
            {"drop": "webhook-signature"},
            ("Signature headers missing 1", "webhook-signature.", "a proxy"),
        ),
        (
            401,
            {"secret": OTHER},
            ("Signature wrong 1", "Copy the signing secret"),
        ),
        (401, {"drift": -3_725}, ("1 h 2 min", "behind this machine's clock", "NTP")),
        (400, {"body": b"[]"}, ("Not a JSON object with a type 1", "Check what is sent here.")),
        (413, {"body": b"x" * 1_100_000}, ("Too large 1", "1048576 bytes", "HOOKBENCH_MAX_BODY")),
    ],
)
async def test_a_refused_request_is_explained(site: Site, status: int, how: dict, sentences: tuple[str, ...]) -> None:
    await site.post(f"/sources/{site.source.id}/secret", {"secret": SECRET})
    assert await sent(site, **how) == status
    said = await step_three(site)
    for sentence in ("Rejected requests", *sentences):
        assert sentence in said
    assert await sent(site) == 200  # what was refused before is no trouble any more
    said = await step_three(site)
    assert "Rejected requests before that event" in said and "Connected" in said


async def test_before_there_is_a_secret_that_is_the_reason(site: Site) -> None:
    assert await sent(site) == 401
    said = await step_three(site)
    assert "Arrived before a signing secret was saved 1" in said and "Save the secret in step 2." in said


async def test_urls_that_are_mixed_up_are_recognised(site: Site) -> None:
    test, live = await site.services.store.read(sources.every)
    for source, secret in ((test, SECRET), (live, OTHER)):
        await site.services.store.write(lambda tx, of=source, secret=secret: sources.set_secret(tx, of.id, secret))
    await sent(site, secret=OTHER)
    assert "The signature fits the secret of the source Live" in await step_three(site)
