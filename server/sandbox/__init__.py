"""Runs users' JavaScript in fenced child processes, each event in a fresh global environment (a *world*)."""

from server.sandbox.limits import Fence, Limits
from server.sandbox.pool import Sandbox
from server.sandbox.run_queues import SlowCode
from server.sandbox.zygote import Unavailable

__all__ = ["Fence", "Limits", "Sandbox", "SlowCode", "Unavailable"]
