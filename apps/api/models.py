"""The tables of the resource layer itself."""

from __future__ import annotations

from django.db import models


class Edition(models.Model):
    """The state of a table: the numbers under which responses made of it are kept.

    Triggers of the database change the numbers (see `counting`). So no way of writing is missed. It
    happens in the transaction of the write, so nobody keeps old rows under the new numbers. Each
    connection has a number of its own, so that writers do not wait for each other. The numbers are
    random: none comes back when a backup is restored or a write is rolled back.
    """

    pk = models.CompositePrimaryKey("table", "backend")
    table = models.CharField(max_length=64)
    backend = models.IntegerField()
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.table} {self.backend} {self.number}"


DRAWN = "floor(random() * 9007199254740992)::bigint"
"""The SQL of a random number."""

COUNT = f"""
CREATE OR REPLACE FUNCTION count_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO api_edition ("table", backend, number)
        VALUES (TG_TABLE_NAME, pg_backend_pid(), {DRAWN})
        ON CONFLICT ("table", backend) DO UPDATE SET number = EXCLUDED.number;
    RETURN NULL;
END $$
"""  # noqa: S608 - the number's SQL is our own
"""The function that triggers call. The migrations of this app create it."""


def counting(table: str) -> str:
    """Return the SQL of a migration that gives a table a new edition with every write."""
    return (
        f"CREATE TRIGGER count_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
        f'ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION count_edition()'
    )


def not_counting(table: str) -> str:
    """Return the SQL that reverses `counting`."""
    return f'DROP TRIGGER count_edition ON "{table}"'
