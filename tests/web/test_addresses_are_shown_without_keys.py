"""Lists show where an endpoint leads to; a key that travels in its URL stays out of them."""

import pytest
from entries import kept_endpoint
from site_under_test import Site

from server.domain.endpoint_names import without_keys


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/hook", "https://example.com/hook"),
        ("https://example.com/hook?key=k1", "https://example.com/hook?key=…"),
        ("https://example.com/?a=1&b=2=3&c&=d", "https://example.com/?a=…&b=…&…&=…"),
        ("https://me:pw@example.com/a@b", "https://…@example.com/a@b"),
        ("https://example.com/a?to=x@y#key", "https://example.com/a?to=…"),
        ("https://example.com/a#key", "https://example.com/a"),
    ],
)
def test_values_are_left_out(url: str, shown: str) -> None:
    assert without_keys(url) == shown


async def test_lists_show_no_key(site: Site) -> None:
    endpoint = await kept_endpoint(site, url="https://example.com/hook?token=sk_secret_1", description="")
    for path in ("/endpoints", "/logs", f"/endpoints/{endpoint.id}/head"):
        page = (await site.client.get(path, follow_redirects=True)).text
        assert "sk_secret_1" not in page, path
    assert "https://example.com/hook?token=…" in (await site.client.get("/endpoints", follow_redirects=True)).text
