"""Data of records, as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from apps.verification.answers import ServerAnswer
from apps.verification.comparing import CheckSkipped, show_value
from apps.verification.examined import API, ExaminedServer, path_of
from apps.verification.parity_checks import parity_check
from hexostore.hexotime import TICKS_PER_SECOND

HEART_RATE, BREATHING_RATE, ACTIVITY = "19", "33", "49"
WHOLE = (HEART_RATE, BREATHING_RATE)
RECORDS = 20
"""The records among which one with data is looked for."""

FEW = 20
"""The pairs that a window of data has."""

MOST_VALUES = 65_536


@dataclass(frozen=True)
class RecordData:
    """A record with heart rate: its id and user, and a window with some pairs."""

    record: int
    user: str
    pairs: list[list[Any]]

    @property
    def window(self) -> str:
        """The arguments for these pairs."""
        return f"start={self.pairs[0][0]}&end={self.pairs[-1][0] + 1}"

    @property
    def target(self) -> str:
        """The path for these pairs."""
        return f"{API}data/?record={self.record}&datatype={HEART_RATE}&{self.window}"


def find_data(server: ExaminedServer) -> RecordData:
    """Return a record with heart rate. Raise CheckSkipped if none of the first ones has any."""
    if not {"record", "data"} <= server.index().keys():
        raise CheckSkipped("there is no record or no data")
    for row in server.get(f"{API}record/?limit={RECORDS}").objects:
        if row.get("status") != "complete":
            continue
        answer = server.get(f"{API}data/?record={row.get('id')}&datatype={HEART_RATE}")
        pairs = _pairs(answer, HEART_RATE)
        if len(pairs) >= 3 * FEW:
            user = row.get("user")
            uri = user.get("resource_uri") if isinstance(user, dict) else user
            return RecordData(row["id"], path_of(uri), pairs[FEW : 2 * FEW])
    raise CheckSkipped(f"none of the first {RECORDS} records is complete and has heart rate")


def _pairs(answer: ServerAnswer, datatype: str) -> list[Any]:
    """Return the pairs of a data type; none if the answer has another shape."""
    first = answer.json[0] if isinstance(answer.json, list) and answer.json else None
    data = first.get("data") if isinstance(first, dict) else None
    found = data.get(datatype) if isinstance(data, dict) else None
    return found if isinstance(found, list) else []


@parity_check("wire row 4", "wire row 3", "behaviour 3.1")
def data_is_pairs_by_data_type(server: ExaminedServer) -> None:
    """Data is a list of one object: pairs by data type, and the user."""
    there = find_data(server)
    answer = server.get(there.target)
    server.notes.compare(answer, "status", 200, answer.status)
    first = answer.json[0] if isinstance(answer.json, list) and answer.json else {}
    members = sorted(first) if isinstance(first, dict) else first
    server.notes.compare(answer, "members", ["data", "user"], members)
    server.notes.compare(answer, "user", there.user, first.get("user"))
    pairs = _pairs(answer, HEART_RATE)
    shaped = all(isinstance(each, list) and len(each) == 2 for each in pairs)
    server.notes.require(answer, "pairs", pairs and shaped, "[[ticks, value], ...]", pairs[:2])
    whole = all(type(each[0]) is int for each in pairs)
    server.notes.require(answer, "ticks", whole, "whole numbers", pairs[:2])


@parity_check("wire row 8", "Data page, Filtering Options")
def window_includes_its_start(server: ExaminedServer) -> None:
    """start and end choose the pairs between them, and include that at the start."""
    there = find_data(server)
    answer = server.get(there.target)
    server.notes.compare(answer, "pairs", there.pairs, _pairs(answer, HEART_RATE))


@parity_check("behaviour 3.1", "wire row 3")
def heart_rate_has_a_value_each_second(server: ExaminedServer) -> None:
    """Heart rate has a value each second, at ascending ticks."""
    there = find_data(server)
    answer = server.get(there.target)
    ticks = [each[0] for each in _pairs(answer, HEART_RATE)]
    steps = sorted({later - earlier for earlier, later in pairwise(ticks)})
    regular = steps and all(step > 0 and step % TICKS_PER_SECOND == 0 for step in steps)
    server.notes.require(answer, "steps", regular, "whole seconds", steps)


@parity_check("wire row 31", "wire trap 8", "wire row 12", "wire row 36")
def several_data_types_are_a_list(server: ExaminedServer) -> None:
    """datatype takes a list with commas, by its plain name and with __in."""
    there = find_data(server)
    base = f"{API}data/?record={there.record}&{there.window}"
    both = f"{HEART_RATE},{BREATHING_RATE}"
    wanted = server.get(f"{base}&datatype={both}")
    first = wanted.json[0] if isinstance(wanted.json, list) and wanted.json else {}
    found = sorted(first.get("data") or ()) if isinstance(first, dict) else first
    server.notes.compare(wanted, "data types", [HEART_RATE, BREATHING_RATE], found)
    for argument in (f"datatype__in={both}", f"datatype__in={both.replace(',', '%2C')}"):
        answer = server.get(f"{base}&{argument}")
        server.notes.compare(answer, argument, wanted.json, answer.json)


@parity_check("wire trap 9", "behaviour 3.1", "Client README, The Data Resource")
def flat_data_is_pairs_only(server: ExaminedServer) -> None:
    """flat=1 gives the pairs alone, and with no_timestamps=1 the values alone."""
    there = find_data(server)
    for flat in ("1", "True"):
        answer = server.get(f"{there.target}&flat={flat}")
        server.notes.compare(answer, f"flat={flat}", there.pairs, answer.json)
    values = [each[1] for each in there.pairs]
    for bare in ("1", "True"):
        answer = server.get(f"{there.target}&flat=1&no_timestamps={bare}")
        server.notes.compare(answer, f"no_timestamps={bare}", values, answer.json)


@parity_check("behaviour 3.1", "Client examples, Change timestamp output formatting")
def seconds_are_ticks_rounded_down(server: ExaminedServer) -> None:
    """seconds=1 gives whole seconds in place of ticks, rounded down."""
    there = find_data(server)
    answer = server.get(f"{there.target}&seconds=1")
    wanted = [[ticks // TICKS_PER_SECOND, value] for ticks, value in there.pairs]
    server.notes.compare(answer, "pairs", wanted, _pairs(answer, HEART_RATE))


@parity_check("wire row 18", "wire 8.4")
def no_data_is_an_empty_list(server: ExaminedServer) -> None:
    """A time without data is an empty list."""
    there = find_data(server)
    target = f"{API}data/?record={there.record}&datatype={HEART_RATE}&start=256&end=512"
    answer = server.get(target)
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.compare(answer, "body", [], answer.json)


@parity_check("wire trap 7", "wire 8.1")
def kinds_of_numbers_are_kept(server: ExaminedServer) -> None:
    """Rates are whole numbers, and activity has a decimal point."""
    there = find_data(server)
    wanted = (*WHOLE, ACTIVITY)
    target = f"{API}data/?record={there.record}&{there.window}&datatype={','.join(wanted)}"
    answer = server.get(target)
    for datatype in wanted:
        kind = float if datatype == ACTIVITY else int
        values = [each[1] for each in _pairs(answer, datatype)]
        known = all(type(each) is kind for each in values)
        expected = "a decimal point" if kind is float else "whole numbers"
        if values:
            server.notes.require(answer, f"data type {datatype}", known, expected, values[:3])


@parity_check("Data page, Result size", "behaviour 3.1")
def many_values_are_thinned(server: ExaminedServer) -> None:
    """max_values keeps every n-th value, with the smallest n that fits."""
    there = find_data(server)
    most = 7
    answer = server.get(f"{there.target}&max_values={most}")
    wanted = [there.pairs[::step] for step in _steps_that_fit(len(there.pairs), most)]
    found = _pairs(answer, HEART_RATE)
    server.notes.require(answer, "pairs", found in wanted, show_value(wanted[0]), found)
    whole = server.get(f"{API}data/?record={there.record}&datatype={HEART_RATE}")
    count = len(_pairs(whole, HEART_RATE))
    server.notes.require(whole, "pairs", count <= MOST_VALUES, f"at most {MOST_VALUES}", count)


def _steps_that_fit(count: int, most: int) -> list[int]:
    """Return the smallest steps that leave at most so many values, and fewer than so many."""
    return [-(-count // most), -(-count // (most - 1))]


@parity_check("wire row 8", "wire row 14", "wire row 23")
def data_of_a_user_is_that_of_the_record(server: ExaminedServer) -> None:
    """user with start and end finds the data of the record in that time."""
    there = find_data(server)
    for user in (there.user, there.user.rstrip("/").rsplit("/", 1)[-1]):
        arguments = f"user={quote(user, safe='')}&datatype={HEART_RATE}&{there.window}"
        answer = server.get(f"{API}data/?{arguments}")
        server.notes.compare(answer, "pairs", there.pairs, _pairs(answer, HEART_RATE))


@parity_check("wire row 46", "API reference, Heart rate")
def data_types_have_addresses_of_their_own(server: ExaminedServer) -> None:
    """heartrate has the data of data type 19."""
    if "heartrate" not in server.index():
        raise CheckSkipped("there is no heartrate")
    there = find_data(server)
    answer = server.get(f"{API}heartrate/?record={there.record}&{there.window}")
    server.notes.compare(answer, "pairs", there.pairs, _pairs(answer, HEART_RATE))


@parity_check("T37")
def etag_of_data_is_a_condition(server: ExaminedServer) -> None:
    """Where data has an ETag, the same one again is an empty 304."""
    there = find_data(server)
    tag = server.get(there.target).headers.get("ETag")
    if not tag:
        raise CheckSkipped("data has no ETag")
    answer = server.get(there.target, {"If-None-Match": tag})
    server.notes.compare(answer, "status", 304, answer.status)
    server.notes.compare(answer, "body", "", answer.text)
