"""Speed, steps, energy and breathing, which points of TCX files have in their Extensions."""

from __future__ import annotations

import numpy as np
import pytest

from apps.exchange.activity import Column
from apps.exchange.formats.tcx import elements
from tests.exchange.sessions import only, whole
from tests.exchange.tcx.files import NAMESPACES, OWN, activity, file, lap, point, read


@pytest.mark.rule("exchange recipe 27")
@pytest.mark.parametrize(
    ("extension", "namespaces"),
    [
        ("<ns3:TPX><ns3:Speed>2.5</ns3:Speed></ns3:TPX>", NAMESPACES),
        ("<TPX><Speed>2.5</Speed></TPX>", ""),
        ('<TPX xmlns="urn:x"><Speed>2.5</Speed></TPX>', NAMESPACES),
        ('<TPX CadenceSensor="Footpod"><Speed>2.5</Speed></TPX>', NAMESPACES),
        ("<ns3:TPX><ns3:Speed>2.5</ns3:Speed></ns3:TPX>", 'xmlns="urn:y" xmlns:ns3="urn:z"'),
        ("<x:TPX><x:Speed>2.5</x:Speed></x:TPX>", NAMESPACES),
        ("<Speed>2.5</Speed>", NAMESPACES),
    ],
    ids=["prefix", "none", "on itself", "attribute", "foreign", "undeclared", "without TPX"],
)
def test_extensions_go_by_their_local_names(extension: str, namespaces: str) -> None:
    text = file(
        activity(lap([point(0, f"<Extensions>{extension}</Extensions>")])), namespaces=namespaces
    )
    assert whole(only(read(text))).column(Column.SPEED) == [2.5]


@pytest.mark.rule("exchange recipe 37")
def test_run_cadence_is_that_of_one_foot_and_bike_cadence_is_no_step() -> None:
    run = "<Extensions><TPX><RunCadence>81</RunCadence></TPX></Extensions>"
    found = whole(only(read(file(activity(lap([point(0, "<Cadence>90</Cadence>" + run)]))))))
    assert found.columns.keys() == {Column.STEP_RATE}
    assert found.column(Column.STEP_RATE) == [162]


@pytest.mark.rule("exchange recipe 29")
@pytest.mark.parametrize("inside", ["<Cadence>0.0</Cadence>", "<Cadence/>"])
@pytest.mark.parametrize("steps", ["0.0", "0", ""])
def test_a_cadence_of_nothing_is_no_value(inside: str, steps: str) -> None:
    run = f"<Extensions><TPX><RunCadence>{steps}</RunCadence></TPX></Extensions>"
    text = inside + "<AltitudeMeters>1</AltitudeMeters>" + run
    found = whole(only(read(file(activity(lap([point(0, text)]))))))
    assert not np.nan_to_num(found.column(Column.STEP_RATE)).any()


WATTS = "<AltitudeMeters>1</AltitudeMeters><Extensions><TPX><Watts>300</Watts></TPX></Extensions>"
BREATHING = (
    "<Extensions><hx:BreathingRate>16</hx:BreathingRate><hx:TidalVolume>500</hx:TidalVolume>"
    "<hx:MinuteVentilation>8000</hx:MinuteVentilation></Extensions>"
)


@pytest.mark.rule("exchange D9")
def test_watts_are_energy_in_our_own_files_only() -> None:
    text = activity(lap([point(0, WATTS)]))
    assert Column.ENERGY not in whole(only(read(file(text)))).columns
    own = whole(only(read(file(text, namespaces=f"{NAMESPACES} {OWN}"))))
    assert own.column(Column.ENERGY) == [300]


def test_breathing_is_read_from_our_namespace_only() -> None:
    text = activity(lap([point(0, BREATHING + "<AltitudeMeters>1</AltitudeMeters>")]))
    own = whole(only(read(file(text, namespaces=f"{NAMESPACES} {OWN}"))))
    assert own.column(Column.BREATHING_RATE) == [16]
    assert own.column(Column.TIDAL_VOLUME) == [500]
    assert own.column(Column.MINUTE_VENTILATION) == [8000]
    foreign = whole(only(read(file(text, namespaces=f'{NAMESPACES} xmlns:hx="urn:other"'))))
    assert foreign.columns.keys() == {Column.ALTITUDE}


@pytest.mark.rule("exchange 1.5")
def test_no_element_of_our_own_has_a_name_of_garmin() -> None:
    """Programs that ignore namespaces would take it for that."""
    own = {*elements.OWN_COLUMNS, elements.BETWEEN_LAPS, elements.AVERAGE_BREATHING_RATE}
    assert not own & {"Value", "Time", "Cadence", "Speed", "Watts", "RunCadence", "AvgSpeed"}
