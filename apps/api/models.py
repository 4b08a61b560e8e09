"""What the resource layer itself keeps in the database."""

from __future__ import annotations

from django.db import models


class Edition(models.Model):
    """The state of a table: the numbers under which answers made of it are kept.

    Triggers of the database change them (see `counting`), so that no way of writing is missed,
    and in the transaction of the write, so that nobody keeps old rows under the new numbers.
    Each connection has a number of its own, so that writers do not wait for one another. The
    numbers are drawn by chance: none comes back when a store is restored or a write undone.
    """

    pk = models.CompositePrimaryKey("table", "backend")
    table = models.CharField(max_length=64)
    backend = models.IntegerField()
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.table} {self.backend} {self.number}"


DRAWN = "floor(random() * 9007199254740992)::bigint"
"""The SQL of a number drawn by chance."""

COUNT = f"""
CREATE OR REPLACE FUNCTION count_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO api_edition ("table", backend, number)
        VALUES (TG_TABLE_NAME, pg_backend_pid(), {DRAWN})
        ON CONFLICT ("table", backend) DO UPDATE SET number = EXCLUDED.number;
    RETURN NULL;
END $$
"""  # noqa: S608 - the number's SQL is our own
"""The function that triggers call; made by the migrations of this app."""


def counting(table: str) -> str:
    """The SQL of a migration that has every write of a table make a new edition."""
    return (
        f"CREATE TRIGGER count_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
        f'ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION count_edition()'
    )


def not_counting(table: str) -> str:
    """The SQL that takes `counting` back."""
    return f'DROP TRIGGER count_edition ON "{table}"'
