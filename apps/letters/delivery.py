"""Handing mail to the mail server: the jobs of kind `letter`.

A mail may arrive twice, if the worker dies after the server accepted it and before the transaction
ends. But it is never lost.
"""

from __future__ import annotations

import smtplib
from typing import Any

from django.core.mail import EmailMessage

from apps.jobs.kinds import Failed, GiveUp, job_kind

KIND = "letter"
TRIES = 50
"""About two days with the delays between them: as long as the tokens in mails are valid."""


@job_kind(KIND, tries=TRIES, secrets=("text",))
def deliver_letter(letter: dict[str, Any]) -> None:
    """Send a mail (`to`, `subject`, `text`) by EMAIL_BACKEND.

    Raise Failed if the server is away or does not accept it now, and GiveUp if it never will. The
    server's own text is not repeated, since it may quote the mail.
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
    """Return what happens to a refused mail: codes from 500 on are permanent (RFC 5321, section
    4.2.1)."""
    text = f"{type(error).__name__} {code}"
    return GiveUp(text) if code >= 500 else Failed(text)
