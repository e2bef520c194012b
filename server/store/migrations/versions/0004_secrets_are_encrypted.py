"""Encrypts secrets. No column changes, but the new revision keeps an older Hookbench from reading them as plain text.

One transaction: after an interruption every value is still in the clear, and the next start tries again.
"""

import sqlalchemy as sa
from alembic import op

from server.store.vault import vault_of

revision = "0004"
down_revision = "0003"

# The columns as of this revision; ``vault.SEALED`` may name more since.
SEALED = {
    "sources": ("id", "secret", "former_secret"),
    "endpoints": ("id", "url", "credentials", "headers", "variables", "secret", "former_secret"),
    "options": ("name", "value"),
}


def upgrade() -> None:
    connection = op.get_bind()
    vault = vault_of(connection)
    if connection.dialect.name == "sqlite":
        op.execute("PRAGMA secure_delete=ON")
    any_sealed = False
    for name, (key, *columns) in SEALED.items():
        table = sa.table(name, sa.column(key), *(sa.column(column) for column in columns))
        for row in connection.execute(sa.select(table)).mappings().all():
            sealed = {c: vault.seal(f"{name}.{c}:{row[key]}", row[c]) for c in columns if row[c]}
            for column, value in sealed.items():
                if vault.open(f"{name}.{column}:{row[key]}", value) != row[column]:
                    raise RuntimeError(f"{name}.{column} of {row[key]} does not open as it was")
            if sealed:
                connection.execute(sa.update(table).where(table.c[key] == row[key]).values(sealed))
                any_sealed = True
    if any_sealed:
        options = sa.table("options", sa.column("name"), sa.column("value"), sa.column("updated_at"))
        note = {"name": "plaintext_left", "value": vault.seal("options.value:plaintext_left", "yes"), "updated_at": 0}
        connection.execute(options.insert().values(note))
