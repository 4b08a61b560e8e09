"""The labels of EDF files, written and read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from apps.catalog.models import ON_REQUEST, Datatype
from apps.sandbox import seeds
from apps.signals.formats.download import names
from apps.signals.formats.edf import labels
from apps.signals.formats.edf import response as edf_response
from tests.signals.conftest import CATALOG

CATALOGUE = {
    row["dataid"]: Datatype(**{name: row[name] for name in row.keys() - Datatype.not_stored})
    for row in seeds.read_all(CATALOG)["datatype"].values()
}  # fmt: skip
FAST = [one for one in CATALOGUE.values() if one.hexo_freq and one.hexo_freq <= 256]


@pytest.fixture(scope="module")
def known() -> Mapping[str, Datatype]:
    return names.by_name(CATALOGUE)


@pytest.mark.parametrize(
    "label",
    ["4113:ECG_I", "4115:ECG_III", "4129:resp_thorac", "4130:resp_abdomi", "4145:accel_X",
     "4147:accel_Z", "19:heart_rate", "33:breathing_rat", "36:minute_ventil", "37:tidal_volume",
     "38:minute_vent_a", "39:tidal_volume_", "99:systolic_pr_a", "80:temperature",
     "1003:temperatu_q", "1000:heart_rate_"],
)  # fmt: skip
def test_labels_as_in_files_of_the_service(label: str) -> None:
    assert labels.make_label(CATALOGUE[int(label.partition(":")[0])]) == label


def test_labels_are_short_and_differ() -> None:
    made = [labels.make_label(one) for one in FAST]
    assert max(map(len, made)) == 16
    assert len(set(made)) == len(made)


def test_without_their_ids_the_usual_signals_differ_too() -> None:
    """A published reader takes what follows the first colon for the name of a column."""
    usual = [one for one in FAST if one.pk in edf_response.PLACES or one.download != ON_REQUEST]
    found = {labels.make_label(one).partition(":")[2] for one in usual}
    assert len(found) == len(usual) == 29


def test_what_is_written_is_read(known: Mapping[str, Datatype]) -> None:
    for one in FAST:
        assert labels.find_datatype(labels.make_label(one), one.name, known) is one


@pytest.mark.parametrize(
    ("label", "transducer", "dataid"),
    [
        ("respira_thoracic", "respiration_thoracic (datatype 4129)", 4129),
        ("ECG_I", "", 4113),
        ("4113", "", 4113),
        ("9913:ECG_I", "", 4113),
        ("4114:ECG_I", "", 4113),
        ("4129:respiration_thoracic", "", 4129),
        ("36:min_vent", "", 36),
        ("9999:temperature", "", 80),
        ("9999:GARDISC_ANNOT_CHAR", "", None),
        ("9999:mood", "", None),
        ("heart_rate", "Polar", 19),
        ("heart_rate", "heart_rate (datatype 99999)", None),
        ("mood", "", None),
    ],
)
def test_what_others_write(
    known: Mapping[str, Datatype], label: str, transducer: str, dataid: int | None
) -> None:
    found = labels.find_datatype(label, transducer, known)
    assert (found and found.pk) == dataid
