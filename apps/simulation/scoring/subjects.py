"""What can be scored: where it is in the ground truth, and by which rules it is compared."""

from __future__ import annotations

from dataclasses import dataclass

EVENTS, SPANS, LABELS = "events", "spans", "labels"
"""Moments, stretches that may be apart, and stretches that say what each moment is."""


@dataclass(frozen=True)
class ScoredSubject:
    """One kind of what happened.

    `others` are names that files may have for it. `orders` say what the columns of a table without
    titles are, by their number. `window` is in seconds. `rate` is what is compared over time.
    """

    name: str
    shape: str
    others: tuple[str, ...] = ()
    window: float = 0.0
    rate: str = ""

    @property
    def orders(self) -> tuple[tuple[str, ...], ...]:
        """The columns of a table with one, two, and more columns."""
        return _ORDERS[self.shape]


_ORDERS: dict[str, tuple[tuple[str, ...], ...]] = {
    EVENTS: (("time",), ("time", "label")),
    SPANS: (("time",), ("time", "stop"), ("time", "stop", "label")),
    LABELS: (("label",), ("time", "label"), ("time", "stop", "label")),
}

SUBJECTS = {
    each.name: each
    for each in (
        ScoredSubject("beats", EVENTS, ("rpeaks", "ECG_R_Peaks"), 0.15, "beats a minute"),
        ScoredSubject("breaths", EVENTS, ("inspirations",), 0.75, "breaths a minute"),
        ScoredSubject("expirations", EVENTS, ("RSP_Peaks",), 0.75, "breaths a minute"),
        ScoredSubject("steps", EVENTS, (), 0.25, "steps in a minute"),
        ScoredSubject("phases", LABELS, ("stages", "hypnogram")),
        ScoredSubject("apnoeas", SPANS, ("apneas",), rate="apnoeas an hour of sleep"),
    )
}
"""Beats within 150 ms (EC57). No standard names windows for breaths and steps; these are below the
half of their usual distance."""

PHASES = ("wake", "NREM", "REM")

_WORDS = {
    "wake": ("wake", "awake", "w", "0", "6", "stage w", "sleep stage w"),
    "NREM": (
        "nrem",
        "n",
        *(f"{prefix}{n}" for n in (1, 2, 3, 4) for prefix in ("", "n", "s", "stage ")),
        *(f"sleep stage {prefix}{n}" for n in (1, 2, 3, 4) for prefix in ("", "n")),
        "light",
        "deep",
    ),
    "REM": ("rem", "r", "5", "stage r", "stage rem", "sleep stage r"),
    "sleep": ("sleep", "asleep", "s"),
}
"""How the phases are named in files: words, letters, the codes of datatype 280, and those of sleep
laboratories (AASM; Rechtschaffen and Kales, whose 6, movement, is taken for waking)."""

_PHASES = {word: phase for phase, words in _WORDS.items() for word in words}


def phase_of(label: object) -> str | None:
    """Return wake, NREM, REM, or sleep of an unknown kind; None for another word."""
    text = str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
    return _PHASES.get(text.strip().lower())


VENTRICULAR = frozenset("VEr")
"""The beats that EC57 counts as ventricular ectopic, by the letters of WFDB."""


def kind_of_beat(label: object) -> str:
    """Return V for a ventricular ectopic beat, and N for all others."""
    return "V" if str(label).strip() in VENTRICULAR else "N"


_PAUSES = {
    "central": ("central", "ca", "c"),
    "obstructive": ("obstructive", "oa", "o", "obs"),
    "mixed": ("mixed", "ma", "m"),
    "hypopnoea": ("hypopnoea", "hypopnea", "h", "hyp"),
}
_KINDS = {word: kind for kind, words in _PAUSES.items() for word in words}


def kind_of_apnoea(label: object) -> str:
    """Return the kind of an apnoea in this project's words, or the word itself if it is another."""
    word = str(label).strip().lower().removesuffix(" apnoea").removesuffix(" apnea")
    return _KINDS.get(word, word)
