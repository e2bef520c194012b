"""Events as nobody should send them: refused, or kept byte for byte, run and shown. What comes behind them arrives."""

import time
from typing import Any

import pytest
from entries import capturing_endpoint, kept_endpoint
from receivers import Receiver, receiving
from site_under_test import Site

from server.domain.ids import unique
from server.domain.messages import Delivery, DeliveryState
from server.domain.signing import sign
from server.store import messages, sources

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CODE = "function handler(webhook) { console.log(webhook.payload); return webhook; }"
HEALTHY = b'{"type":"payment.succeeded","data":{"n":1}}'

KEPT = {
    "a string of a megabyte": b'{"type":"a.b","data":"' + b"x" * 1_000_000 + b'"}',
    "depth 900": b'{"type":"a.b","data":' + b"[" * 900 + b"]" * 900 + b"}",
    "lone surrogates": rb'{"type":"a.b","data":"\ud800 \udc00\ud800"}',
    "NUL": rb'{"type":"a.b","data":"\u0000","\u0000":1}',
    "keys twice": b'{"type":"a.b","data":1,"data":2,"data":{"a":1,"a":2}}',
    "1e400": b'{"type":"a.b","data":[1e400,-1e400,1e-400]}',
    "huge numbers": b'{"type":"a.b","data":' + b"9" * 100_000 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"type":"a.b","data":{}}',
    "__proto__": b'{"type":"a.b","data":{"__proto__":{"x":1},"constructor":1,"toString":2,"toJSON":3}}',
    "line separators": '{"type":"a.b","data":"\u2028\u2029\u202e\ufffe"}'.encode(),
    "a page in a string": b'{"type":"a.b","data":"</script><script>alert(1)</script>{{7*7}}"}',
    "50,000 keys": b'{"type":"a.b","data":{' + b",".join(b'"k%d":%d' % (n, n) for n in range(50_000)) + b"}}",
    "a type in another script": '{"type":"支付.成功","data":{}}'.encode(),
}
BY_CODE = {
    "keys twice": b'{"type":"a.b","data":{"a":2}}',
    "a byte order mark": b'{"type":"a.b","data":{}}',
}
"""What ``JSON.stringify`` makes of it, where that is not what came."""

REFUSED = {
    "depth 100,000": b'{"type":"a.b","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "invalid UTF-8": b'{"type":"a.b","data":"\xff\xfe"}',
    "surrogates as bytes": b'{"type":"a.b","data":"\xed\xa0\x80"}',
    "a type of 64 KiB": b'{"type":"' + b"a" * 65_536 + b'"}',
    "a type with NUL": rb'{"type":"a\u0000b"}',
    "a type with half a pair": rb'{"type":"\ud800"}',
    "NaN": b'{"type":"a.b","data":NaN}',
    "nothing": b"",
    "over the limit": b'{"type":"a.b","data":"' + b"x" * 1_100_000 + b'"}',
}


@pytest.fixture(params=["site", "site_on_postgres"])
def anywhere(request: pytest.FixtureRequest) -> Site:
    site: Site = request.getfixturevalue(request.param)
    return site


async def with_secret(site: Site) -> None:
    await site.services.store.write(lambda tx: sources.set_secret(tx, site.source.id, SECRET))


async def listened_to(site: Site) -> Site:
    """Two endpoints listen: one takes the event as it is, one runs code on it."""
    await with_secret(site)
    await capturing_endpoint(site)
    await capturing_endpoint(site, code=CODE)
    return site


async def sent(site: Site, body: bytes) -> tuple[int, str]:
    """The status, and the webhook id."""
    webhook_id, now = unique("evt"), int(time.time())
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(SECRET, webhook_id, now, body),
    }
    answer = await site.client.post(f"/in/{site.source.token}", content=body, headers=headers)
    return answer.status_code, webhook_id


async def kept(site: Site, webhook_id: str) -> list[messages.Row]:
    search = messages.Search(site.source.id, text=webhook_id)
    found: list[messages.Row] = await site.services.store.read(lambda tx: messages.page(tx, search))
    return found


async def ended(site: Site, webhook_id: str) -> tuple[Delivery, ...]:
    """Its deliveries, once none of them waits."""
    found: list[Any] = []

    async def look() -> bool:
        found[:] = await kept(site, webhook_id)
        return all(one.state is not DeliveryState.PENDING for row in found for one in row.deliveries)

    deadline = time.monotonic() + 20
    while not await look():
        assert time.monotonic() < deadline, found
    [row] = found
    deliveries: tuple[Delivery, ...] = row.deliveries
    return deliveries


async def test_what_is_kept_is_run_and_shown_and_holds_nothing_up(anywhere: Site) -> None:
    site = await listened_to(anywhere)
    for name, body in KEPT.items():
        status, webhook_id = await sent(site, body)
        behind, healthy_id = await sent(site, HEALTHY)

        assert (status, behind) == (200, 200), name
        assert {one.state for one in await ended(site, healthy_id)} == {DeliveryState.SUCCEEDED}, name
        states = {one.state for one in await ended(site, webhook_id)}
        assert states <= {DeliveryState.SUCCEEDED, DeliveryState.TRANSFORM_FAILED}, name
        assert DeliveryState.SUCCEEDED in states, name  # without code it goes out as it came

        [row] = await kept(site, webhook_id)
        message = await site.services.store.read(lambda tx, of=row.id: messages.get(tx, of))
        assert message is not None
        assert message.body == body, name
        for page in ("/logs", "/logs?view=attempts", f"/messages/{row.id}", "/inspector", f"/messages/{row.id}/body"):
            answer = await site.get(page)
            assert answer.status_code == 200, (name, page)
            assert "<script>alert(1)" not in answer.text or page.endswith("/body"), (name, page)


async def test_a_real_destination_gets_it_byte_for_byte_and_by_code_as_javascript_reads_it(loopback_site: Site) -> None:
    site = loopback_site
    await with_secret(site)
    async with receiving() as as_it_is, receiving() as by_code:
        await kept_endpoint(site, url=as_it_is.url())
        await kept_endpoint(site, url=by_code.url(), code=CODE)
        for name, body in KEPT.items():
            status, webhook_id = await sent(site, body)
            behind, healthy_id = await sent(site, HEALTHY)

            assert (status, behind) == (200, 200), name
            for each in (webhook_id, healthy_id):
                assert [one.state for one in await ended(site, each)] == [DeliveryState.SUCCEEDED] * 2, name
            assert bodies(as_it_is) == {webhook_id: body, healthy_id: HEALTHY}, name
            assert bodies(by_code) == {webhook_id: BY_CODE.get(name, body), healthy_id: HEALTHY}, name


def bodies(receiver: Receiver) -> dict[str, bytes]:
    """What came since the last look, by webhook id; each once."""
    got = [*receiver.got]
    receiver.got.clear()
    assert len({one.headers["webhook-id"] for one in got}) == len(got)
    return {one.headers["webhook-id"]: one.body for one in got}


async def test_what_is_refused_holds_nothing_up(anywhere: Site) -> None:
    site = await listened_to(anywhere)
    for name, body in REFUSED.items():
        status, webhook_id = await sent(site, body)
        behind, healthy_id = await sent(site, HEALTHY)

        assert status in (400, 413), name
        assert await kept(site, webhook_id) == [], name
        assert behind == 200, name
        assert {one.state for one in await ended(site, healthy_id)} == {DeliveryState.SUCCEEDED}, name
