"""An address that a form or a link brings along leads to our own pages only."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newcomer import newcomer

from server.web.forms import own_path

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "evil.example",
    "",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_that_leads_elsewhere_is_none_of_ours(address: str) -> None:
    assert own_path(address) is None


@given(st.text(alphabet=st.sampled_from("/\\.:@?#%&=\t\n\r ae\u00e9"), max_size=20))
def test_whatever_is_accepted_has_no_host(address: str) -> None:
    ours = own_path(address)
    if ours is None:
        return
    parts = urlsplit(ours)
    assert (parts.scheme, parts.netloc) == ("", "")
    assert ours.startswith("/") and not ours.startswith(("//", "/\\"))


def test_a_path_keeps_its_query_but_not_what_the_page_before_said() -> None:
    assert own_path("/test/logs?q=a%20b&said=welcome&status=failed") == "/test/logs?q=a+b&status=failed"
    assert own_path("/test/endpoints?said=welcome") == "/test/endpoints"


@pytest.mark.parametrize("address", ELSEWHERE)
async def test_no_form_leads_elsewhere(tmp_path: Path, address: str) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        answer = await visitor.post("/preferences", data={"next": address})
        assert answer.headers["location"] == "/"
        async with visitor.another() as other:
            assert (await other.signs_in(next=address)).headers["location"] == "/"
