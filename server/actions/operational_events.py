"""Operational events: marking them as seen, and the notification settings."""

from collections.abc import Iterable
from dataclasses import replace

from server.actions.services import Services
from server.delivery.feed import Noticed
from server.delivery.mailer import Undelivered
from server.delivery.notifier import NO_SERVER, post
from server.domain.ids import NotificationId, SourceId, mint
from server.domain.notification_settings import NotificationSettings, addresses, test_mail, test_payload
from server.domain.pasted import url_problem
from server.domain.reasons import as_sentence
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.signing import fingerprint, new_secret
from server.domain.stamps import alerts_stamp
from server.store import Transaction, operational_events, options


async def see(services: Services, source_id: SourceId, up_to: str) -> None:
    """Mark the source's operational events up to the id ``up_to`` as seen."""
    await services.store.write(lambda tx: operational_events.see(tx, source_id, up_to, services.now()))
    services.feed.publish(Noticed(source_id))


class StaleAlerts(Exception):
    """Somebody else saved the notification settings since the form was opened."""


async def save_alerts(
    services: Services, kinds: Iterable[str], typed_addresses: str, webhook_url: str | None, seen: str = ""
) -> None:
    """Save the notification settings. ``webhook_url``: ``None`` keeps the stored URL. The first gets a signing secret.

    Raises ``Invalid``, and ``StaleAlerts`` when they were changed since the form with the stamp ``seen`` was opened.
    """
    if webhook_url is None:
        webhook_url = (await services.store.read(options.alerts)).webhook_url
    to: tuple[str, ...] = ()
    found: list[Problem] = []
    try:
        to = _addresses(services, typed_addresses)
    except Invalid as refused:
        found.extend(refused.problems)
    if webhook_url and (problem := (url_problem(webhook_url) or services.rules.check_url(webhook_url))):
        found.append(Problem("webhook_url", problem))
    if found:
        raise Invalid(*found)

    def update(tx: Transaction) -> None:
        known = options.alerts(tx)
        if seen and seen != alerts_stamp(known):
            raise StaleAlerts
        secret = known.webhook_secret or (new_secret() if webhook_url else "")
        chosen = NotificationSettings(frozenset(kinds), to, webhook_url, secret)
        options.set_alerts(tx, chosen, services.now())

    await services.store.write(update)


async def rotate_webhook_secret(services: Services, replaces: str | None = None) -> None:
    """Replace the webhook's signing secret at once; the old one signs nothing more.

    ``replaces`` is the ``fingerprint`` of the secret that the reader saw. If another one is active by now, nothing
    changes: a form that was sent twice would otherwise replace the secret that its reader may have copied already.
    """
    secret = new_secret()

    def update(tx: Transaction) -> None:
        known = options.alerts(tx)
        if replaces is None or replaces == fingerprint(known.webhook_secret):
            options.set_alerts(tx, replace(known, webhook_secret=secret), services.now())

    await services.store.write(update)


async def send_test_mail(services: Services, typed_addresses: str) -> Sentence | None:
    """Send a test mail to these addresses now; they need not be saved.

    Returns a warning when the mail server refused some addresses, else ``None``. Raises ``Invalid`` with the field.
    """
    to = _addresses(services, typed_addresses)
    if not to or services.mailer is None:
        raise Invalid(Problem("addresses", NO_ADDRESS))
    try:
        return await services.mailer.send(test_mail(to, services.public_url))
    except Undelivered as failure:
        raise Invalid(Problem("addresses", failure.reason)) from failure


async def send_test_post(services: Services, webhook_url: str | None) -> None:
    """Send a signed test to this URL now; it need not be saved. ``None``: to the saved one. Raises ``Invalid``."""
    known = await services.store.read(options.alerts)
    webhook_url = known.webhook_url if webhook_url is None else webhook_url
    _check_webhook(services, webhook_url)
    secret = known.webhook_secret or new_secret()
    failed = await post(services.courier, webhook_url, secret, mint(NotificationId), test_payload(services.now()))
    if failed:
        raise Invalid(Problem("webhook_url", as_sentence(failed)))


NO_ADDRESS = say("Enter an address first.")


def _addresses(services: Services, typed: str) -> tuple[str, ...]:
    found = addresses(typed)
    if isinstance(found, Sentence):
        raise Invalid(Problem("addresses", found))
    if found and services.mailer is None:
        raise Invalid(Problem("addresses", NO_SERVER))
    return found


def _check_webhook(services: Services, url: str) -> None:
    """Apply the address rules of all destinations. The host's IP addresses are checked when connecting."""
    if problem := services.rules.check_url(url):
        raise Invalid(Problem("webhook_url", problem))
