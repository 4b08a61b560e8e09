"""Operations on users: a POST begins, a mail brings a token, GET checks it and PUT redeems it.

See behaviour 4 and 11. A POST that creates a user responds with 201 and the user, any other with
202 `{}`. A wrong, used or expired token is a plain 404. Strangers get the same response, after the
same work, whether an address is known or not. A public server limits the mails that they can cause
(apps/letters/post.py).
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import make_password
from rest_framework.request import Request

from apps.access.models import BundlePermission
from apps.accounts import letters, newcomers
from apps.accounts.models import Profile, User
from apps.accounts.resources import UserResource, person
from apps.api import bodies, registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI
from apps.api.errors import BadRequest, Forbidden, InvalidFields, NotFound
from apps.api.fields import Field, Id, Text
from apps.api.relations import ToMany, ToOne
from apps.api.resources import GET, POST, PUT, Resource, ResourceReply
from apps.credentials import tickets, withdrawals
from apps.credentials.basic import attempts
from apps.credentials.models import Ticket

BEGUN = ResourceReply({}, 202)
"""The response if nothing is created yet and only a mail is on its way."""


def read_object(request: Request) -> dict[str, Any]:
    """Return the body, a JSON object. A PUT may have none. Raise BadRequest for anything else."""
    if request.method == "PUT" and request._request.META.get("CONTENT_LENGTH") in (None, "", "0"):
        return {}
    data = bodies.read_json(request._request)
    if not isinstance(data, dict):
        raise BadRequest("Invalid data sent.")
    return data


def read(resource: Resource, request: Request) -> dict[str, Any]:
    """Return the fields of the body that may be written and are not null."""
    data = read_object(request)
    writable = {name for name, field in resource.fields.items() if not field.readonly}
    return {name: data[name] for name in data if name in writable and data[name] is not None}


def good(kind: str, token: str) -> Ticket:
    """Return the row of a one-time token. Raise NotFound unless it can be redeemed."""
    ticket = tickets.find(kind, token)
    if ticket is None:
        raise NotFound
    return ticket


def redeem(kind: str, token: str) -> Ticket:
    """Use up a one-time token and return its row. Only one of several simultaneous requests gets
    it."""
    ticket = good(kind, token)
    if not tickets.redeem(ticket):
        raise NotFound
    return ticket


def asked_with(ticket: Ticket) -> dict[str, Any]:
    """Return what the POST that led to the token stored in it."""
    assert isinstance(ticket.payload, dict)
    return ticket.payload


def owner_of(ticket: Ticket) -> User:
    """Return the user of a one-time token. Raise NotFound if there is no such user who may log
    in."""
    if ticket.user is None or not ticket.user.is_active:
        raise NotFound
    user: User = ticket.user
    return user


def lock_owner(ticket: Ticket) -> User:
    """Return the user of a one-time token as they are now. The row stays locked until it is
    saved."""
    user = owner_of(ticket)
    user.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))
    return owner_of(ticket)


def newcomer() -> dict[str, Field]:
    """Return the fields of a new user."""
    return {
        "email": Text(help="The e-mail address of the new account. Nobody else may have it."),
        "first_name": Text(blank=True, default="", help="The given name."),
        "id": Id(readonly=True, unique=True),
        "last_name": Text(blank=True, default="", help="The family name."),
        "password": Text(null=True, blank=True, help="The password. It is never shown."),
        "resource_uri": URI("user"),
        "username": Text(
            blank=True,
            readonly=True,
            help="The user name. It also works for a login.",
        ),
    }


def nested_profile() -> Field:
    """Return the field for the profile. Newer documents say that it is written together with the
    user."""
    return ToOne(
        "profile",
        blank=True,
        legacy={"nullable": True, "readonly": True},
        help="Body and preferences of the new user.",
    )


def made(context: Context, user: User, **others: Any) -> ResourceReply:
    """Return the 201 response of a new user."""
    uri = newcomers.uri(context, user)
    return ResourceReply(newcomers.shown(context, user, **others), 201, {"Location": uri}, uri)


def draft(resource: Resource, context: Context, sent: dict[str, Any]) -> tuple[User, Profile]:
    """Return a new user and profile with the sent values, neither checked nor saved."""
    user, profile = User(), Profile()
    newcomers.fill(resource, context, user, profile, sent)
    return user, profile


def make(resource: Resource, context: Context, sent: dict[str, Any]) -> User:
    """Return a saved user with a profile. Nobody can log in as a user without a password."""
    user, profile = draft(resource, context, sent)
    newcomers.check(resource, user, sent.get("password"), profile)
    user.set_password(sent.get("password"))
    newcomers.save(resource, user, profile)
    return user


@registry.register
class CreateUserResource(Resource):
    name = "createuser"
    summary = "Creates an account at once, for programs and staff."
    description = "The mail lets its owner choose a password at resetpassword."
    list_methods = (POST,)
    fields = {**newcomer(), "profile": nested_profile()}

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        if context.client is None and not context.caller.is_staff:
            raise Forbidden("Only programs with a key and staff may create users.")
        user = make(self, context, read(self, request))
        ticket = tickets.issue("resetpassword", user=user, email=user.email)
        letters.account_made(request, context, user, ticket)
        return made(context, user)


@registry.register
class CreateUserRequestResource(Resource):
    """Until then the account is only the payload of a one-time token."""

    name = "createuserrequest"
    summary = "Requests an account without a login. A token, sent by mail, completes it."
    description = (
        "The PUT may change the sent values. It must contain a password if there was none."
    )
    list_methods = (POST,)
    detail_methods = (GET, PUT)
    needs_login = False
    fields = {
        **newcomer(),
        "profile": ToOne(
            "profile",
            null=True,
            blank=True,
            readonly=True,
            help="Null in GET. After the PUT, the profile of the new user; it cannot be sent.",
        ),
    }

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        sent = read(self, request)
        user, _ = draft(self, context, sent)
        newcomers.check(self, user, sent.get("password"), unique=False)
        attempts.refuse_if_many_letters(request._request, user.email, context.caller)
        secret = make_password(sent.pop("password", None))
        owner = newcomers.called(user.email)
        asked = {**sent, "email": user.email, "secret": secret}
        ticket = tickets.issue(self.name, email=user.email, payload=asked)
        if owner is None:
            letters.account_asked(request, context, user.email, ticket)
        else:
            letters.account_exists(request, context, owner.email)
        return BEGUN

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        user, _ = draft(self, context, asked_with(good(self.name, key)))
        uri = f"{context.prefix}/{self.name}/{key}/"
        return ResourceReply(newcomers.shown(context, user, resource_uri=uri))

    def put_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        asked, sent = asked_with(redeem(self.name, key)), read(self, request)
        user, profile = draft(self, context, {**asked, **sent, "email": asked["email"]})
        user.password = asked["secret"]
        missing = not user.has_usable_password()
        newcomers.check(self, user, sent.get("password"), profile, required=missing)
        if "password" in sent:
            user.set_password(sent["password"])
        newcomers.save(self, user, profile)
        return ResourceReply(newcomers.shown(context, user), uri=newcomers.uri(context, user))


@registry.register
class CreateRelatedUserResource(Resource):
    name = "createrelateduser"
    summary = "Creates an account for somebody else. The caller gets the bundles on it."
    description = (
        "With the token, its owner completes it. They may change names and profile, and must "
        "send a password if there is none."
    )
    list_methods = (POST,)
    detail_methods = (GET, PUT)
    open_details = True
    fields = {
        **newcomer(),
        "bundles": ToMany(
            "bundle", kind="list", help="The rights that the caller gets on the new account."
        ),
        "profile": nested_profile(),
    }

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        sent = read(self, request)
        bundles = self._bundles(context, sent.get("bundles"))
        user, profile = draft(self, context, sent)
        newcomers.check(self, user, sent.get("password"), profile, unique=False)
        if owner := newcomers.called(user.email):
            return self._taken(context, request, owner)
        user.set_password(sent.get("password"))
        newcomers.save(self, user, profile)
        rows = [
            BundlePermission(bundle=bundle, user_allowed=context.user(User), user_target=user)
            for bundle in bundles
        ]
        BundlePermission.objects.bulk_create(rows)
        uris = [registry.resource("bundle").uri(context, bundle.pk) for bundle in bundles]
        payload = {"bundles": [bundle.pk for bundle in bundles]}
        ticket = tickets.issue(self.name, user=user, email=user.email, payload=payload)
        letters.account_related(request, context, user, ticket, [each.name for each in bundles])
        return made(context, user, bundles=uris)

    def _taken(self, context: Context, request: Request, owner: User) -> ResourceReply:
        """Return the refusal of an address that has an account.

        It is returned, not raised, so that it counts as a mail. This stops anybody who tries many
        addresses to find out who has an account, and each of these people is told.
        """
        letters.account_exists(request, context, owner.email)
        return ResourceReply(InvalidFields(self.name, {"email": [newcomers.TAKEN]}).body, 400)

    def _bundles(self, context: Context, sent: JSONValue) -> list[Any]:
        """Return the bundles that a body names, each once. Raise InvalidFields if there are
        none."""
        field = self.fields["bundles"]
        assert isinstance(field, ToMany)
        found = field.resolve_all(sent, context)
        if not found:
            raise InvalidFields(self.name, {"bundles": [newcomers.REQUIRED]})
        return list(dict.fromkeys(found))

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        return ResourceReply(self._shown(context, good(self.name, key)))

    def put_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        ticket, sent = redeem(self.name, key), read(self, request)
        sent.pop("email", None)
        user, password = lock_owner(ticket), sent.get("password")
        profile = Profile.objects.select_for_update(no_key=True).get(user=user)
        missing = not user.has_usable_password()
        newcomers.fill(self, context, user, profile, sent)
        newcomers.check(self, user, password, profile, required=missing)
        if password is not None:
            user.set_password(password)
        newcomers.save(self, user, profile)
        withdrawals.end_access(user)
        return ResourceReply(self._shown(context, ticket), uri=newcomers.uri(context, user))

    def _shown(self, context: Context, ticket: Ticket) -> dict[str, Any]:
        bundles = registry.resource("bundle")
        uris = [bundles.uri(context, key) for key in asked_with(ticket)["bundles"]]
        return newcomers.shown(context, owner_of(ticket), bundles=uris)


@registry.register
class ChangeEmailResource(Resource):
    name = "changeemail"
    summary = "Changes the caller's e-mail address. A token, sent to the new address, confirms it."
    list_methods = (POST,)
    detail_methods = (GET, PUT)
    in_person = (POST, PUT)
    fields = {
        **person(),
        "profile": ToOne(
            "profile",
            null=True,
            blank=True,
            readonly=True,
            help="Body and preferences of the caller.",
        ),
    }
    filtering = UserResource.filtering
    ordering = UserResource.ordering

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        email = newcomers.address(self, read_object(request))
        owner = newcomers.called(email)
        ticket = tickets.issue(self.name, user=context.caller, email=email)
        if owner is None or owner.pk == context.caller.pk:
            letters.address_changes(request, context, email, ticket)
        else:
            letters.account_exists(request, context, owner.email)
        return BEGUN

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        ticket = self._own(context, good(self.name, key))
        return ResourceReply(newcomers.shown(context, owner_of(ticket), email=ticket.email))

    def put_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        ticket = self._own(context, redeem(self.name, key))
        user = lock_owner(ticket)
        old = user.email
        if user.username == old:
            user.username = ticket.email
        user.email = ticket.email
        newcomers.check(self, user, None)
        newcomers.save(self, user)
        withdrawals.end_access(user)
        if old.lower() != user.email.lower():
            letters.address_changed(request, context, old, user.email)
        return ResourceReply(newcomers.shown(context, user), uri=newcomers.uri(context, user))

    def _own(self, context: Context, ticket: Ticket) -> Ticket:
        """Return the row of the token if it is the caller's. Otherwise raise NotFound; the token
        stays valid."""
        if ticket.user_id != context.caller.pk:
            raise NotFound
        return ticket


@registry.register
class ResetPasswordResource(Resource):
    name = "resetpassword"
    summary = "Sets a new password. A token, sent by mail, confirms it."
    list_methods = (POST,)
    detail_methods = (GET, PUT)
    needs_login = False
    fields = {
        "email": Text(help="The address to which the token is mailed."),
        "password": Text(help="The new password, sent with the token."),
    }

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        email = newcomers.address(self, read(self, request))
        user = newcomers.called(email)
        known = user if user is not None and user.is_active else None
        ticket = tickets.issue(self.name, user=known, email=email)
        if known is None:
            letters.account_missing(request, context, email)
        else:
            letters.password_forgotten(request, context, known.email, ticket)
        return BEGUN

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        return ResourceReply({"email": owner_of(good(self.name, key)).email})

    def put_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        user = lock_owner(redeem(self.name, key))
        password = read(self, request).get("password")
        newcomers.check(self, user, password, required=True, unique=False)
        user.set_password(password)
        user.save(update_fields=["password"])
        withdrawals.end_access(user)
        return ResourceReply({"email": user.email}, uri=newcomers.uri(context, user))
