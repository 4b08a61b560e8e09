"""Faults of the domain: answers that look right and are not."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
from contextlib import closing
from typing import Any

import pytest

from tests.control.faults.conftest import FaultySandbox
from tests.control.test_served_sandboxes import LOGIN

DATA = "/api/data/?record=37700&datatype=19,33&end=359840229430"
ARCHIVE = "/api/data/?record=37700&datatype=18,19,4113&format=zip"


def values(faulty: FaultySandbox) -> Any:
    """Return the values of ten seconds by data type."""
    return faulty.get(DATA).json()[0]["data"]


def table(faulty: FaultySandbox) -> list[list[str]]:
    """Return the rows of the same as CSV."""
    return [line.split(",") for line in faulty.get(f"{DATA}&format=csv").text.splitlines()]


def files(faulty: FaultySandbox) -> dict[str, bytes]:
    """Return the files of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(faulty.get(ARCHIVE).content)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


class TestMissingChannel:
    """One channel is not there."""

    def test_json_and_csv(self, faulty: FaultySandbox) -> None:
        true, rows = values(faulty), table(faulty)
        key = faulty.add({"missing_channel": 19})
        assert values(faulty) == {"33": true["33"]}
        assert table(faulty) == [[*row[:2], ""] for row in rows]
        assert faulty.counts(key) == (2, 2)

    def test_archive(self, faulty: FaultySandbox) -> None:
        true = files(faulty)
        faulty.add({"missing_channel": 19})
        found = files(faulty)
        assert true.keys() - found.keys() == {"heart_rate.wav"}
        assert found == {name: true[name] for name in found}

    def test_an_answer_without_it_is_not_counted(self, faulty: FaultySandbox) -> None:
        key = faulty.add({"missing_channel": 53})
        assert set(values(faulty)) == {"19", "33"}
        assert len(table(faulty)[0]) == 4
        assert faulty.counts(key) == (0, 0)


class TestGap:
    """A part of a channel is not there."""

    def test_json(self, faulty: FaultySandbox) -> None:
        true = values(faulty)
        faulty.add({"gap": {"datatype": 33, "begin": 0.2, "end": 0.5}})
        count = len(true["33"])
        wanted = true["33"][: int(count * 0.2)] + true["33"][int(count * 0.5) :]
        assert values(faulty) == {"19": true["19"], "33": wanted}

    def test_csv(self, faulty: FaultySandbox) -> None:
        rows = table(faulty)
        faulty.add({"gap": {}})
        found = table(faulty)
        assert [row[0] for row in found] == [row[0] for row in rows]
        emptied = [row for row, before in zip(found, rows, strict=True) if row != before]
        assert emptied
        assert all(row[1:] == ["", "", ""] for row in emptied)


class TestSamples:
    """There is one sample more or less."""

    def test_json(self, faulty: FaultySandbox) -> None:
        true = values(faulty)
        faulty.add({"samples": -1}, times=1)
        assert values(faulty) == {name: each[:-1] for name, each in true.items()}
        faulty.add({"samples": 1})
        assert values(faulty) == {name: [*each, each[-1]] for name, each in true.items()}

    def test_csv(self, faulty: FaultySandbox) -> None:
        rows = table(faulty)
        faulty.add({"samples": -1}, times=1)
        assert table(faulty) == rows[:-1]
        faulty.add({"samples": 1})
        assert table(faulty) == [*rows, rows[-1]]

    @pytest.mark.parametrize("difference", [-1, 1])
    def test_wav(self, faulty: FaultySandbox, difference: int) -> None:
        true = files(faulty)
        faulty.add({"samples": difference})
        for name, content in files(faulty).items():
            if name.endswith(".wav"):
                assert len(content) == len(true[name]) + 2 * difference
                assert struct.unpack_from("<I", content, 40) == (len(content) - 44,)
                assert struct.unpack_from("<I", content, 4) == (len(content) - 8,)
            else:
                assert content == true[name]


def test_a_truncated_wav_has_less_than_its_header_says(faulty: FaultySandbox) -> None:
    true = files(faulty)
    faulty.add({"truncated_wav": True})
    for name, content in files(faulty).items():
        if name.endswith(".wav"):
            assert true[name].startswith(content)
            assert len(content) < 44 + struct.unpack_from("<I", content, 40)[0]


class TestRecords:
    """Records and pages of them."""

    def test_a_record_stays_in_processing(self, faulty: FaultySandbox) -> None:
        key = faulty.add({"record_status": "processing"}, match={"path": "/api/record/*"})
        one = faulty.get("/api/record/37700/").json()
        assert (one["id"], one["status"]) == (37700, "processing")
        rows = faulty.get().json()["objects"]
        assert {row["status"] for row in rows} == {"processing"}
        assert faulty.counts(key) == (2, 2)

    def test_other_resources_with_a_status_are_left_alone(self, faulty: FaultySandbox) -> None:
        key = faulty.add({"record_status": "processing"})
        assert faulty.get("/api/range/?limit=1").status_code == 200
        assert faulty.counts(key) == (0, 0)

    def test_a_page_repeats_a_row(self, faulty: FaultySandbox) -> None:
        true = faulty.get().json()
        faulty.add({"repeat_row": True})
        found = faulty.get().json()
        assert found["objects"] == [*true["objects"], true["objects"][-1]]
        assert found["meta"] == true["meta"]


def test_curl_and_a_socket_see_the_same(faulty: FaultySandbox) -> None:
    faulty.add({"missing_channel": 19})
    url = faulty.base + DATA
    asked = ["curl", "-s", "-u", ":".join(LOGIN), url]
    done = subprocess.run(asked, capture_output=True, check=True, timeout=60)
    assert done.stdout == faulty.get(DATA).content
    with closing(faulty.send_raw(DATA, "Connection: close\r\n")) as raw:
        head, _, body = b"".join(iter(lambda: raw.recv(65536), b"")).partition(b"\r\n\r\n")
    assert body == done.stdout
    assert b"\r\nETag:" not in head


def test_an_edf_file_is_left_alone(faulty: FaultySandbox) -> None:
    key = faulty.add({"samples": -1})
    headers = {"Accept": "application/x-edf"}
    assert faulty.get(ARCHIVE.partition("&format")[0], headers=headers).status_code == 200
    assert faulty.counts(key) == (0, 0)
