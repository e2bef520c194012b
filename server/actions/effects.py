"""Side effects of an action, for the sentence on the next page.

A context variable of the current request: several forms save an endpoint, and each responds with the address of a page.
"""

from contextvars import ContextVar

from server.store.stopping import ScheduleChange

moved: ContextVar[ScheduleChange | None] = ContextVar("moved", default=None)
"""What the action did to waiting deliveries; ``None`` before it ran."""
