"""Builds the application from the settings: creates, starts and stops its parts."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from server import __version__
from server.actions import sources
from server.actions.accounts import Setup, SignInLimiter
from server.actions.cards import load_cards
from server.actions.services import Services
from server.api import health as health_route
from server.api import inspector as inspector_route
from server.api import intake as intake_route
from server.assets import static_dir, transforms_dir
from server.delivery.activity_counter import ActivityCounter
from server.delivery.backtester import Backtester
from server.delivery.configuration import Configuration
from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Feed
from server.delivery.health import HealthCheck
from server.delivery.intake import Intake
from server.delivery.mailer import Mailer
from server.delivery.notifier import Notifier
from server.delivery.observer import Observer
from server.delivery.own_cards import OwnCards
from server.delivery.recovery import Recovery
from server.delivery.replayer import Replayer
from server.delivery.request_bin import RequestBin
from server.delivery.retention import Retention
from server.delivery.search_index import SearchIndex
from server.delivery.shadows import Shadows
from server.delivery.worker import Worker
from server.domain import inspector_addresses
from server.domain.addresses import AddressRules, fixed_addresses
from server.domain.card_files import parse_card
from server.domain.card_shelf import CardShelf
from server.sandbox import Sandbox
from server.settings import Settings
from server.store import Busy, KeyRing, Store, Unusable, owners
from server.store import accounts as account_rows
from server.web import (
    accounts,
    activity,
    advanced,
    audit,
    backtests,
    catalog,
    catch_up,
    checks,
    conditions,
    controls,
    coverage,
    credentials,
    deleted_endpoints,
    docs,
    endpoint_frame,
    endpoint_list,
    endpoint_overview,
    endpoints,
    errors,
    history,
    i18n,
    inspector,
    live,
    log_columns,
    log_export,
    logs,
    messages,
    old_addresses,
    operational_events,
    own_cards,
    page_routes,
    preferences,
    render,
    replays,
    reveal,
    search,
    search_settings,
    secrets,
    security,
    settings_facts,
    shadows,
    test_cases,
    transformations,
    trials,
    type_definitions,
    zones,
)
from server.web import inspector_addresses as inspector_pages
from server.web import settings as settings_page
from server.web import sources as sources_page
from server.web.hosts import Hosts
from server.web.static_addresses import addresses as static_addresses
from server.web.static_files import Static

WITHOUT_SOURCE = (accounts, preferences)
PAGES = (
    endpoint_list, deleted_endpoints, endpoint_frame, endpoints, endpoint_overview, audit, credentials, advanced,
    controls, secrets, conditions, transformations, type_definitions, checks, history, test_cases, backtests,
    shadows, coverage, trials, logs, log_columns, log_export, messages, activity, operational_events, replays,
    catch_up, catalog, inspector, inspector_pages, sources_page, own_cards, settings_page, settings_facts, search,
    search_settings, docs, live, reveal,
)  # fmt: skip
"""Each address begins with the source, such as ``/test/logs``. So do those of pages that are the same for all sources,
so that their links lead back to the source that a person came from."""

MAX_FORM_BYTES = 8 * 1024 * 1024
"""A larger request is aborted without a page. Forms have a much lower limit with an error page: ``forms.MEMBERS``."""

DRAIN_SECONDS = 7.0
"""How long a stop waits for deliveries under way. With ``serve.REQUESTS_SECONDS`` before it and a moment to close
everything, it fits into the ten seconds that service managers wait before they kill."""

log = structlog.get_logger()


def create_app(settings: Settings) -> FastAPI:
    """The application. Its parts start and stop with its lifespan."""
    app = FastAPI(
        title="Hookbench",
        version=__version__,
        lifespan=_lifespan,
        openapi_url=None,
        max_body_size=max(MAX_FORM_BYTES, settings.max_body),
    )
    app.state.settings = settings
    app.state.trouble = None
    app.state.prepared = None
    app.add_middleware(_Language)
    hosts = Hosts(settings.public_url, settings.host, settings.allowed_hosts)
    app.add_middleware(security.Security, hosts=hosts)
    for path in ("/in/{token}", "/in/{token}/"):
        app.add_route(path, intake_route.receive, methods=["POST"])
    app.mount(inspector_addresses.PREFIX.rstrip("/"), inspector_route.inspect)
    app.add_route(intake_route.HEALTH, health_route.receive, methods=["GET"])
    app.add_route("/favicon.ico", _favicon, methods=["GET"])
    app.mount("/static", Static(static_addresses()), name="static")
    for module in WITHOUT_SOURCE:
        app.include_router(module.router)
    app.router.routes.append(page_routes.PageRoutes(module.router for module in PAGES))
    app.include_router(old_addresses.router)
    errors.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        try:
            await _start(app, app.state.settings, stack)
        except (Busy, Unusable) as trouble:
            app.state.trouble = trouble  # for ``serve``, which prints it without a traceback
            raise
        yield


async def _start(app: FastAPI, settings: Settings, stack: AsyncExitStack) -> None:
    """Start each part; ``stack`` stops them in reverse order."""
    # The sandbox starts first, so that its processes start before any secret is read.
    sandbox = Sandbox(settings.limits)
    await sandbox.begin()
    stack.push_async_callback(sandbox.close)
    fences = asyncio.create_task(sandbox.check_fences())
    await asyncio.sleep(0)  # it asks now, and the answers come while the database is opened
    store = _open_store(settings, stack)
    cards = CardShelf(load_cards(transforms_dir()))
    i18n.know_cards(cards)
    shelf = OwnCards(store, cards, parse_card)
    await shelf.start()
    stack.push_async_callback(shelf.stop)
    rules = AddressRules.allowing(settings.allow_networks)
    courier = _courier(settings, rules)
    stack.push_async_callback(courier.aclose)
    feed = Feed()
    configuration = Configuration(store)
    public_url = settings.public_url.rstrip("/")
    mailer = Mailer(settings.mail_server, trust=_trust(settings)) if settings.mail_server else None
    notifier = Notifier(store, courier, mailer, feed, cards=cards, public_url=public_url)
    sandbox.watch_slow(notifier.saw_slow)
    shadow_runs = Shadows(store, sandbox, cards, feed)
    dispatcher = Dispatcher(
        sandbox=sandbox, courier=courier, cards=cards, refresh_cards=shelf.refresh, saw=shadow_runs.saw
    )
    worker = Worker(
        store, configuration, dispatcher, feed, concurrency=settings.delivery_concurrency, drain=DRAIN_SECONDS
    )
    replayer = Replayer(store, worker, feed)
    backtester = Backtester(store, sandbox, cards, feed, worker.owner)
    services = Services(
        store=store,
        sandbox=sandbox,
        courier=courier,
        worker=worker,
        replayer=replayer,
        backtester=backtester,
        feed=feed,
        cards=cards,
        refresh_cards=shelf.refresh,
        rules=rules,
        public_url=public_url,
        intake=Intake(store, configuration, worker, feed, max_body=settings.max_body, timeout=settings.intake_timeout),
        data=settings.data.resolve(),
        mailer=mailer,
        retention_days=settings.retention_days,
    )
    stack.push_async_callback(services.checks.close)
    stack.push_async_callback(services.case_progress.close)
    await sources.ensure(services)
    app.state.services = services
    app.state.setup = Setup() if not await store.read(account_rows.any_user) else None
    app.state.tries = SignInLimiter()
    app.state.intake = services.intake
    app.state.request_bin = RequestBin(store, feed, timeout=settings.intake_timeout)
    recovery = Recovery(store, worker)
    await recovery.start()
    stack.push_async_callback(recovery.stop)
    shadow_runs.start()
    stack.push_async_callback(shadow_runs.stop)
    await worker.start()
    stack.push_async_callback(worker.stop)
    replayer.start()
    stack.push_async_callback(replayer.stop)
    backtester.start()
    stack.push_async_callback(backtester.stop)
    retention = Retention(store, settings.retention_days)
    retention.start()
    stack.push_async_callback(retention.stop)
    notifier.start()
    stack.push_async_callback(notifier.stop)
    observer = Observer(store)
    observer.start()
    stack.push_async_callback(observer.stop)
    counter = ActivityCounter(store)
    counter.start()
    stack.push_async_callback(counter.stop)
    search_index = SearchIndex(store)
    search_index.start()
    stack.push_async_callback(search_index.stop)
    parts = (
        shelf, worker, recovery, replayer, backtester, shadow_runs, retention, notifier, observer, counter,
        search_index,
    )  # fmt: skip
    await fences
    app.state.health = HealthCheck(store, sandbox, [loop for part in parts for loop in part.loops])
    _say_started(store, sandbox)
    _prepare_pages(app, stack)


def _prepare_pages(app: FastAPI, stack: AsyncExitStack) -> None:
    """Make the pages ready beside events, for which it takes up to two seconds. Requests for pages wait for it."""
    stopping = threading.Event()
    app.state.prepared = prepared = asyncio.create_task(asyncio.to_thread(render.prepare, stopping.is_set))
    stack.push_async_callback(asyncio.wait, [prepared])
    stack.callback(stopping.set)  # runs before the wait


def _open_store(settings: Settings, stack: AsyncExitStack) -> Store:
    """The database; creates the data folder when the database or the key is in it. Raises ``Unusable``."""
    if not settings.database or not (settings.key or settings.key_file):
        _make_folder(settings.data)
    stack.enter_context(owners.only_here(settings.database_url))
    keys = KeyRing.find(key=settings.key, key_file=settings.key_file, folder=settings.data)
    store = Store.open(settings.database_url, keys, folder=settings.data)
    stack.callback(store.close)
    return store


def _say_started(store: Store, sandbox: Sandbox) -> None:
    log.info("started", version=__version__, database=store.dialect)
    for fence in sandbox.fences():
        say = log.info if fence.stands else log.warning
        say("sandbox.fence", name=fence.name, stands=fence.stands, detail=str(fence.detail))


def _courier(settings: Settings, rules: AddressRules) -> Courier:
    """The HTTP client for destinations. Raises ``Unusable`` when the CA file cannot be read."""
    try:
        return Courier(
            rules, timeout=settings.delivery_timeout, fixed=fixed_addresses(settings.resolve), ca_file=settings.ca_file
        )
    except OSError as error:  # includes ssl.SSLError
        raise Unusable(f"HOOKBENCH_CA_FILE cannot be used: {settings.ca_file} is not a readable PEM file.") from error


def _trust(settings: Settings) -> ssl.SSLContext:
    """The TLS trust for the mail server. Does not handle an unreadable CA file: ``_courier`` has read it already."""
    trust = ssl.create_default_context()
    if settings.ca_file:
        trust.load_verify_locations(settings.ca_file)
    return trust


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(f"The data folder {folder} cannot be used: {error.strerror}.") from error


_WITHOUT_WORDS = (security.INTAKE, security.INSPECTOR, "/static/", intake_route.HEALTH)


class _Language:
    """Middleware that sets the reader's language and time zone for the duration of a request.

    A request that comes right after the start waits until the pages are ready.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(_WITHOUT_WORDS):
            if (prepared := scope["app"].state.prepared) and not prepared.done():
                await asyncio.wait([prepared])
            request = Request(scope)
            language = i18n.choose(request.cookies.get("lang"), request.headers.get("accept-language"))
            i18n.current.set(language)
            zones.current.set(zones.choose(request.cookies))
        await self.app(scope, receive, send)


async def _favicon(request: Request) -> Response:
    return FileResponse(static_dir() / "favicon.svg")
