"""Actions on addresses of the inspector."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.actions.services import Services
from server.delivery.feed import Inspected
from server.domain.ids import InspectorAddressId, SourceId, mint
from server.domain.inspector_addresses import (
    MAX_ADDRESSES,
    MAX_DELAY_SECONDS,
    MAX_NAME,
    MAX_RESPONSE_CHARACTERS,
    Answers,
    InspectorAddress,
)
from server.domain.sentences import Invalid, Problem, say
from server.store import Transaction, inspector

NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class AddressForm:
    """What a person typed."""

    name: str
    status: str
    delay: str
    """Seconds."""
    failure_rate: str
    body: str

    @classmethod
    def of(cls, address: InspectorAddress) -> "AddressForm":
        answers = address.answers
        delay = f"{answers.delay_ms / 1000:g}"
        return cls(address.name, str(answers.status), delay, str(answers.failure_rate), answers.body)


async def create(services: Services, source_id: SourceId, name: str) -> InspectorAddress:
    """A new address that responds 200. Raises ``Invalid``."""
    made = InspectorAddress(
        id=mint(InspectorAddressId),
        source_id=source_id,
        name=_checked_name(name),
        token=secrets.token_urlsafe(24),  # 192 bits, so that nobody can guess it
        answers=Answers(),
        created_at=services.now(),
    )

    def update(tx: Transaction) -> None:
        if len(inspector.of_source(tx, source_id)) >= MAX_ADDRESSES:
            raise Invalid(Problem("name", say("A source has at most {limit} addresses.", limit=MAX_ADDRESSES)))
        inspector.insert(tx, made)

    await services.store.write(update)
    return made


async def save(services: Services, address: InspectorAddress, form: AddressForm) -> None:
    """Rename the address and change how it responds. Raises ``Invalid``."""
    changed = replace(address, name=_checked_name(form.name), answers=_answers(form))
    await services.store.write(lambda tx: inspector.save(tx, changed))
    _tell(services, address)


async def remove(services: Services, address: InspectorAddress) -> None:
    """Delete the address with all that it received."""
    await services.store.write(lambda tx: inspector.remove(tx, address.id))


async def clear(services: Services, address: InspectorAddress) -> None:
    """Delete what the address received."""
    await services.store.write(lambda tx: inspector.clear(tx, address.id))
    _tell(services, address)


def _tell(services: Services, address: InspectorAddress) -> None:
    services.feed.publish(Inspected(address.source_id, address.id))


def _checked_name(name: str) -> str:
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Invalid(Problem("name", say("Enter a name of at most {limit} characters.", limit=MAX_NAME)))
    return name


def _answers(form: AddressForm) -> Answers:
    problems: Mapping[str, Problem | None] = {
        "status": None
        if re.fullmatch("[2-5][0-9]{2}", form.status)
        else Problem("status", say("Enter a status from 200 to 599.")),
        "delay": None
        if NUMBER.fullmatch(form.delay) and float(form.delay) <= MAX_DELAY_SECONDS
        else Problem("delay", say("Enter a delay from 0 to {limit} seconds.", limit=MAX_DELAY_SECONDS)),
        "failure_rate": None
        if re.fullmatch("[0-9]{1,3}", form.failure_rate) and int(form.failure_rate) <= 100
        else Problem("failure_rate", say("Enter a whole number from 0 to 100.")),
        "body": None
        if len(form.body) <= MAX_RESPONSE_CHARACTERS and "\0" not in form.body
        else Problem("body", say("Enter at most {limit} characters.", limit=MAX_RESPONSE_CHARACTERS)),
    }
    if found := [problem for problem in problems.values() if problem]:
        raise Invalid(*found)
    return Answers(int(form.status), round(float(form.delay) * 1000), int(form.failure_rate), form.body)
