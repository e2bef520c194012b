"""What the documentation lists as different is different, in just that way."""

import json

import pytest
from differential.answers import Job, Node, of_sandbox

from server.sandbox import Sandbox
from server.sandbox.differences import DIFFERENCES

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.expression)
async def test_a_listed_difference_still_is_one(ours: Sandbox, node: Node, difference) -> None:  # type: ignore[no-untyped-def]
    code = f"const handler = w => ({{...w, payload: [String({difference.expression})]}})"
    job = Job("differences", code, "{}")
    (here,), (there,) = await of_sandbox(ours, [job]), await node.answer([job])
    assert here.request
    assert there.request
    assert (json.loads(here.request[3]), json.loads(there.request[3])) == ([difference.here], [difference.v8])
    assert difference.here != difference.v8
