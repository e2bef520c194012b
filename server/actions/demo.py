"""The demo source: shows Hookbench at work with samples, which take the way of real events and are never sent out."""

import time
from dataclasses import replace

from server.actions import endpoints as endpoint_actions
from server.actions import sources as source_actions
from server.actions.endpoint_form import EndpointForm
from server.actions.services import Services
from server.delivery.intake import Accepted
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import Millis, unique
from server.domain.sentences import Invalid, Problem, say
from server.domain.signing import new_secret, sign
from server.domain.sources import DEMO_NAME, Mode, Source, slug_for
from server.store import Transaction, source_contents, sources

WEBHOOK_URL = "https://shop.example/webhooks"
SLACK_URL = "https://hooks.slack.com/services/T00000000/B00000000/demo"
"""URLs that are shown with the captured requests. Nothing is sent to them."""
FOR_SLACK = frozenset(each for each in EVENT_TYPES if each.startswith(("payment.", "refund.", "dispute.")))


async def create(services: Services, user_name: str, *, again: bool = False) -> Source:
    """The demo source, with endpoints that capture: created if it is not there. Sends the samples.

    Two clicks, also in two tabs or processes, do what one does; only ``again`` repeats the samples. Raises ``Invalid``.
    """
    keeps = [await endpoint_actions.checked(services, form, user_name) for form in _forms(services)]

    def make(tx: Transaction) -> tuple[Source, list[Endpoint]]:
        sources.hold(tx)
        known = next((each for each in sources.every(tx) if each.demo), None)
        source = known or _insert(tx, services.now())
        has_endpoints = known and source_contents.contents(tx, known.id).endpoints
        return source, [] if has_endpoints else [keep(tx, source.id) for keep in keeps]

    source, added = await services.store.write(make)
    for endpoint in added:
        endpoint_actions.told(services, endpoint)
    await send_samples(services, source, again=again)
    return source


def _insert(tx: Transaction, now: Millis) -> Source:
    made = source_actions.new_source(DEMO_NAME, Mode.TEST, now)
    taken = {*Mode, *sources.taken_slugs(tx)}  # the addresses of Test and Live are for real events
    made = replace(made, secret=new_secret(), demo=True, steps_hidden=True, slug=slug_for(DEMO_NAME, Mode.TEST, taken))
    sources.insert(tx, made)
    return made


async def send_samples(services: Services, source: Source, *, again: bool = True) -> int:
    """Sign the sample of each event type and take it in like an event from outside. Returns how many were accepted.

    Without ``again``, those that were sent before are repeated under their ids, which the intake does not accept twice.
    Raises ``Invalid`` for a source that is no demo, and when its secret cannot be read.
    """
    if not source.demo or not source.secret:
        raise Invalid(Problem("", say("Samples can be sent to a demo source only.")))
    accepted = 0
    for event_type in EVENT_TYPES:
        webhook_id = unique("demo") if again else f"demo_{event_type.replace('.', '_')}"
        body, timestamp = sample_json(event_type).encode(), int(time.time())
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(source.secret, webhook_id, timestamp, body),
        }
        accepted += isinstance(await services.intake.accept(source.token, headers, body), Accepted)
    return accepted


def _forms(services: Services) -> list[EndpointForm]:
    """Two endpoints: one takes all events as they are, the other makes messages of some."""
    slack = services.card("slack")
    return [
        EndpointForm(card="webhook", url=WEBHOOK_URL, name="Every event", destination=Destination.CAPTURE),
        EndpointForm(
            card="slack",
            url=SLACK_URL,
            name="Payments to Slack",
            destination=Destination.CAPTURE,
            event_types=FOR_SLACK,
            code=slack.default_code,
            transforming=True,
        ),
    ]
