"""Who may come in: the one-time set-up link, signing in and out, changing the password."""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Network
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.actions.workbench import Workbench
from server.domain.ids import Millis, UserId, mint
from server.domain.sentences import Problem, Refused, say
from server.store import Transaction, accounts
from server.store.accounts import User

T = TypeVar("T")

PASSWORD_LENGTH = range(12, 200 + 1)
LONGEST_NAME = 64
SESSION_MS = 30 * 24 * 60 * 60 * 1000

MOST_TRIES = 10
MOST_FROM_ONE_PLACE = 50
"""Tries from one address, whatever the names: each costs a hash, for which everybody else who signs in has to wait."""
TRIES_MS = 15 * 60 * 1000
MOST_TRIED = 10_000

WRONG = Problem("password", say("The name or the password is wrong."))

_argon2 = PasswordHasher()  # argon2id with the library's current costs: 64 MiB a hash
# A pool of its own keeps the memory bounded however many people sign in at once.
_hashing = ThreadPoolExecutor(2, thread_name_prefix="argon2")
# Checked when there is no such name, so that the time an answer takes does not tell which names exist.
_NOBODY = _argon2.hash(secrets.token_urlsafe())


class Setup:
    """The one-time right to create the administrator. The token is printed at start and kept nowhere else."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)

    def opens_with(self, token: str) -> bool:
        return hmac.compare_digest(self.token.encode(), token.encode("utf-8", "replace"))


class Tries:
    """Counts tries by key: at most ``most`` within ``TRIES_MS``, so that guessing takes years."""

    def __init__(self) -> None:
        self._tried: OrderedDict[str, list[Millis]] = OrderedDict()

    def take(self, key: str, now: Millis, most: int = MOST_TRIES) -> bool:
        """One more try, counted before it is judged, so that many at once count too. False when there were too many."""
        recent = [at for at in self._tried.pop(key, []) if at > now - TRIES_MS]
        allowed = len(recent) < most
        self._tried[key] = [*recent, now] if allowed else recent
        if len(self._tried) > MOST_TRIED:
            self._tried.popitem(last=False)
        return allowed

    def forget(self, key: str) -> None:
        """After a success: only tries that failed in a row count."""
        self._tried.pop(key, None)


def hash_of(token: str) -> str:
    """Only this is kept of a session's token: who reads the database cannot sign in with it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def create_administrator(bench: Workbench, name: str, password: str, repeated: str) -> str:
    """Make the first user; returns the token of a session. Raises ``Refused``, also when there is a user already."""
    if found := [*_name_problems(name), *_password_problems(name, password, repeated)]:
        raise Refused(*found)
    user = User(UserId(mint("usr")), name, await _in_thread(lambda: _argon2.hash(password)))

    def keep(tx: Transaction) -> str:
        if accounts.any_user(tx):
            raise Refused(Problem("", say("The administrator was created already. Sign in instead.")))
        accounts.insert(tx, user, bench.now())
        return _begin_session(bench, tx, user)

    return await bench.store.write(keep)


async def sign_in(bench: Workbench, tries: Tries, name: str, password: str, address: str) -> str:
    """The token of a new session. Raises ``Refused``; its sentence does not tell whether the name exists."""
    if len(password) > PASSWORD_LENGTH[-1]:
        # No guess, so no try: answered without the cost of a hash, it could push real counts out of ``tries``.
        raise Refused(WRONG)
    place = place_of(address)
    key = f"{name.casefold()[:LONGEST_NAME]} {place}"
    _take(bench, tries, place, "password", MOST_FROM_ONE_PLACE)
    _take(bench, tries, key, "password")
    known = _name_problems(name) == []
    user = await bench.store.read(lambda tx: accounts.named(tx, name)) if known else None
    fits = await _fits(password, user.password_hash if user else _NOBODY)
    if user is None or not fits:
        raise Refused(WRONG)
    tries.forget(key)
    return await bench.store.write(lambda tx: _begin_session(bench, tx, user))


async def sign_out(bench: Workbench, token: str) -> None:
    await bench.store.write(lambda tx: accounts.end_session(tx, hash_of(token)))


async def change_password(
    bench: Workbench, tries: Tries, user: User, current: str, password: str, repeated: str
) -> str:
    """End every session of this person and return the token of a new one. Raises ``Refused``."""
    _take(bench, tries, user.id, "current")
    if not await _fits(current, user.password_hash):
        raise Refused(Problem("current", say("This is not your current password.")))
    tries.forget(user.id)
    if found := _password_problems(user.name, password, repeated):
        raise Refused(*found)
    hashed = await _in_thread(lambda: _argon2.hash(password))

    def keep(tx: Transaction) -> str:
        accounts.set_password(tx, user.id, hashed)
        return _begin_session(bench, tx, user)

    return await bench.store.write(keep)


def _begin_session(bench: Workbench, tx: Transaction, user: User) -> str:
    token, now = secrets.token_urlsafe(32), bench.now()
    accounts.begin_session(tx, hash_of(token), user.id, now, now + SESSION_MS)
    return token


def place_of(address: str) -> str:
    """An address as tries are counted: a customer of an IPv6 provider has 2⁶⁴ addresses, so those count as one."""
    try:
        return str(IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def _take(bench: Workbench, tries: Tries, key: str, field: str, most: int = MOST_TRIES) -> None:
    if not tries.take(key, bench.now(), most):
        minutes = TRIES_MS // 60_000
        raise Refused(Problem(field, say("There were too many tries. Please wait {minutes} minutes.", minutes=minutes)))


async def _fits(password: str, password_hash: str) -> bool:
    if len(password) > PASSWORD_LENGTH[-1]:
        return False

    def check() -> bool:
        try:
            return _argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    return await _in_thread(check)


async def _in_thread(work: Callable[[], T]) -> T:
    """Hashing takes tens of milliseconds of CPU: never in the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_hashing, work)


def _name_problems(name: str) -> list[Problem]:
    if not name:
        return [Problem("name", say("Enter a name."))]
    if len(name) > LONGEST_NAME or not name.isprintable():
        return [Problem("name", say("A name has at most {most} characters, on one line.", most=LONGEST_NAME))]
    return []


def _password_problems(name: str, password: str, repeated: str) -> list[Problem]:
    if len(password) < PASSWORD_LENGTH[0]:
        return [Problem("password", say("Use at least {least} characters.", least=PASSWORD_LENGTH[0]))]
    if len(password) > PASSWORD_LENGTH[-1]:
        return [Problem("password", say("Use at most {most} characters.", most=PASSWORD_LENGTH[-1]))]
    if password.casefold() == name.casefold():
        return [Problem("password", say("The password must not be the name."))]
    if password != repeated:
        return [Problem("repeated", say("The two passwords differ."))]
    return []
