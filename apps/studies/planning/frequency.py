"""How often something is planned: a duration of whole years, months, weeks and days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from whenever import Date

FIVE_YEARS = 29_220
"""In sixteenths of a day, in which a year of 365.25 and a month of 30.4375 days are whole."""
_MONTH, _DAY = 487, 16

_FORM = re.compile(
    r"P(?:(?P<years>\d{1,6})Y)?(?:(?P<months>\d{1,6})M)?"
    r"(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?",
    re.ASCII,
)
_WITH_HOURS = re.compile(r"P[0-9YMWD.,]*T[0-9HMS.,]*")


@dataclass(frozen=True, slots=True)
class Frequency:
    """The length of a period, such as P1M: never zero, and at most five years (studies 4.2).

    P1W and P7D are the same length, but each is given back as it was written.
    """

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0

    @property
    def calendar_months(self) -> int:
        """Years and months together, in months."""
        return 12 * self.years + self.months

    @property
    def plain_days(self) -> int:
        """Weeks and days together, in days."""
        return 7 * self.weeks + self.days

    @property
    def most_periods(self) -> int:
        """How many of these periods are five years or less: 60 of P1M, 1826 of P1D."""
        length = self.calendar_months * _MONTH + self.plain_days * _DAY
        return FIVE_YEARS // length

    @property
    def longest_days(self) -> int:
        """The days of the longest period that there can be: 31 of P1M, 366 of P1Y."""
        return _longest_months(self.calendar_months) + self.plain_days

    def __str__(self) -> str:
        members = (self.years, "Y"), (self.months, "M"), (self.weeks, "W"), (self.days, "D")
        return "P" + "".join(f"{number}{unit}" for number, unit in members if number)


def read_frequency(text: str) -> Frequency:
    """Return the frequency of a text such as P1M, P10D or P1W2D. Raise ValueError, with a sentence
    on what is wrong."""
    if _WITH_HOURS.fullmatch(text):
        raise ValueError(
            "A calendar knows days, not hours. For several events a day, write P1D here and "
            "their number as repeat_count."
        )
    found = _FORM.fullmatch(text)
    if not found or text == "P":
        raise ValueError(
            "Expected whole years, months, weeks and days as in ISO 8601: P1M, P1W, P10D or P1W2D."
        )
    frequency = Frequency(**{unit: int(number or 0) for unit, number in found.groupdict().items()})
    if frequency == Frequency():
        raise ValueError("A period has at least one day.")
    if not frequency.most_periods:
        raise ValueError("A period has at most 5 years.")
    return frequency


@cache
def _longest_months(months: int) -> int:
    """The days of the longest run of so many months. Leap years come back after 48 months, and no
    run from a later day of a month is longer than the longest from a first."""
    firsts = [date(2000 + month // 12, month % 12 + 1, 1) for month in range(48)]
    return max((Date(day).add(months=months).to_stdlib() - day).days for day in firsts)
