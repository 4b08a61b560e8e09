"""People and their profiles: account, user, profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import django_filters
from django.db.models import Q, QuerySet

from apps.access.models import PROFILE
from apps.access.visibility import Myself, OwnedBy
from apps.accounts import zones
from apps.accounts.models import Profile, User
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.bounds import LONGEST_SEARCH, MOST_WORDS
from apps.api.context import Context
from apps.api.derived import URI
from apps.api.errors import BadRequest, InvalidFields
from apps.api.fields import JSON, Boolean, Column, Date, Field, Id, Measure, Null, Text
from apps.api.lookups import ALL_WITH_RELATIONS, KEY
from apps.api.relations import ToOne
from apps.api.resources import GET, PATCH, PUT, ModelResource
from apps.api.versions import Version
from hexostore import clock

UNIT_SYSTEMS = ("metric", "imperial")
GENDERS = ("", "M", "F")
EARLIEST = date(1900, 1, 1)
BOUNDS = {"height": (0.3, 2.8, "m"), "weight": (1, 700, "kg")}
"""The smallest and largest values of a person, with some room."""
NAME = ["exact", "in", "startswith"]


class UnitSystem(Text):
    """`metric` or `imperial`; the published schema calls it an integer."""

    type = "integer"

    def convert(self, value: JSONValue, column: Column) -> str:
        if value not in UNIT_SYSTEMS:
            raise self.wrong(" or ".join(UNIT_SYSTEMS), value)
        return str(value)


def person_fields() -> dict[str, Field]:
    """Return the fields that account and user share, the URI included (wire 1.4)."""
    return {
        "email": Text(
            blank=True, readonly=True, unique=True, help="The address that the user logs in with."
        ),
        "first_name": Text(blank=True, default="", help="The given name."),
        "id": Id(readonly=True, unique=True),
        "last_name": Text(blank=True, default="", help="The family name."),
        "resource_uri": URI("user"),
        "username": Text(
            blank=True,
            readonly=True,
            unique=True,
            help="A second name to log in with, given by the server.",
        ),
    }


class UserArguments(django_filters.FilterSet):  # type: ignore[misc]
    """`search`: parts of names or of the e-mail address, one or more words in any order."""

    search = django_filters.CharFilter(method="by_text")

    def by_text(self, rows: QuerySet[User], name: str, text: str) -> QuerySet[User]:
        """Return the users whose names or e-mail contain every word of the text, in any case."""
        words = text.split()
        if len(text) > LONGEST_SEARCH or len(words) > MOST_WORDS:
            raise BadRequest(
                f"A search can have at most {MOST_WORDS} words and {LONGEST_SEARCH} characters."
            )
        for word in words:
            met = Q()
            for part in ("email", "username", "first_name", "last_name"):
                met |= Q(**{f"{part}__icontains": word})
            rows = rows.filter(met)
        return rows


@registry.register_resource
class UserResource(ModelResource[User]):
    """See API reference, User."""

    name = "user"
    summary = "The caller and everybody whose data they may see."
    model = User
    names = ("email", "username")
    list_methods = (GET,)
    detail_methods = (GET, PUT, PATCH)
    fields = {
        **person_fields(),
        "devices": Null(kind="list", since=Version.V4_0, help="Always null here."),
        "profile": ToOne(
            "profile",
            full="detail",
            without=("user",),
            guarded=True,
            null=True,
            blank=True,
            readonly=True,
            help="Body and preferences, for those who may see them; else null.",
        ),
        "stats": Null(kind="dict", since=Version.V4_0, help="Always null here."),
    }
    filtering = {"email": NAME, "id": KEY, "search": ["exact"], "username": NAME}
    filtering_since = {Version.V4_0: {"profile": ALL_WITH_RELATIONS}}
    ordering = ("id", "username", "email")
    ordering_since = {Version.V4_0: ("profile",)}
    visible = OwnedBy("")
    arguments = UserArguments


@registry.register_resource
class AccountResource(ModelResource[User]):
    name = "account"
    summary = "The caller, as a list of one object. Clients use it to test a login."
    model = User
    list_methods = (GET,)
    limit = max_limit = 1
    fields = {
        **person_fields(),
        "is_staff": Boolean(help="Whether the caller may see and change everything."),
        "profile": ToOne(
            "profile",
            full="both",
            without=("user",),
            null=True,
            blank=True,
            readonly=True,
            help="Body and preferences of the caller.",
        ),
    }
    ordering = ("id", "username", "email")
    visible = Myself()


@registry.register_resource
class ProfileResource(ModelResource[Profile]):
    """See API reference, Profile."""

    name = "profile"
    summary = "Body measures, fitness and preferences of a user."
    model = Profile
    list_methods = (GET,)
    detail_methods = (GET, PUT, PATCH)
    fields = {
        "date_of_birth": Date(
            null=True, blank=True, help="The day of birth, from which ages are computed."
        ),
        "fitness": JSON(
            null=True, readonly=True, help="The latest value of each indicator, by its name."
        ),
        "gender": Text(blank=True, default="", help="`M`, `F` or empty."),
        "height": Measure(null=True, blank=True, since=Version.V4_0, help="The height in metres."),
        "id": Id(readonly=True, unique=True),
        "preferences": JSON(null=True, help="What programs keep for the user: any object."),
        "resource_uri": URI(),
        "unit_system": UnitSystem(
            blank=True, help="`metric` or `imperial`, though schema documents call it an integer."
        ),
        "user": ToOne("user", readonly=True, help="Whose profile it is."),
        "weight": Measure(
            null=True, blank=True, since=Version.V4_0, help="The weight in kilograms."
        ),
        "zones": JSON(
            kind="list",
            null=True,
            since=Version.V4_0,
            help=(
                "Zones of the heart rate: six rising numbers. Programs may keep a list of objects "
                "instead, which has no effect."
            ),
        ),
    }
    filtering = {"id": KEY, "user": KEY}
    ordering = ("id", "user")
    visible = OwnedBy("user", right=PROFILE)

    @classmethod
    def prepare(cls, row: Profile, data: Mapping[str, JSONValue], context: Context) -> None:
        """Refuse malformed zones that are sent; those that an older store holds may stay."""
        is_sent = "zones" in data.keys() & cls.fields_in(context.version).keys()
        if is_sent and zones.are_malformed(row.zones):
            raise InvalidFields(cls.name, {"zones": [zones.REMEDY]})

    @classmethod
    def validate(cls, row: Profile) -> dict[str, list[str]]:
        return dict(_wrong_values(row))


def _wrong_values(profile: Profile) -> Iterator[tuple[str, list[str]]]:
    """Yield each field with a value that a person cannot have, and the error."""
    born = profile.date_of_birth
    if born and not EARLIEST <= born <= clock.now().date():
        yield "date_of_birth", ["This date of birth is not possible."]
    if profile.gender not in GENDERS:
        yield "gender", ["This must be M, F or empty."]
    for name, (least, most, unit) in BOUNDS.items():
        value = getattr(profile, name)
        if value is not None and not least <= value <= most:
            yield name, [f"This must be between {least} and {most} {unit}."]
    if not isinstance(profile.preferences, dict | None):
        yield "preferences", ["This must be an object or null."]
    if not isinstance(profile.zones, list | None):
        yield "zones", ["This must be a list or null."]
