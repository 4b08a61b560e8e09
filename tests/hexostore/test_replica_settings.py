"""URLs of several database servers: a primary with its heirs, and replicas."""

from __future__ import annotations

from typing import Any, cast

import pytest
from django.core.exceptions import ImproperlyConfigured

from hexostore.database.copies import LogPosition, parse_lsn
from hexostore.database.replicas import Replica
from hexostore.settings import database_entry, replica_entries

SECRET = "s3cr3t"
SEVERAL = f"postgresql://me:{SECRET}@one:5432,two:5433/store"


def options(entry: dict[str, object]) -> dict[str, Any]:
    return cast("dict[str, Any]", entry["OPTIONS"])


def test_several_hosts_are_tried_for_the_primary() -> None:
    entry = database_entry(f"{SEVERAL}?target_session_attrs=read-write")
    found = {name: entry[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert found == {
        "NAME": "store", "USER": "me", "PASSWORD": SECRET, "HOST": "one,two", "PORT": "5432,5433",
    }  # fmt: skip
    assert options(entry)["target_session_attrs"] == "read-write"
    assert options(entry)["connect_timeout"] == 3


def test_a_connect_timeout_of_the_url_counts() -> None:
    entry = database_entry(f"{SEVERAL}?target_session_attrs=primary&connect_timeout=9")
    assert options(entry)["connect_timeout"] == "9"


@pytest.mark.parametrize("rest", ["", "?target_session_attrs=any", "?sslmode=require"])
def test_several_hosts_without_a_wish_for_the_primary_are_refused(rest: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="target_session_attrs=read-write") as refused:
        database_entry(SEVERAL + rest)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("url", [f"{SEVERAL}?nonsense", f"{SEVERAL}?no_such_option=1"])
def test_a_malformed_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        database_entry(url)
    assert SECRET not in str(refused.value)


ONE = f"postgresql://me:{SECRET}@one:5432"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (ONE, "DATABASE_URL names no database"),
        (f"{ONE}/", "DATABASE_URL names no database"),
        (
            f"{ONE}/store?no_such_option=1",
            "DATABASE_URL is malformed: a parameter after . is none of PostgreSQL",
        ),
        (f"{SEVERAL.replace('5433', 'x')}?target_session_attrs=primary", "port is not a number"),
    ],
)
def test_a_url_is_refused_as_the_driver_would(url: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        database_entry(url)
    assert SECRET not in str(refused.value)


def test_a_url_is_read_as_the_driver_reads_it() -> None:
    entry = database_entry("postgresql:///store?host=/run/postgresql&user=me&port=5433")
    assert (entry["HOST"], entry["USER"], entry["PORT"]) == ("/run/postgresql", "me", "5433")
    entry = database_entry("postgresql://me:a+b%40@[::1]/store?application_name=true")
    assert (entry["HOST"], entry["PASSWORD"]) == ("::1", "a+b@")
    assert options(entry)["application_name"] == "true"


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n"])
def test_replicas_are_listed(between: str) -> None:
    first, second = "postgresql://a:5432/store", "postgres://me:x%2Cy@b:5433/store?sslmode=require"
    entries = replica_entries(f" {first}{between}{second} ")
    assert [(entry["HOST"], entry["PORT"]) for entry in entries] == [("a", "5432"), ("b", "5433")]
    assert entries[1]["PASSWORD"] == "x,y"
    assert options(entries[1])["sslmode"] == "require"


def test_without_replicas_there_are_none() -> None:
    assert replica_entries("") == []


def test_a_malformed_replica_is_named_by_its_variable() -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_REPLICA_URLS"):
        replica_entries("mysql://a/store")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_REPLICA_URLS"):
        replica_entries("postgresql://a:port/store")


def test_a_replica_has_the_settings_of_the_primary_but_for_the_server() -> None:
    primary = database_entry(f"{SEVERAL}?target_session_attrs=read-write")
    options(primary)["options"] = "-c statement_timeout=10s"
    (entry,) = replica_entries("postgresql://you:word@three:5434/ignored?connect_timeout=8")
    found = Replica(0, entry).settings_for(primary, "store_1")
    known = {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert known == {
        "NAME": "store_1", "USER": "you", "PASSWORD": "word", "HOST": "three", "PORT": "5434",
    }  # fmt: skip
    assert found["OPTIONS"]["options"] == "-c statement_timeout=10s"
    assert "target_session_attrs" not in found["OPTIONS"]
    assert found["OPTIONS"]["connect_timeout"] == "8"
    assert Replica(0, entry).name == "three:5434"


def test_a_place_in_the_log_is_a_number() -> None:
    assert parse_lsn("16/B374D848") == 0x16B374D848
    assert parse_lsn("0/0") == 0


def test_only_the_same_lineage_includes_a_place() -> None:
    here = LogPosition("one", 10)
    assert here.includes(LogPosition("one", 10))
    assert not here.includes(LogPosition("one", 11))
    assert not here.includes(LogPosition("two", 9))
