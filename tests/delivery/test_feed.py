"""The feed tells every open page once, bounds what a slow one leaves unread, and ends them all when it closes."""

import asyncio
from contextlib import ExitStack

from server.delivery.feed import MAX_QUEUED, MAX_WATCHERS, MAX_WATCHERS_OF_ONE, Changed, Feed
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
        for number in range(MAX_QUEUED + 2):
            feed.publish(changed(number))
        feed.close()
        heard = [item async for item in reader]
    assert (heard[0], len(heard)) == (changed(2), MAX_QUEUED)


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


def watching(feed, owner, stack):
    return stack.enter_context(feed.watch(SourceId("src_1"), ["source:src_1"], owner))


async def test_a_watcher_hears_which_of_its_topics_changed():
    feed = Feed()
    with feed.watch(SourceId("src_1"), ["message:msg_1", "source:src_2"], "ada") as watcher:
        for number in (0, 1, 1):
            feed.publish(changed(number))
        feed.publish(Changed(SourceId("src_2"), None))
        assert await watcher.told(5, 0.01) == {"message:msg_1"}
        assert await watcher.told(0.01, 0.01) == set()
        feed.close()
        assert await watcher.told(5, 5) is None
        assert not watcher.made_way
    assert not feed._watching and not feed.readers


async def test_the_oldest_watcher_of_a_session_makes_way_for_its_newest():
    feed = Feed()
    with ExitStack() as stack:
        others, *mine = watching(feed, "bob", stack), *(watching(feed, "ada", stack) for _ in range(1000))
        over = [watcher.made_way for watcher in mine]
        assert over == [True] * (1000 - MAX_WATCHERS_OF_ONE) + [False] * MAX_WATCHERS_OF_ONE
        assert feed.readers == MAX_WATCHERS_OF_ONE + 1
        feed.publish(changed())
        assert await others.told(5, 0.01) == await mine[-1].told(5, 0.01) == {"source:src_1"}
        assert await mine[0].told(5, 5) is None


async def test_of_all_sessions_the_one_with_most_watchers_makes_way():
    feed = Feed()
    with ExitStack() as stack:
        greedy = [watching(feed, "ada", stack) for _ in range(MAX_WATCHERS_OF_ONE)]
        modest = [watching(feed, f"session {number}", stack) for number in range(MAX_WATCHERS)]
        assert feed.readers == MAX_WATCHERS
        assert all(watcher.made_way for watcher in greedy[:-1])
        assert not modest[-1].made_way
