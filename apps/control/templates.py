"""Templates: worlds that nobody works in, of which sandboxes are copies.

The usual template has the rows that a store begins with. A fork has a template of its own. Of
templates that are copied a lot, a few copies are kept ready, so that a reset need not wait for one
(`keep_spares`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import connection

from apps.control import worlds
from apps.control.connection import control, held_lock
from apps.control.worlds import Role
from hexostore.database.chosen import ChosenDatabase, in_database, past_pooler

SPARES = 3
"""How many copies of a template are kept ready."""

ASKED_FOR = timedelta(minutes=10)
"""How long after its last copy a template has spares."""

_LOCK = 0x48655470

_TAKE = """
    UPDATE world SET role = 'used' WHERE name = (
        SELECT name FROM world WHERE role = 'spare' AND template = %s
        LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING name
"""
_SHORT = """
    SELECT name, %s - (
        SELECT count(*) FROM world spare WHERE spare.role = 'spare' AND spare.template = world.name
    ) FROM world WHERE role = 'template' AND copied > now() - %s
"""
_NEEDLESS = """
    SELECT name FROM world WHERE role = 'spare' AND NOT EXISTS (
        SELECT FROM world template WHERE template.name = world.template
        AND template.role = 'template' AND template.copied > now() - %s
    )
"""


class Templates:
    """The templates of a store.

    `main` is the name of its database, `made_for` identifies the rows that it begins with in this
    version, and `begin` fills the empty world that is chosen at the time with them.
    """

    def __init__(self, main: str, made_for: str, begin: Callable[[str], None]) -> None:
        self._main, self._made_for, self._begin = main, made_for, begin

    def usual(self) -> str:
        """Return the usual template. It is made if it is missing, which may take seconds."""
        with held_lock(_LOCK, "usual"):
            return self._find_usual() or self._make_usual()

    def adopt_main(self) -> None:
        """Make the usual template from the store itself, which has just begun and has no caller."""
        world = worlds.copy_world(self._main, self._main, Role.MAKING)
        self._finish(world)

    def filled(self, template: str, fill: Callable[[], None]) -> str:
        """Return a new template with the rows of another one, and those that `fill` adds in the
        database that is chosen meanwhile. Nothing is left if `fill` raises an error."""
        world = worlds.copy_world(template, self._main, Role.MAKING)
        try:
            with past_pooler(), in_database(ChosenDatabase(world, 0)):
                fill()
                connection.close()
        except BaseException:
            worlds.drop_world(world)
            raise
        worlds.close_to_others(world)
        worlds.note_world(world, Role.TEMPLATE)
        return world

    def current(self, template: str) -> str:
        """Return a template, or the usual one if there is no such template any more."""
        found = control().execute(
            "SELECT 1 FROM world WHERE name = %s AND role = %s AND made_for IN ('', %s)",
            [template, Role.TEMPLATE, self._made_for],
        )
        return template if found.fetchone() else self.usual()

    def take_copy(self, template: str) -> str:
        """Return a world that is a copy of a template: one that is ready, or else a new one."""
        control().execute("UPDATE world SET copied = now() WHERE name = %s", [template])
        ready = control().execute(_TAKE, [template]).fetchone()
        return ready[0] if ready else worlds.copy_world(template, self._main, Role.USED, template)

    def keep_spares(self) -> bool:
        """Make one copy of a template that lacks some. Return whether there may be more to do."""
        rows = control().execute(_SHORT, [SPARES, ASKED_FOR]).fetchall()
        lacking = [name for name, missing in rows if missing > 0]
        for template in lacking:
            worlds.copy_world(template, self._main, Role.SPARE, template)
        return bool(lacking)

    def drop_needless(self) -> None:
        """Drop copies of templates that were not asked for recently."""
        for (world,) in control().execute(_NEEDLESS, [ASKED_FOR]).fetchall():
            worlds.drop_unclaimed(world, Role.SPARE)

    def drop_unused(self, template: str) -> None:
        """Drop the template of a fork when its last sandbox is gone."""
        found = control().execute(
            "UPDATE world SET role = 'dropping' WHERE name = %s AND made_for = '' AND role = "
            "'template' AND NOT EXISTS (SELECT FROM sandbox WHERE template = world.name) "
            "RETURNING name",
            [template],
        )
        if found.fetchone():
            worlds.drop_world(template)

    def _find_usual(self) -> str | None:
        found = control().execute(
            "SELECT name FROM world WHERE role = %s AND made_for = %s",
            [Role.TEMPLATE, self._made_for],
        )
        row = found.fetchone()
        return None if row is None else str(row[0])

    def _make_usual(self) -> str:
        world = worlds.create_empty(self._main)
        try:
            self._begin(world)
        except BaseException:
            worlds.drop_world(world)
            raise
        self._finish(world)
        return world

    def _finish(self, world: str) -> None:
        worlds.close_to_others(world)
        worlds.note_world(world, Role.TEMPLATE, made_for=self._made_for)
