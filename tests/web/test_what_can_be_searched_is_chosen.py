"""The settings of the search."""

import pytest
from form import path_of
from site_under_test import Site

from server.domain.search_terms import DEFAULT_METADATA_KEYS
from server.store import options


async def test_keys_and_full_text_are_chosen(site: Site) -> None:
    shown = (await site.get("/test/settings/search")).text
    assert all(key in shown for key in DEFAULT_METADATA_KEYS) and "checked" not in shown.split("full_text")[1][:80]
    saved = await site.post("/test/settings/search", {"metadata_keys": "cart, order_id\n cart \n", "full_text": "on"})
    assert path_of(saved) == "/test/settings/search"
    kept = await site.services.store.read(options.search_settings)
    assert (kept.metadata_keys, kept.full_text, kept.edition) == (("cart", "order_id"), True, 2)
    await site.post("/test/settings/search", {"metadata_keys": "cart\norder_id"})
    kept = await site.services.store.read(options.search_settings)
    assert (kept.full_text, kept.edition) == (False, 2)
    assert "Full text in payloads" in (await site.get("/test/settings/search")).text


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("x" * 65, "longer than 64 characters"),
        ("---", "A key has letters or digits"),
        ("\n".join(f"key{number}" for number in range(21)), "At most 20 keys."),
    ],
)
async def test_keys_that_cannot_be_are_refused_and_stay(site: Site, keys: str, problem: str) -> None:
    answer = await site.post("/test/settings/search", {"metadata_keys": keys})
    assert answer.status_code == 422
    assert problem in answer.text and keys.split("\n")[0] in answer.text
