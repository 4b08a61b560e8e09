"""Django settings, read from the environment; docs/configuration.md lists the variables.

Two profiles: `sandbox` (default) starts with nothing configured, on this machine only;
`public` is for a server that others reach, and `manage.py check --deploy` guards it.
"""

import os
import re

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from hexostore import bundle, home, loading, object_urls, trace_variables
from hexostore.database_urls import parse_url, split_urls
from hexostore.direct import DIRECT_VARIABLE, has_pool

bundle.put_first_on_path()  # whoever runs this program reads its settings first

# The toolkit uses these to send requests to other servers, and REST framework to write schemas. Our
# servers do neither, and loading them takes a fifteenth of a start.
loading.put_off("requests", "urllib3", "yaml")

django_stubs_ext.monkeypatch()  # Django's generic classes take their parameters at run time too

env = environ.Env()
_LONGEST_KEPT = 36_500  # days
_MOST_DIGITS = 1_000  # of a number, below what int() reads
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?|null")
BASE_DIR = bundle.FOLDER


def read_choice(name: str, *values: str) -> str:
    """Return the value of variable `name`, one of `values`; the first is the default."""
    value = str(env(name, default="")) or values[0]
    if value not in values:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be {' or '.join(values)}.")
    return value


def whole_number(name: str, default: int, most: int | None = None) -> int:
    """Return the value of variable `name`, a number in digits, which is `most` at the most."""
    value = str(env(name, default=""))
    if not value:
        return default
    if not (value.isascii() and value.isdecimal()):
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.")
    if most is not None and (len(value) > _MOST_DIGITS or int(value) > most):
        raise ImproperlyConfigured(f"{name} is {value}; it must be at most {most}.")
    return int(value)


def days_kept(name: str, default: int) -> int:
    """Return the value of variable `name`: for how many days something is kept, 0 for ever."""
    return whole_number(name, default, _LONGEST_KEPT)


def read_origins(name: str, default: str) -> frozenset[str]:
    """Return the origins in variable `name`, in small letters: `*` for every, none for `off`."""
    words = (str(env(name, default="")) or default).lower().replace(",", " ").split()
    if words in (["*"], ["off"]):
        return frozenset(words) - {"off"}
    for word in words:
        if not _ORIGIN.fullmatch(word):
            raise ImproperlyConfigured(
                f"{name} (serve --cors) has {word!r}; it must be * or off, or origins such as "
                "http://localhost:3000, separated by commas."
            )
    return frozenset(map(_as_browsers_write, words))


def _as_browsers_write(origin: str) -> str:
    """Return an origin without the usual port of its scheme, which browsers leave out."""
    usual = ":443" if origin.startswith("https:") else ":80"
    return origin.removesuffix(usual)


def database_entry(
    url: str, variable: str = "DATABASE_URL", *, prepares: bool | None = None
) -> dict[str, object]:
    """Return the entry of DATABASES for `url`; connections stay open between requests.

    The URL may contain a password, so an error about a malformed one does not show it. It names
    `variable` instead. Unless `prepares` says it, the setting decides whether statements are
    prepared.
    """
    found = parse_url(url, variable)
    if prepares is None:
        prepares = HEXOSTORE_PREPARED_STATEMENTS
    options = {"prepare_threshold": 1 if prepares else None}
    return {
        **found,
        "ENGINE": "hexostore.database",
        "CONN_MAX_AGE": None,
        "OPTIONS": {**options, **found.get("OPTIONS", {})},
    }


def replica_entries(urls: str) -> list[dict[str, object]]:
    """Return the entries of the URLs in DATABASE_REPLICA_URLS, which blanks or commas separate."""
    return [database_entry(url, "DATABASE_REPLICA_URLS") for url in split_urls(urls)]


IS_PREPARED_SAID = bool(env("HEXOSTORE_PREPARED_STATEMENTS", default=""))

HEXOSTORE_PREPARED_STATEMENTS: bool = env.bool("HEXOSTORE_PREPARED_STATEMENTS", default=True)
HEXOSTORE_PROFILE = read_choice("HEXOSTORE_PROFILE", "sandbox", "public")
HEXOSTORE_CONVENTIONS = read_choice("HEXOSTORE_CONVENTIONS", "hexoskin", "tastypie")
HEXOSTORE_LIMITS = read_choice("HEXOSTORE_LIMITS", "off", "as-documented", "tiny")
HEXOSTORE_PROCESSING = read_choice("HEXOSTORE_PROCESSING", "automatic", "hold")
HEXOSTORE_LOG_FORMAT = read_choice("HEXOSTORE_LOG_FORMAT", "text", "json")
HEXOSTORE_JOURNAL_LIMIT = whole_number("HEXOSTORE_JOURNAL_LIMIT", 1000)
HEXOSTORE_CHUNKS = object_urls.checked(str(env("HEXOSTORE_CHUNKS", default="")))
HEXOSTORE_CHUNKS_LOOSE_HOURS = whole_number("HEXOSTORE_CHUNKS_LOOSE_HOURS", 168, 24 * _LONGEST_KEPT)
HEXOSTORE_HOME = home.home_path(os.environ)
HEXOSTORE_HOSTS: list[str] = env.list("HEXOSTORE_HOSTS", default=[])
HEXOSTORE_TRUSTED_PROXIES: list[str] = env.list("HEXOSTORE_TRUSTED_PROXIES", default=[])
HEXOSTORE_SIGNATURE_WINDOW = whole_number("HEXOSTORE_SIGNATURE_WINDOW", 300)

# The largest file that can be imported, packed or not, and the longest time that it can be about.
HEXOSTORE_IMPORT_BYTES = whole_number("HEXOSTORE_IMPORT_MEGABYTES", 64) * 2**20
HEXOSTORE_IMPORT_DAYS = whole_number("HEXOSTORE_IMPORT_DAYS", 31)
HEXOSTORE_FILE_PATHS = frozenset(
    f"/{prefix}/{name}" for prefix in ("api", "api/v1") for name in ("import", "importfile")
)

# Days; 0 for ever.
HEXOSTORE_KEEP_ACTIVITYLOG = days_kept("HEXOSTORE_KEEP_ACTIVITYLOG", 0)
HEXOSTORE_KEEP_IMPORTS = days_kept("HEXOSTORE_KEEP_IMPORTS", 0)
HEXOSTORE_KEEP_REPORTS = days_kept("HEXOSTORE_KEEP_REPORTS", 0)
HEXOSTORE_KEEP_JOBS = days_kept("HEXOSTORE_KEEP_JOBS", 7)

_public = HEXOSTORE_PROFILE == "public"

HEXOSTORE_STATEMENT_TIMEOUT = whole_number("HEXOSTORE_STATEMENT_TIMEOUT", 10 if _public else 30)

HEXOSTORE_SLOW_STATEMENTS = whole_number("HEXOSTORE_SLOW_STATEMENTS", 0)  # milliseconds; 0: none
HEXOSTORE_TRACING = trace_variables.are_asked_for(os.environ)

HEXOSTORE_REDIRECT_HTTP: bool = env.bool("HEXOSTORE_REDIRECT_HTTP", default=_public)
HEXOSTORE_CORS = read_origins("HEXOSTORE_CORS", default="off" if _public else "*")
if _public and HEXOSTORE_CORS:
    raise ImproperlyConfigured("HEXOSTORE_CORS is for the sandbox; the public profile has none.")
HEXOSTORE_SANDBOX_OPEN: bool = env.bool("HEXOSTORE_SANDBOX_OPEN", default=False)
HEXOSTORE_HTTP_PORT = whole_number("HEXOSTORE_HTTP_PORT", 80)
HEXOSTORE_HTTPS_PORT = whole_number("HEXOSTORE_HTTPS_PORT", 443)

DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY: str = env("SECRET_KEY", default="") or home.secret_key(HEXOSTORE_HOME)
ALLOWED_HOSTS = ["*"]  # apps/api/hosts.py decides

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "oauth2_provider",
    "rest_framework",
    "django_filters",
    "django_typer",
    "hexostore",
    "apps.api",
    "apps.jobs",
    "apps.credentials",
    "apps.letters",
    "apps.enrolment",
    "apps.access",
    "apps.accounts",
    "apps.catalog",
    "apps.fitness",
    "apps.records",
    "apps.tracks",
    "apps.signals",
    "apps.metrics",
    "apps.exchange",
    "apps.studies",
    "apps.simulation",
    "apps.bookkeeping",
    "apps.documents",
    "apps.control",
    "apps.sandbox",
    "apps.console",
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "apps.console.readable.show_answers",
    "hexostore.middleware.mark_as_mock",
    "hexostore.middleware.guard_pages",
    "hexostore.request_ids.give_ids",
    "apps.control.access_log.log_request",
    "hexostore.middleware.trust_proxies",
    "apps.api.cross_origin.share_with_pages",
    "apps.control.entering.enter_sandbox",
    "apps.api.middleware.note_writes",
    "apps.control.journal.middleware.keep_journal",
    "apps.credentials.refusals.refusal_log.log_refusals",
    "apps.control.injecting.inject_faults",
    "apps.api.hosts.refuse_other_hosts",
    "hexostore.middleware.redirect_http",
    "apps.api.origins.refuse_forgeries",
    "django.middleware.security.SecurityMiddleware",
    "apps.api.middleware.refuse_chunks",
    "apps.api.middleware.single_slash",
    "django.middleware.common.CommonMiddleware",
]
if HEXOSTORE_TRACING:
    after = MIDDLEWARE.index("hexostore.request_ids.give_ids") + 1
    MIDDLEWARE.insert(after, "hexostore.tracing.trace_requests")
ROOT_URLCONF = "hexostore.urls"
WSGI_APPLICATION = "hexostore.wsgi.application"

# Commands that need the embedded Postgres start it and set DATABASE_URL (hexostore/cli.py).
# Where a pooler is in front of the database, everything but the requests goes past it (`use_pool`).
if has_pool() and not os.environ.get("DATABASE_URL"):
    raise ImproperlyConfigured("DATABASE_DIRECT_URL is set, and DATABASE_URL is not.")
DATABASES = {
    "default": (
        database_entry(env("DATABASE_DIRECT_URL"), DIRECT_VARIABLE)
        if has_pool()
        else database_entry(env("DATABASE_URL", default="") or "postgresql:///hexostore")
    )
}

# Streaming replicas of the server in DATABASE_URL, which reads go to (docs/replicas.md).
HEXOSTORE_REPLICAS = replica_entries(env("DATABASE_REPLICA_URLS", default=""))
if HEXOSTORE_REPLICAS and not env("DATABASE_URL", default=""):
    raise ImproperlyConfigured("DATABASE_REPLICA_URLS needs DATABASE_URL, which they follow.")
HEXOSTORE_REPLICA_LAG = whole_number("HEXOSTORE_REPLICA_LAG", 10, 86_400)  # seconds

FILE_UPLOAD_HANDLERS = ["hexostore.uploads.Refusing"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Mail goes where EMAIL_URL says. Without it, the sandbox keeps mail for the developer to read, and
# a public server uses the SMTP server of its own machine.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env("HEXOSTORE_MAIL_FROM", default="hexostore@localhost")
if env("EMAIL_URL", default=""):
    globals().update(env.email_url("EMAIL_URL"))
elif not _public:
    EMAIL_BACKEND = "apps.sandbox.outbox.Backend"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
TEMPLATES: list[dict[str, object]] = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
]

# Only the login and consent pages have sessions and CSRF tokens. Their views wrap the middleware
# around themselves, and the API never looks at a cookie.
SESSION_COOKIE_NAME = "hexostore_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "hexostore_form"
CSRF_COOKIE_AGE = None  # until the browser is closed
CSRF_FAILURE_VIEW = "apps.credentials.consent.pages.answer_forged_form"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.credentials.authentication.HexoskinAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": ["apps.credentials.rate_limits.limits.Limit"],
    "UNAUTHENTICATED_USER": None,
}

OAUTH2_PROVIDER_APPLICATION_MODEL = "credentials.Client"
OAUTH2_PROVIDER = {
    "SCOPES": {
        "readonly": "See your account, your records and everything else that you can see",
        "readwrite": "See all that, and add, change and delete it in your name",
    },
    "DEFAULT_SCOPES": ["readonly"],
    "READ_SCOPE": "readonly",
    "WRITE_SCOPE": "readwrite",
    "PKCE_REQUIRED": False,  # no published client sends it (wire 1.7)
    "REQUEST_APPROVAL_PROMPT": "auto",
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 36_000,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 30 * 86_400,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"] if _public else ["https", "http"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": [
        "authorization_code",
        "implicit",
        "password",
        "client_credentials",
        "refresh_token",
    ],
    "OIDC_ENABLED": False,
    "DCR_ENABLED": False,
    "CIMD_ENABLED": False,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": _public,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
}

if _public:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # apps.documents forbids framing of its own pages, and there are no others
    "security.W003",  # the few pages that read a cookie bring the middleware themselves
    # The real service does this although a careful one would not (RFC 9700), because clients need
    # it.
    "oauth2_provider.W001",  # the implicit grant
    "oauth2_provider.W002",  # the password grant
    "oauth2_provider.W003",  # PKCE with the challenge in clear, as RFC 7636 allows
    "oauth2_provider.W005",  # no `iss` in answers: clients break on a key they do not know
    "oauth2_provider.W010",  # codes without PKCE
]

DT_MANAGE_SCRIPT = "hexostore"
DT_RICH_TRACEBACK_CONFIG = None  # plain tracebacks: the rich ones print local variables

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "hexostore.log_lines.PlainFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "hexostore.log_lines.JsonFormatter"},
    },
    "filters": {
        "unlogged": {"()": "hexostore.outages.Unlogged"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": HEXOSTORE_LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Mistakes of clients: the 400 is in the request log, and a traceback says nothing more.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.security.RequestDataTooBig": {"level": "CRITICAL"},
        "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
        "django.security.TooManyFilesSent": {"level": "CRITICAL"},
        # Refusals are already in the request log.
        "django.request": {"level": "ERROR", "filters": ["unlogged"]},
        "hexostore.request": {
            "level": read_choice("HEXOSTORE_LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR")
        },
    },
}
