"""Django settings, read from the environment; docs/configuration.md lists the variables.

Two profiles: `sandbox` (default) starts with nothing configured, on this machine only;
`public` is for a server that others reach, and `manage.py check --deploy` guards it.
"""

import os
from pathlib import Path

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from hexostore import home

django_stubs_ext.monkeypatch()  # Django's generic classes take their parameters at run time too

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def choice(name: str, *values: str) -> str:
    """The value of variable `name`, one of `values`, the first by default."""
    value = str(env(name, default="")) or values[0]
    if value not in values:
        raise ImproperlyConfigured(f"{name} is {value!r}; it may be {' or '.join(values)}.")
    return value


def database(url: str) -> dict[str, object]:
    """The entry of DATABASES for `url`: connections stay open and are checked when used again."""
    return {**env.db_url_config(url), "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


def use_database(url: str) -> None:
    """Has this process, which is not connected yet, and its children use the database `url`."""
    os.environ["DATABASE_URL"] = url
    DATABASES["default"].update(database(url))


HEXOSTORE_PROFILE = choice("HEXOSTORE_PROFILE", "sandbox", "public")
HEXOSTORE_CONVENTIONS = choice("HEXOSTORE_CONVENTIONS", "hexoskin", "tastypie")
HEXOSTORE_ASYNC_FORMAT = choice("HEXOSTORE_ASYNC_FORMAT", "hxd", "csv")
HEXOSTORE_HOME = home.path(os.environ)
HEXOSTORE_HOSTS: list[str] = env.list("HEXOSTORE_HOSTS", default=[])
HEXOSTORE_TRUSTED_PROXIES: list[str] = env.list("HEXOSTORE_TRUSTED_PROXIES", default=[])
HEXOSTORE_SIGNATURE_WINDOW: int = env.int("HEXOSTORE_SIGNATURE_WINDOW", default=300)

_public = HEXOSTORE_PROFILE == "public"

HEXOSTORE_REDIRECT_HTTP: bool = env.bool("HEXOSTORE_REDIRECT_HTTP", default=_public)
HEXOSTORE_HTTPS_PORT: int = env.int("HEXOSTORE_HTTPS_PORT", default=443)

DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY: str = env("SECRET_KEY", default="") or home.secret_key(HEXOSTORE_HOME)
ALLOWED_HOSTS = [*HEXOSTORE_HOSTS, "localhost", "127.0.0.1", "[::1]"] if _public else ["*"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "django_filters",
    "django_typer",
    "hexostore",
    "apps.api",
    "apps.credentials",
    "apps.access",
    "apps.accounts",
    "apps.catalog",
    "apps.fitness",
    "apps.records",
    "apps.signals",
    "apps.simulation",
    "apps.bookkeeping",
    "apps.documents",
    "apps.sandbox",
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "hexostore.middleware.mark_as_mock",
    "hexostore.middleware.log_request",
    "hexostore.middleware.trust_proxies",
    "hexostore.middleware.redirect_http",
    "django.middleware.security.SecurityMiddleware",
    "apps.api.middleware.drain",
    "apps.api.middleware.refuse_chunks",
    "apps.api.middleware.single_slash",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "hexostore.urls"
WSGI_APPLICATION = "hexostore.wsgi.application"

# Commands that need the embedded Postgres start it and set DATABASE_URL (hexostore/cli.py).
DATABASES = {"default": database(env("DATABASE_URL", default="") or "postgresql:///hexostore")}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Mail goes where EMAIL_URL says; without one the sandbox keeps it for the developer to read, and
# a public server takes the SMTP server of its own machine.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env("HEXOSTORE_MAIL_FROM", default="hexostore@localhost")
if env("EMAIL_URL", default=""):
    globals().update(env.email_url("EMAIL_URL"))
elif not _public:
    EMAIL_BACKEND = "apps.sandbox.outbox.Backend"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
TEMPLATES: list[dict[str, object]] = []

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.credentials.authentication.HexoskinAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}

if _public:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # apps.documents forbids framing of its own pages, and there are no others
    "security.W003",  # no cookie is ever read, so none can be forged
]

DT_MANAGE_SCRIPT = "hexostore"
DT_RICH_TRACEBACK_CONFIG = None  # plain tracebacks: the rich ones print local variables

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # the 400 is in the request log
        "django.request": {"level": "ERROR"},  # 4xx are in the request log already
        "hexostore.request": {"level": env("HEXOSTORE_LOG_LEVEL", default="INFO")},
    },
}
