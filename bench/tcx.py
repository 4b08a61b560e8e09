"""TCX of 24 h, a point each second: written against lxml's xmlfile, read against its iterparse.

What is printed is CPU of this process per file, with the ratio, and how far the resident memory
grows. iterparse only finds the points and throws them away; the reader makes columns of them. The
file lies in a folder of its own while it is read.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import numpy as np
from lxml import etree

from apps.exchange.activity import Activity, Column, Points, Session
from apps.exchange.formats.tcx import elements, reader, writer
from apps.exchange.formats.xml import times
from bench.harness import cpu_in_turn, show

START, SECONDS, PIECE = 358_285_438_976, 86_400, 4096


class Day:
    """The points of a run of 24 h, which are made piece by piece."""

    def __iter__(self) -> Iterator[Points]:
        for first in range(0, SECONDS, PIECE):
            yield points(first, min(PIECE, SECONDS - first))


def points(first: int, count: int) -> Points:
    """So many points with everything that they can tell."""
    places = np.arange(first, first + count, dtype=np.float64)
    columns = {
        Column.LATITUDE: 45.5 + np.sin(places / 900) * 0.02,
        Column.LONGITUDE: -73.5 + np.cos(places / 900) * 0.03,
        Column.ALTITUDE: 100 + np.sin(places / 700) * 50,
        Column.DISTANCE: places * 2.5,
        Column.HEART_RATE: np.rint(90 + np.sin(places / 60) * 30),
        Column.BREATHING_RATE: np.rint(20 + np.sin(places / 50) * 6),
        Column.TIDAL_VOLUME: 700 + np.rint(np.sin(places / 40) * 20) * 13.28,
        Column.MINUTE_VENTILATION: np.rint(14_000 + np.sin(places / 30) * 3000),
        Column.ENERGY: np.rint(400 + np.sin(places / 60) * 200),
    }
    return Points(START + places.astype(np.int64) * 256, columns)


ACTIVITY = Activity((Session(START, START + SECONDS * 256, 10, Day(), name="A day"),), key=1)


def by_xmlfile(out: BinaryIO) -> None:
    """The same points by lxml's writer."""
    ours, tpx, hx = (
        f"{{{name}}}" for name in (elements.NAMESPACE, elements.EXTENSION, elements.OWN)
    )
    spaces = {None: elements.NAMESPACE, "ax": elements.EXTENSION, "hx": elements.OWN}
    with etree.xmlfile(out, encoding="UTF-8") as xml:
        xml.write_declaration()
        with xml.element(f"{ours}{elements.ROOT}", nsmap=spaces), xml.element(f"{ours}Track"):
            for part in Day():
                stamps = times.to_texts(part.times).tolist()
                columns = [values.tolist() for values in part.columns.values()]
                for row in zip(stamps, *columns, strict=True):
                    xml.write(_trackpoint(ours, tpx, hx, *row))


def _trackpoint(ours: str, tpx: str, hx: str, stamp: str, *row: float) -> etree._Element:
    latitude, longitude, altitude, distance, beats, rate, volume, ventilation, energy = row
    point = etree.Element(f"{ours}Trackpoint")
    etree.SubElement(point, f"{ours}Time").text = stamp
    position = etree.SubElement(point, f"{ours}Position")
    etree.SubElement(position, f"{ours}LatitudeDegrees").text = f"{latitude:.7f}"
    etree.SubElement(position, f"{ours}LongitudeDegrees").text = f"{longitude:.7f}"
    etree.SubElement(point, f"{ours}AltitudeMeters").text = f"{altitude:.2f}"
    etree.SubElement(point, f"{ours}DistanceMeters").text = f"{distance:.2f}"
    heart = etree.SubElement(point, f"{ours}HeartRateBpm")
    etree.SubElement(heart, f"{ours}Value").text = f"{beats:.0f}"
    extensions = etree.SubElement(point, f"{ours}Extensions")
    inside = etree.SubElement(extensions, f"{tpx}TPX")
    etree.SubElement(inside, f"{tpx}Watts").text = f"{energy:.0f}"
    etree.SubElement(extensions, f"{hx}BreathingRate").text = f"{rate:.0f}"
    etree.SubElement(extensions, f"{hx}TidalVolume").text = f"{volume:.2f}"
    etree.SubElement(extensions, f"{hx}MinuteVentilation").text = f"{ventilation:.0f}"
    return point


def by_iterparse(path: Path) -> None:
    """Find the points of a file with lxml, and nothing more."""
    tag = f"{{{elements.NAMESPACE}}}Trackpoint"
    for _, element in etree.iterparse(str(path), events=("end",), tag=tag, load_dtd=False):
        assert isinstance(element, etree._Element)
        element.clear()


def read(path: Path) -> None:
    """Read the file as an import does."""
    with path.open("rb") as file:
        (session,) = reader.read(file).sessions
    assert sum(map(len, session.points)) == SECONDS


def grown(work: Callable[[], object]) -> float:
    """Megabytes by which the peak of the resident memory grows in a fresh process."""
    receiver, sender = os.pipe()
    if child := os.fork():
        os.close(sender)
        with os.fdopen(receiver) as answer:
            text = answer.read()
        os.waitpid(child, 0)
        return float(text)
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    work()
    os.write(sender, str(_peak() - before).encode())
    os._exit(0)


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Prints CPU per file, ratios and the growth of memory."""
    with TemporaryDirectory(prefix="hexostore-bench-") as folder:
        path = Path(folder) / "day.tcx"
        with path.open("wb") as file:
            file.writelines(writer.write(ACTIVITY))
        size = path.stat().st_size / 1e6
        written = cpu_in_turn(
            {
                "Hexostore": lambda: sum(map(len, writer.write(ACTIVITY))),
                "lxml's xmlfile": lambda: by_xmlfile(io.BytesIO()),
            },
            rounds=3,
            times=1,
        )
        show(f"24 h out, {size:.0f} MB", written, "lxml's xmlfile")
        taken = cpu_in_turn(
            {"Hexostore": lambda: read(path), "lxml's iterparse alone": lambda: by_iterparse(path)},
            rounds=3,
            times=1,
        )
        show(f"24 h in, {size:.0f} MB", taken, "lxml's iterparse alone")
        out = grown(lambda: sum(map(len, writer.write(ACTIVITY))))
        print(f"memory: {out:+.0f} MB out, {grown(lambda: read(path)):+.0f} MB in")


if __name__ == "__main__":
    main()
