"""The people who may sign in, and their sessions. Only hashes of passwords and session tokens are stored."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from server.domain.ids import Millis, UserId
from server.store.schema import sessions, users


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    password_hash: str


def any_user(tx: Connection) -> bool:
    return tx.execute(select(func.count()).select_from(users)).scalar_one() > 0


def insert(tx: Connection, user: User, now: Millis) -> None:
    tx.execute(users.insert().values(id=user.id, name=user.name, password_hash=user.password_hash, created_at=now))


def named(tx: Connection, name: str) -> User | None:
    row = tx.execute(select(users.c.id, users.c.name, users.c.password_hash).where(users.c.name == name)).first()
    return User(UserId(row.id), row.name, row.password_hash) if row else None


def every(tx: Connection) -> list[User]:
    """All users, sorted by name."""
    rows = tx.execute(select(users.c.id, users.c.name, users.c.password_hash).order_by(users.c.name))
    return [User(UserId(row.id), row.name, row.password_hash) for row in rows]


def set_password(tx: Connection, user_id: UserId, password_hash: str) -> None:
    """Store the new hash and end all of the user's sessions, so that a stolen session does not outlive the change."""
    tx.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))
    tx.execute(delete(sessions).where(sessions.c.user_id == user_id))


def replace_hash(tx: Connection, user_id: UserId, old: str, new: str) -> None:
    """Store a hash of the same password with other cost parameters, unless the password has changed in the meantime."""
    tx.execute(update(users).where(users.c.id == user_id, users.c.password_hash == old).values(password_hash=new))


def begin_session(tx: Connection, token_hash: str, user_id: UserId, now: Millis, expires_at: Millis) -> None:
    """Store a new session and delete the expired ones."""
    tx.execute(delete(sessions).where(sessions.c.expires_at <= now))
    row = {"token_hash": token_hash, "user_id": user_id, "created_at": now, "expires_at": expires_at}
    tx.execute(sessions.insert().values(row))


def signed_in(tx: Connection, token_hash: str, now: Millis) -> User | None:
    """The user of a session; ``None`` when it is unknown or expired."""
    row = tx.execute(
        select(users.c.id, users.c.name, users.c.password_hash)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > now)
    ).first()
    return User(UserId(row.id), row.name, row.password_hash) if row else None


def end_session(tx: Connection, token_hash: str) -> None:
    tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))
