"""Addresses of the inspector: they take anything, keep it within bounds, and respond as a person says."""

import asyncio
import re
import time
from dataclasses import astuple, replace
from types import SimpleNamespace

import pytest
from entries import kept_endpoint
from form import path_of, text_of
from site_under_test import Site

from server.api import inspector as route
from server.delivery import request_bin
from server.delivery.request_bin import Bounds
from server.domain import inspector_addresses as bounds
from server.domain.ids import InspectedRequestId, InspectorAddressId, mint
from server.domain.inspector_addresses import InspectedRequest, InspectorAddress
from server.store import inspector, retention, source_contents, sources


async def made(site: Site, name: str = "Staging") -> InspectorAddress:
    path = path_of(await site.post("/inspector/addresses", {"name": name}))
    found = await site.services.store.read(lambda tx: inspector.get(tx, InspectorAddressId(path.rsplit("/", 1)[1])))
    assert found
    return found


def bin_of(address: InspectorAddress) -> str:
    return f"/inspect/{address.token}"


async def kept(site: Site, address: InspectorAddress) -> list[InspectedRequest]:
    return await site.services.store.read(lambda tx: inspector.page(tx, address.id))


async def answers(site: Site, address: InspectorAddress, **changes: str) -> int:
    form = {"name": address.name, "status": "200", "delay": "0", "failure_rate": "0", "body": ""} | changes
    return (await site.post(f"/inspector/addresses/{address.id}", form)).status_code


def fresh_bin(site: Site, monkeypatch: pytest.MonkeyPatch, **of_address: int) -> None:
    """Replace the request bin by one with other bounds of an address, and twice as much for its source and for all."""
    bounds = replace(request_bin.OF_ADDRESS, **of_address)
    doubled = Bounds(*(2 * value for value in astuple(bounds)))
    for name, values in (("OF_ADDRESS", bounds), ("OF_SOURCE", doubled), ("OF_ALL", doubled)):
        monkeypatch.setattr(request_bin, name, values)
    bin = request_bin.RequestBin(site.services.store, site.services.feed, timeout=5)
    monkeypatch.setattr(site.app.state, "request_bin", bin)


async def test_it_takes_any_method_path_and_body_and_shows_them(each_site: Site) -> None:
    address = await made(each_site)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"):
        answer = await each_site.client.request(method, f"{bin_of(address)}/a/b%20c?q=<i>", content=b'{"n":1.50}')
        assert answer.status_code == 200

    requests = await kept(each_site, address)
    page = (await each_site.get(f"/inspector/addresses/{address.id}")).text

    assert {each.method for each in requests} >= {"GET", "PROPFIND", "HEAD"}
    assert requests[0].target.startswith("/a/b%20c?q=")
    assert '"n": 1.50' in text_of(page)
    assert "<i>" not in page


async def test_it_needs_no_session_and_gives_none(site: Site) -> None:
    address = await made(site)
    site.client.cookies.clear()

    answer = await site.client.post(bin_of(address), content=b"x", headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert (await site.get(f"/inspector/addresses/{address.id}")).headers["location"].startswith("/login")


async def test_nobody_can_guess_an_address(site: Site) -> None:
    first, second = await made(site, "One"), await made(site, "Two")

    assert len(first.token) >= 32
    assert first.token != second.token
    for wrong in (first.token[:-1], first.token + "x", first.id, "", "x" * 32, "%00", "../in/x"):
        assert (await site.client.post(f"/inspect/{wrong}")).status_code in (404, 303)


async def test_it_responds_as_a_person_says(site: Site) -> None:
    address = await made(site)
    assert await answers(site, address, status="418", body='{"tea":true}') == 303

    answer = await site.client.post(bin_of(address))

    assert answer.status_code == 418
    assert answer.json() == {"tea": True}
    assert answer.headers["content-type"] == "application/json"


async def test_a_page_in_the_response_cannot_run(site: Site) -> None:
    address = await made(site)
    await answers(site, address, body="<script>alert(1)</script>")

    answer = await site.client.get(bin_of(address))

    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_it_fails_as_often_as_a_person_says(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    address = await made(site)
    await answers(site, address, failure_rate="30")
    chances = iter((0.29, 0.3, 0.99))
    monkeypatch.setattr(route.random, "random", lambda: next(chances))

    seen = [(await site.client.post(bin_of(address))).status_code for _ in range(3)]

    assert seen == [503, 200, 200]


async def test_a_delay_holds_back_neither_pages_nor_the_list(site: Site) -> None:
    address = await made(site)
    await answers(site, address, delay="0.4")
    began = time.monotonic()
    waiting = [asyncio.create_task(site.client.post(bin_of(address))) for _ in range(10)]
    while len(await kept(site, address)) < 10:
        await asyncio.sleep(0.01)
    assert (await site.get("/inspector")).status_code == 200
    listed = time.monotonic() - began

    assert {(await each).status_code for each in waiting} == {200}
    assert time.monotonic() - began >= 0.4
    assert listed < 5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "199"),
        ("status", "600"),
        ("status", "２００"),
        ("delay", "31"),
        ("delay", "-1"),
        ("delay", "nan"),
        ("failure_rate", "101"),
        ("failure_rate", "1.5"),
        ("name", ""),
        ("name", "x" * 81),
        ("body", "x" * 10_001),
    ],
)
async def test_what_is_out_of_bounds_is_said_beside_its_field(site: Site, field: str, value: str) -> None:
    address = await made(site)

    assert await answers(site, address, **{field: value}) == 422


async def test_a_large_body_is_cut_and_refused(site: Site) -> None:
    address = await made(site)

    answer = await site.client.post(bin_of(address), content=b"x" * (bounds.MAX_BODY_BYTES + 1))
    [request] = await kept(site, address)

    assert answer.status_code == 413
    assert (request.cut, request.size) == (True, bounds.MAX_BODY_BYTES)


async def test_the_newest_are_kept(each_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "MAX_REQUESTS", 3)
    address = await made(each_site)
    for number in range(5):
        await each_site.client.post(f"{bin_of(address)}/{number}")

    assert [each.target for each in await kept(each_site, address)] == ["/4", "/3", "/2"]


async def test_bodies_are_bounded_together(each_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "MAX_KEPT_BYTES", 25_000)
    address = await made(each_site)
    for number in range(4):
        await each_site.client.post(f"{bin_of(address)}/{number}", content=b"x" * 10_000)

    assert [each.target for each in await kept(each_site, address)] == ["/3", "/2"]


async def test_headers_count_as_bodies_do(each_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "MAX_KEPT_BYTES", 8000)
    address = await made(each_site)
    for number in range(4):
        await each_site.client.get(f"{bin_of(address)}/{number}", headers={"x-long": "a" * 3000})

    assert [each.target for each in await kept(each_site, address)] == ["/3", "/2"]


async def test_long_and_many_headers_are_cut(site: Site) -> None:
    address = await made(site)
    await site.client.get(bin_of(address), headers={"x-long": "a" * 30_000, "x-token": "s" * 30_000})
    await site.client.get(bin_of(address), headers=[(f"x-{number}", "a") for number in range(300)])

    many, long = await kept(site, address)
    assert len(many.headers) == bounds.MAX_HEADERS
    assert dict(long.headers)["x-long"] == "a" * (bounds.MAX_HEADER_CHARACTERS - 1) + "…"
    assert "s" * 9 not in str(long.headers)


async def test_headers_are_kept_only_so_fast(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh_bin(site, monkeypatch, bytes_per_second=1, bytes_at_once=10_000)
    address = await made(site)

    sent = [await site.client.get(bin_of(address), headers={"x-long": "a" * 3500}) for _ in range(4)]

    assert [answer.status_code for answer in sent] == [200, 200, 429, 429]


async def test_the_list_words_how_each_was_answered(each_site: Site) -> None:
    address = await made(each_site)
    await answers(each_site, address, status="418")
    await each_site.client.post(bin_of(address))
    await each_site.client.post(bin_of(address), content=bytes(bounds.MAX_BODY_BYTES + 1))
    await answers(each_site, address, failure_rate="100")
    await each_site.client.post(bin_of(address))

    for path in (f"/inspector/addresses/{address.id}", f"/inspector/addresses/{address.id}?inspected=x"):
        page = text_of((await each_site.get(path, headers={"hx-request-type": "partial"})).text)
        assert "response 418" in page
        assert "response 413: body too large" in page
        assert "response 503: fails on purpose" in page


async def test_a_flood_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    address = await made(site)
    fresh_bin(site, monkeypatch, per_second=5)

    statuses = [(await site.client.post(bin_of(address))).status_code for _ in range(70)]

    assert 429 in statuses
    assert len(await kept(site, address)) == statuses.count(200)


async def other_source(site: Site) -> InspectorAddress:
    """An address of the source in the other mode."""
    path = path_of(await site.client.post("/live/inspector/addresses", data={"name": "Live"}))
    found = await site.services.store.read(lambda tx: inspector.get(tx, InspectorAddressId(path.rsplit("/", 1)[1])))
    assert found
    return found


@pytest.mark.parametrize("body", [b"x", bytes(700_000)])
async def test_a_flood_at_one_address_refuses_no_other(
    site: Site, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    flooded, beside, live = await made(site), await made(site, "Beside"), await other_source(site)
    monkeypatch.setattr(request_bin, "time", SimpleNamespace(monotonic=lambda: 0.0))  # nothing becomes free meanwhile
    many = 30 if len(body) > 1 else 110
    flood = [(await site.client.post(bin_of(flooded), content=body)).status_code for _ in range(many)]

    for each in (beside, live):
        assert [(await site.client.post(bin_of(each), content=body)).status_code for _ in range(3)] == [200] * 3
    assert flood[0] == 200 and flood[-1] == 429


async def test_many_requests_to_one_address_are_looked_up_together(each_site: Site) -> None:
    address, other = await made(each_site), await made(each_site, "Other")
    bin = request_bin.RequestBin(each_site.services.store, each_site.services.feed, timeout=5)
    found = await asyncio.gather(*(bin.address(each.token) for each in [address] * 500 + [other]))
    assert found == [address] * 500 + [other]
    assert not bin._lookups


async def test_strangers_who_guess_are_refused_before_pages_wait(site: Site) -> None:
    bin = request_bin.RequestBin(site.services.store, site.services.feed, timeout=5)
    guesses = (bin.address(f"guess-{number:020}") for number in range(300))
    found = await asyncio.gather(*guesses, return_exceptions=True)
    assert found[:100] == [None] * 100
    assert {type(each) for each in found[100:]} == {request_bin.TooMany}


async def test_a_flood_at_all_addresses_of_a_source_refuses_no_other_source(site: Site) -> None:
    flooded, live = [await made(site, name) for name in ("One", "Two", "Three")], await other_source(site)
    for address in flooded:
        await answers(site, address, delay="1")
    flood = [asyncio.create_task(site.client.post(bin_of(each))) for each in flooded * 60]
    await asyncio.sleep(0.2)

    assert [(await site.client.post(bin_of(live))).status_code for _ in range(5)] == [200] * 5
    statuses = [(await each).status_code for each in flood]
    assert 50 < statuses.count(200) <= request_bin.OF_SOURCE.at_once


async def test_buckets_that_are_full_again_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bin, "MAX_BUCKETS", 3)
    buckets = request_bin._Buckets()
    for number in range(10):
        buckets.take(1, {number: (2, 1e9)})
    assert len(buckets._all) <= 3
    for number in range(3):
        buckets.take(2, {number: (2, 0.001)})
    for number in range(3):
        with pytest.raises(request_bin.TooMany):
            buckets.take(1, {"other": (2, 1e9), number: (2, 0.001)})


async def test_old_requests_are_deleted(each_site: Site) -> None:
    address = await made(each_site)
    await each_site.client.post(bin_of(address))
    soon = each_site.services.now() + 1000

    pruned = await each_site.services.store.write(lambda tx: retention.prune_inspected(tx, soon, cursor="", limit=10))

    assert pruned.deleted == 1
    assert await kept(each_site, address) == []


async def test_large_bodies_are_kept_only_so_fast(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh_bin(site, monkeypatch, bytes_per_second=1, bytes_at_once=250_000)
    address = await made(site)

    sent = [await site.client.post(bin_of(address), content=bytes(100_000)) for _ in range(4)]

    assert [answer.status_code for answer in sent] == [200, 200, 429, 429]
    assert len(await kept(site, address)) == 2
    assert (await site.client.post(bin_of(address), content=b"small")).status_code == 200


async def test_what_grants_access_is_not_kept(site: Site) -> None:
    address = await made(site)
    secret = dict.fromkeys(("x-api-key", "private-token", "x-shop-access-token", "x-my-secret", "x-pwd"), "hunter2")
    headers = secret | {"authorization": "Bearer hunter2-secret", "webhook-id": "evt_1", "webhook-signature": "v1,aGk="}
    await site.client.post(bin_of(address), headers=headers)

    page = (await site.get(f"/inspector/addresses/{address.id}")).text
    [request] = await kept(site, address)
    command = (await site.get(f"/inspector/requests/{request.id}/curl")).text

    assert "hunter2" not in page + command
    assert "Bearer ••••" in text_of(page)
    assert "evt_1" in text_of(page)
    assert "v1,aGk=" in text_of(page)
    assert "authorization: Bearer <secret>" in command
    assert f"--url 'http://hookbench.test{bin_of(address)}'" in command


async def test_what_grants_access_in_the_query_is_not_kept(each_site: Site) -> None:
    address = await made(each_site)
    query = "?api_key=hunter2-hunter2&page=2&code=8f14e45fceea167a5a36dedd4bea2543&token=%68unter2&name=Ada+Byron&x"
    await each_site.client.post(f"{bin_of(address)}/customers/cus_0NV5aPM7xkTqFZ3w{query}")

    page = (await each_site.get(f"/inspector/addresses/{address.id}")).text
    [request] = await kept(each_site, address)
    command = (await each_site.get(f"/inspector/requests/{request.id}/curl")).text

    for secret in ("hunter2", "%68unter2", "8f14e45fceea"):
        assert secret not in page + command + request.target
    masked = "api_key=••••••••&page=2&code=••••••••&token=••••••••&name=Ada+Byron&x"
    assert request.target == f"/customers/cus_0NV5aPM7xkTqFZ3w?{masked}"
    assert "?api_key=<secret>&page=2" in command


async def test_a_long_query_is_masked_before_it_is_cut(site: Site) -> None:
    address = await made(site)
    await site.client.post(f"{bin_of(address)}?{'a' * 1980}=1&api_key=hunter2-hunter2")
    await site.client.post(f"{bin_of(address)}?api_key={'hunter2-' * 600}&b=1")

    cut, masked = (each.target for each in reversed(await kept(site, address)))

    assert len(cut) == bounds.MAX_TARGET and "hunter2" not in cut
    assert masked == "?api_key=••••••••&b=1"


async def test_it_is_renamed_cleared_and_deleted(each_site: Site) -> None:
    address = await made(each_site)
    await each_site.client.post(bin_of(address))
    await answers(each_site, address, name="Renamed <b>")
    assert "Renamed <b>" in text_of((await each_site.get(f"/inspector/addresses/{address.id}")).text)

    await each_site.post(f"/inspector/addresses/{address.id}/clear")
    assert await kept(each_site, address) == []
    await each_site.client.post(bin_of(address))
    await each_site.post(f"/inspector/addresses/{address.id}/delete")

    assert (await each_site.client.post(bin_of(address))).status_code == 404
    assert (await each_site.get(f"/inspector/addresses/{address.id}")).status_code == 404


async def test_an_address_of_another_source_is_shown_there_only(site: Site) -> None:
    [live] = [each for each in await site.services.store.read(sources.every) if each.id != site.source.id]
    answer = await site.client.post("/live/inspector/addresses", data={"name": "Live one"})
    path = path_of(answer)
    address = await site.services.store.read(lambda tx: inspector.of_source(tx, live.id)[0])
    await site.client.post(bin_of(address))
    [request] = await kept(site, address)

    assert "Live one" not in (await site.get("/inspector")).text
    assert (await site.get(path.replace("/live", ""))).headers.get("location", "").startswith("/live")
    for what in ("body", "curl"):
        assert (await site.get(f"/inspector/requests/{request.id}/{what}")).status_code != 200
    assert (await site.post(f"/inspector/addresses/{address.id}/delete")).status_code != 200
    assert await kept(site, address) == [request] or len(await kept(site, address)) == 1


async def test_they_go_with_their_source(each_site: Site) -> None:
    address = await made(each_site)
    await each_site.client.post(bin_of(address))

    await each_site.services.store.write(lambda tx: source_contents.erase(tx, each_site.source.id))

    assert (await each_site.client.post(bin_of(address))).status_code == 404
    assert await kept(each_site, address) == []


async def test_a_source_has_at_most_twenty(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.actions import inspector as actions

    monkeypatch.setattr(actions, "MAX_ADDRESSES", 1)
    await made(site)

    answer = await site.post("/inspector/addresses", {"name": "Another"})

    assert answer.status_code == 422
    assert "at most 1 addresses" in text_of(answer.text)


async def test_it_becomes_the_url_of_a_new_endpoint(site: Site) -> None:
    address = await made(site)

    page = (await site.get(f"/endpoints/new?card=webhook&inspector={address.id}")).text

    assert f'value="http://hookbench.test{bin_of(address)}"' in page
    assert (await site.get("/endpoints/new?card=webhook&inspector=ins_0")).status_code == 404


async def test_a_request_to_no_address_stores_nothing(each_site: Site) -> None:
    lost = InspectedRequest(
        mint(InspectedRequestId), mint(InspectorAddressId), 1, "POST", "/", (("a", "b"),), 1, False, 200, b"x"
    )

    assert not await each_site.services.store.write(lambda tx: inspector.add(tx, lost))


async def test_damaged_headers_break_no_page(each_site: Site) -> None:
    from sqlalchemy import update

    from server.store.schema import inspected_requests

    address = await made(each_site)
    await each_site.client.post(bin_of(address))
    await each_site.services.store.write(lambda tx: tx.execute(update(inspected_requests).values(headers="{no json")))

    assert (await each_site.get(f"/inspector/addresses/{address.id}")).status_code == 200


async def test_the_page_refreshes_itself(site: Site) -> None:
    address = await made(site)
    await kept_endpoint(site)

    page = (await site.get(f"/inspector/addresses/{address.id}")).text

    assert f'data-live="inspector:{address.id}"' in page
    assert re.search(r"Waiting for the first request", page)
