"""A questionnaire from FHIR JSON, or everything that is wrong with it (studies 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from apps.studies.json_values import is_storable, shown
from apps.studies.surveys.questionnaire import (
    EnablingCondition,
    FhirValue,
    Questionnaire,
    QuestionType,
    SurveyError,
    SurveyQuestion,
)
from apps.studies.surveys.values import FORMS, check_form

T = TypeVar("T")

MOST_ITEMS = 1000
LONGEST_LINK_ID = 255
RESERVED = frozenset(("survey", "study", "subject", "user", "authored", "status"))
"""What CSV files of answers call their other columns."""
OPERATORS = frozenset(("exists", "=", "!=", ">", "<", ">=", "<="))
WITH_OPTIONS = frozenset(
    (
        *(QuestionType.CHOICE, QuestionType.OPEN_CHOICE, QuestionType.INTEGER, QuestionType.DATE),
        *(QuestionType.TIME, QuestionType.STRING, QuestionType.TEXT),
    )
)


def read_questionnaire(given: object) -> Questionnaire:
    """Return the questionnaire in a FHIR resource. Raise SurveyError with everything that is wrong.

    What has no bearing on answers, such as extensions and initial values, is not looked at.
    """
    if not isinstance(given, dict) or given.get("resourceType") != "Questionnaire":
        raise SurveyError(["resourceType: expected a FHIR Questionnaire."])
    if not is_storable(given):
        raise SurveyError(["It has letters, numbers or levels that cannot be stored."])
    reading = _QuestionnaireReading()
    items = tuple(reading.read_items(given, "", required=True))
    reading.check_conditions()
    if reading.faults:
        raise SurveyError(reading.faults)
    return Questionnaire(items)


class _QuestionnaireReading:
    """What was found so far: questions by linkId, with their places, and faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.found: dict[str, tuple[str, SurveyQuestion]] = {}

    def read_items(
        self, given: dict[str, Any], path: str, *, required: bool
    ) -> Iterator[SurveyQuestion]:
        """Yield the items of an object; without them there is a fault if they are required."""
        items = given.get("item", [])
        if not isinstance(items, list) or (required and not items):
            self.faults.append(f"{path}item: expected a list of items.")
            return
        for position, item in enumerate(items):
            place = f"{path}item[{position}]"
            if len(self.found) >= MOST_ITEMS:
                self.faults.append(f"{place}: a survey has at most {MOST_ITEMS} items.")
                return
            if isinstance(item, dict):
                yield self.read_item(item, place)
            else:
                self.faults.append(f"{place}: expected an object, got {shown(item)}.")

    def read_item(self, item: dict[str, Any], place: str) -> SurveyQuestion:
        """Return an item. It means nothing if it has faults."""
        link_id = item.get("linkId")
        if isinstance(link_id, str):
            place = f"{place} (linkId {link_id})"
        kind = self._type(item, place)
        question = SurveyQuestion(
            link_id=self._link_id(link_id, place),
            type=kind,
            text=self._of(item, "text", str, place) or "",
            required=bool(self._of(item, "required", bool, place)),
            repeats=bool(self._of(item, "repeats", bool, place)),
            max_length=self._of(item, "maxLength", int, place),
            options=tuple(self._options(item, kind, place)),
            conditions=tuple(self._conditions(item, place)),
            any_condition=item.get("enableBehavior") == "any",
            items=tuple(self.read_items(item, f"{place}.", required=kind is QuestionType.GROUP)),
        )
        if kind is QuestionType.DISPLAY and (question.items or question.required):
            self.faults.append(f"{place}: a display item has no items and is not required.")
        self.found[question.link_id] = place, question
        return question

    def check_conditions(self) -> None:
        """Add a fault for each condition whose question does not exist, or is the same."""
        for place, question in self.found.values():
            for condition in question.conditions:
                other = self.found.get(condition.link_id)
                if other is None or other[1] is question or not other[1].is_asked:
                    name = shown(condition.link_id)
                    self.faults.append(f"{place}: enableWhen names no other question: {name}.")

    def _link_id(self, link_id: object, place: str) -> str:
        if not isinstance(link_id, str) or not link_id.strip() or len(link_id) > LONGEST_LINK_ID:
            self.faults.append(f"{place}: linkId: expected a text, got {shown(link_id)}.")
            return f"{place} without linkId"
        if link_id in self.found:
            self.faults.append(f"{place}: linkId {shown(link_id)} is there twice.")
        if link_id in RESERVED:
            self.faults.append(f"{place}: CSV files have another column of this name.")
        return link_id

    def _type(self, item: dict[str, Any], place: str) -> QuestionType:
        try:
            return QuestionType(str(item.get("type")))
        except ValueError:
            known = ", ".join(QuestionType)
            text = f"{place}: type: expected one of {known}, got {shown(item.get('type'))}."
            self.faults.append(text)
            return QuestionType.DISPLAY if "item" not in item else QuestionType.GROUP

    def _of(self, item: dict[str, Any], name: str, kind: type[T], place: str) -> T | None:
        """A member of an item; None if it is absent or of another type."""
        value = item.get(name)
        if value is None:
            return None
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        self.faults.append(f"{place}: {name}: expected {kind.__name__}, got {shown(value)}.")
        return None

    def _options(self, item: dict[str, Any], kind: QuestionType, place: str) -> Iterator[FhirValue]:
        options = item.get("answerOption", [])
        is_choice = kind in {QuestionType.CHOICE, QuestionType.OPEN_CHOICE}
        if is_choice and not options and "answerValueSet" not in item:
            self.faults.append(f"{place}: a choice needs answerOption.")
        if not isinstance(options, list) or (options and kind not in WITH_OPTIONS):
            self.faults.append(f"{place}: answerOption: not expected for {kind}.")
            return
        for position, option in enumerate(options):
            if found := self._value(option, "value", f"{place}: answerOption[{position}]"):
                yield found

    def _conditions(self, item: dict[str, Any], place: str) -> Iterator[EnablingCondition]:
        given = item.get("enableWhen", [])
        if not isinstance(given, list):
            self.faults.append(f"{place}: enableWhen: expected a list.")
            return
        if len(given) > 1 and item.get("enableBehavior") not in ("all", "any"):
            self.faults.append(f"{place}: enableBehavior: expected all or any.")
        for position, each in enumerate(given):
            where = f"{place}: enableWhen[{position}]"
            value = self._value(each, "answer", where)
            if value is None:
                continue
            operator, link_id = each.get("operator"), each.get("question")
            if not isinstance(link_id, str) or shown(operator).strip('"') not in OPERATORS:
                self.faults.append(f"{where}: expected a question and an operator.")
            elif operator == "exists" and not isinstance(value.value, bool):
                self.faults.append(f"{where}: exists needs answerBoolean.")
            else:
                yield EnablingCondition(link_id, operator, value)

    def _value(self, given: object, prefix: str, place: str) -> FhirValue | None:
        """The one value[x] or answer[x] of an object, under its name value[x]."""
        members = given if isinstance(given, dict) else {}
        names = [name for name in members if name.replace(prefix, "value", 1) in FORMS]
        if len(names) != 1:
            self.faults.append(f"{place}: expected one {prefix}[x].")
            return None
        name = names[0].replace(prefix, "value", 1)
        try:
            check_form(name, members[names[0]])
        except ValueError as error:
            self.faults.append(f"{place}: {error}")
            return None
        return FhirValue(name, members[names[0]])
