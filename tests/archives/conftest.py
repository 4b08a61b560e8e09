"""People, the catalogue, and downloads in the shapes that are known (wire 5.4 and 5.5)."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import Datatype
from tests.catalogue import load_catalogue

START = 415_116_800_000
TICKS = 70_368
"""The length of the download of 2021."""

Files = dict[str, bytes]


@pytest.fixture
def datatypes(db: None) -> dict[int, Datatype]:
    load_catalogue("datatype", "metric", "unit")
    return Datatype.objects.in_bulk()


@pytest.fixture
def athlete(datatypes: dict[int, Datatype]) -> User:
    return person(1511)


@pytest.fixture
def other(datatypes: dict[int, Datatype]) -> User:
    return person(77)


def person(key: int) -> User:
    name = f"user{key}@example.com"
    return User.objects.create(id=key, username=name, email=name)


def riff(samples: Any, rate: int, dtype: str = "<i2", riff_size: int = -4) -> bytes:
    """A WAV file of 44 bytes and the samples; the size in its header counts from `riff_size`."""
    data = np.asarray(samples).astype(dtype).tobytes()
    width = np.dtype(dtype).itemsize
    size = 44 + len(data) + riff_size if riff_size < 0 else riff_size
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", size, b"WAVE", b"fmt ", 16, 1, 1, rate, rate * width, width, 8 * width,
        b"data", len(data),
    )  # fmt: skip
    return head + data


def random(number: int) -> np.random.Generator:
    return np.random.default_rng(number)


def of_2021(start: int = START, ticks: int = TICKS) -> Files:
    """The files of a record as they were downloaded in 2021."""
    info = {
        "request": "/api/data/?record=221732",
        "start": start,
        "user": 1234,
        "algo": {
            "id": 14,
            "created": "2021-03-01T10:00:00",
            "resource_uri": "/api/algo/14/",
            "algorithms": {"ecg": "1.2.3", "respiration": "2.0"},
            "record_id": 221732,
        },
        "decoder_version": "0.9.1",
        "start_date": "2021-05-27T12:00:00.000000",
        "timestamp": start / 256,
    }
    seconds = ticks // 256 - 1
    statistics = (
        "uri,start_date,start,end,Act Avg,HR Max\nna,na,na,na,g,bpm\n"
        f"/api/record/221732/,2021-05-27 12:00:00.000000,{start},{start + ticks},0.1,\n"
    )
    return {
        "info.json": json.dumps(info, indent=4).encode(),
        "statistics.csv": statistics.encode(),
        "ECG_I.wav": riff(random(1).integers(0, 4096, ticks), 256),
        "respiration_thoracic.wav": riff(random(2).integers(0, 65_536, ticks // 2), 128, "<u2"),
        "acceleration_X.wav": riff(random(3).integers(-4096, 4096, ticks // 4), 64),
        "heart_rate.wav": riff(random(4).integers(40, 200, seconds), 1, "<u2"),
        "minute_ventilation_adjusted.wav": riff(
            random(5).integers(0, 9000, seconds), 1, "<u2", riff_size=-8
        ),
        "SDNN.wav": riff([], 300),
        "RR_interval.csv": asynchronous(
            "RR_interval", "s/256", 18, [(85, 0), (154, 69), (999, 80)]
        ),
        "step.csv": asynchronous("step", "Step", 52, [(300, 1), (420, 2)]),
        "QRS.csv": asynchronous("QRS", "NA", 17, []),
        "sleep_position.csv": positions(270, [(256, 1), (5120, 2)], ticks),
    }


def asynchronous(name: str, unit: str, dataid: int, events: list[tuple[int, int]]) -> bytes:
    rows = [f"{tick / 256!r},{value}" for tick, value in events]
    return "\n".join([f"time [s],{name} [{unit}](/api/datatype/{dataid}/)", *rows, ""]).encode()


def positions(dataid: int, events: list[tuple[int, int]], ticks: int) -> bytes:
    text = asynchronous("sleep_position", "NA", dataid, events).decode().split("\n")
    return "\n".join([text[0], "0.0,nan", *text[1:-1], f"{ticks / 256!r},nan", ""]).encode()


def of_2017(start: int = START) -> Files:
    """The files of a record as they were downloaded in 2017: older keys, and channels of PPG."""
    info = {
        "timestamp": start / 256,
        "request": "/api/v1/data/?record=37700",
        "start_timestamp": start,
        "user": 99,
        "decoder_version": "0.5.3",
        "start_date": "2017-02-03T10:00:00.123456",
        "algo": {"id": 3, "record_id": 37700, "algorithms": {"ecg": "1"}},
    }
    return {
        "info.json": json.dumps(info, indent=4).encode(),
        "statistics.csv": b"uri,duration,act_avg\n,,G\n/api/v1/record/1/,0:02:09,0.2\n",
        "minute_ventilation_cl.wav": riff(np.arange(129), 1),
        "tidal_volume_ml.wav": riff(np.arange(128), 1),
        "temperature_celcius.wav": riff(np.arange(-64, 66), 1),
        "SPO2.wav": riff([97] * 130, 1),
        "ppgdo.wav": riff(np.arange(8256), 64),
        "ppgDisc.wav": riff(np.arange(8256), 64),
        "4113.wav": riff(np.arange(33_024) % 4096, 256, "<i4", riff_size=12_345),
        "inspiration.csv": b"time [s],inspiration [s](/api/v1/datatype/34/)\n1.50000000,7\n",
        "RR_interval.hxd": struct.pack("<6q", 85, 256, 154, 69, 234, 80),
    }


def zipped(files: Mapping[str, bytes], folder: str = "record_221732/") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(folder + name, data)
    return content.getvalue()


def saved(folder: Path, content: bytes, name: str = "download.zip") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file
