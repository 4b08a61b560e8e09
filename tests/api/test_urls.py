"""URLs and documents: Tastypie section 1."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.api.asking import ask, error, got, is_canned, is_plain
from tests.api.world import SERIALS
from tests.people import ANYBODY, Caller

ABSENT = ("9999", "-1", "99999999999999999999999", "+5")
WORDS = ("abc", "101/extra", "1.5", "schema/x", "set", "%00", "1%00")


@pytest.mark.rule("T1", "T2", "wire row 5")
@pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
def test_list_and_detail_echo_the_prefix(me: Caller, prefix: str) -> None:
    page = got(me, f"{prefix}/label/")
    assert list(page) == ["meta", "objects"]
    assert [row["resource_uri"] for row in page["objects"]] == [
        f"{prefix}/label/301/",
        f"{prefix}/label/302/",
    ]
    assert got(me, f"{prefix}/label/301/") == page["objects"][0]
    assert page["objects"][0]["user"] == f"{prefix}/user/{me.user.pk}/"


@pytest.mark.rule("T3")
def test_a_device_is_known_by_its_serial_only(me: Caller) -> None:
    found = got(me, f"/api/device/{SERIALS[0]}/")
    assert found["resource_uri"] == f"/api/device/{SERIALS[0]}/"
    assert is_plain(ask(me, "GET", f"/api/device/{found['id']}/"), 404)
    assert is_plain(ask(me, "GET", f"/api/device/{SERIALS[0].lower()}/"), 404)
    assert got(me, "/api/record/101/")["device"] == found["resource_uri"]
    objects = got(me, f"/api/device/set/{SERIALS[1]};{SERIALS[0]}/")["objects"]
    assert [row["deviceid"] for row in objects] == [SERIALS[1], SERIALS[0]]


@pytest.mark.rule("T4", "T6")
@pytest.mark.parametrize("key", ABSENT)
@pytest.mark.parametrize("name", ["record", "device"])
def test_a_key_without_a_row(me: Caller, name: str, key: str) -> None:
    assert is_plain(ask(me, "GET", f"/api/{name}/{key}/"), 404)


@pytest.mark.rule("T4")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_no_method_finds_an_absent_or_hidden_row(me: Caller, method: str) -> None:
    assert is_plain(ask(me, method, "/api/range/9999/", {}), 404)
    assert is_plain(ask(me, method, "/api/range/204/", {}), 404)
    assert is_plain(ask(me, method, "/api/range/99999999999999999999/", {}), 404)


@pytest.mark.rule("T5")
@pytest.mark.parametrize("key", WORDS)
def test_a_key_of_the_wrong_type(me: Caller, key: str) -> None:
    assert is_canned(ask(me, "GET", f"/api/record/{key}/"))


@pytest.mark.rule("T7", "T48")
@pytest.mark.parametrize("key", ["%20101", "+101", "1_01"])
def test_keys_are_what_int_reads(me: Caller, key: str) -> None:
    assert got(me, f"/api/record/{key}/")["id"] == 101


@pytest.mark.rule("T8")
def test_a_detail_ignores_the_query(me: Caller) -> None:
    query = "user=9999&start__gt=abc&limit=x&offset=-1&order_by=nope"
    assert got(me, f"/api/record/101/?{query}") == got(me, "/api/record/101/")


@pytest.mark.rule("T9")
@pytest.mark.parametrize("path", ["/api", "/api/record", "/api/v1/record/101"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_slash_there_is_a_redirect(me: Caller, path: str, method: str) -> None:
    answer = ask(me, method, f"{path}?a=1&b=%C3%A9", {})
    assert (answer.status_code, answer["Location"]) == (301, f"{path}/?a=1&b=%C3%A9")


@pytest.mark.rule("T11")
@pytest.mark.parametrize(
    "path", ["/api/nothing/", "/api/nothing/schema/", "/api/v2/record/", "/nothing/"]
)
def test_an_unknown_name_is_no_business_of_the_api(me: Caller, path: str) -> None:
    answer = ask(me, "GET", path)
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.rule("T12", "T13")
@pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "FROB"])
def test_the_index_is_open_to_everybody_and_every_method(
    db: None, prefix: str, method: str
) -> None:
    answer = ask(ANYBODY, method, f"{prefix}/", {})
    assert answer.status_code == 200
    assert "Vary" not in answer
    assert "Cache-Control" not in answer
    index = answer.json()
    assert index["record"] == {
        "list_endpoint": f"{prefix}/record/",
        "schema": f"{prefix}/record/schema/",
    }
    assert list(index) == sorted(index)


@pytest.mark.rule("T12")
def test_the_index_ignores_bad_credentials(db: None) -> None:
    answer = ask(ANYBODY, "GET", "/api/", headers={"Authorization": "Basic bm9ib2R5Om5v"})
    assert answer.status_code == 200


@pytest.mark.rule("T14")
@pytest.mark.parametrize(("word", "full"), [("true", True), ("1", True), ("false", False)])
def test_fullschema_puts_the_documents_into_the_index(me: Caller, word: str, full: bool) -> None:
    shown = got(ANYBODY, f"/api/?fullschema={word}")["label"]["schema"]
    wanted = got(me, "/api/label/schema/") if full else "/api/label/schema/"
    assert shown == wanted


@pytest.mark.rule("T15")
def test_a_schema_document(me: Caller) -> None:
    found = got(me, "/api/range/schema/")
    assert found["default_format"] == "application/json"
    assert found["default_limit"] == 20
    assert found["allowed_list_http_methods"] == ["get", "post", "patch"]
    assert found["allowed_detail_http_methods"] == ["get", "put", "patch", "delete"]
    assert found["filtering"]["trainingroutine"] == 2
    assert found["ordering"][0] == "id"
    field = found["fields"]["user"]
    assert (field["type"], field["related_type"]) == ("related", "to_one")
    assert {"nullable", "blank", "readonly", "unique", "help_text", "default"} <= field.keys()


@pytest.mark.rule("T15")
def test_empty_options_are_left_out_of_a_schema(me: Caller) -> None:
    assert not {"filtering", "ordering"} & got(me, "/api/datatype/schema/").keys()


@pytest.mark.rule("T16")
def test_defaults_in_a_schema(me: Caller) -> None:
    fields = got(me, "/api/record/schema/")["fields"]
    assert fields["user"]["default"] == "No default provided."
    assert fields["firmware_rev"]["default"] == "000"
    assert fields["soft_protocole"]["default"] == 0
    assert got(me, "/api/range/schema/")["fields"]["name"]["default"] == ""


@pytest.mark.rule("T17")
@pytest.mark.parametrize("headers", [{}, {"X-HTTP-Method-Override": "GET"}])
def test_a_schema_takes_get_only(me: Caller, headers: dict[str, str]) -> None:
    answer = ask(me, "POST", "/api/range/schema/", {}, headers)
    assert is_plain(answer, 405, "GET")
    assert answer["Allow"] == "GET"


@pytest.mark.rule("T17")
def test_a_schema_needs_credentials(db: None) -> None:
    assert is_plain(ask(ANYBODY, "GET", "/api/range/schema/"), 401)


@pytest.mark.rule("T18")
def test_a_set_answers_in_the_order_asked(me: Caller) -> None:
    found = got(me, "/api/record/set/102;101;102/")
    assert list(found) == ["objects"]
    assert [row["id"] for row in found["objects"]] == [102, 101, 102]
    assert found["objects"][1] == got(me, "/api/record/?id=101")["objects"][0]


@pytest.mark.rule("T18", "T192")
def test_a_set_lists_what_it_did_not_find(me: Caller) -> None:
    found = got(me, "/api/record/set/101;9999;104/")
    assert list(found) == ["not_found", "objects"]
    assert found["not_found"] == ["9999", "104"]
    assert got(me, "/api/record/set/9998;9999/") == {"not_found": ["9998", "9999"], "objects": []}


@pytest.mark.rule("T19", "Tastypie 18")
@pytest.mark.parametrize("keys", ["abc", "101;", ";101", "101,102", "101;x", ""])
def test_a_set_with_a_bad_key(me: Caller, keys: str) -> None:
    assert is_canned(ask(me, "GET", f"/api/record/set/{keys}/"))


@pytest.mark.rule("T19")
def test_set_alone_is_a_key(me: Caller) -> None:
    assert is_canned(ask(me, "GET", "/api/record/set/"))


@pytest.mark.rule("Tastypie 18")
def test_a_set_with_keys_out_of_range(me: Caller) -> None:
    huge = "9" * 30
    assert got(me, f"/api/record/set/101;{huge}/")["not_found"] == [huge]
    assert is_canned(ask(me, "GET", "/api/device/set/%00;x/"))


@pytest.mark.rule("T20")
def test_filters_apply_to_a_set_but_not_paging(me: Caller) -> None:
    both = "/api/record/set/101;102/"
    assert len(got(me, f"{both}?limit=1&offset=1")["objects"]) == 2
    assert got(me, f"{both}?id=101")["not_found"] == ["102"]
    answer = ask(me, "GET", f"{both}?status=x")
    assert error(answer) == "The 'status' field does not allow filtering."


@pytest.mark.rule("T21")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_a_set_takes_get_only(me: Caller, method: str) -> None:
    answer = ask(me, method, "/api/record/set/101/", {})
    assert is_plain(answer, 405, "" if method == "HEAD" else "GET")
    assert answer["Allow"] == "GET"


@pytest.mark.rule("wire trap 13")
@pytest.mark.parametrize("path", ["//api/record/101/", "///api/v1/record/101/"])
def test_a_leading_double_slash_is_forgiven(me: Caller, path: str) -> None:
    assert got(me, f"http://testserver{path}")["id"] == 101


@pytest.mark.rule("Tastypie 18")
@pytest.mark.parametrize("text", ["\0", "\ud7ff\0", "é", "'; --", "{}", "%", "a" * 3000])
def test_any_text_may_stand_as_a_key(me: Caller, text: str) -> None:
    for name in ("record", "device", "datatype"):
        path = f"/api/{name}/{quote(text)}/"
        for method in ("GET", "PUT", "DELETE"):
            assert ask(me, method, path, {}).status_code in {404, 405}
