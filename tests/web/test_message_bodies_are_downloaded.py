"""Bodies leave as files, byte for byte: what others sent must not run under our address."""

import pytest
from entries import kept_endpoint, tried
from site_under_test import Site

from server.domain.messages import AttemptOutcome, ReceivedResponse, SentRequest

PAGE = b"<html><script>alert(1)</script>\xff\x00\r\n"


@pytest.mark.parametrize("path", ["/messages/{m}/body", "/attempts/{a}/request-body", "/attempts/{a}/response-body"])
async def test_a_body_is_an_attachment(site: Site, path: str) -> None:
    entry = await tried(
        site,
        await kept_endpoint(site),
        of={"body": PAGE},
        request=SentRequest("POST", "https://example.com/", (), PAGE),
        response=ReceivedResponse(200, (("content-type", "text/html"),), PAGE, False),
    )

    answer = await site.get(path.format(m=entry.message.id, a=entry.attempt.id))

    assert answer.content == PAGE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_was_not_sent_is_an_empty_file(site: Site) -> None:
    entry = await tried(site, await kept_endpoint(site), outcome=AttemptOutcome.CANCELLED, request=None, response=None)

    assert (await site.get(f"/attempts/{entry.attempt.id}/response-body")).content == b""


@pytest.mark.parametrize("path", ["/messages/{m}/body", "/attempts/{a}/request-body"])
async def test_bodies_are_for_those_who_are_signed_in(site: Site, path: str) -> None:
    entry = await tried(site, await kept_endpoint(site), of={"body": PAGE})
    site.client.cookies.clear()

    answer = await site.get(path.format(m=entry.message.id, a=entry.attempt.id))

    assert answer.status_code == 303
    assert PAGE not in answer.content
