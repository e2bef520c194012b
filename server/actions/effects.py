"""What an action did beside what it was asked for, for the sentence on the page that follows it.

Kept for the request under way: several forms save an endpoint, and each answers with the address of a page.
"""

from contextvars import ContextVar

from server.store.stopping import ScheduleChange

moved: ContextVar[ScheduleChange | None] = ContextVar("moved", default=None)
"""What happened to waiting deliveries."""
