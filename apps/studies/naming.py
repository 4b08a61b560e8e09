"""The uuid of a study, the ids of its subjects, and the user names that are made of both."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator
from itertools import count
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower

from apps.enrolment.models import Study
from hexostore.database.turns import take_turns

LONGEST_UUID = 32
UUID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_UUID - 1}}}", re.ASCII)
SUBJECT_ID = re.compile(r"[a-z0-9][\w.-]{0,99}", re.ASCII)

_OTHER = re.compile(r"[^A-Za-z0-9]+")
_DEFAULT = "study"


def hold_uuids() -> None:
    """Have nobody else make a study until the transaction ends, so that which uuids are taken
    does not change."""
    take_turns("enrolment_study.uuid")


def free_uuid(name: str) -> str:
    """Return a uuid made from the name of a study, with a number behind it if it is taken."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = _OTHER.sub("-", letters)[: LONGEST_UUID - 6].strip("-") or _DEFAULT
    taken = {uuid.lower() for uuid in _uuids_like(base)}
    candidates = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(each for each in candidates if each.lower() not in taken)


def is_taken(uuid: str) -> bool:
    """Return whether a study has that uuid, in whatever letters. Deleted ones keep theirs."""
    return _small().filter(small=uuid.lower()).exists()


def _uuids_like(base: str) -> list[str]:
    return list(_small().filter(small__startswith=base.lower()).values_list("uuid", flat=True))


def _small() -> QuerySet[Any]:
    return Study.objects.annotate(small=Lower("uuid"))


def user_name(study: Study, subject_id: str) -> str:
    """Return the user name of a subject, in small letters."""
    return f"{study.uuid}_{subject_id}".lower()


def read_subject_id(study: Study, text: str) -> str:
    """Return the id that a text means, which is an id or a whole user name. Raise ValueError, with
    a sentence."""
    small = text.strip().lower()
    found = small.removeprefix(user_name(study, ""))
    if not SUBJECT_ID.fullmatch(found):
        raise ValueError("An id has letters, digits, _ . and -, and begins with no mark.")
    return found


def free_ids(taken: Container[str]) -> Iterator[str]:
    """Yield numbers of three digits or more that are not taken, from 001 on."""
    return (text for text in (f"{number:03}" for number in count(1)) if text not in taken)
