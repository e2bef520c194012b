"""The command line: ``serve``, ``send``, ``try``, ``doctor``, ``keys``, ``reset-password``, and those of ``commands``.

Each command imports what only it needs: people run ``try`` again and again, and it starts in half the time without
the pages, the database and the HTTP client.
"""

import asyncio
import gc
import json
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server import __version__
from server.commands import code
from server.commands.activity import rebuild_activity
from server.commands.shared import ADDRESS, DATA, Stop, keys_of, reachable, running_at, settings_of, variables_of
from server.delivery.prepare import Preparation, ReadyToSend, prepare, unsent_event
from server.domain import pasted, signing
from server.domain.addresses import AddressRules
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import EndpointId, unique
from server.domain.masking import masker_of
from server.domain.messages import AttemptError, SentRequest
from server.domain.pasted import trimmed
from server.domain.sources import Source
from server.domain.transformations import Cancelled, TransformFailed
from server.domain.visible import visible
from server.sandbox import Limits, Sandbox
from server.settings import Settings

if TYPE_CHECKING:
    from server.store.accounts import User

TRIED_URL = "https://example.com/webhook"


@click.group()
@click.version_option(__version__, prog_name="hookbench")
def main() -> None:
    """Hookbench: a self-hosted webhook dashboard for merchants on Dodo Payments."""


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder for the database.")
def serve(**chosen: Any) -> None:
    """Run Hookbench: the dashboard, the intake and the delivery worker."""
    gc.disable()  # until all is loaded: the collector takes a seventh of the start, and finds nothing
    from server import serve as server
    from server.store import Unusable

    settings = settings_of(chosen)
    server.configure_logging(settings)
    try:
        server.serve(settings, announce=_announce)
    except Unusable as error:
        raise Stop(str(error)) from error


@main.command()
@click.argument("event_type")
@click.option("--source", "source_name", default="test", show_default=True, help="Name, address or mode of the source.")
@click.option("--url", help="Send there instead of to the running Hookbench.")
@click.option("--secret", help="Sign with this secret instead of the source's.")
@click.option("--payload", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Send this JSON file.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder with the database.")
def send(
    event_type: str, source_name: str, url: str | None, secret: str | None, payload: Path | None, data: Path | None
) -> None:
    """Send a signed sample event, as Dodo Payments would: hookbench send payment.succeeded"""
    import httpx

    if event_type not in EVENT_TYPES and payload is None:
        raise Stop(f"{event_type!r} is not an event type. Example: payment.succeeded")
    body = payload.read_bytes() if payload else sample_json(event_type).encode()
    url, secret = _pasted_url(url), trimmed(secret) if secret else None
    if not (url and secret):
        settings = settings_of({"data": data})
        source = _source(settings, source_name)
        secret = secret or source.secret
        url = url or f"{running_at(settings)}/in/{source.token}"
        if not secret:
            raise Stop(
                f"The source {source.name} has no signing secret {'that can be read' if source.unreadable else 'yet'}. "
                "Enter one on the page Sources, or use --secret."
            )
    if problem := signing.secret_problem(secret):
        raise Stop(str(problem))
    webhook_id, timestamp = unique("evt"), int(time.time())
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signing.sign(secret, webhook_id, timestamp, body),
    }
    try:
        answer = httpx.post(url, content=body, headers=headers, timeout=15, trust_env=False)
    except httpx.HTTPError as error:
        raise Stop(
            f"Nothing answered at {httpx.URL(url).host}:{httpx.URL(url).port or ''}. Is Hookbench running? ({error}) "
            "If it listens elsewhere, set HOOKBENCH_PORT as for it, or name the whole address with --url."
        ) from error
    click.echo(visible(f"{answer.status_code} {event_type} {webhook_id} {answer.text}".rstrip()))
    sys.exit(0 if answer.is_success else 1)


@main.command("try")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--event", "event_type", help="Use the sample payload of this event type.")
@click.option("--payload", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Use this JSON file.")
@click.option("--env", "variables", multiple=True, metavar="KEY=VALUE", help="A variable for webhook.env; repeatable.")
@click.option("--url", default=TRIED_URL, show_default=True, help="What webhook.url is at first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def try_(
    file: Path, event_type: str | None, payload: Path | None, variables: tuple[str, ...], url: str, as_json: bool
) -> None:
    """Run a transformation in the sandbox and print the finished request. Nothing is sent."""
    code = (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode("utf-8", "replace")
    text, event_type = _payload(event_type, payload)
    env = variables_of(variables)
    result, used = asyncio.run(_try(code, event_type, text, env, _pasted_url(url) or TRIED_URL))
    click.echo(json.dumps(result) if as_json else f"{visible(_in_words(result))}\n\n{used}")
    sys.exit(1 if result["outcome"] == "failed" else 0)


for _command in (*code.COMMANDS, rebuild_activity):
    main.add_command(_command)


@main.command("doctor")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder with the database.")
def doctor_(data: Path | None) -> None:
    """Say what this machine offers: the sandbox's fences, the database, the data folder; and how the server fares."""
    from server import doctor

    settings = settings_of({"data": data})
    findings = asyncio.run(doctor.examine(settings, running_at(settings)))
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.fine else click.style("no  ", fg="yellow")
        click.echo(f"{mark} {finding.what}: {visible(finding.detail)}")
    sys.exit(0 if all(finding.fine for finding in findings if finding.needed) else 1)


@main.group("keys")
def keys_() -> None:
    """The keys that secrets in the database are encrypted with. These commands work while Hookbench runs.

    The key is in HOOKBENCH_KEY, in the file that HOOKBENCH_KEY_FILE names, or in hookbench.key in the data folder.
    Keep a copy of it apart from the backups of the database: without it no secret can be read.
    """


@keys_.command("list")
@DATA
def list_keys(data: Path | None) -> None:
    """Say which keys there are, and how many values each encrypted."""
    from server.store import rekeying, sealing

    with keys_of(data) as (settings, ring, engine):
        used = rekeying.usage(engine)
        click.echo(f"Keys in {ring.where}:")
        for key_id in ring.ids:
            values = used.pop(key_id, 0)
            role = "encrypts" if key_id == ring.ids[-1] else "decrypts"
            if not values:
                role += ", not used yet" if key_id == ring.ids[-1] else ", no longer used"
            click.echo(f"  {key_id}  {role}  {values} values")
        for backup in sorted(settings.data.glob(f"*.{sealing.BACKUP}")):
            click.echo(f"  {backup} needs the key {sealing.key_of_backup(backup)}")
    if used:
        raise Stop("There are values of keys that are not here: " + ", ".join(f"{k} ({n})" for k, n in used.items()))


@keys_.command("rotate")
@DATA
def rotate_keys(data: Path | None) -> None:
    """Make a new key and encrypt every secret with it. After an interruption, run it again: it goes on.

    The old key stays in the file, since backups of the database need it; see: hookbench keys forget
    """
    from server.store import rekeying

    with keys_of(data) as (_, ring, engine):
        done = 0
        for done in rekeying.rotate(engine, ring):  # noqa: B007  the last one counts
            pass
        click.echo(f"{done} rows are encrypted with the key {ring.ids[-1]}, which is in {ring.where}.")
        for place in rekeying.unreadable(engine):
            click.echo(f"Left as it is, since it cannot be read: {place}")
        if ring.ours:
            click.echo("Keep a copy of that file, apart from the backups of the database.")


@keys_.command("forget")
@click.argument("key_id")
@DATA
def forget_key(key_id: str, data: Path | None) -> None:
    """Remove an old key from the file. Backups of the database from its time cannot be read without it."""
    from server.store import rekeying

    with keys_of(data) as (settings, ring, engine):
        rekeying.forget(engine, ring, key_id, settings.data)
        click.echo(f"The key {key_id} is no longer in {ring.where}.")


@keys_.command("open-backup")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@DATA
def open_backup(file: Path, to: Path, data: Path | None) -> None:
    """Decrypt the backup that was made before secrets were encrypted. What is written holds them in the clear."""
    from server.store import KeyRing, Unusable, sealing

    settings = settings_of({"data": data})
    if to.exists():
        raise Stop(f"The file {to} exists already.")
    try:
        ring = KeyRing.find(key=settings.key, key_file=settings.key_file, folder=settings.data)
        sealing.open_backup(file, to, ring)
    except Unusable as error:
        raise Stop(str(error)) from error
    click.echo(f"{to} holds secrets in the clear, readable by you only. Delete it when it is no longer needed.")


@main.command("reset-password")
@click.option("--name", help="The account, if there are several.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@DATA
def reset_password(name: str | None, password_stdin: bool, data: Path | None) -> None:
    """Set a new password and sign out every device. Works while Hookbench runs."""
    from server.actions import accounts as actions
    from server.store import accounts

    with keys_of(data) as (_, _, engine):
        with engine.begin() as tx:
            users = accounts.every(tx)
        user = _chosen(users, name)
        click.echo(f"Account: {user.name}", err=True)
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        else:
            password = click.prompt("New password", hide_input=True, confirmation_prompt="Repeat it", err=True)
        if problem := actions.password_problem(user.name, password):
            raise Stop(str(problem))
        with engine.begin() as tx:
            actions.reset_password(tx, user, password, time.time_ns() // 1_000_000)
    click.echo(f"The password of {user.name} is changed. Every device is signed out.")


def _chosen(users: "list[User]", name: str | None) -> "User":
    """The user with this name; without a name, the only user there is."""
    if not users:
        raise Stop("There is no account yet. Open the set-up link that Hookbench prints at its start.")
    names = ", ".join(user.name for user in users)
    if name is None and len(users) > 1:
        raise Stop(f"There are several accounts. Choose one with --name: {names}")
    found = [user for user in users if name in (None, user.name)]
    if not found:
        raise Stop(f"There is no account {name!r}. Available: {names}")
    return found[0]


async def _try(code: str, event_type: str, payload: str, env: dict[str, str], url: str) -> tuple[dict[str, Any], str]:
    """Run the code like a live event up to the send: (result, used share of the limits in words).

    Masks variables that may be keys, as test results and records do: what is printed is often kept.
    """
    settings = settings_of({})
    sandbox = Sandbox(settings.limits)
    await sandbox.start()
    endpoint = _tried(code, env, url)
    try:
        prepared = await prepare(endpoint, unsent_event(event_type, payload.encode()), sandbox=sandbox, cards={})
    finally:
        await sandbox.close()
    masker = masker_of(endpoint, None)
    warnings, console = masker.warnings(prepared.warnings), masker.console(prepared.console)
    result: dict[str, Any] = {"outcome": "failed", "request": None, "console": [], "error": None, "ms": prepared.ms}
    result["warnings"] = [{"kind": each.kind, "message": str(each.sentence())} for each in warnings]
    result["console"] = [{"level": line.level, "text": line.text} for line in console]
    match prepared:
        case ReadyToSend(request):
            refusal = AddressRules.allowing(settings.allow_networks).check_url(request.url)
            result["outcome"] = "failed" if refusal else "sent"
            result["error"] = _as_dict(AttemptError("address", masker.text(str(refusal)))) if refusal else None
            headers = tuple(request.headers.items())
            shown = masker.request(SentRequest(request.method, request.url, headers, request.body))
            result["request"] = {
                "method": shown.method,
                "url": shown.url,
                "headers": dict(shown.headers),
                "body": shown.body.decode("utf-8", "replace"),
            }
        case Cancelled():
            result["outcome"] = "cancelled"
        case TransformFailed(error):
            result["error"] = _as_dict(masker.error(error) or error)
    return result, _used(prepared, settings.limits)


def _used(prepared: Preparation, limits: Limits) -> str:
    used = f"{prepared.ms or 0:.2f} ms of {limits.run_time * 1000:.0f} ms"
    if prepared.memory:
        used += f", {prepared.memory / 2**20:.1f} MiB of {limits.memory >> 20} MiB"
    return used


def _tried(code: str, env: dict[str, str], url: str) -> Endpoint:
    return Endpoint.new(
        id=EndpointId(unique("draft")),
        card="webhook",
        url=url,
        destination=Destination.CAPTURE,
        transforming=True,
        code=code,
        variables=env,
    )


def _as_dict(error: AttemptError) -> dict[str, Any]:
    return {"kind": error.kind, "message": error.message, "line": error.line, "column": error.column}


def _in_words(result: dict[str, Any]) -> str:
    lines = [f"{line['level']}: {line['text']}" for line in result["console"]]
    lines += [f"Warning: {warning['message']}" for warning in result["warnings"]]
    if error := result["error"]:
        place = f" (line {error['line']}, column {error['column']})" if error["line"] else ""
        lines.append(f"Failed, {error['kind']}{place}: {error['message']}")
    elif result["outcome"] == "cancelled":
        lines.append("Cancelled: the code asked for nothing to be sent.")
    else:
        request = result["request"]
        lines.append(f"{request['method']} {request['url']}")
        lines += [f"{name}: {value}" for name, value in request["headers"].items()]
        lines += ["", request["body"]]
    return "\n".join(lines)


def _payload(event_type: str | None, file: Path | None) -> tuple[str, str]:
    """(payload as text, event type)."""
    if file is None:
        chosen = event_type or "payment.succeeded"
        if chosen not in EVENT_TYPES:
            raise Stop(f"{chosen!r} is not an event type. Example: payment.succeeded")
        return sample_json(chosen), chosen
    text = file.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    if event_type is None:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Stop(f"{file} is not JSON: {error}") from error
        event_type = found.get("type") if isinstance(found, dict) else None
    return text, event_type if isinstance(event_type, str) else ""


def _pasted_url(url: str | None) -> str | None:
    """The URL of an option without invisible characters that were copied with it."""
    if url is None:
        return None
    if problem := pasted.url_problem(trimmed(url)):
        raise Stop(f"--url: {problem}")
    return trimmed(url)


def _source(settings: Settings, name: str) -> Source:
    from server.store import KeyRing, Store, Transaction, Unusable, sources

    url = settings.database_url
    if not settings.database and not (settings.data / "hookbench.db").exists():
        raise Stop(
            f"There is no Hookbench in the folder {settings.data}. Start it first (make run), or name its --data."
        )

    def query(tx: Transaction) -> list[Source]:
        return sources.every(tx)

    async def find() -> list[Source]:
        keys = KeyRing.find(key=settings.key, key_file=settings.key_file, folder=settings.data)
        store = Store.open(url, keys, folder=settings.data)
        try:
            return await store.read(query)
        finally:
            store.close()

    try:
        every = asyncio.run(find())
    except Unusable as error:
        raise Stop(str(error)) from error
    asked = name.lower()
    for source in every:
        if asked in (source.slug, source.name.lower()) or name == source.id:
            return source
    if of_mode := [source for source in every if source.mode.value == asked]:
        return of_mode[0]
    raise Stop(f"There is no source {name!r}. Available: {', '.join(source.name for source in every)}")


def _announce(listening: socket.socket, settings: Settings, setup_token: str | None) -> None:
    host, port = listening.getsockname()[:2]
    here = f"http://{reachable(host)}:{port}"
    base = settings.public_url.rstrip("/") or here
    if not settings.database:
        with suppress(OSError):  # a full disk must not stop the server: its pages still work
            (settings.data / ADDRESS).write_text(here)
    click.echo(f"\n  Hookbench is running at {base}")
    if setup_token:
        click.echo(f"  Create the administrator here, once: {base}/setup?token={setup_token}")
    click.echo("  Stop it with Ctrl+C.\n")
    sys.stdout.flush()
