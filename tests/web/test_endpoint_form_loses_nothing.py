"""A refused form comes back with everything that was typed, secrets included."""

import html

from form import customer_io
from site_under_test import Site

CODE = "function handler(webhook) {\n  // <b>&amp;</b> stays as typed\n  return webhook.;\n}"


async def test_a_refused_form_comes_back_as_it_was_typed(site: Site) -> None:
    form = customer_io(
        credentials__site_id="my-site",
        credentials__api_key='s3cret"<key>',
        credentials__region="eu",
        description="For <marketing>",
        destination="capture",
        listen="chosen",
        event_types=["refund.failed", "dispute.lost"],
        code=CODE,
        variables_key=["TEAM", ""],
        variables_value=["blue & green", ""],
        headers_key=["X-Team"],
        headers_value=["payments"],
        event_type="refund.failed",
        payload='{"typed": "by hand"}',
    )

    answer = await site.post("/endpoints", form)

    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert f"\n{CODE}</textarea>" in page
    assert '\n{"typed": "by hand"}</textarea>' in page
    assert 'value="s3cret"<key>"' in page
    assert 'name="credentials.site_id" type="text" value="my-site"' in page
    assert '<option value="eu" selected>' in page
    assert '<option value="refund.failed" selected>' in page
    assert "\nFor <marketing></textarea>" in page
    assert 'name="destination" value="capture" checked' in page
    assert 'name="listen" value="chosen" checked' in page
    assert page.count('name="event_types" value="refund.failed" checked') == 1
    assert page.count('name="event_types" value="dispute.lost" checked') == 1
    assert page.count('" checked> <span><code>') == 2
    assert 'value="blue & green"' in page
    assert 'value="X-Team"' in page


async def test_what_is_typed_cannot_become_markup(site: Site) -> None:
    answer = await site.post("/endpoints", customer_io(code="</textarea><script>alert(1)</script>"))

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
