"""Short helpers for running code in the sandbox."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from server.domain.transformations import FailureKind, Result, Returned, TransformFailed, Webhook
from server.sandbox import Limits

SEED = Path(__file__).parent.parent / "fixtures" / "seed"
LIMITS = Limits(run_time=0.4, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=2.0)
PAYMENT = {
    "business_id": "bus_1",
    "type": "payment.succeeded",
    "timestamp": "2026-02-03T04:05:06.789Z",
    "data": {
        "payment_id": "pay_1",
        "total_amount": 123456,
        "currency": "USD",
        "customer": {"customer_id": "cus_1", "email": "ada@example.com", "name": "Ada 😀"},
    },
}

Run = Callable[..., Awaitable[Result]]


def a_webhook(payload: Any = PAYMENT, **changes: Any) -> Webhook:
    values: dict[str, Any] = {
        "event_type": "payment.succeeded",
        "payload": payload if isinstance(payload, str) else json.dumps(payload),
        "url": "https://example.com/hook",
        "method": "POST",
        "headers": {},
        "env": {"KEY": "value"},
    }
    return Webhook(**values | changes)


async def returned(run: Run, code: str, **changes: Any) -> Returned:
    result = await run(code, **changes)
    assert isinstance(result, Returned), result
    return result


async def failed(run: Run, code: str, kind: FailureKind, **changes: Any) -> str:
    """Run code that must fail with ``kind``. Returns the failure's message."""
    result = await run(code, **changes)
    assert isinstance(result, TransformFailed), result
    assert result.error.kind == kind, result.error
    return result.error.message


async def value(run: Run, expression: str) -> Any:
    """The value of a JavaScript expression, passed as JSON."""
    result = await returned(run, f"const handler = w => ({{...w, payload: [({expression})]}})")
    return json.loads(result.payload)[0]


async def eventually(fact: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until ``fact()`` is true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not fact():
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.01)
