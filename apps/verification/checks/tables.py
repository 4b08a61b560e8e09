"""Data of records as CSV and as ZIP."""

from __future__ import annotations

import io
import struct
import zipfile

from apps.verification.answers import ServerAnswer
from apps.verification.checks.data import find_data
from apps.verification.examined import API, ExaminedServer
from apps.verification.parity_checks import parity_check

TITLES = ("time [s/256]", "heart_rate [bpm](/api/datatype/19/)")
WAV_HEADER = 44


@parity_check("wire row 19", "wire row 34", "wire F9", "behaviour 3.2")
def csv_has_the_known_titles(server: ExaminedServer) -> None:
    """Data as CSV has the titles that published programs look for, and a row for each second."""
    there = find_data(server)
    answer = server.get(there.target, {"Accept": "text/csv"})
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.compare(answer, "type", "text/csv", answer.content_type)
    lines = answer.text.splitlines()
    titles = lines[0].split(",") if lines else []
    for title in TITLES:
        server.notes.require(answer, "titles", title in titles, title, titles)
    times = [int(each.partition(",")[0]) for each in lines[1:] if each[:1].isdecimal()]
    wanted = [ticks for ticks, _ in there.pairs]
    server.notes.compare(answer, "times", wanted, [each for each in times if each in wanted])


@parity_check("wire row 34", "wire row 24", "wire F2", "behaviour 3.3")
def zip_has_wav_of_the_record(server: ExaminedServer) -> None:
    """Data as ZIP has a folder of the record, with a WAV of one channel and 16 bits."""
    there = find_data(server)
    target = f"{API}data/?record={there.record}&datatype=19"
    answer = server.get(target, {"Accept": "application/octet-stream"})
    server.notes.compare(answer, "status", 200, answer.status)
    name, header = _first_wav(answer)
    folder = f"record_{there.record}/"
    server.notes.require(answer, "name", folder in name, f"{folder}....wav", name)
    if len(header) == WAV_HEADER:
        kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", header[20:36])
        server.notes.compare(answer, "format", [1, 1, 1, 16], [kind, channels, rate, bits])
        server.notes.compare(answer, "data", "data", header[36:40].decode("latin-1"))


def _first_wav(answer: ServerAnswer) -> tuple[str, bytes]:
    """Return name and header of the first WAV of an archive; empty ones if there is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            for name in archive.namelist():
                if name.lower().endswith(".wav"):
                    with archive.open(name) as stream:
                        return name, stream.read(WAV_HEADER)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        return "", b""
    return "", b""
