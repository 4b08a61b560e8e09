"""A subject's answers to a survey, held against its questionnaire (studies 7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from apps.studies.json_values import is_storable, shown
from apps.studies.surveys.conditions import is_enabled
from apps.studies.surveys.questionnaire import (
    FhirValue,
    Questionnaire,
    QuestionType,
    SurveyError,
    SurveyQuestion,
)
from apps.studies.surveys.values import is_date, is_moment, read_value
from hexostore.hexotime import from_iso

RESOURCE_TYPES = ("QuestionnaireResponse", "Questionnaire")
"""The published example writes the second, where FHIR has the first."""
FINISHED = frozenset(("completed", "amended"))
STATUSES = FINISHED | {"in-progress", "entered-in-error", "stopped"}
MOST_ANSWERS = 1000


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question with its values, of which there are several only if it repeats."""

    question: SurveyQuestion
    values: tuple[FhirValue, ...]


@dataclass(frozen=True, slots=True)
class SurveyResponse:
    """What a FHIR answer says. `authored` is a moment, or a date without a time; None is now."""

    status: str
    authored: datetime | date | None
    answered: tuple[AnsweredQuestion, ...]


def read_response(questionnaire: Questionnaire, given: object, now: datetime) -> SurveyResponse:
    """Return the answers in a FHIR resource. Raise SurveyError with everything that is wrong.

    `now` is an aware datetime. Questions must be answered if they are required and asked, and the
    status is completed or amended.
    """
    if not isinstance(given, dict):
        raise SurveyError([f"Expected an object, got {shown(given)}."])
    if not is_storable(given):
        raise SurveyError(["It has letters, numbers or levels that cannot be stored."])
    faults: list[str] = []
    if given.get("resourceType") not in RESOURCE_TYPES:
        kind = shown(given.get("resourceType"))
        faults.append(f"resourceType: expected QuestionnaireResponse, got {kind}.")
    status = _status(given.get("status"), faults)
    authored = _authored(given.get("authored"), now, faults)
    reading = _ResponseReading(faults)
    places = reading.read_items(given, questionnaire.items, "")
    reading.check_asked(places, questionnaire.items, "", is_finished=status in FINISHED)
    if faults:
        raise SurveyError(faults)
    order = {link_id: number for number, link_id in enumerate(questionnaire.by_link_id)}
    answered = sorted(reading.answered, key=lambda each: order[each.question.link_id])
    return SurveyResponse(status, authored, tuple(answered))


def _status(status: object, faults: list[str]) -> str:
    if isinstance(status, str) and status in STATUSES:
        return status
    faults.append(f"status: expected one of {', '.join(sorted(STATUSES))}, got {shown(status)}.")
    return ""


def _authored(authored: object, now: datetime, faults: list[str]) -> datetime | date | None:
    """When somebody answered; a date without a time is kept as one."""
    if authored is None:
        return None
    if not is_date(authored) and not is_moment(authored):
        faults.append(f"authored: expected a time with its zone, or a date, got {shown(authored)}.")
        return None
    text = str(authored)
    found = date.fromisoformat(text) if is_date(text) else from_iso(text)
    latest = now + timedelta(days=1)
    if found > (latest if isinstance(found, datetime) else latest.date()):
        faults.append(f"authored: {text} is more than a day ahead.")
    return found


@dataclass(frozen=True)
class _Place:
    """An item of a response, with the items within it: of each of its answers, if it has any."""

    question: SurveyQuestion
    path: str
    is_answered: bool
    """Be it wrongly."""
    within: tuple[tuple[_Place, ...], ...]


class _ResponseReading:
    """What was found so far: faults, and the values of each question."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        self.answered: list[AnsweredQuestion] = []
        self.given: dict[str, list[FhirValue]] = defaultdict(list)

    def read_items(
        self, given: dict[str, object], questions: tuple[SurveyQuestion, ...], path: str
    ) -> tuple[_Place, ...]:
        """Return the items of an object, which are to be among some questions."""
        items = given.get("item", [])
        if not isinstance(items, list) or len(items) > MOST_ANSWERS:
            text = f"expected a list of at most {MOST_ANSWERS}, got {shown(items)}"
            self.faults.append(f"{path}item: {text}.")
            return ()
        by_link_id = {question.link_id: question for question in questions}
        found: list[_Place] = []
        seen: set[str] = set()
        for position, item in enumerate(items):
            place = f"{path}item[{position}]"
            link_id = item.get("linkId") if isinstance(item, dict) else None
            question = by_link_id.get(link_id) if isinstance(link_id, str) else None
            if question is None:
                self.faults.append(f"{place}: the survey has no item {shown(link_id)} here.")
                continue
            place = f"{place} (linkId {link_id})"
            is_group = question.type is QuestionType.GROUP
            if question.link_id in seen and not (is_group and question.repeats):
                self.faults.append(f"{place}: it is there twice.")
            seen.add(question.link_id)
            found.append(self.read_item(item, question, place))
        return tuple(found)

    def read_item(self, item: dict[str, object], question: SurveyQuestion, place: str) -> _Place:
        """Return one item with what is in it."""
        answers = item.get("answer", [])
        if not isinstance(answers, list) or len(answers) > MOST_ANSWERS:
            text = f"expected a list of at most {MOST_ANSWERS}, got {shown(answers)}"
            self.faults.append(f"{place}: answer: {text}.")
            answers = []
        if not question.is_asked:
            if answers:
                self.faults.append(f"{place}: it takes no answer.")
            return _Place(
                question, place, False, (self.read_items(item, question.items, f"{place}."),)
            )
        if "item" in item:
            self.faults.append(f"{place}: items within a question belong into its answer.")
        if len(answers) > 1 and not question.repeats:
            self.faults.append(f"{place}: expected one answer, got {len(answers)}.")
        values, within = self.read_answers(answers, question, place)
        if values:
            self.answered.append(AnsweredQuestion(question, values))
            self.given[question.link_id] += values
        return _Place(question, place, bool(answers), within)

    def read_answers(
        self, answers: list[object], question: SurveyQuestion, place: str
    ) -> tuple[tuple[FhirValue, ...], tuple[tuple[_Place, ...], ...]]:
        """Return the values of a question, and the items within each of its answers."""
        values: list[FhirValue] = []
        within: list[tuple[_Place, ...]] = []
        for answer in answers:
            members = answer if isinstance(answer, dict) else {}
            names = [name for name in members if name.startswith("value")]
            if len(names) != 1:
                self.faults.append(f"{place}: an answer has one value[x].")
                continue
            try:
                values.append(read_value(question, names[0], members[names[0]]))
            except ValueError as error:
                self.faults.append(f"{place}: {error}")
            within.append(self.read_items(members, question.items, f"{place}."))
        return tuple(values), tuple(within)

    def check_asked(
        self,
        places: Iterable[_Place],
        questions: tuple[SurveyQuestion, ...],
        path: str,
        *,
        is_finished: bool,
    ) -> None:
        """Add a fault for each answer to what is not asked, and, if the response is finished, for
        each required question without an answer."""
        by_link_id: dict[str, list[_Place]] = defaultdict(list)
        for place in places:
            by_link_id[place.question.link_id].append(place)
        for question in questions:
            found = by_link_id[question.link_id]
            if not is_enabled(question, self.given):
                self.refuse_answers(found)
                continue
            if is_finished and question.required and not any(map(_has_answer, found)):
                self.faults.append(f"{path}(linkId {question.link_id}): it needs an answer.")
            for place in found:
                for some in place.within:
                    inner = f"{place.path}."
                    self.check_asked(some, question.items, inner, is_finished=is_finished)
            if question.type is QuestionType.GROUP and not found and not question.repeats:
                self.check_asked((), question.items, path, is_finished=is_finished)

    def refuse_answers(self, places: Iterable[_Place]) -> None:
        """Add a fault for each item with an answer: its question is not asked."""
        for place in places:
            if _has_answer(place):
                text = "it is not asked, because of other answers"
                self.faults.append(f"{place.path}: {text}.")


def _has_answer(place: _Place) -> bool:
    """Whether an item has an answer, itself or within."""
    return place.is_answered or any(_has_answer(inner) for some in place.within for inner in some)
