"""An endpoint's Advanced tab: retries, limits, headers, variables, and whether its code runs."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from server.actions import controls
from server.actions.controls import Advanced, Pacing
from server.actions.endpoint_form import EndpointForm
from server.actions.endpoints import Stale
from server.domain import schedules
from server.domain.endpoints import Endpoint
from server.domain.schedules import DODO_SCHEDULE
from server.domain.sentences import Invalid, Sentence
from server.domain.stamps import FormPart, Seen, stamp
from server.web import endpoint_form, forms, plans
from server.web.endpoint_frame import TheEndpoint, tab_page
from server.web.forms import Form
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = source_pages()


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What the preview of a schedule shows."""

    plan: plans.Plan
    problems: Mapping[str, Sentence]


@dataclass(frozen=True, slots=True)
class AdvancedTab:
    """What the Advanced tab shows besides the form's parts."""

    plan: plans.Plan
    pacing: Pacing
    enforce_contract: bool
    typed_secret: str
    secrets: Sequence[str]
    """The signing secrets that are valid now."""


@router.get("/endpoints/{endpoint_id}/advanced")
async def advanced(request: Request, here: Here, endpoint: TheEndpoint, schedule: str | None = None) -> Response:
    """The tab; with ``schedule``, a preview of that schedule. Saves nothing."""
    if schedule is not None and request.headers.get("hx-request-type") == "partial":
        return page(request, "endpoints/plan.html", here, PlanPreview(plans.plan(schedule), {}))
    return await advanced_page(request, here, endpoint, schedule=schedule)


@router.post("/endpoints/{endpoint_id}/advanced")
async def save(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """Save the whole form. A field that the form does not have keeps its value."""
    form = await forms.read(request)
    typed = _posted(form, endpoint)
    if form.has("preview"):  # a preview of the schedule, for browsers without scripts
        return await advanced_page(request, here, endpoint, typed, seen=forms.seen(form))
    seen = Seen(FormPart.ADVANCED, forms.seen(form))
    try:
        await controls.save_advanced(here.services, endpoint, typed, seen, here.user.name)
    except Invalid as refused:
        return await advanced_page(request, here, endpoint, typed, refused, seen=seen.stamp)
    except Stale as stale:
        return await advanced_page(request, here, stale.now, _posted(form, stale.now), stale=True, seen=seen.stamp)
    return redirect(here.to(f"/endpoints/{endpoint.id}/advanced"), "endpoint-changed", request)


def _posted(form: Form, endpoint: Endpoint) -> Advanced:
    kept = Advanced.of(endpoint)
    pacing = Pacing(
        form.text("rate_limit", kept.pacing.rate_limit),
        form.text("concurrency", kept.pacing.concurrency),
        form.switch("ordered", default=kept.pacing.ordered),
    )
    return Advanced(
        schedule=schedules.written(DODO_SCHEDULE) if form.has("reset") else form.text("schedule", kept.schedule),
        pacing=pacing,
        headers=endpoint_form.pairs(form, "headers", endpoint.headers) if form.has("headers_key") else kept.headers,
        variables=endpoint_form.pairs(form, "variables", endpoint.variables)
        if form.has("variables_key")
        else kept.variables,
        transforming=form.switch("transforming", default=kept.transforming),
        destination=endpoint_form.destination(form.text("destination", kept.destination)),
        enforce_contract=form.switch("enforce_contract", default=kept.enforce_contract),
    )


async def saved_secret(
    request: Request, here: Visit, endpoint: Endpoint, action: Awaitable[object], said: str, typed_secret: str = ""
) -> Response:
    """Run ``action`` and redirect to the tab. On ``Invalid``, show the tab with the input and the reasons."""
    try:
        await action
    except Invalid as refused:
        return await advanced_page(request, here, endpoint, refused=refused, typed_secret=typed_secret)
    return redirect(here.to(f"/endpoints/{endpoint.id}/advanced"), said, request)


async def advanced_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    typed: Advanced | None = None,
    refused: Invalid | None = None,
    *,
    schedule: str | None = None,
    typed_secret: str = "",
    stale: bool = False,
    seen: str = "",
) -> Response:
    """The tab. ``typed``, ``schedule`` and ``typed_secret``: input to show in place of the stored values.

    ``stale``: somebody else saved the form since it was opened. ``seen``: the stamp of the form when it was opened.
    """
    shown, now = typed or Advanced.of(endpoint), here.services.now()
    draft = replace(
        EndpointForm.of(endpoint),
        headers=shown.headers,
        variables=shown.variables,
        transforming=shown.transforming,
        destination=shown.destination,
    )
    form = replace(
        endpoint_form.shown(draft, refused.problems if refused else (), stored=endpoint),
        stale=stale,
        stamp=stamp(endpoint, FormPart.ADVANCED),
        seen=seen,
    )
    tab = AdvancedTab(
        plan=plans.plan(shown.schedule if schedule is None else schedule),
        pacing=shown.pacing,
        enforce_contract=shown.enforce_contract,
        typed_secret=typed_secret,
        secrets=endpoint.secrets_at(now),
    )
    status = 422 if refused else 409 if stale else 200
    return await tab_page(request, here, endpoint, "advanced", form, tab, status=status)
