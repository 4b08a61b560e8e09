"""The endpoints of single kinds of data, with the ids of their datatypes.

An empty tuple means any datatype: `datafile` is an older name of `data`.
"""

from __future__ import annotations

from apps.api.versions import NEWEST, OLDEST, Version

DATATYPES: dict[str, tuple[int, ...]] = {
    "acc": (4145, 4146, 4147),
    "activity": (49,),
    "ann": (271,),
    "breathingrate": (33,),
    "breathingratestatus": (1001,),
    "cadence": (53,),
    "datafile": (),
    "deviceposition": (269,),
    "ecg": (4113, 4114, 4115),
    "energyadjusted": (42,),
    "expiration": (35,),
    "heartrate": (19,),
    "heartratestatus": (1000,),
    "hrv": (20,),
    "hrvhf": (277,),
    "hrvhfnorm": (279,),
    "hrvlf": (276,),
    "hrvlfnorm": (273,),
    "hrvlfratio": (261, 262),
    "inspiration": (34,),
    "minuteventilation": (36,),
    "minuteventilationadjusted": (38,),
    "nninterval": (318,),
    "nnoverrr": (274,),
    "pohr": (65,),
    "ppg": (64,),
    "ptt": (97,),
    "qrs": (17,),
    "qrsstatus": (1006,),
    "respiration": (4129, 4130),
    "rrinterval": (18,),
    "rrintervalstatus": (1004,),
    "sdann": (260,),
    "sdnn": (272,),
    "sleepphase": (280,),
    "sleepposition": (270,),
    "spo2": (66,),
    "spo2status": (1002,),
    "step": (52,),
    "systolicpressure": (98,),
    "temperature": (81,),
    "temperaturestatus": (1003,),
    "tidalvolume": (37,),
    "tidalvolumeadjusted": (39,),
    "triangular": (275,),
}

_LATER = frozenset(
    ("energyadjusted", "hrv", "hrvlfnorm", "hrvlfratio", "qrsstatus", "rrinterval",
     "rrintervalstatus", "sdann", "spo2status")
)  # fmt: skip


def since(name: str) -> Version:
    """Return the version that first lists the endpoint. Version 3.3.x lacks a few."""
    return NEWEST if name in _LATER else OLDEST


def summary(name: str) -> str:
    """Return a sentence about the endpoint."""
    ids = ", ".join(map(str, DATATYPES[name]))
    if not ids:
        return "An older name of `data`."
    several = "s" if len(DATATYPES[name]) > 1 else ""
    return f"Recorded data of datatype{several} {ids}, like `data`."
