"""Heart rate variability, against scipy and against plain arithmetic."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from apps.metrics import variability_channels
from apps.simulation import found_beats, heart, hrv
from apps.simulation.breath import breath_train
from apps.simulation.profiles import Bout
from apps.simulation.series import Events
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import RUN, during, spoilt

FIVE_MINUTES = (271, 272, 273, 274, 275, 276, 277, 278, 279)


def intervals(made: Timeline) -> tuple[Events, Events]:
    beats = found_beats.detect_beats(made, heart.beat_train(made, breath_train(made)))
    return heart.nn_intervals(made, beats), heart.rr_intervals(beats)


def second_window(events: Events) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds and values in seconds of the events after 300 s up to 600 s."""
    ticks, values = events
    which = (ticks > 300 * 256) & (ticks <= 600 * 256)
    return ticks[which] / 256, values[which] / 256


@pytest.mark.parametrize("seconds", [10, 299, 300, 601, 900])
def test_there_is_a_sample_for_each_full_window(seconds: int) -> None:
    made = hrv.window_channels(*intervals(during(seconds)), seconds)
    assert tuple(made) == FIVE_MINUTES
    assert {len(channel) for channel in made.values()} == {seconds // 300}
    assert {channel.dtype for channel in made.values()} == {np.dtype(np.uint16)}
    old = hrv.deprecated_channels(*intervals(during(seconds)), seconds)
    assert [len(old[number]) for number in (260, 261, 262)] == [
        seconds // 60,
        seconds,
        seconds // 60,
    ]


def test_time_domain_figures_are_what_plain_arithmetic_gives() -> None:
    nn, rr = intervals(during(900))
    _, values = second_window(nn)
    made = hrv.window_channels(nn, rr, 900)
    assert made[271][1] == round(values.mean() * 4096)
    assert made[272][1] == round(values.std(ddof=1) * 4096)
    assert made[278][1] == round(float(np.sqrt(np.mean(np.diff(values) ** 2))) * 4096)
    assert made[274][1] == round(10_000 * len(values) / len(second_window(rr)[1]))
    histogram, _ = np.histogram(values, np.arange(0, 2, 1 / 128) - 1 / 512)
    assert made[275][1] == round(100 * len(values) / histogram.max())


def test_spectral_figures_are_those_of_scipy() -> None:
    nn, rr = intervals(during(900))
    seconds, values = second_window(nn)
    places = np.arange(12, 121)
    change = 1000 * (values - values.mean())
    power = signal.lombscargle(seconds, change, 2 * np.pi * places / 300) * 2 / len(values)
    low, high = power[places < 45].sum(), power[places >= 45].sum()
    made = hrv.window_channels(nn, rr, 900)
    assert made[276][1] == round(low * 10)
    assert made[277][1] == round(high * 10)
    assert made[273][1] == round(10_000 * low / (low + high))
    assert made[279][1] == round(10_000 * high / (low + high))


def test_too_few_beats_tell_nothing_but_their_share() -> None:
    made = spoilt(during(600), "disconnected", "ecg", 310, 595)
    channels = hrv.window_channels(*intervals(made), 600)
    assert channels[271][0] > 0
    assert {number: int(channels[number][1]) for number in FIVE_MINUTES if number != 274} == {
        number: 0 for number in FIVE_MINUTES if number != 274
    }


def test_fibrillation_has_fewer_valid_intervals_and_large_successive_differences() -> None:
    sinus = hrv.window_channels(*intervals(during(900)), 900)
    irregular = hrv.window_channels(*intervals(during(900, rhythm="atrial_fibrillation")), 900)
    assert irregular[274][1:].max() < sinus[274][1:].min()
    assert irregular[278][1:].min() > sinus[278][1:].max()


def test_effort_takes_the_high_band_away() -> None:
    rest = hrv.window_channels(*intervals(during(900)), 900)
    run = hrv.window_channels(*intervals(during(900, RUN)), 900)
    assert run[277][1:].max() < 0.1 * rest[277][1:].min()


def test_sdann_is_the_deviation_of_the_five_minute_means() -> None:
    bouts = [Bout(f"Bout {n}", 5, effort) for n, effort in enumerate((0.0, 0.3, 0.1, 0.4))]
    nn, rr = intervals(during(1200, *bouts))
    means = hrv.window_channels(nn, rr, 1200)[271] / 4096
    sdann = hrv.deprecated_channels(nn, rr, 1200)[260]
    assert sdann[:9].tolist() == [0] * 9
    assert sdann[9] == pytest.approx(np.std(means[:2], ddof=1) * 4096, abs=1)
    assert sdann[19] == pytest.approx(np.std(means, ddof=1) * 4096, abs=1)


def test_the_ratio_is_that_of_the_last_five_minutes_each_second() -> None:
    nn, rr = intervals(during(900))
    old = hrv.deprecated_channels(nn, rr, 900)
    fine = hrv.window_channels(nn, rr, 900)[273]
    assert old[262][4::5] == pytest.approx(fine / 100, abs=0.51)  # both are rounded
    assert not old[261][:119].any()
    assert old[261][599] == old[262][8]
    assert (old[261][600:660] == old[262][9]).all()


def test_no_beats_at_all_give_zeros() -> None:
    nothing = np.empty(0, np.int64), np.empty(0, np.int64)
    assert not any(channel.any() for channel in hrv.window_channels(nothing, nothing, 600).values())
    assert not any(
        channel.any() for channel in hrv.deprecated_channels(nothing, nothing, 600).values()
    )


def test_nn_intervals_are_those_of_good_quality() -> None:
    """Whoever has RR intervals and their quality comes to the same channels."""
    made = during(900, ectopics=200)
    beats = found_beats.detect_beats(made, heart.beat_train(made, breath_train(made)))
    nn, rr = heart.nn_intervals(made, beats), heart.rr_intervals(beats)
    valid = variability_channels.select_valid(rr, heart.rr_quality(made, beats), None)
    assert [each.tolist() for each in valid] == [each.tolist() for each in nn]
    odd = np.flatnonzero(beats.kinds == heart.VENTRICULAR)
    assert len(odd) > 10
    assert not np.isin(beats.ticks[odd], nn[0]).any()
    assert not np.isin(beats.ticks[odd + 1], nn[0]).any()
