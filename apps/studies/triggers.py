"""The SQL that keeps a row for each question of a survey, and for each answer to one.

Triggers do it, so that no way of writing is missed: seeds, pages and requests. Migrations run it.
"""

from __future__ import annotations

ITEMS = """
CREATE FUNCTION studies_items(questionnaire jsonb)
    RETURNS TABLE (link_id text, parent text, item jsonb, number bigint)
    LANGUAGE sql IMMUTABLE AS $$
    WITH RECURSIVE found AS (
        SELECT each.item, ARRAY[each.place] AS places, NULL::text AS parent
        FROM jsonb_path_query(questionnaire, 'lax $.item[*] ? (exists (@.linkId))')
            WITH ORDINALITY AS each (item, place)
        UNION ALL
        SELECT each.item, found.places || each.place, found.item ->> 'linkId'
        FROM found, jsonb_path_query(found.item, 'lax $.item[*] ? (exists (@.linkId))')
            WITH ORDINALITY AS each (item, place)
    )
    SELECT item ->> 'linkId', parent, item, row_number() OVER (ORDER BY places) FROM found
$$
"""
"""The items of a questionnaire, those of groups behind their group."""

QUESTIONS = """
CREATE FUNCTION studies_keep_questions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO studies_surveyitem AS known
        (survey_id, link_id, text, type, required, repeats, position, former)
    SELECT fresh.id, found.link_id, coalesce(item ->> 'text', ''), coalesce(item ->> 'type', ''),
        coalesce(item -> 'required' = 'true', false), coalesce(item -> 'repeats' = 'true', false),
        number, false
    FROM fresh CROSS JOIN LATERAL studies_items(fresh.fhir_questionnaire) AS found
    ORDER BY fresh.id, number
    ON CONFLICT (survey_id, link_id) DO UPDATE SET
        (text, type, required, repeats, position, former) = (EXCLUDED.text, EXCLUDED.type,
            EXCLUDED.required, EXCLUDED.repeats, EXCLUDED.position, false);
    UPDATE studies_surveyitem AS known SET parent_id = parent.id
    FROM fresh CROSS JOIN LATERAL studies_items(fresh.fhir_questionnaire) AS found
        LEFT JOIN studies_surveyitem AS parent
            ON parent.survey_id = fresh.id AND parent.link_id = found.parent
    WHERE known.survey_id = fresh.id AND known.link_id = found.link_id
        AND known.parent_id IS DISTINCT FROM parent.id;
    IF TG_OP = 'UPDATE' THEN
        UPDATE studies_surveyitem AS known SET former = true
        FROM fresh
        WHERE known.survey_id = fresh.id AND NOT known.former AND NOT EXISTS (
            SELECT FROM studies_items(fresh.fhir_questionnaire) AS found
            WHERE found.link_id = known.link_id
        );
    END IF;
    RETURN NULL;
END $$
"""
"""Writes the questions of surveys. One that its survey no longer has becomes a former one."""

GIVEN = """
CREATE FUNCTION studies_given(response jsonb)
    RETURNS TABLE (link_id text, answer jsonb, number bigint) LANGUAGE sql IMMUTABLE AS $$
    WITH RECURSIVE found AS (
        SELECT each.item, ARRAY[each.place] AS places
        FROM jsonb_path_query(response, 'lax $.item[*]') WITH ORDINALITY AS each (item, place)
        UNION ALL
        SELECT each.item, found.places || each.kind || each.place
        FROM found CROSS JOIN LATERAL (
            SELECT 0::bigint, * FROM jsonb_path_query(found.item, 'lax $.item[*]')
                WITH ORDINALITY
            UNION ALL
            SELECT 1::bigint, * FROM jsonb_path_query(found.item, 'lax $.answer[*].item[*]')
                WITH ORDINALITY
        ) AS each (kind, item, place)
    )
    SELECT item ->> 'linkId', jsonb_path_query_array(item, 'lax $.answer[*]'),
        row_number() OVER (ORDER BY places)
    FROM found
$$
"""
"""The items of a response with their answers, in its order."""

ANSWERS = """
CREATE FUNCTION studies_keep_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO studies_surveyanswer
        (surveyanswers_id, question_id, survey_id, study_id, user_id, moment, answer)
    SELECT fresh.id, question.id, fresh.survey_id, fresh.study_id, fresh.user_id, fresh.moment,
        given.answer
    FROM fresh CROSS JOIN LATERAL studies_given(fresh.fhir_answer) AS given
        JOIN studies_surveyitem AS question
            ON question.survey_id = fresh.survey_id AND question.link_id = given.link_id
    WHERE given.answer <> '[]' ORDER BY fresh.id, given.number;
    RETURN NULL;
END $$
"""
"""Writes a row for each question that was answered."""

_TRIGGER = """
CREATE TRIGGER {} AFTER {} ON {} REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION {}()
"""
"""For all rows of a statement at once, because a file of answers has thousands."""

TRIGGERS = (
    _TRIGGER.format("add_questions", "INSERT", "studies_survey", "studies_keep_questions"),
    _TRIGGER.format("keep_questions", "UPDATE", "studies_survey", "studies_keep_questions"),
    _TRIGGER.format("keep_answers", "INSERT", "studies_surveyanswers", "studies_keep_answers"),
)

MAKE = (ITEMS, QUESTIONS, GIVEN, ANSWERS, *TRIGGERS)
DROP = (
    "DROP TRIGGER keep_answers ON studies_surveyanswers",
    "DROP TRIGGER keep_questions ON studies_survey",
    "DROP TRIGGER add_questions ON studies_survey",
    "DROP FUNCTION studies_keep_answers",
    "DROP FUNCTION studies_given",
    "DROP FUNCTION studies_keep_questions",
    "DROP FUNCTION studies_items",
)
