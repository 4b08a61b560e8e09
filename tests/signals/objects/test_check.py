"""What a start says about an object store that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.sandbox import object_storage
from apps.sandbox.object_storage import ObjectsError
from apps.signals.storage.objects import bucket as buckets
from apps.signals.storage.objects import owner
from apps.signals.storage.objects.bucket import bucket
from apps.signals.storage.objects.failures import MissingObject
from hexostore import object_urls
from tests.signals.objects.faulty import Faults
from tests.signals.objects.seaweed import READER, READER_SECRET, SECRET, S3Server

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def trouble() -> str:
    with pytest.raises(ObjectsError) as caught:
        object_storage.require_reachable()
    text = str(caught.value)
    assert "\n" not in text
    for secret in (SECRET, READER_SECRET, "wrong-secret"):
        assert secret not in text
    return text


def test_a_store_that_works_keeps_nothing_of_the_check(objects: str) -> None:
    url = object_storage.require_reachable()
    assert url == bucket().url
    assert not bucket().page_after("")[0]
    with pytest.raises(MissingObject):
        bucket().get_key("check")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, "403 Forbidden, SignatureDoesNotMatch"),
        ({"AWS_ACCESS_KEY_ID": "AKUNKNOWN"}, "403 Forbidden, InvalidAccessKeyId"),
        (
            {"AWS_ACCESS_KEY_ID": READER, "AWS_SECRET_ACCESS_KEY": READER_SECRET},
            "403 Forbidden, AccessDenied",
        ),
    ],
)
def test_a_key_that_is_refused(
    in_s3: S3Server, variables: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert trouble() == (
        f"HEXOSTORE_CHUNKS: {settings.HEXOSTORE_CHUNKS} answers {told}; "
        "check the key and its rights (while storing an object)"
    )


def test_http_has_to_be_permitted(in_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    assert "is an http:// address, which AWS_ALLOW_HTTP=true permits" in trouble()


def test_a_server_that_is_away(
    in_s3: S3Server, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert trouble() == (
        f"HEXOSTORE_CHUNKS: {settings.HEXOSTORE_CHUNKS} cannot be reached (while storing an object)"
    )


def test_a_store_that_lists_nothing(faults: Faults) -> None:
    faults.plan("GET", "slow", *["500"] * 9)
    assert trouble().endswith("answers 500 Internal Server Error, InternalError "
                              "(while listing an object)")  # fmt: skip


def test_other_bytes_than_were_stored(faults: Faults) -> None:
    faults.forever["GET"] = "wrong"
    assert trouble().endswith("gives back other bytes than were stored")


def test_a_folder_that_cannot_be_made(tmp_path: Path, settings: Settings) -> None:
    Path(tmp_path, "file").touch()
    settings.HEXOSTORE_CHUNKS = f"file://{tmp_path}/file/objects"
    assert "Not a directory" in trouble()


def test_the_library_may_be_missing(tmp_path: Path, settings: Settings, monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    settings.HEXOSTORE_CHUNKS = f"file://{tmp_path}/objects"
    assert buckets.INSTALL in trouble()


@pytest.mark.parametrize("url", ["gs://bucket/prefix", "az://container/prefix"])
def test_stores_of_others_can_be_opened(
    url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    settings.HEXOSTORE_CHUNKS = url
    assert bucket().url == url


@pytest.mark.parametrize("url", ["chunks", "http://host/bucket", "s3://key:secret@bucket/x",
                                 "az://container?sig=secret", "file://folder", "file:///",
                                 "s3://"])  # fmt: skip
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        object_urls.checked(url)
    assert "secret" not in str(caught.value)


def test_a_url_without_the_slash_at_its_end() -> None:
    assert object_urls.checked("s3://bucket/prefix/") == "s3://bucket/prefix"
    assert object_urls.checked("") == ""


@pytest.mark.django_db
def test_objects_belong_to_one_store(objects: str) -> None:
    object_storage.require_own_objects()
    object_storage.require_own_objects()
    bucket().put_key(owner.KEY, b"123 hexostore\n")
    with pytest.raises(ObjectsError, match="belong to another store"):
        object_storage.require_own_objects()
    owner.adopt()
    assert object_storage.require_own_objects() == bucket().url
