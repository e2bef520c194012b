"""How a user's JavaScript runs: in fenced child processes, a fresh world for every event."""

from server.sandbox.limits import Fence, Limits
from server.sandbox.pool import Sandbox
from server.sandbox.run_queues import SlowCode
from server.sandbox.zygote import Unavailable

__all__ = ["Fence", "Limits", "Sandbox", "SlowCode", "Unavailable"]
