"""The operations on users, whose objects are no rows; tests/accounts has their loops."""

from __future__ import annotations

from tests.contract.contract import empty
from tests.contract.documents import VERBS, DocumentContract
from tests.people import ANYBODY, Caller


class OperationContract(DocumentContract):
    """What a document says, and the methods of a token's detail."""

    def test_methods_of_a_detail(self, owner: Caller) -> None:
        path, methods = f"{self.list_path}{'x' * 43}/", self.declared.detail_methods
        allowed = ",".join(methods).upper()
        for verb in VERBS:
            answer = owner.request(verb.upper(), path)
            if verb in methods:
                empty(answer, 404)
            else:
                assert (answer.status_code, answer["Allow"]) == (405, allowed)
        assert ANYBODY.options(path)["Allow"] == allowed

    def test_details_need_a_login_unless_they_are_open(self, db: None) -> None:
        resource = self.declared
        open_ = resource.open_details or not resource.needs_login
        for verb in resource.detail_methods:
            answer = ANYBODY.request(verb.upper(), f"{self.list_path}x/")
            empty(answer, 404 if open_ else 401)


class OpenContract(OperationContract):
    """An operation for strangers."""

    def test_allowed_methods_need_a_login(self, db: None, view: str) -> None:
        path, methods = self.view(view)
        statuses = {ANYBODY.request(verb.upper(), path, {}).status_code for verb in methods}
        assert statuses == ({200} if view == "schema" else {400})

    def test_wrong_credentials_do_not_matter(self, db: None) -> None:
        wrong = Caller(headers={"Authorization": "Basic nonsense"})
        assert wrong.get(f"{self.list_path}schema/").status_code == 200


class TestCreateUser(OperationContract):
    name = "createuser"


class TestCreateRelatedUser(OperationContract):
    name = "createrelateduser"


class TestChangeEmail(OperationContract):
    name = "changeemail"


class TestCreateUserRequest(OpenContract):
    name = "createuserrequest"


class TestResetPassword(OpenContract):
    name = "resetpassword"
