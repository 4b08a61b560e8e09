"""WAV headers by the numbers; tests/signals/test_archive.py has other readers read the files."""

from __future__ import annotations

import pytest

from apps.catalog.models import Datatype
from apps.signals.formats.wav import writer as wav_writer


@pytest.mark.rule("wire F1")
@pytest.mark.parametrize(
    ("step", "rate", "delay"),
    [(1, 256, 0), (2, 128, 0), (4, 64, 0), (256, 1, 256), (15_360, 60, 15_360),
     (76_800, 300, 76_800)],
)  # fmt: skip
def test_rates_and_where_the_first_sample_stands(step: int, rate: int, delay: int) -> None:
    """Wire F1: channels slower than 1 Hz have their period instead of a rate."""
    assert wav_writer.frame_rate(step) == rate
    assert wav_writer.delay(step) == delay


@pytest.mark.rule("wire F2", "wire row 24")
def test_the_header_of_two_samples_to_the_byte() -> None:
    assert wav_writer.header(1, 2, 2).hex(" ", 4) == (
        "52494646 28000000 57415645 666d7420 10000000 01000100 00010000 00020000 02001000 "
        "64617461 04000000"
    )


def test_sizes_beyond_32_bits() -> None:
    """A hundred days of ECG: readers that go on to the end of the file still read them."""
    content = wav_writer.header(1, 100 * 86_400 * 256, 2)
    assert len(content) == wav_writer.HEADER
    assert content[4:8] == content[40:44] == b"\xff" * 4


def test_the_delay_is_that_of_the_catalogue(datatypes: dict[int, Datatype]) -> None:
    synchronous = [each for each in datatypes.values() if each.hexo_freq]
    assert len(synchronous) > 40
    assert all(each.first_sample == wav_writer.delay(each.hexo_freq or 0) for each in synchronous)


@pytest.mark.rule("wire 5.4")
def test_an_empty_file_is_the_header_of_genuine_ones() -> None:
    """ECG_II of record 221732 has 44 bytes, of which 36 are announced."""
    content = wav_writer.header(1, 0, 2)
    assert (len(content), content[4:8], content[40:44]) == (44, b"\x24\0\0\0", b"\0" * 4)
