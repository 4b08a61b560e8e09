"""Declarative seeds: what is loaded, and what is said when it cannot be."""

import json
import os
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.credentials.models import Client
from apps.records.models import Device, Label, Range, Record
from apps.sandbox import seeds, store
from apps.sandbox.seed_rows import SeedError

pytestmark = pytest.mark.django_db

SEED: dict[str, dict[str, dict[str, Any]]] = {
    "range": {
        "lap": {"id": 202, "user": "ann", "start": 256, "parent": "run", "labels": []},
        "run": {"id": 201, "user": "ann", "start": 256, "parent": None, "labels": ["hot", "wet"]},
    },
    "record": {
        "r1": {
            "user": "ann",
            "device": "d1",
            "start": 256,
            "last_modified": "2014-05-08T12:34:56.789012",
        },
    },
    "label": {"hot": {"name": "hot", "user": "ann"}, "wet": {"name": "wet", "user": "ann"}},
    "device": {"d1": {"deviceid": "HXSKIN1200001984", "serial": 1984}},
    "user": {
        "ann": {
            "id": 12,
            "username": "ann@example.org",
            "email": "ann@example.org",
            "password": "pw",
        },
    },
}


def changed(resource: str, handle: str, **fields: Any) -> dict[str, Any]:
    """SEED with some fields of a row set otherwise."""
    seed = deepcopy(SEED)
    seed[resource][handle].update(fields)
    return seed


def test_counts_per_resource() -> None:
    counts = {"range": 2, "record": 1, "label": 2, "device": 1, "user": 1}
    assert seeds.load(SEED).count_rows == counts


def test_references_ids_and_times_are_kept() -> None:
    seeds.load(SEED)
    lap = Range.objects.get(pk=202)
    assert (lap.parent_id, lap.user_id) == (201, 12)
    assert set(Range.objects.get(pk=201).labels.values_list("name", flat=True)) == {"hot", "wet"}
    record = Record.objects.get()
    assert record.device is not None
    assert record.device.serial == 1984
    assert record.last_modified == datetime(2014, 5, 8, 12, 34, 56, 789012, tzinfo=UTC)


def test_passwords_are_hashed() -> None:
    seeds.load(SEED)
    assert check_password("pw", User.objects.get(pk=12).password)


def test_the_next_id_follows_the_highest_given() -> None:
    seeds.load(SEED)
    made = Range.objects.create(user_id=12, start=0)
    assert made.pk > 202
    seeds.load({"range": {"far": {"id": made.pk + 100, "user": 12, "start": 0}}})
    assert Range.objects.create(user_id=12, start=0).pk == made.pk + 101


def test_no_id_is_given_twice() -> None:
    """The next id stays behind those that were given already, also when their rows are gone."""
    seeds.load({"user": SEED["user"]})
    made = Range.objects.create(user_id=12, start=0)
    deleted = made.pk
    made.delete()
    seeds.load({"range": {"low": {"id": 7, "user": 12, "start": 0}}})
    assert Range.objects.create(user_id=12, start=0).pk > deleted


@pytest.mark.parametrize("name", [12, "12", "/api/user/12/", "/api/v1/user/12/", "ann@example.org"])
def test_rows_that_exist_are_named_by_uri_key_or_unique_name(name: object) -> None:
    seeds.load({"user": SEED["user"]})
    seeds.load({"label": {"x": {"name": "x", "user": name}}})
    assert Label.objects.get().user_id == 12


@pytest.mark.parametrize(
    ("seed", "text"),
    [
        (
            changed("record", "r1", device="d9"),
            "record r1: field 'device': no row with the handle 'd9' in device",
        ),
        (
            changed("range", "run", labels=["hot", "dry"]),
            "range run: field 'labels': no row with the handle 'dry' in label",
        ),
        (changed("range", "run", labels="hot"), "range run: field 'labels': a list of handles"),
        (changed("record", "r1", colour=1), "record r1: unknown field 'colour'; record has "),
        (changed("record", "r1", start="soon"), "record r1: field 'start': "),
        (changed("record", "r1", last_modified="soon"), "record r1: field 'last_modified': "),
        (changed("record", "r1", user=None), "record r1: field 'user': must not be null"),
        (changed("range", "run", parent="lap"), "rows refer to each other in a circle: range "),
        ({**SEED, "shoe": {}}, "unknown resource 'shoe'; choose from "),
        ({**SEED, "label": {"x": {"user": "ann"}}}, "label x: field 'name': is missing"),
        ({**SEED, "label": {"x": 1}}, "label x: a JSON object with fields is expected"),
        ({**SEED, "label": []}, "label: a JSON object is expected, not []"),
        (
            {**SEED, "user": {**SEED["user"], "twin": {**SEED["user"]["ann"], "id": 13}}},
            "user twin: another row has the same ",
        ),
    ],
)
def test_an_error_names_the_row_and_the_field_and_nothing_is_loaded(
    seed: dict[str, Any], text: str
) -> None:
    with pytest.raises(SeedError) as error:
        seeds.load(seed)
    assert str(error.value).startswith(text)
    assert not User.objects.exists()
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("[]", "a JSON object is expected"),
        ('{"user": ', "Expecting value"),
        (r'{"user": {"a": {"first_name": "\ud800"}}}', "surrogates not allowed"),
        ('{"user": {"a": {}, "a": {}}}', "the name 'a' is used twice"),
    ],
)
def test_a_file_that_is_no_seed(tmp_path: Path, content: str, text: str) -> None:
    file = tmp_path / "seed.json"
    file.write_text(content)
    with pytest.raises(SeedError, match=text):
        seeds.load(file)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="No such file"):
        seeds.load(tmp_path / "nothing.json")


def test_the_secret_of_a_key_goes_by_two_names() -> None:
    rows = {"k1": {"secret": "one", "user": "ann"}, "k2": {"client_secret": "two", "user": "ann"}}
    seeds.load({"user": SEED["user"], "client": rows})
    assert list(Client.objects.values_list("client_secret", flat=True)) == ["one", "two"]


def test_a_file_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(SEED))
    assert seeds.load(file).count_rows["user"] == 1


def test_thousands_of_rows_cost_few_statements(django_assert_max_num_queries: Any) -> None:
    rows = {f"r{index}": {"user": "ann", "start": index} for index in range(5000)}
    with django_assert_max_num_queries(40):
        seeds.load({"user": SEED["user"], "record": rows})
    assert Record.objects.count() == 5000


def test_the_catalogues_load() -> None:
    begun = store.begin_store("catalogue", None, lambda _: None)
    assert Datatype.objects.count() == 111
    assert (begun.seed, begun.conventions) == ("catalogue", "hexoskin")
    assert store.current() is not None


def test_contradictions() -> None:
    begun = store.begin_store("empty", None, lambda _: None)
    store.require_options(begun, None, "tastypie")
    with pytest.raises(store.StoreError, match="conventions 'tastypie', not 'hexoskin'"):
        store.require_options(begun, None, "hexoskin")


def test_commands_need_a_store() -> None:
    with pytest.raises(store.StoreError, match="hexostore serve"):
        store.require_begun()


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "loop", "missing"])
def test_what_is_no_seed_file(tmp_path: Path, kind: str) -> None:
    """None of them is opened: a FIFO would be waited for, and /dev/zero has no end."""
    place = tmp_path / "seed"
    match kind:
        case "fifo":
            os.mkfifo(place)
        case "device":
            place.symlink_to("/dev/zero")
        case "folder":
            place.mkdir()
        case "loop":
            place.symlink_to(place)
    with pytest.raises(SeedError, match=r"is not a regular file|Too many levels|No such file"):
        seeds.load(place)


def test_a_seed_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "SIZE", 100)
    (tmp_path / "seed").write_text("{}" + " " * 98)
    assert seeds.load(tmp_path / "seed").count_rows == {}
    (tmp_path / "seed").write_text("{}" + " " * 99)
    with pytest.raises(SeedError, match="longer than the limit of 100 characters"):
        seeds.load(tmp_path / "seed")


def test_a_seed_that_is_nested_without_end(tmp_path: Path) -> None:
    (tmp_path / "seed").write_text('{"a":' * 100_000)
    with pytest.raises(SeedError, match="nested too deeply"):
        seeds.load(tmp_path / "seed")


def states(seed: dict[str, Any], **options: Any) -> dict[str, list[str]]:
    """What became of the rows of each resource."""
    found = seeds.load(seed, **options).states
    return {name: sorted(each.value for each in counts) for name, counts in found.items()}


def test_again_is_nothing_new() -> None:
    """With ids, with names that are unique, and with neither, as the labels are."""
    seeds.load(SEED)
    before = Record.objects.get().last_modified
    assert states(SEED) == {name: ["as it was"] for name in SEED}
    assert (Range.objects.count(), Label.objects.count(), User.objects.count()) == (2, 2, 1)
    assert Record.objects.get().last_modified == before
    assert states(SEED, replace=True) == {name: ["as it was"] for name in SEED}


def test_equal_rows_are_as_many_as_the_seed_has() -> None:
    twins = {"a": {"name": "hot", "user": "ann"}, "b": {"name": "hot", "user": "ann"}}
    seed = {"user": SEED["user"], "label": twins}
    seeds.load(seed)
    seeds.load(seed)
    assert Label.objects.count() == 2
    seeds.load({**seed, "label": {**twins, "c": {"name": "hot", "user": "ann"}}})
    assert Label.objects.count() == 3


@pytest.mark.parametrize(
    ("resource", "handle", "fields", "text"),
    [
        ("range", "run", {"start": 512}, "range run: field 'start': is 256 in the store, not 512;"),
        ("range", "run", {"labels": ["hot"]}, "range run: field 'labels': differs in the store"),
        ("user", "ann", {"password": "other"}, "user ann: field 'password': differs in the store"),
        ("device", "d1", {"serial": 7}, "device d1: field 'serial': is 1984 in the store, not 7;"),
    ],
)
def test_a_row_that_differs_is_changed_only_when_asked(
    resource: str, handle: str, fields: dict[str, Any], text: str
) -> None:
    seeds.load(SEED)
    seed = changed(resource, handle, **fields)
    with pytest.raises(SeedError) as error:
        seeds.load(seed)
    assert str(error.value).startswith(text)
    assert str(error.value).endswith("--replace changes it")
    assert "pbkdf2" not in str(error.value)
    assert "changed" in states(seed, replace=True)[resource]
    assert states(seed)[resource] == ["as it was"]
    assert check_password(fields.get("password", "pw"), User.objects.get().password)


def test_nothing_is_changed_when_a_later_row_is_refused() -> None:
    seeds.load(SEED)
    seed = changed("device", "d1", serial=7)
    seed["range"]["run"].update(start=5, end=1)
    with pytest.raises(SeedError, match="range run: field 'end'"):
        seeds.load(seed, replace=True)
    assert Device.objects.get().serial == 1984


def test_what_is_changed_is_modified_now() -> None:
    seed = changed("record", "r1", id=5)
    seeds.load(seed)
    seed["record"]["r1"]["end"] = 512
    del seed["record"]["r1"]["last_modified"]
    before = Record.objects.get().last_modified
    seeds.load(seed, replace=True)
    assert Record.objects.get().last_modified > before


def test_a_row_that_is_two_rows_of_the_store() -> None:
    seeds.load(SEED)
    User.objects.create(id=13, username="bob@example.org", email="bob@example.org")
    seed = changed("user", "ann", id=13)
    with pytest.raises(SeedError, match=r"user ann: its .* belong to different rows"):
        seeds.load(seed, replace=True)
    with pytest.raises(SeedError, match="cannot be changed"):
        seeds.load(changed("user", "ann", id=14), replace=True)


def test_loading_thousands_again_costs_few_statements(django_assert_max_num_queries: Any) -> None:
    rows = {f"r{index}": {"user": "ann", "start": index} for index in range(5000)}
    seed = {"user": SEED["user"], "record": rows}
    seeds.load(seed)
    with django_assert_max_num_queries(40):
        assert states(seed) == {"user": ["as it was"], "record": ["as it was"]}
    assert Record.objects.count() == 5000


@pytest.mark.parametrize(
    ("seed", "text"),
    [
        (
            changed("record", "r1", end=255),
            "record r1: field 'end': The end must not be before the start.",
        ),
        (
            changed("range", "run", end=255),
            "range run: field 'end': The end must not be before the start.",
        ),
        (
            {**SEED, "user": {**SEED["user"], "b": {"username": "x", "email": "ANN@example.org"}}},
            "user b: field 'password': is missing",
        ),
        (
            {
                "user": {
                    **SEED["user"],
                    "b": {"username": "x", "email": "ANN@example.org", "password": "p"},
                }
            },
            "user b: another row has the same email: ann@example.org",
        ),
    ],
)
def test_what_a_table_does_not_take_is_said_as_the_api_says_it(
    seed: dict[str, Any], text: str
) -> None:
    with pytest.raises(SeedError) as error:
        seeds.load(seed)
    assert str(error.value) == text
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"# Readme", "is not valid JSON: Expecting value"),
        (b"\xff\x00\x01", "is not UTF-8 text"),
        (b'{"request": "/api/data/", "start": 5}', "is the info.json of a download; load its fol"),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "seed.json").write_bytes(content)
    with pytest.raises(SeedError, match=text):
        seeds.load(tmp_path / "seed.json")


def test_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(SEED), encoding="utf-8-sig")
    assert seeds.load(file).count_rows["user"] == 1


WRONG_METRICS = [{"value": 1}], [{"metric": "44", "value": 1}], [{"metric": 44, "value": "x"}]


@pytest.mark.parametrize("metrics", [5, [5], *WRONG_METRICS])
def test_metrics_of_another_shape_are_refused(metrics: object) -> None:
    """They would be in the way of whoever lists the ranges."""
    with pytest.raises(SeedError, match="range run: field 'metrics': must be a list of objects"):
        seeds.load(changed("range", "run", metrics=metrics))
