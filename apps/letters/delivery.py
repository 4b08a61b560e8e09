"""Handing a letter over to the mail server: the work of the jobs of kind `letter`.

A letter may arrive twice, if the worker dies between the server's yes and the end of its
transaction, but it is never lost.
"""

from __future__ import annotations

import smtplib
from typing import Any

from django.core.mail import EmailMessage

from apps.jobs.kinds import Failed, GiveUp, job_kind

KIND = "letter"
TRIES = 50
"""About two days with the waits between them: as long as the tokens in letters are good."""


@job_kind(KIND, tries=TRIES, secrets=("text",))
def deliver_letter(letter: dict[str, Any]) -> None:
    """Send a letter (`to`, `subject`, `text`) by EMAIL_BACKEND.

    Raises Failed if the server is away or does not take it now, GiveUp if it never will. What a
    server says is not repeated, since some quote the letter.
    """
    message = EmailMessage(letter["subject"], letter["text"], None, [letter["to"]])
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused_error(error, max(code for code, _ in error.recipients.values())) from None
    except smtplib.SMTPDataError as error:
        raise _refused_error(error, error.smtp_code) from None
    except OSError as error:  # smtplib's other errors are OSErrors too
        raise Failed(type(error).__name__) from None


def _refused_error(error: Exception, code: int) -> Failed:
    """What becomes of a letter that is refused: codes from 500 on are for good (RFC 5321,
    section 4.2.1)."""
    text = f"{type(error).__name__} {code}"
    return GiveUp(text) if code >= 500 else Failed(text)
