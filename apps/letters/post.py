"""The only way to send mail: it is counted, then stored in the transaction of its request.

A request that is rolled back has sent nothing, and no request waits for a mail server. If mail is
kept in the database anyway, as in a sandbox without EMAIL_URL, it is there at once.
"""

from __future__ import annotations

from django.conf import settings
from django.core.mail import get_connection
from django.http import HttpRequest

from apps.api.callers import STRANGER, Caller
from apps.credentials.basic import login_throttle
from apps.jobs import queue
from apps.letters.delivery import KIND, deliver_letter


def post_letter(
    request: HttpRequest, to: str, subject: str, text: str, sender: Caller = STRANGER
) -> None:
    """Send a mail, unless `to` is empty, as it is for users without an address. `sender` is the
    user who causes it, or STRANGER.

    Raise TooManyRequests if a public server has sent too many to that address, or for that sender
    (apps/credentials/basic/login_throttle.py).
    """
    if not to:
        return
    login_throttle.count_letter(request, to, sender)
    letter = {"to": to, "subject": subject, "text": text}
    if getattr(get_connection(), "is_transactional", False):
        deliver_letter(letter)
    else:
        queue.add_job(KIND, letter)


def absolute_url(request: HttpRequest, path: str) -> str:
    """Return the URL of a path here, for a mail.

    A public server uses the first of HEXOSTORE_HOSTS. The Host header of the request is chosen by
    its sender, who is not the reader of the mail.
    """
    if settings.HEXOSTORE_PROFILE != "public" or not settings.HEXOSTORE_HOSTS:
        return request.build_absolute_uri(path)
    return f"https://{own_hosts()[0]}{_public_port()}{path}"


def own_hosts() -> list[str]:
    """Return the names of this server, without the dot that means subdomains."""
    return [host.removeprefix(".").lower() for host in settings.HEXOSTORE_HOSTS]


def _public_port() -> str:
    """Return the port for a URL. Behind a proxy it is that of the proxy, which is the default
    one."""
    port = settings.HEXOSTORE_HTTPS_PORT
    return "" if port == 443 or settings.HEXOSTORE_TRUSTED_PROXIES else f":{port}"
