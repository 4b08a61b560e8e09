"""How far a job is, for others to see while its transaction is open."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from django.db import Error, connection

_log = logging.getLogger("hexostore.jobs")


class ToldProgress(AbstractContextManager["ToldProgress"]):
    """Stores how much of the work on one row is done, in steps, by a connection of its own.

    `statement` takes the share and the key. It must not let the stored share fall, for a second
    try begins anew. The job must not have written to the row. If the database refuses the
    statement, the work goes on without.
    """

    STEP = 0.05

    def __init__(self, statement: str, key: int) -> None:
        self._statement, self._key, self._told = statement, key, 0.0
        self._connection = connection.copy()

    def __call__(self, share: float) -> None:
        if share < self._told + self.STEP:
            return
        self._told = share
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(self._statement, [share, self._key])
        except Error as error:
            _log.warning("the progress of job row %s is not told: %s", self._key, type(error))
            self._told = 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
