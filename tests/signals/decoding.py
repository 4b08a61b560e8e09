"""A reader of binary downloads that shares nothing with the program.

It goes by what published decoders do (wire F1 and F2): the start from a line of
info.json, 44 bytes of WAV header, rates, signs and delays by the name of the channel.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from itertools import starmap

SIGNED = re.compile(r"ECG_I+|acceleration_[XYZ]|activity|actigraphy|\w*TMPR|temperature\w*")
SLOW = re.compile(r"ANN|SDNN|RMSSD|HRV_\w+|NN_over_RR")
"""Channels whose rate field holds seconds."""

Pairs = list[tuple[float, float]]


def unzip(content: bytes) -> dict[str, bytes]:
    """The files of an archive by their paths; AssertionError if one is damaged."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def decode(files: dict[str, bytes], folder: str) -> dict[str, Pairs]:
    """Ticks and counts of every channel in the folder."""
    info = files[f"{folder}/info.json"].decode()
    (start,) = re.findall(r'^    "start": (\d+),?$', info, re.MULTILINE)
    found = {}
    for path, content in files.items():
        stem, _, kind = path.removeprefix(f"{folder}/").rpartition(".")
        if path.startswith(f"{folder}/") and kind in READERS and stem != "statistics":
            found[stem] = [(int(start) + tick, v) for tick, v in READERS[kind](stem, content)]
    return found


def _wav(stem: str, content: bytes) -> Pairs:
    rate, _, width, bits = struct.unpack("<IIHH", content[24:36])
    assert (width, bits) == (2, 16)
    code = "<h" if SIGNED.fullmatch(stem) else "<H"
    values = [value for (value,) in struct.iter_unpack(code, content[44:])]
    if SLOW.fullmatch(stem):
        return [((k + 1) * rate * 256, value) for k, value in enumerate(values)]
    return [(k * 256 / rate + (256 if rate == 1 else 0), value) for k, value in enumerate(values)]


def _hxd(stem: str, content: bytes) -> Pairs:
    return list(struct.iter_unpack("<Qq", content))


def _csv(stem: str, content: bytes) -> Pairs:
    _, *lines = content.decode().splitlines()
    pairs = starmap(lambda time, value: (float(time) * 256, float(value)), map(_cells, lines))
    return [(tick, value) for tick, value in pairs if value == value]  # noqa: PLR0124 - nan is not


def _cells(line: str) -> tuple[str, str]:
    time, value = line.split(",")
    return time, value


READERS = {"wav": _wav, "hxd": _hxd, "csv": _csv}
