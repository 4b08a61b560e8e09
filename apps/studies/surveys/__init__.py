"""Surveys, as pure functions without a database or a clock.

A survey is a FHIR R4 Questionnaire, which `questionnaire_reading` reads. `answers` holds the FHIR
QuestionnaireResponse of a subject against it.
"""
