"""An event that is signed correctly but at a wrong time is counted by itself, with how far the clock is off."""

import time

import pytest
from builders import SECRET
from form import text_of
from site_under_test import Site

from server.domain.signing import sign
from server.store import sources


async def sent(site: Site, drift: int, secret: str = SECRET) -> int:
    body = b'{"type":"payment.succeeded","data":{}}'
    timestamp = int(time.time()) + drift
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(timestamp)}
    headers["webhook-signature"] = sign(secret, "evt_1", timestamp, body)
    [source] = [one for one in await site.services.store.read(sources.every) if one.id == site.source.id]
    answer = await site.client.post(f"/in/{source.token}", content=body, headers=headers)
    return answer.status_code


@pytest.mark.parametrize(("drift", "words"), [(-3_725, "1 h 2 min"), (3_725, "1 h 2 min")])
async def test_the_page_says_by_how_much(site: Site, drift: int, words: str) -> None:
    await site.post(f"/sources/{site.source.id}/secret", {"secret": SECRET})
    assert await sent(site, drift) == 401
    text = text_of((await site.get("/sources")).text)
    assert "Signed correctly, but the timestamp is more than five minutes off 1" in text
    assert words in text
    assert ("behind" if drift < 0 else "ahead of") in text
    assert "Signature wrong" not in text


async def test_nobody_else_can_say_how_far_it_is_off(site: Site) -> None:
    await site.post(f"/sources/{site.source.id}/secret", {"secret": SECRET})
    assert await sent(site, -86_400, "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY") == 401
    text = text_of((await site.get("/sources")).text)
    assert "Signature wrong 1" in text
    assert "behind" not in text
