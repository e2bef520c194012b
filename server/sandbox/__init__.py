"""How a user's JavaScript runs: in fenced child processes, a fresh world for every event."""

from server.sandbox.lanes import Slow
from server.sandbox.limits import Fence, Limits
from server.sandbox.pool import Sandbox
from server.sandbox.workers import Unavailable

__all__ = ["Fence", "Limits", "Sandbox", "Slow", "Unavailable"]
