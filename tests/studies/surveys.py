"""Questionnaires and answers to them, as FHIR JSON."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def question(link_id: str, kind: str = "boolean", **others: Any) -> Json:
    """An item of a questionnaire."""
    return {"linkId": link_id, "type": kind, "text": f"SurveyQuestion {link_id}?", **others}


def questionnaire(*items: Json) -> Json:
    """A questionnaire of some items."""
    return {"resourceType": "Questionnaire", "status": "active", "item": list(items)}


def coding(code: str, display: str | None = None) -> Json:
    """An option of a choice."""
    named = {} if display is None else {"display": display}
    return {"valueCoding": {"system": "urn:colours", "code": code, **named}}


def answer(link_id: str, *values: Json, **others: Any) -> Json:
    """An item of a response, with its values."""
    return {"linkId": link_id, "answer": list(values), **others}


def response(*items: Json, **others: Any) -> Json:
    """A completed response with some items."""
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "authored": "2020-07-14T09:30:00Z",
        "item": list(items),
        **others,
    }


SYMPTOMS = questionnaire(*(question(number) for number in "123"))
"""As the published example: three questions for yes or no."""

EVERYTHING = questionnaire(
    question("well", required=True),
    question(
        "body",
        "group",
        item=[
            question("weight", "decimal"),
            question("steps", "integer"),
            question("pain", "quantity"),
        ],
    ),
    question("born", "date"),
    question("slept", "dateTime"),
    question("woke", "time"),
    question("name", "string", maxLength=20),
    question("notes", "text", repeats=True),
    question("page", "url"),
    question("colour", "choice", answerOption=[coding("r", "Red"), coding("g", "Green")]),
    question("drinks", "choice", repeats=True, answerOption=[coding("t"), coding("c")]),
    question("mood", "open-choice", answerOption=[coding("good"), coding("bad")]),
    question("size", "choice", answerOption=[{"valueString": "S"}, {"valueString": "M"}]),
    question(
        "ill",
        item=[question("fever", "decimal", required=True), question("thanks", "display")],
        enableWhen=[{"question": "well", "operator": "=", "answerBoolean": False}],
    ),
)
