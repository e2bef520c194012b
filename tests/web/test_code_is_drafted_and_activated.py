"""Saving makes a draft that is not live; activating and rolling back say what serves since when."""

import re
from typing import Any

import httpx
from form import PLAIN, a_form, beside, make_live, path_of, text_of
from site_under_test import Site

from server.domain.assertions import Assertion, Kind
from server.domain.catalog import sample_json
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, TestCaseId, mint
from server.domain.test_case_files import usual_clock
from server.domain.test_cases import TestCase
from server.domain.versions import Activation, ActivationReason, CodeDraft, Version
from server.store import Transaction, drafts, endpoints, shadows, test_cases, versions

OTHER = "function handler(webhook) {\n  webhook.cancel = true;\n  return webhook;\n}\n"


async def an_endpoint_of(site: Site, **changes: Any) -> str:
    return path_of(await site.post("/endpoints", a_form(**changes))).split("/")[3]


async def now(site: Site, endpoint_id: str) -> Endpoint:
    found = await site.services.store.read(lambda tx: endpoints.get(tx, EndpointId(endpoint_id)))
    assert found
    return found


async def draft_of(site: Site, endpoint_id: str) -> CodeDraft | None:
    return await site.services.store.read(lambda tx: drafts.current(tx, EndpointId(endpoint_id)))


async def history(site: Site, endpoint_id: str) -> list[Version]:
    return await site.services.store.read(lambda tx: versions.history(tx, EndpointId(endpoint_id)))


async def activations(site: Site, endpoint_id: str) -> list[Activation]:
    return await site.services.store.read(lambda tx: versions.activations_of(tx, EndpointId(endpoint_id)))


async def test_create_activates_version_1(each_site: Site) -> None:
    endpoint_id = await an_endpoint_of(each_site)

    [first] = await activations(each_site, endpoint_id)
    [version] = await history(each_site, endpoint_id)

    assert (first.reason, first.author, first.version_id) == (ActivationReason.CREATED, "ada", version.id)
    assert (version.number, version.author, version.variable_names) == (1, "ada", ())
    assert (await now(each_site, endpoint_id)).version == version


async def test_saving_makes_a_draft_that_is_not_live(each_site: Site) -> None:
    site, endpoint_id = each_site, await an_endpoint_of(each_site)

    form = a_form(code=OTHER, variables_key=["A"], variables_value=["s3cret-value"])
    answer = await site.post(f"/endpoints/{endpoint_id}/transformation", form)

    assert answer.headers["location"].endswith("said=draft-saved")
    serving, draft = await now(site, endpoint_id), await draft_of(site, endpoint_id)
    assert serving.version and draft
    assert (serving.version.code, serving.version.number, dict(serving.variables)) == (PLAIN, 1, {})
    assert (draft.code, draft.variables, draft.revision, draft.author) == (OTHER, {"A": "s3cret-value"}, 1, "ada")
    page = (await site.get(f"/endpoints/{endpoint_id}/transformation")).text
    assert f"\n{OTHER}</textarea>" in page
    assert "s3cret-value" not in page
    assert "v1 active" in text_of(page) and "draft differs" in text_of(page)
    assert "draft differs" in text_of((await site.get("/endpoints")).text)


async def test_activating_is_one_step_that_shows_the_difference_and_keeps_the_note(each_site: Site) -> None:
    site, endpoint_id = each_site, await an_endpoint_of(each_site)
    form = a_form(code=OTHER, variables_key=["A"], variables_value=["s3cret-value"])
    await site.post(f"/endpoints/{endpoint_id}/transformation", form)

    review = (await site.get(f"/endpoints/{endpoint_id}/transformation/activate")).text
    answer = await make_live(site, endpoint_id, form, note="Stop refunds")

    assert "webhook.cancel = true;" in text_of(review) and "A added" in text_of(review)
    assert "s3cret-value" not in review
    assert answer.headers["location"].endswith("said=activated")
    serving = await now(site, endpoint_id)
    assert serving.version
    assert (serving.version.code, serving.version.number) == (OTHER, 2)
    assert (serving.version.note, serving.version.variable_names) == ("Stop refunds", ("A",))
    assert dict(serving.variables) == {"A": "s3cret-value"}
    assert await draft_of(site, endpoint_id) is None
    made = await activations(site, endpoint_id)
    assert [(each.reason.value, each.note) for each in made] == [("activated", "Stop refunds"), ("created", "")]
    assert made[0].former_version_id == made[1].version_id


async def test_what_was_not_looked_at_is_not_activated(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    address = f"/endpoints/{endpoint_id}/transformation"
    await site.post(address, a_form(code=OTHER))
    looked_at = await draft_of(site, endpoint_id)
    assert looked_at
    await site.post(address, a_form(code=OTHER + "// more"))

    answer = await site.post(f"{address}/activate", {"draft": looked_at.id, "note": "mine"})

    assert answer.status_code == 409
    assert "The draft was saved again after you opened this page." in text_of(answer.text)
    assert 'value="mine"' in answer.text
    assert len(await history(site, endpoint_id)) == 1


async def test_rolling_back_is_one_more_activation_and_leaves_the_rest(each_site: Site) -> None:
    site, endpoint_id = each_site, await an_endpoint_of(each_site)
    await make_live(site, endpoint_id, a_form(code=OTHER, variables_key=["A"], variables_value=["1"]))
    await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=PLAIN + "// draft"))
    first = (await history(site, endpoint_id))[-1]

    page = text_of((await site.get(f"/endpoints/{endpoint_id}/history")).text)
    answer = await site.post(f"/endpoints/{endpoint_id}/versions/{first.id}/roll-back", {})

    assert "Roll back to v1" in page
    assert "It does not roll back the values of variables, credentials, the URL and the subscribed events." in page
    assert answer.headers["location"].endswith("said=rolled-back")
    serving, draft = await now(site, endpoint_id), await draft_of(site, endpoint_id)
    assert serving.version == first and dict(serving.variables) == {"A": "1"}
    assert draft and draft.code == PLAIN + "// draft"
    assert len(await history(site, endpoint_id)) == 2
    assert [each.reason.value for each in await activations(site, endpoint_id)] == [
        "rolled_back",
        "activated",
        "created",
    ]
    again = await site.post(f"/endpoints/{endpoint_id}/versions/{first.id}/roll-back", {})
    assert again.status_code == 422 and "Version 1 is active already." in text_of(again.text)


async def test_restoring_puts_old_code_into_the_draft(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    await make_live(site, endpoint_id, a_form(code=OTHER))
    first = (await history(site, endpoint_id))[-1]

    await site.post(f"/endpoints/{endpoint_id}/versions/{first.id}/restore")

    serving, draft = await now(site, endpoint_id), await draft_of(site, endpoint_id)
    assert serving.version and serving.version.number == 2
    assert draft and draft.code == PLAIN


async def test_code_that_equals_what_is_active_leaves_no_draft(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    address = f"/endpoints/{endpoint_id}/transformation"
    await site.post(address, a_form(code=OTHER))

    answer = await site.post(address, a_form(code=PLAIN.replace("\n", "\r\n")))

    assert answer.headers["location"].endswith("said=draft-unchanged")
    assert await draft_of(site, endpoint_id) is None


async def test_a_discarded_draft_can_be_restored(each_site: Site) -> None:
    site, endpoint_id = each_site, await an_endpoint_of(each_site)
    await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=OTHER))
    draft = await draft_of(site, endpoint_id)
    assert draft

    await site.post(f"/endpoints/{endpoint_id}/transformation/discard")

    assert await draft_of(site, endpoint_id) is None
    page = (await site.get(f"/endpoints/{endpoint_id}/history")).text
    assert "Saved revisions of the draft" in text_of(page)
    await site.post(f"/endpoints/{endpoint_id}/drafts/{draft.id}/restore")
    again = await draft_of(site, endpoint_id)
    assert again and again.code == OTHER


async def test_variables_of_a_draft_that_cannot_be_read_are_never_taken_for_none(each_site: Site) -> None:
    """Activating would erase the endpoint's variables."""
    site, endpoint_id = each_site, await an_endpoint_of(each_site, variables_key=["A"], variables_value=["1"])
    form = a_form(code=OTHER, variables_key=["B"], variables_value=["2"])
    await site.post(f"/endpoints/{endpoint_id}/transformation", form)
    [first] = await history(site, endpoint_id)
    await spoil(site, "UPDATE drafts SET variables = 'enc:1:nothing'")

    refused = await make_live_as_it_is(site, endpoint_id)
    assert "The variables of the draft cannot be read. Enter them again and save." in text_of(refused.text)
    assert refused.status_code == 422

    await make_live(site, endpoint_id, a_form(code=PLAIN + "// two", variables_key=["A"], variables_value=["1"]))
    await site.post(f"/endpoints/{endpoint_id}/transformation", form)
    await spoil(site, "UPDATE drafts SET variables = 'enc:1:nothing'")
    await site.post(f"/endpoints/{endpoint_id}/versions/{first.id}/restore")
    draft = await draft_of(site, endpoint_id)
    assert draft and (draft.code, draft.variables) == (PLAIN, None)
    await make_live_as_it_is(site, endpoint_id)
    assert dict((await now(site, endpoint_id)).variables) == {"A": "1"}


async def test_only_the_last_revisions_are_kept(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    for number in range(drafts.KEPT + 3):
        await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=f"{PLAIN}// {number}"))

    kept = await site.services.store.read(lambda tx: drafts.revisions(tx, EndpointId(endpoint_id)))

    assert [each.revision for each in kept] == list(range(drafts.KEPT + 3, 3, -1))


async def test_a_version_of_another_endpoint_is_not_found(site: Site) -> None:
    endpoint_id, stranger = await an_endpoint_of(site), await an_endpoint_of(site, code=OTHER)
    [foreign] = await history(site, stranger)

    for what in ("restore", "roll-back"):
        answer = await site.post(f"/endpoints/{endpoint_id}/versions/{foreign.id}/{what}", {})
        assert answer.status_code == 422
    assert (await site.get(f"/endpoints/{endpoint_id}/versions/{foreign.id}")).status_code == 404
    assert len(await history(site, endpoint_id)) == 1


async def test_any_two_versions_can_be_compared(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    await make_live(site, endpoint_id, a_form(code=OTHER))
    second, first = await history(site, endpoint_id)

    page = await site.get(f"/endpoints/{endpoint_id}/history/compare?before={first.id}&after={second.id}")

    assert "Version 1 → Version 2" in text_of(page.text)
    assert "1 place differs." in text_of(page.text)
    for odd in ("before=nothing&after=draft", "before=&after=", f"before={'x' * 5000}"):
        assert (await site.get(f"/endpoints/{endpoint_id}/history/compare?{odd}")).status_code in (200, 404)


async def test_a_version_has_an_anchor_at_each_line(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    [first] = await history(site, endpoint_id)

    page = (await site.get(f"/endpoints/{endpoint_id}/versions/{first.id}")).text

    assert 'id="L2"' in page
    assert "Endpoint created" in text_of(page)
    # An older address of the same.
    old = await site.get(f"/endpoints/{endpoint_id}/transformation?version={first.id}")
    assert path_of(old).endswith(f"/versions/{first.id}")


async def test_a_syntax_error_is_not_saved_and_not_lost(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)

    answer = await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code="function handler( {"))

    assert answer.status_code == 422
    assert beside(answer.text, "code").startswith("Line 1, column")
    assert "\nfunction handler( {</textarea>" in answer.text
    assert await draft_of(site, endpoint_id) is None


async def test_switching_the_transformation_off_and_on_is_in_the_history(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)

    await site.post(f"/endpoints/{endpoint_id}/advanced", {"transforming": "off"})

    assert re.search(r"no transformation", text_of((await site.get(f"/endpoints/{endpoint_id}")).text))
    [off, _] = await activations(site, endpoint_id)
    assert (off.reason, off.version_id, off.author) == (ActivationReason.SWITCHED_OFF, None, "ada")
    await site.post(f"/endpoints/{endpoint_id}/advanced", {"transforming": "on"})
    [on, *_] = await activations(site, endpoint_id)
    assert on.reason is ActivationReason.SWITCHED_ON and on.version_id


async def test_a_long_note_is_refused_and_kept(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)

    answer = await make_live(site, endpoint_id, a_form(code=OTHER), note="n" * 1001)

    assert answer.status_code == 422
    assert beside(answer.text, "note") == "The note is longer than 1000 characters."
    assert len(await history(site, endpoint_id)) == 1


async def test_two_people_and_one_draft(each_site: Site) -> None:
    """The second is told, and chooses: theirs, mine, or both merged."""
    site, endpoint_id = each_site, await an_endpoint_of(each_site, code="// one\nlet a = 1;\n\n" + PLAIN)
    address = f"/endpoints/{endpoint_id}/transformation"
    opened = (await site.get(address)).text
    base = {name: field(opened, name) for name in ("seen", "base")}
    theirs, mine = "// theirs\nlet a = 1;\n\n" + PLAIN, "// one\nlet a = 1;\n\n" + PLAIN + "// mine\n"
    path_of(await site.post(address, a_form(code=theirs) | base))

    refused = await site.post(address, a_form(code=mine) | base)
    merged = await site.post(address, a_form(code=mine, merge="on") | base)

    assert refused.status_code == 409
    assert "Not saved: ada saved this draft after you opened it." in text_of(refused.text)
    assert f"\n{mine}</textarea>" in refused.text
    both = "// theirs\nlet a = 1;\n\n" + PLAIN + "// mine\n"
    assert f"\n{both}</textarea>" in merged.text
    draft = await draft_of(site, endpoint_id)
    assert draft and draft.code == theirs
    path_of(await site.post(address, a_form(code=both, seen=field(merged.text, "seen"))))
    draft = await draft_of(site, endpoint_id)
    assert draft and draft.code == both
    kept = await site.services.store.read(lambda tx: drafts.revisions(tx, EndpointId(endpoint_id)))
    assert theirs in [each.code for each in kept]


async def test_lines_that_both_changed_are_marked(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    address = f"/endpoints/{endpoint_id}/transformation"
    opened = (await site.get(address)).text
    base = {name: field(opened, name) for name in ("seen", "base")}
    await site.post(address, a_form(code=PLAIN.replace("return webhook", "return null")) | base)

    merged = await site.post(address, a_form(code=PLAIN.replace("return webhook", "return 1"), merge="on") | base)

    assert "In 1 place both changed the same lines." in text_of(merged.text)
    assert "&lt;&lt;&lt;&lt;&lt;&lt;&lt; my code\n  return 1;\n=======\n  return null;\n" in merged.text


async def with_a_case(site: Site) -> str:
    """An endpoint whose only test case wants the event to be sent."""
    endpoint_id = await an_endpoint_of(site)
    payload = sample_json("payment.succeeded")
    case = TestCase(
        id=mint(TestCaseId),
        name="payments are sent",
        event_type="payment.succeeded",
        payload=payload,
        variables={},
        clock=usual_clock(payload),
        expectation=(Assertion(Kind.PATH_EXISTS, "data.payment_id"),),
    )

    def keep(tx: Transaction) -> None:
        test_cases.erase(tx, EndpointId(endpoint_id))
        test_cases.insert(tx, EndpointId(endpoint_id), [case], "ada", 1)

    await site.services.store.write(keep)
    return endpoint_id


async def test_test_cases_run_on_every_save(each_site: Site) -> None:
    site, endpoint_id = each_site, await with_a_case(each_site)
    address = f"/endpoints/{endpoint_id}/transformation"

    await site.post(address, a_form(code=PLAIN + "// fine"))
    await site.services.case_progress.wait(EndpointId(endpoint_id))
    assert "1 test case passes" in text_of((await site.get(address)).text)

    await site.post(address, a_form(code=OTHER))
    await site.services.case_progress.wait(EndpointId(endpoint_id))
    page = text_of((await site.get(address)).text)
    assert "1 test case fails" in page and "payments are sent" in page
    part = await site.get(f"{address}/checks")
    assert part.text.lstrip().startswith('<div id="checks"') and "1 test case fails" in text_of(part.text)


async def test_a_failing_case_blocks_activating_unless_a_note_says_why(each_site: Site) -> None:
    site, endpoint_id = each_site, await with_a_case(each_site)

    refused = await make_live(site, endpoint_id, a_form(code=OTHER))

    assert refused.status_code == 422
    sentence = "Test cases fail. Fix the code, or say why you activate it all the same."
    assert beside(refused.text, "override_note") == sentence
    assert "1 test case fails" in text_of(refused.text)
    assert len(await history(site, endpoint_id)) == 1
    draft = await draft_of(site, endpoint_id)
    assert draft
    form = {"draft": draft.id, "override_note": "The shop closes"}
    path_of(await site.post(f"/endpoints/{endpoint_id}/transformation/activate", form))
    newest = (await activations(site, endpoint_id))[0]
    assert (newest.failing, newest.override_note) == (1, "The shop closes")
    assert "1 test case failed: The shop closes" in text_of((await site.get(f"/endpoints/{endpoint_id}/history")).text)


async def test_a_failing_case_blocks_the_other_ways_to_activate_too(each_site: Site) -> None:
    site, endpoint_id = each_site, await with_a_case(each_site)
    await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=OTHER))
    path_of(await site.post(f"/endpoints/{endpoint_id}/shadow", {"code": "draft", "duration": "1h"}))
    shadow = (await site.services.store.read(lambda tx: shadows.history(tx, EndpointId(endpoint_id))))[0]
    first = (await now(site, endpoint_id)).version

    refused = await site.post(f"/endpoints/{endpoint_id}/versions/{shadow.version_id}/roll-back")
    assert refused.status_code == 422 and "Test cases fail on this version" in text_of(refused.text)
    promoting = f"/endpoints/{endpoint_id}/shadow/{shadow.id}/promote"
    refused = await site.post(promoting)
    assert refused.status_code == 422
    assert beside(refused.text, "note") == "Test cases fail. Fix the code, or say why you activate it all the same."
    assert (await now(site, endpoint_id)).version == first

    path_of(await site.post(promoting, {"note": "The shop closes"}))
    newest = (await activations(site, endpoint_id))[0]
    assert (newest.version_id, newest.failing, newest.override_note) == (shadow.version_id, 1, "The shop closes")
    assert first
    path_of(await site.post(f"/endpoints/{endpoint_id}/versions/{first.id}/roll-back"))
    path_of(await site.post(f"/endpoints/{endpoint_id}/versions/{shadow.version_id}/roll-back"))  # it has served


async def test_a_passing_case_keeps_no_override(site: Site) -> None:
    endpoint_id = await with_a_case(site)

    await make_live(site, endpoint_id, a_form(code=PLAIN + "// fine"), override_note="not needed")

    newest = (await activations(site, endpoint_id))[0]
    assert (newest.failing, newest.override_note) == (0, "")


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


async def make_live_as_it_is(site: Site, endpoint_id: str) -> httpx.Response:
    address = f"/endpoints/{endpoint_id}/transformation/activate"
    return await site.post(address, {"draft": field((await site.get(address)).text, "draft")})


async def spoil(site: Site, statement: str) -> None:
    await site.services.store.write(lambda tx: tx.exec_driver_sql(statement))
