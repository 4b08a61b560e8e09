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
from apps.accounts import account_creation, emails
from apps.accounts.account_creation import show_user, uri_of_user
from apps.accounts.models import Profile, User
from apps.accounts.resources import UserResource, person_fields
from apps.api import bodies, registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI
from apps.api.errors import BadRequest, Forbidden, InvalidFields, NotFound
from apps.api.fields import Field, Id, Text
from apps.api.relations import ToMany, ToOne
from apps.api.resources import GET, POST, PUT, Resource, ResourceReply
from apps.credentials import one_time_tokens, withdrawals
from apps.credentials.basic import login_throttle
from apps.credentials.models import OneTimeToken

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


def read_members(resource: Resource, request: Request) -> dict[str, Any]:
    """Return the fields of the body that may be written and are not null."""
    data = read_object(request)
    writable = {name for name, field in resource.fields.items() if not field.readonly}
    given = {name: value for name, value in data.items() if value is not None}
    return {name: value for name, value in given.items() if name in writable}


def require_token(kind: str, token: str) -> OneTimeToken:
    """Return the one-time token with this text. Raise NotFound unless it can be redeemed."""
    pending = one_time_tokens.find_token(kind, token)
    if pending is None:
        raise NotFound
    return pending


def redeem_once(kind: str, token: str) -> OneTimeToken:
    """Return the one-time token with this text, used up; of several requests at once only one gets
    it."""
    pending = require_token(kind, token)
    if not one_time_tokens.redeem_token(pending):
        raise NotFound
    return pending


def asked_with(pending: OneTimeToken) -> dict[str, Any]:
    """Return what the POST that led to the one-time token left in it."""
    assert isinstance(pending.payload, dict)
    return pending.payload


def owner_of(pending: OneTimeToken) -> User:
    """Return the user of a one-time token. Raise NotFound if there is none who may log in."""
    if pending.user is None or not pending.user.is_active:
        raise NotFound
    user: User = pending.user
    return user


def lock_owner(pending: OneTimeToken) -> User:
    """Return the user of a one-time token as he is now, who stays so until he is saved."""
    user = owner_of(pending)
    user.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))
    return owner_of(pending)


def new_user_fields() -> dict[str, Field]:
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


def created_reply(context: Context, user: User, **others: Any) -> ResourceReply:
    """Return the 201 response of a new user."""
    uri = uri_of_user(context, user)
    return ResourceReply(show_user(context, user, **others), 201, {"Location": uri}, uri)


def draft_user(resource: Resource, context: Context, sent: dict[str, Any]) -> tuple[User, Profile]:
    """Return a new user and profile with the sent values, neither checked nor saved."""
    user, profile = User(), Profile()
    account_creation.fill_account(resource, context, user, profile, sent)
    return user, profile


def create_user(resource: Resource, context: Context, sent: dict[str, Any]) -> User:
    """Return a saved user with a profile. Nobody can log in as a user without a password."""
    user, profile = draft_user(resource, context, sent)
    account_creation.check_account(resource, user, sent.get("password"), profile)
    user.set_password(sent.get("password"))
    account_creation.save_account(resource, user, profile)
    return user


@registry.register_resource
class CreateUserResource(Resource):
    name = "createuser"
    summary = "Creates an account at once, for programs and staff."
    description = "The mail lets its owner choose a password at resetpassword."
    list_methods = (POST,)
    fields = {**new_user_fields(), "profile": nested_profile()}

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        if context.client is None and not context.caller.is_staff:
            raise Forbidden("Only programs with a key and staff may create users.")
        user = create_user(self, context, read_members(self, request))
        pending = one_time_tokens.issue_token("resetpassword", user=user, email=user.email)
        emails.account_made(request, context, user, pending)
        return created_reply(context, user)


@registry.register_resource
class CreateUserRequestResource(Resource):
    """An account that a stranger asks for. Until the token from the mail is redeemed, it is only
    the payload of a one-time token. The PUT may change what was asked for, and brings a missing
    password."""

    name = "createuserrequest"
    summary = "Requests an account without a login. A token, sent by mail, completes it."
    description = (
        "The PUT may change the sent values. It must contain a password if there was none."
    )
    list_methods = (POST,)
    detail_methods = (GET, PUT)
    needs_login = False
    fields = {
        **new_user_fields(),
        "profile": ToOne(
            "profile",
            null=True,
            blank=True,
            readonly=True,
            help="Null in GET. After the PUT, the profile of the new user; it cannot be sent.",
        ),
    }

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        sent = read_members(self, request)
        user, _ = draft_user(self, context, sent)
        account_creation.check_account(self, user, sent.get("password"), unique=False)
        login_throttle.refuse_if_many_letters(request._request, user.email, context.caller)
        secret = make_password(sent.pop("password", None))
        owner = account_creation.find_user_named(user.email)
        asked = {**sent, "email": user.email, "secret": secret}
        pending = one_time_tokens.issue_token(self.name, email=user.email, payload=asked)
        if owner is None:
            emails.account_asked(request, context, user.email, pending)
        else:
            emails.account_exists(request, context, owner.email)
        return BEGUN

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        user, _ = draft_user(self, context, asked_with(require_token(self.name, key)))
        uri = f"{context.prefix}/{self.name}/{key}/"
        return ResourceReply(show_user(context, user, resource_uri=uri))

    def put_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        asked, sent = asked_with(redeem_once(self.name, key)), read_members(self, request)
        user, profile = draft_user(self, context, {**asked, **sent, "email": asked["email"]})
        user.password = asked["secret"]
        missing = not user.has_usable_password()
        account_creation.check_account(self, user, sent.get("password"), profile, required=missing)
        if "password" in sent:
            user.set_password(sent["password"])
        account_creation.save_account(self, user, profile)
        return ResourceReply(
            show_user(context, user),
            uri=uri_of_user(context, user),
        )


@registry.register_resource
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
        **new_user_fields(),
        "bundles": ToMany(
            "bundle", kind="list", help="The rights that the caller gets on the new account."
        ),
        "profile": nested_profile(),
    }

    def post_list(self, context: Context, request: Request) -> ResourceReply:
        sent = read_members(self, request)
        bundles = self._bundles(context, sent.get("bundles"))
        user, profile = draft_user(self, context, sent)
        account_creation.check_account(self, user, sent.get("password"), profile, unique=False)
        if owner := account_creation.find_user_named(user.email):
            return self._taken(context, request, owner)
        user.set_password(sent.get("password"))
        account_creation.save_account(self, user, profile)
        rows = [
            BundlePermission(bundle=bundle, user_allowed=context.user(User), user_target=user)
            for bundle in bundles
        ]
        BundlePermission.objects.bulk_create(rows)
        uris = [registry.model_resource("bundle").uri(context, bundle.pk) for bundle in bundles]
        payload = {"bundles": [bundle.pk for bundle in bundles]}
        pending = one_time_tokens.issue_token(
            self.name, user=user, email=user.email, payload=payload
        )
        emails.account_related(request, context, user, pending, [each.name for each in bundles])
        return created_reply(context, user, bundles=uris)

    def _taken(self, context: Context, request: Request, owner: User) -> ResourceReply:
        """Return the refusal of an address that has an account.

        It is returned, not raised, so that it counts as a mail. This stops anybody who tries many
        addresses to find out who has an account, and each of these people is told.
        """
        emails.account_exists(request, context, owner.email)
        return ResourceReply(
            InvalidFields(self.name, {"email": [account_creation.TAKEN]}).body, 400
        )

    def _bundles(self, context: Context, sent: JSONValue) -> list[Any]:
        """Return the bundles that a body names, each once. Raise InvalidFields if there are
        none."""
        field = self.fields["bundles"]
        assert isinstance(field, ToMany)
        found = field.resolve_all(sent, context)
        if not found:
            raise InvalidFields(self.name, {"bundles": [account_creation.REQUIRED]})
        return list(dict.fromkeys(found))

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        return ResourceReply(self._shown(context, require_token(self.name, key)))

    def put_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        pending, sent = redeem_once(self.name, key), read_members(self, request)
        sent.pop("email", None)
        user, password = lock_owner(pending), sent.get("password")
        profile = Profile.objects.select_for_update(no_key=True).get(user=user)
        missing = not user.has_usable_password()
        account_creation.fill_account(self, context, user, profile, sent)
        account_creation.check_account(self, user, password, profile, required=missing)
        if password is not None:
            user.set_password(password)
        account_creation.save_account(self, user, profile)
        withdrawals.end_access(user)
        return ResourceReply(self._shown(context, pending), uri=uri_of_user(context, user))

    def _shown(self, context: Context, pending: OneTimeToken) -> dict[str, Any]:
        bundles = registry.model_resource("bundle")
        uris = [bundles.uri(context, key) for key in asked_with(pending)["bundles"]]
        return show_user(context, owner_of(pending), bundles=uris)


@registry.register_resource
class ChangeEmailResource(Resource):
    name = "changeemail"
    summary = "Changes the caller's e-mail address. A token, sent to the new address, confirms it."
    list_methods = (POST,)
    detail_methods = (GET, PUT)
    in_person = (POST, PUT)
    fields = {
        **person_fields(),
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
        email = account_creation.read_email(self, read_object(request))
        owner = account_creation.find_user_named(email)
        pending = one_time_tokens.issue_token(self.name, user=context.caller, email=email)
        if owner is None or owner.pk == context.caller.pk:
            emails.address_changes(request, context, email, pending)
        else:
            emails.account_exists(request, context, owner.email)
        return BEGUN

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        pending = self._own(context, require_token(self.name, key))
        return ResourceReply(show_user(context, owner_of(pending), email=pending.email))

    def put_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        pending = self._own(context, redeem_once(self.name, key))
        user = lock_owner(pending)
        old = user.email
        if user.username == old:
            user.username = pending.email
        user.email = pending.email
        account_creation.check_account(self, user, None)
        account_creation.save_account(self, user)
        withdrawals.end_access(user)
        if old.lower() != user.email.lower():
            emails.address_changed(request, context, old, user.email)
        return ResourceReply(
            show_user(context, user),
            uri=uri_of_user(context, user),
        )

    def _own(self, context: Context, pending: OneTimeToken) -> OneTimeToken:
        """Return the one-time token, if it is the caller's; else NotFound, and it stays good."""
        if pending.user_id != context.caller.pk:
            raise NotFound
        return pending


@registry.register_resource
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
        email = account_creation.read_email(self, read_members(self, request))
        user = account_creation.find_user_named(email)
        known = user if user is not None and user.is_active else None
        pending = one_time_tokens.issue_token(self.name, user=known, email=email)
        if known is None:
            emails.account_missing(request, context, email)
        else:
            emails.password_forgotten(request, context, known.email, pending)
        return BEGUN

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        return ResourceReply({"email": owner_of(require_token(self.name, key)).email})

    def put_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        user = lock_owner(redeem_once(self.name, key))
        password = read_members(self, request).get("password")
        wrong = account_creation.password_faults(password, user, required=True)
        if wrong:
            raise InvalidFields(self.name, {"password": wrong})
        user.set_password(password)
        user.save(update_fields=["password"])
        withdrawals.end_access(user)
        return ResourceReply({"email": user.email}, uri=uri_of_user(context, user))
