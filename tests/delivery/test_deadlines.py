"""A deadline ends what is awaited when its time is over, and nothing else is taken for it."""

import asyncio

import pytest

from server.delivery.deadline import Deadline


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_what_takes_longer_is_ended() -> None:
    with pytest.raises(TimeoutError), Deadline(0.01):
        await for_ever()
    await asyncio.sleep(0)  # its task goes on


async def test_what_is_done_in_time_is_left_alone() -> None:
    with Deadline(0):
        pass
    for _ in range(3):
        await asyncio.sleep(0)


async def test_an_error_inside_stays_that_error() -> None:
    with pytest.raises(ValueError, match="mine"), Deadline(60):
        raise ValueError("mine")


async def test_of_two_deadlines_the_shorter_ends_only_its_own_block() -> None:
    with Deadline(60):
        with pytest.raises(TimeoutError), Deadline(0.01):
            await for_ever()
        await asyncio.sleep(0)


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    async def wait() -> None:
        with Deadline(60):
            await for_ever()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_cancellation_at_the_very_moment_stays_one() -> None:
    async def wait() -> None:
        with Deadline(0.01):
            try:
                await for_ever()
            except asyncio.CancelledError:
                task.cancel()
                raise

    task = asyncio.create_task(wait())
    await asyncio.wait([task])
    assert task.cancelled()
