"""What a questionnaire has to be, so that answers can be held against it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.surveys.questionnaire import QuestionType, SurveyError
from apps.studies.surveys.questionnaire_reading import MOST_ITEMS, read_questionnaire
from tests.studies.hypotheses import many
from tests.studies.surveys import EVERYTHING, SYMPTOMS, coding, question, questionnaire


def faults(*items: Any) -> list[str]:
    """What is said of a questionnaire of some items."""
    try:
        read_questionnaire(questionnaire(*items))
    except SurveyError as error:
        return error.texts
    return []


@pytest.mark.rule("studies 7")
def test_the_published_survey() -> None:
    read = read_questionnaire(SYMPTOMS)
    assert [(each.link_id, each.type) for each in read.items] == [
        (number, QuestionType.BOOLEAN) for number in "123"
    ]


def test_questions_are_in_the_order_of_the_survey() -> None:
    read = read_questionnaire(EVERYTHING)
    assert list(read.by_link_id)[:5] == ["well", "body", "weight", "steps", "pain"]
    asked = [each.link_id for each in read.asked]
    assert asked[:4] == ["well", "weight", "steps", "pain"]
    assert asked[-2:] == ["ill", "fever"]


when = {"question": "1", "operator": "=", "answerBoolean": True}


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize(
    ("item", "text"),
    [
        (question("2", "attachment"), "item[1] (linkId 2): type: expected one of group, display"),
        (question("2", "group"), "item[1] (linkId 2).item: expected a list of items."),
        (question("2", "display", required=True), "a display item has no items"),
        (question("2", "choice"), "a choice needs answerOption."),
        (question("2", answerOption=[coding("a")]), "answerOption: not expected for boolean."),
        (question("2", "choice", answerOption=[{}]), "answerOption[0]: expected one value[x]."),
        (question("2", "choice", answerOption=[{"valueCoding": {}}]), "is no valueCoding."),
        (question("2", "choice", answerOption=["a"]), "answerOption[0]: expected one value[x]."),
        (question("2", required="yes"), 'required: expected bool, got "yes".'),
        (question("2", "string", maxLength=True), "maxLength: expected int, got true."),
        (question("1"), 'linkId "1" is there twice.'),
        (question("authored"), "CSV files have another column of this name."),
        ({"type": "boolean"}, "item[1]: linkId: expected a text, got null."),
        (question("2", enableWhen=[{**when, "question": "9"}]), 'names no other question: "9".'),
        (question("2", enableWhen=[{**when, "question": "2"}]), 'names no other question: "2".'),
        (question("2", enableWhen=[when, when]), "enableBehavior: expected all or any."),
        (question("2", enableWhen=[{**when, "operator": "~"}]), "expected a question and an"),
        (question("2", enableWhen=[{**when, "operator": []}]), "expected a question and an"),
        (question("2", enableWhen=[{**when, "answerInteger": 1}]), "expected one answer[x]."),
        (question("2", enableWhen={}), "enableWhen: expected a list."),
        (
            question("2", enableWhen=[{"question": "1", "operator": "exists", "answerInteger": 1}]),
            "exists needs answerBoolean.",
        ),
        (3, "item[1]: expected an object, got 3."),
    ],
)
def test_what_a_question_cannot_be(item: Any, text: str) -> None:
    (said,) = faults(question("1"), item)
    assert text in said


def test_all_faults_are_said_at_once() -> None:
    inner = question("3", "group", item=[question("4", "colour"), question("1")])
    assert [text.partition(": ")[0] for text in faults(question("1", "x"), inner)] == [
        "item[0] (linkId 1)",
        "item[1] (linkId 3).item[0] (linkId 4)",
        "item[1] (linkId 3).item[1] (linkId 1)",
    ]


@pytest.mark.parametrize(
    "given", [None, [], {}, {"resourceType": "Patient"}, questionnaire(), {**SYMPTOMS, "item": {}}]
)
def test_what_is_no_questionnaire(given: Any) -> None:
    with pytest.raises(SurveyError):
        read_questionnaire(given)


def test_how_long_a_questionnaire_may_be() -> None:
    many = [question(str(number)) for number in range(MOST_ITEMS + 1)]
    assert faults(*many[:MOST_ITEMS]) == []
    assert len(faults(*many)) == 1


members = st.sampled_from(
    ["linkId", "type", "item", "required", "answerOption", "enableWhen", "question", "operator"]
)
texts = st.sampled_from([*QuestionType, "1", "2", "=", "exists", "valueCoding", "code"]) | st.text()
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(members | texts, inner, max_size=6),
    max_leaves=25,
)


@many
@given(junk)
def test_any_json_is_a_questionnaire_or_refused(item: Any) -> None:
    assert isinstance(faults(item), list)
    assert isinstance(faults(*item if isinstance(item, list) else [item]), list)
