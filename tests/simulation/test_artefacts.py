from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from apps.simulation import quality
from apps.simulation.artefacts import (
    LONGEST,
    SCALES,
    Artefact,
    ChannelSwing,
    apply_artefacts,
    draw_artefacts,
    flag_seconds,
)
from apps.simulation.profiles import TARGETS, ArtefactRate
from apps.simulation.timeline import Timeline
from hexostore.hexotime import TICKS_PER_SECOND as SECOND
from tests.simulation.conftest import doing

EVERY_KIND = [(kind, target) for target, kinds in TARGETS.items() for kind in kinds]

AT = st.integers(0, 100 * SECOND)
BROKEN = st.builds(
    lambda what, start, length, hard: Artefact(what[0], what[1], start, start + length, hard),
    st.sampled_from(EVERY_KIND),
    AT,
    st.integers(2 * SECOND, 40 * SECOND),
    st.floats(0.1, 1),
)


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(
    rate: ArtefactRate, seconds: int, moving: NDArray[np.bool_] | None = None
) -> list[Artefact]:
    still = np.zeros(seconds, np.bool_) if moving is None else moving
    return list(draw_artefacts([rate], still, chance()))


def suffering(*artefacts: Artefact, seconds: int = 200) -> Timeline:
    """Somebody at rest, whose sensors suffer that."""
    return replace(doing({}, seconds=seconds), artefacts=artefacts)


class TestDraw:
    def test_they_come_as_often_as_the_rate_says(self) -> None:
        found = drawn(ArtefactRate("noise", "ecg", per_hour=6, seconds=10), 100 * 3600)
        assert len(found) == pytest.approx(600, rel=0.12)
        lasting = [(artefact.stop - artefact.start) / SECOND for artefact in found]
        assert np.mean(lasting) == pytest.approx(10, rel=0.12)

    def test_they_keep_to_the_time_they_are_for(self) -> None:
        moving = np.arange(36_000) % 600 < 100
        for when, wanted in (("moving", True), ("still", False)):
            found = drawn(ArtefactRate("noise", "ecg", 60, 5, during=when), 36_000, moving)
            assert found
            assert {bool(moving[artefact.start // SECOND]) for artefact in found} == {wanted}

    @given(
        st.integers(0, 2**32),
        st.integers(10, 20_000),
        st.floats(0, 120),
        st.floats(1, 300),
        st.floats(0, 1),
    )
    @settings(deadline=None)
    def test_they_are_in_order_within_the_record_and_apart(
        self, seed: int, seconds: int, per_hour: float, lasting: float, strength: float
    ) -> None:
        rate = ArtefactRate("disconnected", "thoracic", per_hour, lasting, strength)
        found = draw_artefacts([rate], np.zeros(seconds, np.bool_), chance(seed))
        assert found == draw_artefacts([rate], np.zeros(seconds, np.bool_), chance(seed))
        for before, after in pairwise(found):
            assert before.stop < after.start
        for artefact in found:
            assert 0 <= artefact.start < artefact.stop <= seconds * SECOND
            assert 2 * SECOND <= artefact.stop - artefact.start <= LONGEST
            assert 0 < artefact.strength <= 1


class TestApply:
    @pytest.mark.parametrize(("kind", "target"), EVERY_KIND)
    def test_only_samples_of_the_artefact_change(self, kind: str, target: str) -> None:
        channel = "ecg_II" if target == "ecg" else target
        counts = np.full(256 * 60, 1500, np.uint16)
        artefact = Artefact(kind, target, 2561, 5000, 0.8)
        apply_artefacts(counts, 0, 1, [artefact], channel, chance())
        changed = np.flatnonzero(counts != 1500)
        assert 2561 <= changed.min() <= changed.max() < 5000
        # Muscle noise and hum pass through zero now and then.
        assert len(changed) > 0.9 * (5000 - 2561)

    def test_a_lead_does_not_mind_another(self) -> None:
        counts = np.full(2560, 1500, np.int16)
        apply_artefacts(
            counts, 0, 1, [Artefact("saturated", "ecg_I", 0, 2560, 1)], "ecg_II", chance()
        )
        assert (counts == 1500).all()

    def test_a_loose_band_gives_zero(self) -> None:
        counts = np.full(128 * 20, 33_000, np.uint16)
        apply_artefacts(
            counts, 0, 2, [Artefact("disconnected", "thoracic", 600, 1800, 1)], "thoracic", chance()
        )
        zero = np.flatnonzero(counts == 0) * 2
        assert (zero[0], zero[-1] + 2) == (600, 1800)

    def test_a_loose_electrode_gives_a_flat_line(self) -> None:
        counts = (1360 + 300 * np.sin(np.arange(2560) / 9)).astype(np.int16)
        apply_artefacts(
            counts, 0, 1, [Artefact("disconnected", "ecg", 0, 2560, 1)], "ecg_I", chance()
        )
        assert counts.mean() == pytest.approx(1360, abs=1)
        assert counts.std() < 2

    @pytest.mark.parametrize(("start", "rail"), [(512, 4095), (513, 0)])
    def test_saturation_stands_at_an_end_of_the_scale(self, start: int, rail: int) -> None:
        counts = np.full(2560, 1360, np.int16)
        apply_artefacts(
            counts, 0, 1, [Artefact("saturated", "ecg", start, 1500, 1)], "ecg_I", chance()
        )
        assert (counts[start + 11 : 1500 - 88] == rail).all()
        assert (counts[:start] == 1360).all()
        assert (counts[1500:] == 1360).all()
        # A genuine record takes ten samples to get there, and swings back beyond its level.
        assert np.abs(np.diff(counts.astype(int))[: start + 20]).max() < abs(rail - 1360) / 8
        back = counts[1500 - 75 : 1500].astype(int) - 1360
        assert (back * np.sign(rail - 1360) <= 0).all()
        assert np.abs(back).max() > 50

    @pytest.mark.parametrize("hertz", [50, 60])
    def test_hum_has_the_frequency_of_the_mains(self, hertz: int) -> None:
        counts = np.full(256 * 20, 1360, np.int16)
        hum = Artefact("mains", "ecg", 0, 256 * 20, 1)
        apply_artefacts(counts, 0, 1, [hum], "ecg_I", chance(), mains=hertz)
        power = np.abs(np.fft.rfft(counts - counts.mean()))
        assert np.fft.rfftfreq(len(counts), 1 / 256)[power.argmax()] == hertz

    def test_movement_is_slow_and_muscles_are_fast(self) -> None:
        share = {}
        for kind in ("movement", "noise"):
            counts = np.full(256 * 40, 1360, np.int16)
            apply_artefacts(
                counts, 0, 1, [Artefact(kind, "ecg", 0, 256 * 40, 1)], "ecg_I", chance()
            )
            power = np.abs(np.fft.rfft(counts - counts.mean())) ** 2
            share[kind] = power[np.fft.rfftfreq(len(counts), 1 / 256) < 10].sum() / power.sum()
        assert share["movement"] > 0.95
        assert share["noise"] < 0.3

    def test_another_scale_has_other_ends(self) -> None:
        counts = np.full(2560, 0, np.int16)
        scale = ChannelSwing(-5000, 5000, 0, 1000)
        apply_artefacts(
            counts, 0, 1, [Artefact("saturated", "ecg", 2, 900, 1)], "ecg_I", chance(), scale=scale
        )
        assert counts.max() == 5000

    @given(st.lists(BROKEN, max_size=6), st.sampled_from(["ecg_I", "thoracic", "ppg"]), st.data())
    @settings(deadline=None)
    def test_blocks_together_change_what_the_whole_does(
        self, broken: list[Artefact], target: str, data: st.DataObject
    ) -> None:
        broken.sort(key=lambda artefact: artefact.start)
        step = {"ecg_I": 1, "thoracic": 2, "ppg": 4}[target]
        length = 120 * SECOND // step
        cut = data.draw(st.integers(0, length))
        whole, parts = (np.full(length, 1800, np.uint16) for _ in range(2))
        apply_artefacts(whole, 0, step, broken, target, chance())
        apply_artefacts(parts[:cut], 0, step, broken, target, chance())
        apply_artefacts(parts[cut:], cut * step, step, broken, target, chance())
        exact = np.ones(length, np.bool_)
        for artefact in broken:
            noisy = artefact.kind == "noise" or (artefact.kind, target) == ("disconnected", "ecg_I")
            if noisy and artefact.hits(target):  # chance differs with the blocks
                exact[artefact.start // step : -(-artefact.stop // step)] = False
        assert np.array_equal(whole[exact], parts[exact])
        limits = SCALES[target.split("_", maxsplit=1)[0]]
        assert limits.low <= whole.min() <= whole.max() <= limits.high


def test_during_marks_every_second_touched() -> None:
    marks = flag_seconds(
        [Artefact("noise", "ecg", 300, 700, 1), Artefact("noise", "ecg", 512, 768, 1)], 5
    )
    assert marks.tolist() == [False, True, True, False, False]


class TestQuality:
    @given(st.lists(BROKEN, max_size=8))
    @settings(deadline=None)
    def test_bits_stand_exactly_where_artefacts_are(self, broken: list[Artefact]) -> None:
        line = suffering(*broken)
        bits = {of: make(line) for of, make in quality.CHANNELS.items()}
        for dataid, bit, target, kinds in BITS:
            expected = np.zeros(200, np.bool_)
            for artefact in broken:
                if artefact.kind in kinds and any(map(artefact.hits, target)):
                    expected[artefact.start // SECOND : -(-artefact.stop // SECOND)] = True
            if (dataid, bit) == (1000, 32):
                expected[: quality.SETTLING] = True
            assert np.array_equal(bits[dataid] & bit > 0, expected), (dataid, bit)

    def test_all_is_well_without_artefacts(self) -> None:
        line = suffering()
        for dataid, make in quality.CHANNELS.items():
            found = make(line)
            assert found.shape == (200,)
            assert not found[quality.SETTLING :].any()
            assert found[: quality.SETTLING].tolist() == [32 * (dataid == 1000)] * quality.SETTLING

    @given(st.lists(BROKEN, max_size=8))
    @settings(deadline=None)
    def test_they_fit_their_field(self, broken: list[Artefact]) -> None:
        line = suffering(*broken)
        for dataid, make in quality.CHANNELS.items():
            assert 0 <= make(line).min() <= make(line).max() < FIELDS[dataid]

    @pytest.mark.parametrize(
        ("targets", "bits"),
        [
            (["ecg_I"], 1 + 8192 + 32_768 + 128 + 512),
            (["ecg_II"], 4 + 16_384 + 32_768 + 256 + 512),
            (["ecg_I", "ecg_II"], 8 + 57_344 + 896),
            (["ecg"], 8 + 57_344 + 896),
        ],
    )
    def test_leads_tell_which_electrode_is_off(self, targets: list[str], bits: int) -> None:
        lost = [Artefact("disconnected", target, 0, 2560, 1) for target in targets]
        assert set(quality.ecg_quality(suffering(*lost))[:10].tolist()) == {bits}

    def test_breathing_is_unstable_when_no_band_can_be_trusted(self) -> None:
        one = Artefact("disconnected", "thoracic", 0, 30 * SECOND, 1)
        other = Artefact("noise", "abdominal", 10 * SECOND, 20 * SECOND, 1)
        found = quality.breathing_rate_quality(suffering(one, other))
        assert found[:31].tolist() == [1] * 10 + [1 + 32 + 64] * 10 + [1] * 10 + [0]

    def test_without_a_pulse_saturation_is_unreliable(self) -> None:
        found = quality.spo2_quality(suffering(Artefact("disconnected", "ppg", 0, 512, 1)))
        assert found[:3].tolist() == [32 + 64 + 128] * 2 + [0]


class TestIntervals:
    BEATS = np.arange(1, 240) * SECOND * 4 // 5

    def quality(self, *broken: Artefact) -> list[int]:
        found: list[int] = quality.rr_quality(suffering(*broken), self.BEATS).tolist()
        return found

    def test_the_first_and_those_of_the_first_20_s_are_unreliable(self) -> None:
        assert self.quality() == [128] * 24 + [0] * 215
        alone = quality.rr_quality(suffering(), np.array([30 * SECOND]))
        assert alone.tolist() == [128]
        assert not len(quality.rr_quality(suffering(), np.array([], np.int64)))

    @given(st.lists(BROKEN, max_size=6))
    @settings(deadline=None)
    def test_they_are_as_good_as_the_signal_between_two_beats(self, broken: list[Artefact]) -> None:
        found = self.quality(*broken)
        for number in range(25, 239):
            first, last = self.BEATS[number - 1 : number + 1]
            kinds = {
                a.kind for a in broken if a.hits("ecg_I") and a.start <= last and a.stop > first
            }
            expected = (1 if "noise" in kinds else 0) + (128 if kinds & UNRELIABLE else 0)
            assert found[number] == expected


UNRELIABLE = {"disconnected", "saturated", "noise", "movement"}

FIELDS = {1000: 64, 1001: 128, 1002: 256, 1003: 1, 1005: 8, 1006: 65_536}

BITS: list[tuple[int, int, tuple[str, ...], set[str]]] = [
    (1000, 1, ("ecg_I",), {"noise"}),
    (1000, 2, ("ecg_I",), {"disconnected"}),
    (1000, 4, ("ecg_I",), {"mains"}),
    (1000, 8, ("ecg_I",), {"saturated"}),
    (1000, 16, ("ecg_I",), {"movement"}),
    (1000, 32, ("ecg_I",), UNRELIABLE),
    (1001, 1, ("thoracic",), {"disconnected"}),
    (1001, 2, ("abdominal",), {"disconnected"}),
    (1001, 4, ("thoracic",), {"baseline"}),
    (1001, 8, ("abdominal",), {"baseline"}),
    (1001, 16, ("thoracic",), {"noise"}),
    (1001, 32, ("abdominal",), {"noise"}),
    (1002, 16, ("ppg",), {"noise", "movement"}),
    (1002, 32, ("ppg",), {"disconnected"}),
    (1005, 1, ("ecg_I",), UNRELIABLE),
    (1005, 2, ("ppg",), UNRELIABLE),
    *((1006, 16 << n, lead, {"noise"}) for n, lead in enumerate(quality.LEADS)),
    *((1006, 128 << n, lead, UNRELIABLE) for n, lead in enumerate(quality.LEADS)),
    *((1006, 1024 << n, lead, {"movement", "saturated"}) for n, lead in enumerate(quality.LEADS)),
    *((1006, 8192 << n, lead, {"disconnected"}) for n, lead in enumerate(quality.LEADS)),
]
"""Datatype, bit, whose artefacts and which (catalogue, datatypes 1000 to 1006)."""
