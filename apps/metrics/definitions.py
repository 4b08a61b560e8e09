"""What each metric of the catalogue is: which channel, which samples of it, what becomes of them.

Ids from 9000 on, and 304, are this project's: the service has such metrics, but no public page
says under which ids.
"""

from __future__ import annotations

from apps.api.versions import Version
from apps.metrics import courses, variability
from apps.metrics.aggregates import greatest, least, mean, total
from apps.metrics.channels import (
    ACTIVITY,
    BREATHING_RATE,
    CADENCE,
    ENERGY,
    HEART_RATE,
    HF,
    HF_NORM,
    LF,
    LF_NORM,
    MINUTE_VENTILATION,
    STEP,
    TIDAL_VOLUME,
)
from apps.metrics.definition import Confidence, Definition
from apps.metrics.energy import JOULE_PER_KCAL
from apps.metrics.of_beats import (
    OfIntervals,
    OfWindows,
    asdnn,
    avnn,
    hf_norm,
    lf_norm,
    rmssd,
    sdann,
    sdnn,
    triangular_index,
)
from apps.metrics.of_nights import (
    ChangesOfPosition,
    OfPhases,
    SecondsAsleep,
    SecondsInPosition,
    efficiency,
    falling_asleep,
    percent,
)
from apps.metrics.of_samples import (
    HistogramOfSamples,
    NumberOfEvents,
    OfAdjustedSamples,
    OfPower,
    OfRestTest,
    OfSamples,
)
from apps.metrics.of_tests import RECOVERY_TESTS, VO2MAX_TESTS, HeartRateRecovery, VO2Max
from apps.metrics.of_tracks import OfTrack
from apps.metrics.sleep import ASLEEP, NREM, REM, WAKE

_PROVEN, _HIGH, _MEDIUM, _LOW = Confidence

_A = "download of 2021"
_B = "download of 2017"
_AB = "downloads of 2017 and 2021"
_REFERENCE = "API reference"
_SUPPORT = "support pages"
_CAPTURED = "answers of 2014"
_PHYSIONET = "PhysioNet toolkit"
_OURS = "ours"

SAMPLES: tuple[Definition, ...] = (
    OfSamples(1, "activity_avg", _PROVEN, _AB, ACTIVITY, mean),
    OfSamples(3, "activity_max", _PROVEN, _AB, ACTIVITY, greatest),
    OfSamples(4, "activity_min", _PROVEN, _AB, ACTIVITY, least),
    OfSamples(12, "breathingrate_avg", _PROVEN, _AB, BREATHING_RATE, mean),
    OfSamples(14, "breathingrate_max", _PROVEN, _AB, BREATHING_RATE, greatest),
    OfSamples(15, "breathingrate_min", _PROVEN, _AB, BREATHING_RATE, least),
    OfSamples(17, "cadence_avg", _PROVEN, _AB, CADENCE, mean),
    OfSamples(19, "cadence_max", _PROVEN, _AB, CADENCE, greatest),
    OfSamples(20, "cadence_min", _PROVEN, _AB, CADENCE, least),
    OfSamples(44, "heartrate_avg", _PROVEN, _AB, HEART_RATE, mean),
    OfSamples(46, "heartrate_max", _PROVEN, _AB, HEART_RATE, greatest, whole=True),
    OfSamples(47, "heartrate_min", _PROVEN, _AB, HEART_RATE, least, whole=True),
    OfSamples(55, "minuteventilation_avg", _PROVEN, _A, MINUTE_VENTILATION, mean),
    OfSamples(57, "minuteventilation_max", _PROVEN, _A, MINUTE_VENTILATION, greatest),
    OfSamples(58, "minuteventilation_min", _PROVEN, _A, MINUTE_VENTILATION, least),
    OfSamples(9006, "tidalvolume_avg", _PROVEN, _A, TIDAL_VOLUME, mean),
    OfSamples(9007, "tidalvolume_min", _PROVEN, _A, TIDAL_VOLUME, least),
    OfSamples(9008, "tidalvolume_max", _PROVEN, _A, TIDAL_VOLUME, greatest),
    OfAdjustedSamples(9009, "tidalvolume_adjusted_avg", _PROVEN, _A, TIDAL_VOLUME, mean),
    OfAdjustedSamples(9010, "tidalvolume_adjusted_min", _PROVEN, _A, TIDAL_VOLUME, least),
    OfAdjustedSamples(9011, "tidalvolume_adjusted_max", _PROVEN, _A, TIDAL_VOLUME, greatest),
    OfAdjustedSamples(
        9012, "minuteventilation_adjusted_avg", _PROVEN, _A, MINUTE_VENTILATION, mean
    ),
    OfAdjustedSamples(
        9013, "minuteventilation_adjusted_min", _PROVEN, _A, MINUTE_VENTILATION, least
    ),
    OfAdjustedSamples(
        9014, "minuteventilation_adjusted_max", _PROVEN, _A, MINUTE_VENTILATION, greatest
    ),
    NumberOfEvents(71, "step_count", _PROVEN, _AB, STEP, ACTIVITY),
    OfRestTest(1051, "breathingrate_min_resttest", _HIGH, _REFERENCE, BREATHING_RATE, least),
)

HISTOGRAMS: tuple[Definition, ...] = (
    HistogramOfSamples(45, "heartrate_histo", _PROVEN, _REFERENCE, HEART_RATE, 20, 220),
    HistogramOfSamples(301, "activity_histogram", _LOW, _OURS, ACTIVITY, 0, 1),
    HistogramOfSamples(302, "breathingrate_histogram", _LOW, _OURS, BREATHING_RATE, 0, 60),
    HistogramOfSamples(303, "cadence_histogram", _LOW, _OURS, CADENCE, 0, 240),
    HistogramOfSamples(304, "heartrate_histogram", _MEDIUM, _OURS, HEART_RATE, 20, 220),
)

ENERGIES: tuple[Definition, ...] = (
    OfPower(9001, "energy_avg", _PROVEN, _B, mean),
    OfPower(9003, "energy_min", _PROVEN, _B, least),
    OfPower(9004, "energy_max", _PROVEN, _B, greatest),
    OfPower(9005, "energy_total", _PROVEN, _B, total),
    OfSamples(9002, "energyecg_avg", _MEDIUM, _A, ENERGY, mean),
    OfPower(126, "energy_kcal_old", _LOW, _OURS, total, JOULE_PER_KCAL),
    OfPower(149, "energy_kcal", _LOW, _OURS, total, JOULE_PER_KCAL),
    OfPower(139, "energyecg_vo2_kcal", _MEDIUM, _REFERENCE, total, JOULE_PER_KCAL, above_rest=True),
    OfPower(
        2003, "energyecg_total_kcal", _MEDIUM, _CAPTURED, total, JOULE_PER_KCAL, above_rest=True
    ),
)

TRACKS: tuple[Definition, ...] = (
    OfTrack(501, "speed_max", _MEDIUM, _REFERENCE, courses.top_speed, "Highest speed"),
    OfTrack(502, "speed_avg", _MEDIUM, _REFERENCE, courses.moving_speed, "Mean speed while moving"),
    OfTrack(2038, "distance", _HIGH, _CAPTURED, courses.distance, "Length of the way"),
    OfTrack(
        9015,
        "speed_with_pauses_avg",
        _MEDIUM,
        _A,
        courses.whole_speed,
        "Mean speed, pauses included",
    ),
    OfTrack(9016, "altitude_gain", _LOW, _AB, courses.ascent, "Sum of all climbs"),
    OfTrack(9017, "altitude_loss", _LOW, _AB, courses.descent, "Sum of all descents"),
)

TRACK_METRICS = tuple(definition.id for definition in TRACKS)

VARIABILITY: tuple[Definition, ...] = (
    OfIntervals(180, "SDNN", _HIGH, _PHYSIONET, sdnn, "Standard deviation (n - 1)"),
    OfIntervals(181, "SDANN", _HIGH, _PHYSIONET, sdann, "Standard deviation of the 300 s means"),
    OfIntervals(182, "AVNN", _HIGH, _PHYSIONET, avnn, "Mean"),
    OfIntervals(183, "ASDNN", _HIGH, _PHYSIONET, asdnn, "Mean of the 300 s standard deviations"),
    OfIntervals(
        9023,
        "RMSSD",
        _PROVEN,
        _B,
        rmssd,
        "Root mean square of successive differences",
        short=True,
    ),
    OfIntervals(
        9024,
        "triangularindex",
        _MEDIUM,
        _PHYSIONET,
        triangular_index,
        "Number, divided by that in the fullest bin of 1/128 s,",
    ),
    OfWindows(50, "hrvlfnorm_avg", _HIGH, _REFERENCE, mean, lf_norm, "LF in % of LF + HF", LF_NORM),
    OfWindows(
        173, "HRVLFnorm_avg", _HIGH, _REFERENCE, mean, lf_norm, "LF in % of LF + HF", LF_NORM
    ),
    OfWindows(
        170, "HRVHFnorm_avg_copy", _MEDIUM, _CAPTURED, mean, hf_norm, "HF in % of LF + HF", HF_NORM
    ),
    OfWindows(9027, "HRVHFnorm_avg", _MEDIUM, _AB, mean, hf_norm, "HF in % of LF + HF", HF_NORM),
    OfWindows(9018, "HRVHFnorm_min", _HIGH, _AB, least, hf_norm, "HF in % of LF + HF", HF_NORM),
    OfWindows(9019, "HRVHFnorm_max", _HIGH, _AB, greatest, hf_norm, "HF in % of LF + HF", HF_NORM),
    OfWindows(
        9020,
        "HRVLF_avg",
        _HIGH,
        _PHYSIONET,
        mean,
        variability.low_power,
        "the power of 0.04 to 0.15 Hz",
        LF,
    ),
    OfWindows(
        9021,
        "HRVHF_avg",
        _HIGH,
        _PHYSIONET,
        mean,
        variability.high_power,
        "the power of 0.15 to 0.4 Hz",
        HF,
    ),
    OfWindows(
        9022, "PowerNN", _LOW, _PHYSIONET, mean, variability.total_power, "the power up to 0.4 Hz"
    ),
)

NIGHTS: tuple[Definition, ...] = (
    SecondsAsleep(1032, "SleepTotal_time", _HIGH, _CAPTURED, ASLEEP),
    SecondsInPosition(1033, "SleepPositionP1_time", _HIGH, _CAPTURED, 1),
    SecondsInPosition(1034, "sleep_position_P2_time", _HIGH, _CAPTURED, 2),
    SecondsInPosition(1035, "sleep_position_P3_time", _HIGH, _CAPTURED, 3),
    SecondsInPosition(1036, "sleep_position_P4_time", _HIGH, _CAPTURED, 4),
    SecondsInPosition(1037, "sleep_position_P5_time", _HIGH, _CAPTURED, 5),
    ChangesOfPosition(1038, "SleepPositionChanges", _HIGH, _CAPTURED),
    OfPhases(1039, "SleepEfficiency", _HIGH, _SUPPORT, efficiency, "Time asleep in % of the range"),
    OfPhases(
        9028,
        "SleepPercent",
        _HIGH,
        _SUPPORT,
        percent,
        "Time asleep in % of that from first falling asleep to last waking up",
    ),
    OfPhases(
        9029,
        "TimeToFallAsleep",
        _HIGH,
        _A,
        falling_asleep,
        "Seconds from the start of the range to the first sleep",
        whole=True,
    ),
    SecondsAsleep(9030, "SleepREMTime", _HIGH, _A, (REM,)),
    SecondsAsleep(9031, "SleepNonREMTime", _HIGH, _A, (NREM,)),
    SecondsAsleep(9032, "SleepWakeTime", _HIGH, _A, (WAKE,)),
)

TESTS: tuple[Definition, ...] = (
    VO2Max(9025, "VO2_max", _MEDIUM, _SUPPORT, VO2MAX_TESTS),
    HeartRateRecovery(9026, "heartrate_recovery", _MEDIUM, _REFERENCE, RECOVERY_TESTS),
)

DECLARED = (*SAMPLES, *HISTOGRAMS, *ENERGIES, *TRACKS, *VARIABILITY, *NIGHTS, *TESTS)

DEFINITIONS = {definition.id: definition for definition in DECLARED}
"""By the id of the catalogue."""

_FORMERLY = {139: 149}
"""The metrics that were something else in version 2.0.x, with those that are that now: what is
`energyecg_vo2_kcal` was `energyecg_vo2_with_baseline_kcal`."""


def metric_shown_as(metric: int, version: Version) -> int:
    """Return the metric whose value a version shows under an id."""
    return _FORMERLY.get(metric, metric) if version == Version.V2_0 else metric
