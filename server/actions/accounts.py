"""Accounts: the one-time set-up link, signing in and out, changing the password."""

import asyncio
import hashlib
import hmac
import secrets
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv6Network
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.actions.services import Services
from server.domain.ids import Millis, UserId, mint
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.store import Transaction, accounts, options
from server.store.accounts import User

T = TypeVar("T")

PASSWORD_LENGTH = range(12, 200 + 1)
MAX_NAME_CHARACTERS = 64
SESSION_MS = 30 * 24 * 60 * 60 * 1000

MAX_TRIES_PER_NAME = 10
MAX_TRIES_PER_ADDRESS = 50
"""Tries from one address, whatever the names: each costs a hash, for which everybody else who signs in must wait."""
MAX_TRIES_PER_PROXY = MAX_TRIES_PER_ADDRESS
"""Tries through a proxy that no setting names: it may forward any address that a stranger invents, which must not gain
them tries. This does not lock the administrator out: a browser that once signed in is counted apart."""
WINDOW_MS = 15 * 60 * 1000
SLOW_MS = 10_000
"""Between two tries after too many."""
MAX_BROWSERS = 20
"""Browsers that are recognised. Their tries are counted by browser, so that nobody else's tries lock them out."""
MAX_COUNTED_KEYS = 10_000

WRONG = Problem("password", say("The name or password is wrong."))

# argon2id with OWASP's second choice of equal strength: 19 MiB and one thread leave memory and CPU to events.
_argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# One hash at a time bounds memory and CPU however many people sign in at once.
_hashing = ThreadPoolExecutor(1, thread_name_prefix="argon2")
_waiting = 0
MAX_WAITING = 64
"""Passwords that may wait to be hashed; the last waits about two seconds."""
# Checked when there is no such name, so that the response time does not reveal which names exist.
# Of no password that anybody knows. Hashing one would take each start 35 ms.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$" + "$".join(
    b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32)
)


class Setup:
    """The one-time right to create the administrator. The token is printed at start and stored nowhere."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)

    def opens_with(self, token: str) -> bool:
        return hmac.compare_digest(self.token.encode(), token.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``session``: the token of the new session. ``browser``: the token by which this browser is recognised later."""

    session: str
    browser: str


class SignInLimiter:
    """Counts tries by key: at most ``most`` in ``WINDOW_MS``, then one in ``SLOW_MS``, so that guessing takes years.

    A try that comes late enough always passes: otherwise strangers who share an address with the administrator, as
    behind a proxy that hides addresses, could lock the administrator out for good.
    """

    def __init__(self) -> None:
        self._tried: OrderedDict[str, list[Millis]] = OrderedDict()

    def take(self, key: str, now: Millis, most: int = MAX_TRIES_PER_NAME) -> bool:
        """Count one more try; ``False`` when it is too soon. Call it before checking, so that parallel tries count."""
        recent = [at for at in self._tried.pop(key, []) if at > now - WINDOW_MS][-most:]
        allowed = len(recent) < most or now >= recent[-1] + SLOW_MS
        self._tried[key] = [*recent, now] if allowed else recent
        if len(self._tried) > MAX_COUNTED_KEYS:
            self._tried.popitem(last=False)
        return allowed

    def forget(self, key: str) -> None:
        """Reset the count after a success: only consecutive failures count."""
        self._tried.pop(key, None)


def hash_of(token: str) -> str:
    """The hash of a token. Only hashes are stored, so that a reader of the database cannot sign in with them."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def create_administrator(services: Services, name: str, password: str, repeated: str) -> SignedIn:
    """Create the first user and sign in. Raises ``Invalid``, also when a user exists already."""
    if found := [*_name_problems(name), *_password_problems(name, password, repeated)]:
        raise Invalid(*found)
    user = User(mint(UserId), name, await _in_thread(lambda: _argon2.hash(password)))

    def update(tx: Transaction) -> SignedIn:
        if accounts.any_user(tx):
            raise Invalid(Problem("", say("The administrator already exists. Sign in instead.")))
        accounts.insert(tx, user, services.now())
        return _let_in(services, tx, user)

    return await services.store.write(update)


async def sign_in(
    services: Services,
    tries: SignInLimiter,
    name: str,
    password: str,
    address: str,
    *,
    proxy: str = "",
    browser: str = "",
) -> SignedIn:
    """Start a session. Raises ``Invalid``; its sentence does not reveal whether the name exists.

    ``proxy``: the untrusted proxy that named ``address``; empty when the address is certain. ``browser``: the token
    that this browser got at an earlier sign-in.
    """
    if len(password) > PASSWORD_LENGTH[-1]:
        # Not counted as a try: it costs no hash, so a flood of these could push real counts out of ``tries``.
        raise Invalid(WRONG)

    def find(tx: Transaction) -> tuple[User | None, bool]:
        user = accounts.named(tx, name) if _name_problems(name) == [] else None
        known = user is not None and (user.id, hash_of(browser)) in options.known_browsers(tx)
        return user, known

    user, known = await services.store.read(find)
    place = place_of(address)
    key = f"browser {hash_of(browser)}" if known else f"{name.casefold()[:MAX_NAME_CHARACTERS]} {place}"
    if not known:
        if proxy:
            _take(services, tries, f"proxy {proxy}", "password", MAX_TRIES_PER_PROXY)
        _take(services, tries, place, "password", MAX_TRIES_PER_ADDRESS)
    _take(services, tries, key, "password")
    fits = await _fits(password, user.password_hash if user else _NOBODY)
    if user is None or not fits:
        raise Invalid(WRONG)
    tries.forget(key)
    signed_in, rehashed = user, await _rehashed(user, password)

    def begin(tx: Transaction) -> SignedIn:
        _check_unchanged(tx, signed_in, WRONG)
        if rehashed:
            accounts.replace_hash(tx, signed_in.id, signed_in.password_hash, rehashed)
        return _let_in(services, tx, signed_in, browser if known else "")

    return await services.store.write(begin)


async def sign_out(services: Services, token: str) -> None:
    await services.store.write(lambda tx: accounts.end_session(tx, hash_of(token)))


async def change_password(
    services: Services, tries: SignInLimiter, user: User, current: str, password: str, repeated: str
) -> SignedIn:
    """Change the password, end all sessions of this person, forget their browsers, and start a new session.

    Raises ``Invalid``.
    """
    _take(services, tries, user.id, "current")
    if not await _fits(current, user.password_hash):
        raise Invalid(Problem("current", say("This is not your current password.")))
    tries.forget(user.id)
    if found := _password_problems(user.name, password, repeated):
        raise Invalid(*found)
    hashed = await _in_thread(lambda: _argon2.hash(password))

    def update(tx: Transaction) -> SignedIn:
        _check_unchanged(tx, user, Problem("current", say("This is not your current password.")))
        _set_password(tx, user.id, hashed, services.now())
        return _let_in(services, tx, user)

    return await services.store.write(update)


def password_problem(name: str, password: str) -> Sentence | None:
    """Why this person cannot use this password; ``None`` when they can."""
    found = _password_problems(name, password, password)
    return found[0].sentence if found else None


def reset_password(tx: Transaction, user: User, password: str, now: Millis) -> None:
    """Set the password without asking for the old one, end all sessions of this person and forget their browsers.

    Hashing blocks: call it from the command line, not in the event loop.
    """
    _set_password(tx, user.id, _argon2.hash(password), now)


async def confirm(services: Services, tries: SignInLimiter, user: User, password: str) -> None:
    """Raise ``Invalid`` unless this is the person's password. Tries are limited as for sign-in."""
    key = f"confirm {user.id}"
    _take(services, tries, key, "password")
    if not await _fits(password, user.password_hash):
        raise Invalid(Problem("password", say("This is not your password.")))
    tries.forget(key)


def _set_password(tx: Transaction, user_id: UserId, hashed: str, now: Millis) -> None:
    accounts.set_password(tx, user_id, hashed)
    others = [pair for pair in options.known_browsers(tx) if pair[0] != user_id]
    options.set_known_browsers(tx, others, now)


def _check_unchanged(tx: Transaction, user: User, problem: Problem) -> None:
    """Raise ``Invalid`` if the password was changed after it was checked: that change ended every session."""
    now = accounts.named(tx, user.name)
    if now is None or now.password_hash != user.password_hash:
        raise Invalid(problem)


def _let_in(services: Services, tx: Transaction, user: User, browser: str = "") -> SignedIn:
    token, now = secrets.token_urlsafe(32), services.now()
    accounts.begin_session(tx, hash_of(token), user.id, now, now + SESSION_MS)
    if not browser:
        browser = secrets.token_urlsafe(32)
        known = [*options.known_browsers(tx), (user.id, hash_of(browser))]
        options.set_known_browsers(tx, known[-MAX_BROWSERS:], now)
    return SignedIn(token, browser)


def place_of(address: str) -> str:
    """The key that counts tries from an address: for IPv6 its /64 network, since one customer has all of that."""
    try:
        return str(IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def _take(services: Services, tries: SignInLimiter, key: str, field: str, most: int = MAX_TRIES_PER_NAME) -> None:
    if not tries.take(key, services.now(), most):
        seconds = SLOW_MS // 1000
        raise Invalid(Problem(field, say("Too many attempts. Wait {seconds} seconds.", seconds=seconds)))


async def _fits(password: str, password_hash: str) -> bool:
    if len(password) > PASSWORD_LENGTH[-1]:
        return False

    def check() -> bool:
        try:
            return _argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    return await _in_thread(check)


async def _rehashed(user: User, password: str) -> str | None:
    """The password's hash with today's parameters; ``None`` when it already has them."""
    if not _argon2.check_needs_rehash(user.password_hash):
        return None
    return await _in_thread(lambda: _argon2.hash(password))


async def _in_thread(work: Callable[[], T]) -> T:
    """Run ``work`` in the hashing thread: it would block the event loop. Raises ``Invalid`` when too many wait."""
    global _waiting
    if _waiting >= MAX_WAITING:
        raise Invalid(Problem("password", say("Too many people are signing in right now. Try again.")))
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_hashing, work)
    finally:
        _waiting -= 1


def _name_problems(name: str) -> list[Problem]:
    if not name:
        return [Problem("name", say("Enter a name."))]
    if len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        return [
            Problem("name", say("A name can have at most {most} characters, on one line.", most=MAX_NAME_CHARACTERS))
        ]
    return []


def _password_problems(name: str, password: str, repeated: str) -> list[Problem]:
    if len(password) < PASSWORD_LENGTH[0]:
        return [Problem("password", say("Use at least {least} characters.", least=PASSWORD_LENGTH[0]))]
    if len(password) > PASSWORD_LENGTH[-1]:
        return [Problem("password", say("Use at most {most} characters.", most=PASSWORD_LENGTH[-1]))]
    if password.casefold() == name.casefold():
        return [Problem("password", say("The password must not be the name."))]
    if password != repeated:
        return [Problem("repeated", say("The passwords do not match."))]
    return []
