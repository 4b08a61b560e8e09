"""What the store has for the columns and totals of a file."""

from __future__ import annotations

from apps.exchange.activity import Column

HEART_RATE, BREATHING_RATE = 19, 33
MINUTE_VENTILATION, TIDAL_VOLUME, ENERGY_RATE, CADENCE = 36, 37, 42, 53

DATATYPES = {
    Column.HEART_RATE: HEART_RATE,
    Column.BREATHING_RATE: BREATHING_RATE,
    Column.MINUTE_VENTILATION: MINUTE_VENTILATION,
    Column.TIDAL_VOLUME: TIDAL_VOLUME,
    Column.ENERGY: ENERGY_RATE,
    Column.STEP_RATE: CADENCE,
}
"""The datatype of what points tell, all of one sample a second (contract, exchange 2.4)."""

DISTANCE, ENERGY = 1, 3
"""The activity attributes of totals: kilometres and joules."""

METRES_PER_KILOMETRE = 1000
