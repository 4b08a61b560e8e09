"""Which data users share: bundles, grants, teams, and links that open one object."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.access import emails
from apps.access.fields import LinkToken, Members, TimeLeft, link_token
from apps.access.models import (
    Bundle,
    BundlePermission,
    BundlePermissionRequest,
    Share,
    ShareType,
    Team,
)
from apps.access.shared_kinds import find_kind
from apps.access.visibility import GrantRule, Mine, RequestRule, Shared, TeamRule
from apps.api import reading, registry
from apps.api.bodies import JSONValue
from apps.api.callers import STRANGER
from apps.api.context import Context
from apps.api.derived import URI, AnnotatedField
from apps.api.errors import Forbidden, InvalidFields, NotFound
from apps.api.fields import Id, Integer, ServerMoment, Text
from apps.api.lookups import KEY
from apps.api.relations import ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource, Resource, ResourceReply
from apps.credentials import one_time_tokens
from apps.letters.post import absolute_url
from hexostore import clock

RESOURCE = "bundle_permission_request"
LETTERS = r"[A-Za-z0-9_-]{43}"
SHARED_FOR = timedelta(days=30)


@registry.register_resource
class BundleResource(ModelResource[Bundle]):
    """Which rights a bundle has is data of the service."""

    name = "bundle"
    summary = "A named set of rights that a user can grant to another."
    model = Bundle
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "id": Id(blank=True, default="", unique=True),
        "name": Text(unique=True, help="What people call the set of rights."),
        "resource_uri": URI(),
    }
    visible = Shared()


@registry.register_resource
class BundlePermissionResource(ModelResource[BundlePermission]):
    name = "bundle_permission"
    summary = "A grant: `user_allowed` has the rights of a bundle on the data of `user_target`."
    decides_rights = True
    model = BundlePermission
    list_methods = (POST, GET)
    detail_methods = (GET, DELETE)
    in_person = (POST, DELETE)
    fields = {
        "bundle": ToOne("bundle", help="The rights that are granted."),
        "name": Text(null=True, blank=True, help="A name for the grant, if anybody gave it one."),
        "resource_uri": URI(),
        "user_allowed": ToOne(
            "user",
            full="both",
            nested="list",
            strangers=True,
            help="Who may do what the bundle says.",
        ),
        "user_target": ToOne("user", full="both", nested="list", help="Whose things it is about."),
    }
    filtering = {
        "bundle": ["exact", "in"],
        "user_allowed": ["exact", "in"],
        "user_target": ["exact", "in"],
    }
    visible = GrantRule()

    @classmethod
    def validate(cls, row: BundlePermission) -> dict[str, list[str]]:
        return other_people(row)


def other_people(row: BundlePermission | BundlePermissionRequest) -> dict[str, list[str]]:
    """Return the error if users grant something to themselves."""
    same = row.user_allowed_id == row.user_target_id
    return {"user_allowed": ["You cannot grant access to yourself."]} if same else {}


@registry.register_resource
class BundlePermissionRequestResource(ModelResource[BundlePermissionRequest]):
    """The URI of the object ends the request. The token in the mail redeems it."""

    name = "bundle_permission_request"
    summary = "Asks a user by mail for a grant. Anybody may ask anybody."
    description = "The object's own URI ends the request; what redeems it is the token of the mail."
    model = BundlePermissionRequest
    list_methods = (GET, POST)
    detail_methods = (GET, PUT, DELETE)
    fields = {
        "bundle": ToOne("bundle", full="both", help="The rights that are asked for."),
        "redeem_url": Text(
            null=True,
            blank=True,
            help="Where the mail leads, with the token behind it; null for this server.",
        ),
        "resource_uri": URI(),
        "ttl": TimeLeft(
            null=True,
            blank=True,
            help="Seconds until the request ends; a POST may say how many there are.",
        ),
        "user_allowed": ToOne("user", strangers=True, help="Who would get the rights."),
        "user_target": ToOne("user", strangers=True, help="Who is asked by mail."),
    }
    visible = RequestRule()

    @classmethod
    def prepare(
        cls, row: BundlePermissionRequest, data: Mapping[str, JSONValue], context: Context
    ) -> None:
        """Give a new request its token. Raise Forbidden for one that is there, InvalidFields for a
        `redeem_url` that the mail may not lead to."""
        if row.pk:
            raise Forbidden("Redeem a request with the token from its mail.")
        row.asked_by, row.redeem_url = context.user(get_user_model()), row.redeem_url or None
        if row.redeem_url and _is_web_address(row.redeem_url):
            check_destination(row.redeem_url, context)
        ttl = getattr(row, "ttl", one_time_tokens.LIFETIME)
        row.one_time_token = one_time_tokens.issue_token(RESOURCE, user=row.user_target, ttl=ttl)

    @classmethod
    def validate(cls, row: BundlePermissionRequest) -> dict[str, list[str]]:
        errors = other_people(row)
        if row.redeem_url and not _is_web_address(row.redeem_url):
            errors["redeem_url"] = ["This must be a URL that begins with http:// or https://."]
        return errors

    @classmethod
    def posted(cls, row: BundlePermissionRequest, context: Context, request: Request) -> None:
        asked = request._request
        emails.send_request(
            asked, row, absolute_url(asked, cls.uri(context, row.one_time_token.token))
        )


_web_address = URLValidator(schemes=["http", "https"])


def _is_web_address(url: str) -> bool:
    try:
        _web_address(url)
    except ValidationError:
        return False
    return not emails.hides_host(url)


def check_destination(url: str, context: Context) -> None:
    """Raise InvalidFields for an address that a mail of this server may not contain."""
    if not emails.may_lead_to(url, context.client):
        text = "This must be an https URL at this server or at a host in the redirect_uris."
        raise InvalidFields(RESOURCE, {"redeem_url": [text]})


@registry.register_below("bundle_permission_request", f"(?P<token>{LETTERS})")
class RedeemResource(Resource):
    name = "bundle_permission_request"
    summary = "A permission request by its token. GET shows it, and a PUT by its target grants it."
    decides_rights = True
    list_methods = (GET, PUT)
    in_person = (PUT,)

    def get_list(self, context: Context, request: object, token: str) -> ResourceReply:
        """Return the request. Raise NotFound if the token is unknown, expired or used."""
        return ResourceReply(self._shown(context, self._find(token)))

    def put_list(self, context: Context, request: object, token: str) -> ResourceReply:
        """Make the grant; the body does not matter. Raise Forbidden for everybody but the
        target."""
        found = self._find(token)
        if found.user_target_id != context.caller.pk:
            raise Forbidden("Only the person who was asked may redeem this request.")
        shown = self._shown(context, found)
        if not one_time_tokens.redeem_token(found.one_time_token):
            raise NotFound
        sides: dict[str, Any] = {
            "user_allowed": found.user_allowed,
            "user_target": found.user_target,
        }
        made, _ = BundlePermission.objects.get_or_create(bundle=found.bundle, **sides)
        return ResourceReply(shown, uri=BundlePermissionResource.uri(context, made.pk))

    def _find(self, token: str) -> BundlePermissionRequest:
        one_time_token = one_time_tokens.find_token(RESOURCE, token)
        found = (
            BundlePermissionRequest.objects.filter(one_time_token=one_time_token).first()
            if one_time_token
            else None
        )
        if found is None:
            raise NotFound
        return found

    def _shown(self, context: Context, found: BundlePermissionRequest) -> dict[str, Any]:
        resource = BundlePermissionRequestResource
        rows = reading.read_rows(resource, context).filter(pk=found.pk)
        return reading.read_objects(resource, context, rows)[0]


@registry.register_resource
class TeamResource(ModelResource[Team]):
    name = "team"
    summary = "People whose data the owner can read. Members see the team, but not each other."
    decides_rights = True
    model = Team
    list_methods = (GET, POST)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "id": Id(readonly=True, unique=True),
        "members": Members(
            "user", help="The members that the caller may see: all for the owner, else oneself."
        ),
        "name": Text(help="What people call the team."),
        "owner": ToOne("user", prepared=True, help="Who reads what is the members'."),
        "resource_uri": URI(),
    }
    filtering = {"id": KEY, "name": ["exact"]}
    ordering = ("id", "name")
    visible = TeamRule()

    @classmethod
    def prepare(cls, row: Team, data: Mapping[str, JSONValue], context: Context) -> None:
        if not row.owner_id:
            row.owner = context.user(get_user_model())


@registry.register_resource
class ShareTypeResource(ModelResource[ShareType]):
    name = "sharetype"
    summary = "A kind of object that can be shared. It has the name of its resource."
    model = ShareType
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "id": Id(readonly=True),
        "name": Text(help="The resource whose objects can be shared."),
        "resource_uri": URI(),
    }
    visible = Shared()


def shared_uri(context: Context, token: str) -> str:
    """Return the path that opens a shared object; "" for callers who may not know the token."""
    return f"{context.prefix}/share/{token}/" if token else ""


@registry.register_resource
class ShareResource(ModelResource[Share]):
    name = "share"
    summary = "A link that opens one object without a login. Only its creator sees it."
    model = Share
    list_methods = (GET, POST)
    detail_methods = (GET,)
    fields = {
        "created": ServerMoment(
            blank=True, default=True, help="When the link was made; it opens for 30 days."
        ),
        "id": Id(readonly=True),
        "object_id": Integer(help="The id of the shared object."),
        "resource_uri": URI(),
        "shared_uri": AnnotatedField(
            link_token,
            models.TextField(),
            shared_uri,
            personal=True,
            help="The path that opens the object; empty for a token that only reads.",
        ),
        "sharetype": ToOne("sharetype", help="The kind of the shared object."),
        "token": LinkToken(
            blank=True,
            default="",
            unique=True,
            help="Opens the object without a login; empty for a token that only reads.",
        ),
    }
    visible = Mine("user")

    @classmethod
    def prepare(cls, row: Share, data: Mapping[str, JSONValue], context: Context) -> None:
        """Create the link.

        Raise NotFound if the caller does not see the object, and Forbidden if they may not share
        it.
        """
        row.user = context.user(get_user_model())
        row.token = secrets.token_urlsafe(32)
        check_shareable(row)


def check_shareable(share: Share) -> None:
    """Raise Forbidden unless the object belongs to everybody or the creator of the link may change
    it."""
    kind = find_kind(share)
    if kind is not None:
        kind.check(share)
        return
    target = registry.model_resource(share.sharetype.name)
    seen = target.model._default_manager.filter(target.visible.condition(share.user))
    row: Any = seen.filter(pk=share.object_id).first()
    if row is None:
        raise NotFound
    everybodys = getattr(target.visible, "shared", False) and row.user_id is None
    if not everybodys and not target.visible.may_change(share.user, row):
        raise Forbidden(f"You are not allowed to share this {target.name}.")


@registry.register_below("share", f"(?P<token>{LETTERS})")
class SharedResource(Resource):
    """It can be opened as long as the share is fresh and its creator may still share the object."""

    name = "share"
    summary = "The object behind a share, for anyone who has the token."
    description = (
        "It opens as long as the share is fresh and its maker may still share the object. A "
        "calendar opens as `text/calendar`."
    )
    list_methods = (GET,)
    needs_login = False

    def get_list(
        self, context: Context, request: Request, token: str
    ) -> ResourceReply | HttpResponseBase:
        """Return the object as its detail shows it, but without its owner. Raise NotFound
        otherwise."""
        share = self._find(token)
        kind = find_kind(share)
        if kind is not None:
            return kind.open(share, request)
        target = registry.model_resource(share.sharetype.name)
        shown = Context(STRANGER, context.prefix, context.version, context.conventions, "detail")
        rows = reading.read_rows(target, shown).filter(pk=share.object_id)
        (found,) = reading.read_objects(target, shown, rows)
        return ResourceReply(without_people(found))

    def _find(self, token: str) -> Share:
        """Return the share, if its creator could still make the same link now."""
        fresh = Share.objects.filter(token=token, created__gt=clock.now() - SHARED_FOR)
        active = fresh.filter(user__is_active=True).select_related("sharetype", "user")
        share = active.first()
        if share is None:
            raise NotFound
        try:
            check_shareable(share)
        except Forbidden:
            raise NotFound from None
        return share


PERSONAL = ("email", "first_name", "last_name", "username")


def without_people(shown: dict[str, Any]) -> dict[str, Any]:
    """Return an object in which users have neither names nor addresses.

    A link opens a record or the like. It does not tell whose it is.
    """
    return {
        name: _without_names(value) if _is_user(value) else value for name, value in shown.items()
    }


_USER = re.compile(r"/api(?:/v1)?/user/[0-9]+/")


def _is_user(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return _USER.fullmatch(str(value.get("resource_uri"))) is not None


def _without_names(user: dict[str, Any]) -> dict[str, Any]:
    """Return a user whose names and address are empty."""
    emptied = {word: "" for word in PERSONAL if word in user}
    return {**user, **emptied}
