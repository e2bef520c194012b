"""The addresses of the inspector: what each received, how it responds, and what people do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from server.actions import inspector as actions
from server.actions.inspector import AddressForm
from server.domain.curl import as_curl
from server.domain.ids import InspectedRequestId, InspectorAddressId
from server.domain.inspector_addresses import KEPT_MS, MAX_DELAY_SECONDS, PREFIX, InspectedRequest, InspectorAddress
from server.domain.reasons import Reason
from server.domain.sentences import Invalid, Sentence, say
from server.store import Transaction, inspector
from server.web import forms
from server.web.accounts import by_field
from server.web.downloads import download
from server.web.errors import NotFound
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = source_pages()

DAYS = KEPT_MS // (24 * 3_600_000)


@dataclass(frozen=True, slots=True)
class AddressPage:
    """What the page of an address shows: the requests that it received, and one of them in full."""

    address: InspectorAddress
    addresses: Sequence[InspectorAddress]
    url: str
    unreachable: Reason | None
    """Why no endpoint of ours can deliver to the URL; ``None`` when it can."""
    requests: Sequence[InspectedRequest]
    shown: InspectedRequest | None
    chosen: str
    """The request that the address of the page names; empty when the newest is shown."""
    before: str
    older: str
    form: AddressForm
    problems: Mapping[str, Sentence] = field(default_factory=dict)
    max_delay: int = MAX_DELAY_SECONDS
    days: int = DAYS
    active: str = "inspector"


@router.post("/inspector/addresses")
@once
async def create(request: Request, here: Here) -> Response:
    name = (await forms.read(request)).text("name")
    try:
        made = await actions.create(here.services, here.source.id, name)
    except Invalid as refused:
        return page(request, "inspector/new.html", here, NewAddress(name, by_field(refused)), status=422)
    return redirect(here.to(f"/inspector/addresses/{made.id}"), "inspector-created", request)


@dataclass(frozen=True, slots=True)
class NewAddress:
    """The form of a new address."""

    name: str = ""
    problems: Mapping[str, Sentence] = field(default_factory=dict)
    active: str = "inspector"


@router.get("/inspector/addresses/new")
async def new(request: Request, here: Here) -> Response:
    return page(request, "inspector/new.html", here, NewAddress())


@router.get("/inspector/addresses/{address_id}")
async def show(
    request: Request, here: Here, address_id: InspectorAddressId, inspected: str = "", before: str = ""
) -> Response:
    return await _show(request, here, await find(here, address_id), inspected, before)


@router.post("/inspector/addresses/{address_id}")
async def save(request: Request, here: Here, address_id: InspectorAddressId) -> Response:
    address = await find(here, address_id)
    form = await forms.read(request)
    typed = AddressForm(
        name=form.text("name"),
        status=form.text("status"),
        delay=form.text("delay"),
        failure_rate=form.text("failure_rate"),
        body=form.raw("body").replace("\r\n", "\n"),
    )
    try:
        await actions.save(here.services, address, typed)
    except Invalid as refused:
        return await _show(request, here, address, form=typed, problems=by_field(refused))
    return redirect(here.to(f"/inspector/addresses/{address.id}"), "inspector-saved", request)


@router.post("/inspector/addresses/{address_id}/clear")
async def clear(request: Request, here: Here, address_id: InspectorAddressId) -> Response:
    await actions.clear(here.services, await find(here, address_id))
    return redirect(here.to(f"/inspector/addresses/{address_id}"), "inspector-cleared", request)


@router.post("/inspector/addresses/{address_id}/delete")
async def delete(request: Request, here: Here, address_id: InspectorAddressId) -> Response:
    await actions.remove(here.services, await find(here, address_id))
    return redirect(here.to("/inspector"), "inspector-deleted", request)


@router.get("/inspector/requests/{request_id}/body")
async def body(here: Here, request_id: InspectedRequestId) -> Response:
    _, found = await _find_request(here, request_id)
    return download(found.body, f"{found.id}.txt")


@router.get("/inspector/requests/{request_id}/curl")
async def curl(request: Request, here: Here, request_id: InspectedRequestId) -> Response:
    """The request as a command for a shell; what grants access is a placeholder."""
    address, found = await _find_request(here, request_id)
    return download(as_curl(found.as_sent(url_of(request, here, address))).encode(), f"{found.id}.sh")


async def find(here: Visit, address_id: InspectorAddressId) -> InspectorAddress:
    """The address. Raises ``NotFound``, and ``OtherSource`` for one of another source."""
    found = await here.services.store.read(lambda tx: inspector.get(tx, address_id))
    if found is None:
        raise NotFound(say("This address of the inspector does not exist."))
    here.check_owner(found.source_id)
    return found


def url_of(request: Request, here: Visit, address: InspectorAddress) -> str:
    """The public URL of an address."""
    base = here.services.public_url or str(request.base_url).rstrip("/")
    return f"{base}{PREFIX}{address.token}"


async def url_by_id(request: Request, here: Visit, address_id: InspectorAddressId) -> str:
    """The public URL of an address. Raises as ``find``."""
    return url_of(request, here, await find(here, address_id))


async def _find_request(here: Visit, request_id: InspectedRequestId) -> tuple[InspectorAddress, InspectedRequest]:
    def query(tx: Transaction) -> tuple[InspectorAddress, InspectedRequest] | None:
        found = inspector.request(tx, request_id)
        address = inspector.get(tx, found.address_id) if found else None
        return (address, found) if address and found else None

    found = await here.services.store.read(query)
    if found is None:
        raise NotFound(say("This request does not exist. The inspector keeps the newest only."))
    here.check_owner(found[0].source_id)
    return found


async def _show(
    request: Request,
    here: Visit,
    address: InspectorAddress,
    chosen: str = "",
    before: str = "",
    *,
    form: AddressForm | None = None,
    problems: Mapping[str, Sentence] | None = None,
) -> Response:
    before = before if before.isprintable() else ""

    def query(tx: Transaction) -> tuple[list[InspectorAddress], list[InspectedRequest], InspectedRequest | None]:
        found = inspector.page(tx, address.id, before)
        wanted = InspectedRequestId(chosen) if chosen.isprintable() else None
        shown = inspector.request(tx, wanted) if wanted else None
        if shown is None or shown.address_id != address.id:
            shown = inspector.request(tx, found[0].id) if found else None
        return inspector.of_source(tx, here.source.id), found, shown

    addresses, found, shown = await here.services.store.read(query)
    url = url_of(request, here, address)
    values = AddressPage(
        address=address,
        addresses=addresses,
        url=url,
        unreachable=here.services.rules.check_url(url),
        requests=found,
        shown=shown,
        chosen=chosen if shown and shown.id == chosen else "",
        before=before,
        older=found[-1].id if len(found) == inspector.PAGE else "",
        form=form or AddressForm.of(address),
        problems=problems or {},
    )
    status = 422 if problems else 200
    return page(request, "inspector/address.html", here, values, block="received", status=status)
