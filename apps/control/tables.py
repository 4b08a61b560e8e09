"""The tables of the control database, in versions.

Each version is a list of statements that make it out of the one before. A version that was
published is never changed.
"""

from __future__ import annotations

import psycopg

from apps.control.connection import Row

_LOCK = 0x4865786F436F6E74

_VERSIONS = [
    [
        "CREATE SEQUENCE incarnation",
        """
        CREATE TABLE world (
            name text PRIMARY KEY,
            role text NOT NULL,
            template text NOT NULL DEFAULT '',
            made_for text NOT NULL DEFAULT '',
            copied timestamptz
        )
        """,
        """
        CREATE TABLE sandbox (
            name text PRIMARY KEY,
            world text NOT NULL UNIQUE,
            incarnation bigint NOT NULL DEFAULT nextval('incarnation'),
            template text NOT NULL,
            created timestamptz NOT NULL DEFAULT now(),
            lifetime interval,
            used timestamptz NOT NULL DEFAULT now()
        )
        """,
        """
        CREATE TABLE snapshot (
            sandbox text NOT NULL REFERENCES sandbox ON DELETE CASCADE,
            name text NOT NULL,
            world text NOT NULL UNIQUE,
            created timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (sandbox, name)
        )
        """,
        """
        CREATE TABLE credential (
            digest bytea PRIMARY KEY,
            sandbox text NOT NULL REFERENCES sandbox ON DELETE CASCADE,
            made timestamptz NOT NULL DEFAULT now()
        )
        """,
        "CREATE INDEX ON credential (sandbox, made)",
        # The journal of requests. `born` is the `created` of the sandbox, so that one of the same
        # name does not inherit requests, and `details` is JSON. Its spool is a file (journal/).
        """
        CREATE TABLE request (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            sandbox text NOT NULL,
            born timestamptz NOT NULL,
            time timestamptz NOT NULL,
            method text NOT NULL,
            path text NOT NULL,
            status int NOT NULL,
            user_name text NOT NULL,
            client text NOT NULL,
            scheme text NOT NULL,
            reason text NOT NULL,
            details text NOT NULL
        )
        """,
        "CREATE INDEX request_of_sandbox ON request (sandbox, id)",
        "CREATE TABLE request_spool (generation text NOT NULL, position bigint NOT NULL)",
        "INSERT INTO request_spool VALUES ('', 0)",
        """
        CREATE FUNCTION forget_requests() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM request WHERE sandbox = OLD.name;
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER forgotten AFTER DELETE ON sandbox
        FOR EACH ROW EXECUTE FUNCTION forget_requests()
        """,
        # The clock of a sandbox, null where that is the system's, and what it showed at a snapshot.
        *(
            f"ALTER TABLE {table} ADD COLUMN clock_shown timestamptz, "
            "ADD COLUMN clock_since timestamptz, ADD COLUMN clock_speed float8"
            for table in ("sandbox", "snapshot")
        ),
        # Faults: rules with their counters, and answers that are given again later.
        """
        CREATE TABLE fault (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            sandbox text NOT NULL REFERENCES sandbox ON DELETE CASCADE,
            rule json NOT NULL,
            after bigint NOT NULL,
            times bigint,
            probability double precision NOT NULL,
            seed bigint NOT NULL,
            matched bigint NOT NULL DEFAULT 0,
            applied bigint NOT NULL DEFAULT 0,
            applies boolean NOT NULL DEFAULT false,
            created timestamptz NOT NULL DEFAULT now()
        )
        """,
        """
        CREATE TABLE fault_answer (
            fault bigint NOT NULL REFERENCES fault ON DELETE CASCADE,
            question text NOT NULL,
            made bigint NOT NULL,
            media_type text NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (fault, question)
        )
        """,
    ],
    ["ALTER TABLE request_spool ADD COLUMN kept int NOT NULL DEFAULT 1000"],
    # What servers on several machines share in place of files of a home (machines.py). A sequence
    # is read as it is now, whatever a statement saw before it waited.
    [
        "CREATE SEQUENCE edition",
        "CREATE TABLE sharing (is_shared boolean NOT NULL)",
        "INSERT INTO sharing VALUES (false)",
    ],
]


def make_tables(connection: psycopg.Connection[Row]) -> None:
    """Make the tables, or bring them up to this version. Others wait meanwhile."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute("CREATE TABLE IF NOT EXISTS version (number int NOT NULL)")
        found = connection.execute("SELECT max(number) FROM version").fetchone()
        assert found is not None
        for number in range(found[0] or 0, len(_VERSIONS)):
            for statement in _VERSIONS[number]:
                connection.execute(statement)
            connection.execute("INSERT INTO version VALUES (%s)", [number + 1])
