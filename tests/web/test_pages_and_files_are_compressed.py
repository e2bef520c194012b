"""Pages and static files are compressed, but never for another site, nor a secret, nor the intake, nor a stream."""

import gzip
from pathlib import Path

import pytest
import tree_sitter_javascript
from events import standard_signed
from site_under_test import Site
from tree_sitter import Language, Parser

from server.assets import static_dir
from server.domain.ids import AttemptId, MessageId, mint
from server.web.static_files import without_comments

OURS = {"accept-encoding": "gzip, deflate, br, zstd", "sec-fetch-site": "same-origin"}


async def raw(site: Site, path: str, headers: dict[str, str], method: str = "GET") -> tuple[str, str, bytes]:
    """Content-Encoding, Content-Length and the bytes as they are sent."""
    async with site.client.stream(method, path, headers=headers) as answer:
        assert answer.status_code == 200, path
        sent = b"".join([part async for part in answer.aiter_raw()])
        return answer.headers.get("content-encoding", ""), answer.headers["content-length"], sent


async def test_a_page_is_compressed(site: Site) -> None:
    encoding, length, sent = await raw(site, "/test/settings", OURS)
    plain = await raw(site, "/test/settings", OURS | {"accept-encoding": "identity"})

    assert (encoding, plain[0]) == ("gzip", "")
    assert (int(length), int(plain[1])) == (len(sent), len(plain[2]))
    assert len(sent) < len(plain[2]) / 3
    assert gzip.decompress(sent).endswith(b"</html>")


@pytest.mark.parametrize("asks", ["cross-site", "same-site", ""])
async def test_what_another_site_may_have_asked_for_is_not(site: Site, asks: str) -> None:
    headers = {"accept-encoding": "gzip"} | ({"sec-fetch-site": asks} if asks else {"sec-fetch-site": ""})
    assert (await raw(site, "/test/logs", headers))[0] == ""


async def test_the_answer_to_a_form_is_not(site: Site) -> None:
    answer = await site.post("/settings/password", {"current": "wrong"}, headers=OURS)
    assert answer.status_code == 422
    assert "content-encoding" not in answer.headers


async def test_a_part_that_was_asked_for_with_a_query_is_not(site: Site) -> None:
    """A page that another site opened refreshes itself with the query of that site."""
    of_page = OURS | {"hx-request": "true"}
    assert (await raw(site, "/test/logs?q=guess", of_page))[0] == ""
    for path in (
        "/test/logs",
        f"/test/logs?upto={mint(MessageId)}",
        f"/test/inspector?attempt={mint(AttemptId)}&before=",
    ):
        assert (await raw(site, path, of_page))[0] == "gzip", path
    for path in ("?upto=msg_guess", f"?upto={mint(MessageId)}&view=guess", f"?upto={mint(MessageId)}guess"):
        assert (await raw(site, f"/test/logs{path}", of_page))[0] == "", path
    assert (await raw(site, "/test/logs?q=mine", OURS))[0] == "gzip"


async def test_files_are_compressed_and_revalidated(site: Site) -> None:
    encoding, length, sent = await raw(site, "/static/css/components.css", OURS)
    plain = await raw(site, "/static/css/components.css", {"accept-encoding": "identity"})
    again = await site.client.get("/static/css/components.css", headers=OURS)
    tag = again.headers["etag"]
    unchanged = await site.client.get("/static/css/components.css", headers=OURS | {"if-none-match": tag})
    part = await site.client.get("/static/css/components.css", headers=OURS | {"range": "bytes=0-9"})

    assert (encoding, int(length), plain[0]) == ("gzip", len(sent), "")
    assert gzip.decompress(sent) == without_comments("x.css", plain[2])
    assert gzip.decompress(sent).count(b"\n") == plain[2].count(b"\n")
    assert len(sent) < len(plain[2]) / 3
    assert (again.headers["vary"], again.headers["cache-control"], tag[:2]) == ("Accept-Encoding", "no-cache", "W/")
    assert (unchanged.status_code, unchanged.content, unchanged.headers["vary"]) == (304, b"", "Accept-Encoding")
    assert (part.status_code, len(part.content)) == (206, 10)


async def test_vendored_scripts_have_a_smaller_form(site: Site) -> None:
    encoding, _, sent = await raw(site, "/static/vendor/htmx.js", OURS)
    gzipped = await raw(site, "/static/vendor/htmx.js", OURS | {"accept-encoding": "gzip, br;q=0"})

    assert sent == (static_dir() / "vendor" / "htmx.js.br").read_bytes()
    assert (encoding, gzipped[0]) == ("br", "gzip")
    assert len(sent) < len(gzipped[2])


async def test_fonts_are_sent_as_they_are(site: Site) -> None:
    answer = await site.client.get("/static/vendor/inter.woff2?v=a90cbe67b60fbe24", headers=OURS)
    assert "content-encoding" not in answer.headers
    assert (answer.headers["content-type"], "immutable" in answer.headers["cache-control"]) == ("font/woff2", True)


async def test_the_intake_is_not_touched(site: Site) -> None:
    event = standard_signed("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", '{"type": "payment.succeeded"}')
    answer = await site.client.post(f"/in/{site.source.token}", content=event.body, headers=event.headers | OURS)
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("file", sorted((static_dir() / "js").glob("*.js")), ids=lambda file: file.name)
def test_only_comments_are_left_out_of_a_script(file: Path) -> None:
    data = file.read_bytes()
    parsed = Parser(Language(tree_sitter_javascript.language())).parse(data)
    comments, rest = set(), [parsed.root_node]
    while rest:
        node = rest.pop()
        rest += node.children
        if node.type == "comment":
            comments.add(node.start_point[0])
    left, kept = without_comments(file.name, data).split(b"\n"), data.split(b"\n")
    assert {at for at, line in enumerate(left) if line != kept[at]} <= comments


def test_only_comments_are_left_out_of_a_style() -> None:
    assert without_comments("a.css", b"/* a */ .a {}\n/* b\n c */\n.b {}") == b" .a {}\n\n\n.b {}"
    for file in (static_dir() / "css").glob("*.css"):
        assert b'"/*' not in file.read_bytes(), file
