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
    INSERT INTO studies_question AS known
        (survey_id, link_id, text, type, required, repeats, position, former)
    SELECT NEW.id, link_id, coalesce(item ->> 'text', ''), coalesce(item ->> 'type', ''),
        coalesce(item -> 'required' = 'true', false), coalesce(item -> 'repeats' = 'true', false),
        number, false
    FROM studies_items(NEW.fhir_questionnaire) ORDER BY number
    ON CONFLICT (survey_id, link_id) DO UPDATE SET
        (text, type, required, repeats, position, former) = (EXCLUDED.text, EXCLUDED.type,
            EXCLUDED.required, EXCLUDED.repeats, EXCLUDED.position, false);
    UPDATE studies_question AS known SET parent_id = (
        SELECT question.id
        FROM studies_items(NEW.fhir_questionnaire) AS item JOIN studies_question AS question
            ON question.survey_id = NEW.id AND question.link_id = item.parent
        WHERE item.link_id = known.link_id
    ) WHERE survey_id = NEW.id;
    UPDATE studies_question SET former = true
    WHERE survey_id = NEW.id
        AND link_id NOT IN (SELECT link_id FROM studies_items(NEW.fhir_questionnaire));
    RETURN NULL;
END $$
"""
"""Writes the questions of a survey. One that the survey no longer has becomes a former one."""

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
    SELECT NEW.id, question.id, NEW.survey_id, NEW.study_id, NEW.user_id, NEW.moment, given.answer
    FROM studies_given(NEW.fhir_answer) AS given JOIN studies_question AS question
        ON question.survey_id = NEW.survey_id AND question.link_id = given.link_id
    WHERE given.answer <> '[]' ORDER BY given.number;
    RETURN NULL;
END $$
"""
"""Writes a row for each question that was answered."""

QUESTIONS_TRIGGER = """
CREATE TRIGGER keep_questions AFTER INSERT OR UPDATE OF fhir_questionnaire ON studies_survey
    FOR EACH ROW EXECUTE FUNCTION studies_keep_questions()
"""
ANSWERS_TRIGGER = """
CREATE TRIGGER keep_answers AFTER INSERT ON studies_surveyanswers
    FOR EACH ROW EXECUTE FUNCTION studies_keep_answers()
"""

MAKE = (ITEMS, QUESTIONS, GIVEN, ANSWERS, QUESTIONS_TRIGGER, ANSWERS_TRIGGER)
DROP = (
    "DROP TRIGGER keep_answers ON studies_surveyanswers",
    "DROP TRIGGER keep_questions ON studies_survey",
    "DROP FUNCTION studies_keep_answers",
    "DROP FUNCTION studies_given",
    "DROP FUNCTION studies_keep_questions",
    "DROP FUNCTION studies_items",
)
