"""The feed tells every open page once, bounds what a slow one leaves unread, and ends them all when it closes."""

import asyncio

from server.delivery.feed import MOST_WAITING, Changed, Feed
from server.domain.ids import MessageId, SourceId


def changed(number=0):
    return Changed(SourceId("src_1"), MessageId(f"msg_{number}"))


async def test_every_reader_hears_everything_in_order():
    feed = Feed()
    with feed.listen() as one, feed.listen() as other:
        for number in range(3):
            feed.publish(changed(number))
        for reader in (one, other):
            assert [await anext(reader) for _ in range(3)] == [changed(0), changed(1), changed(2)]


async def test_repeats_that_wait_unread_are_told_once():
    feed = Feed()
    with feed.listen() as reader:
        for number in (1, 2, 1, 1):
            feed.publish(changed(number))
        feed.close()
        assert [item async for item in reader] == [changed(1), changed(2)]


async def test_a_slow_reader_loses_the_oldest():
    feed = Feed()
    with feed.listen() as reader:
        for number in range(MOST_WAITING + 2):
            feed.publish(changed(number))
        feed.close()
        heard = [item async for item in reader]
    assert (heard[0], len(heard)) == (changed(2), MOST_WAITING)


async def test_a_reader_that_waits_is_woken_by_news_and_by_the_end():
    feed = Feed()
    with feed.listen() as reader:
        waiting = asyncio.create_task(anext(reader))
        await asyncio.sleep(0)
        feed.publish(changed())
        assert await waiting == changed()
        rest = asyncio.create_task(anext(reader, "ended"))
        await asyncio.sleep(0)
        feed.close()
        assert await rest == "ended"


async def test_after_the_end_nobody_waits():
    feed = Feed()
    feed.close()
    with feed.listen() as reader:
        assert [item async for item in reader] == []


async def test_who_left_hears_nothing_more():
    feed = Feed()
    with feed.listen():
        pass
    feed.publish(changed())  # must not keep what nobody will read
    assert not feed._readers
