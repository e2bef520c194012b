"""The first steps of a source: a short checklist above the list of endpoints, until all are done or it is dismissed."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.sentences import Sentence, say
from server.store import Transaction, source_contents
from server.web.visit import Visit


@dataclass(frozen=True, slots=True)
class FirstStep:
    text: Sentence
    done: bool
    link: Sentence
    """The text of the link to where it is done."""
    at: str


@dataclass(frozen=True, slots=True)
class FirstSteps:
    steps: Sequence[FirstStep]
    has_demo: bool
    """There is a demo source already."""

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)


def first_steps(tx: Transaction, here: Visit) -> FirstSteps | None:
    """The checklist of the source; ``None`` when all is done, or when a person dismissed it."""
    if here.source.steps_hidden:
        return None
    made = source_contents.progress(tx, here.source.id)
    endpoint = f"/endpoints/{made.endpoint_id}" if made.endpoint_id else "/endpoints/new"
    steps = (
        FirstStep(say("Save the signing secret"), bool(here.source.secret), say("Connect Dodo"), here.to("/sources")),
        FirstStep(say("Add an endpoint"), made.had_endpoint, say("Add endpoint"), here.to("/endpoints/new")),
        FirstStep(say("Receive the first event"), made.received, say("Wait for it"), here.to("/sources")),
        FirstStep(say("Deliver it"), made.delivered, say("Send an example"), here.to(f"{endpoint}/testing")
                  if made.endpoint_id else here.to(endpoint)),
    )  # fmt: skip
    return None if all(step.done for step in steps) else FirstSteps(steps, any(each.demo for each in here.sources))
