"""The first section of the settings, notifications, and the change of the password."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import accounts as actions
from server.actions import operational_events as alerts
from server.domain.masking import is_secret_url, shown_url
from server.domain.notification_settings import NotificationSettings
from server.domain.operational_event_types import OPERATIONAL_EVENTS, OperationalEventType
from server.domain.sentences import Invalid, Sentence, say
from server.domain.stamps import alerts_stamp
from server.store import options
from server.web import forms
from server.web.accounts import by_field, let_in, tries
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.settings_facts import account_page
from server.web.settings_frame import NOTIFICATIONS, section_page
from server.web.visit import Here, Visit

router = source_pages()


@dataclass(frozen=True, slots=True)
class AlertsForm:
    """The notification settings as typed."""

    kinds: frozenset[str]
    addresses: str
    webhook_url: str | None
    """``None`` keeps the stored one: it is a secret, so the form does not show it."""

    @classmethod
    def of(cls, chosen: NotificationSettings) -> "AlertsForm":
        return cls(
            chosen.kinds, ", ".join(chosen.addresses), None if is_secret_url(chosen.webhook_url) else chosen.webhook_url
        )

    @classmethod
    def posted(cls, form: forms.Form) -> "AlertsForm":
        ticked = form.every("kinds")
        kept = form.has("webhook_kept") and not form.has("webhook_remove")
        url = form.text("webhook_url") or (None if kept else "")
        return cls(frozenset(OPERATIONAL_EVENTS.keys() & set(ticked)), form.text("addresses"), url)


@dataclass(frozen=True, slots=True)
class Said:
    """The result of a test notification, shown beside its button."""

    mail: Sentence | None = None
    webhook: Sentence | None = None


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """What the section of notifications shows."""

    problems: Mapping[str, Sentence]
    """What is wrong with a form, by field."""
    stale: bool
    """Whether somebody else saved the notification settings since the form was opened."""
    now: str
    """The stamp of the stored notification settings."""
    stamp: str
    """The stamp of the form when it was opened."""
    form: AlertsForm
    secret: str
    """The signing secret of the webhook; empty without a webhook."""
    url_kept: str
    """The stored URL of the webhook, masked; empty when the form shows it."""
    unreadable: bool
    operational_events: Collection[OperationalEventType]
    mailing: bool
    """Whether Hookbench can send e-mail."""
    said: Said


@router.get("/settings")
async def settings(request: Request, here: Here) -> Response:
    return await _settings(request, here)


@router.post("/settings/alerts")
async def save_alerts(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    typed, seen = AlertsForm.posted(form), forms.seen(form)
    try:
        await alerts.save_alerts(here.services, typed.kinds, typed.addresses, typed.webhook_url, seen)
    except Invalid as refused:
        return await _settings(request, here, by_field(refused), typed, status=422, seen=seen)
    except alerts.StaleAlerts:
        return await _settings(request, here, None, typed, status=409, seen=seen)
    return redirect(here.to("/settings"), "alerts-saved", request)


@router.post("/settings/alerts/test-mail")
async def test_mail(request: Request, here: Here) -> Response:
    typed = AlertsForm.posted(await forms.read(request))
    try:
        note = await alerts.send_test_mail(here.services, typed.addresses)
    except Invalid as refused:
        return await _settings(request, here, by_field(refused), typed, status=422)
    return await _settings(request, here, None, typed, Said(mail=note or say("The mail server accepted the e-mail.")))


@router.post("/settings/alerts/test-webhook")
async def test_webhook(request: Request, here: Here) -> Response:
    typed = AlertsForm.posted(await forms.read(request))
    try:
        await alerts.send_test_post(here.services, typed.webhook_url)
    except Invalid as refused:
        return await _settings(request, here, by_field(refused), typed, status=422)
    return await _settings(request, here, None, typed, Said(webhook=say("The webhook accepted the test.")))


@router.post("/settings/alerts/secret")
async def rotate_webhook_secret(request: Request, here: Here) -> Response:
    await alerts.rotate_webhook_secret(here.services, (await forms.read(request)).optional("replaces"))
    return redirect(here.to("/settings"), "webhook-secret-made", request)


@router.post("/settings/password")
async def change_password(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    current, password, repeated = (form.raw(name) for name in ("current", "password", "repeated"))
    try:
        signed_in = await actions.change_password(here.services, tries(request), here.user, current, password, repeated)
    except Invalid as refused:
        return account_page(request, here, by_field(refused), status=422)
    return let_in(request, signed_in, here.to("/settings/account"), "password-changed")


async def _settings(
    request: Request,
    here: Visit,
    problems: Mapping[str, Sentence] | None = None,
    typed: AlertsForm | None = None,
    said: Said = Said(),
    status: int = 200,
    seen: str = "",
) -> Response:
    """The page. ``seen``: the stamp of the form when it was opened. Status 409: somebody else saved it since."""
    chosen = await here.services.store.read(options.alerts)
    return section_page(
        request,
        here,
        NOTIFICATIONS,
        SettingsPage(
            problems=problems or {},
            stale=status == 409,
            now=alerts_stamp(chosen),
            stamp=seen or alerts_stamp(chosen),
            form=typed or AlertsForm.of(chosen),
            secret=chosen.webhook_secret if chosen.webhook_url else "",
            url_kept=shown_url(chosen.webhook_url) if is_secret_url(chosen.webhook_url) else "",
            unreadable=chosen.unreadable,
            operational_events=OPERATIONAL_EVENTS.values(),
            mailing=here.services.mailer is not None,
            said=said,
        ),
        block="alerts",
        status=status,
    )
