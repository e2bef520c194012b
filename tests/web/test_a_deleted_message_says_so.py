from site_under_test import Site

from server.domain.ids import MessageId, earliest, mint


async def test_an_old_id_tells_that_its_message_was_deleted(site: Site) -> None:
    old = f"{earliest(MessageId, site.services.now() - 91 * 24 * 3_600_000)}{0:016d}"
    answer = await site.get(f"/messages/{old}")
    assert answer.status_code == 404
    assert "This message was received more than 90 days ago and has been deleted" in answer.text


async def test_an_id_that_never_was_is_not_said_to_be_deleted(site: Site) -> None:
    answer = await site.get(f"/messages/{mint(MessageId)}")
    assert answer.status_code == 404
    assert "This message does not exist." in answer.text
