"""The planted sittings keep what they promise: numbers, magnifications, clocks, and the days of reports."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sittings import MAGNIFICATIONS, Practice, Shot, report_days, take_shots

_FRAMES = [n % 6 for n in range(120)]
_QUIET = Practice(timed=1.0, second_visits=0.0, shared_stubs=0.0, retakes=0.0, jitter=0.0)


def _shots(practice: Practice, seed: int = 1) -> list[Shot]:
    return take_shots(_FRAMES, practice, np.random.default_rng(seed))


@given(st.integers(0, 1000), st.sampled_from([Practice(), _QUIET, Practice(retakes=0.9, second_visits=0.9)]))
def test_every_frame_is_taken_once_and_numbered_through(seed: int, practice: Practice) -> None:
    """Whatever the practice: a part of n frames has the numbers 1 to n, at magnifications that rise."""
    of_part: dict[int, list[Shot]] = defaultdict(list)
    for shot in _shots(practice, seed):
        of_part[shot.part].append(shot)
    for part, n_frames in enumerate(_FRAMES):
        shots = sorted(of_part[part], key=lambda shot: shot.number)
        assert [shot.number for shot in shots] == list(range(1, n_frames + 1))
        magnifications = [shot.magnification for shot in shots]
        assert magnifications == sorted(magnifications)
        assert set(magnifications) <= set(MAGNIFICATIONS)


def test_a_quiet_laboratory_takes_part_after_part() -> None:
    """Without second visits, shared stubs, retakes and jitter: in the order of the parts, each magnification once."""
    shots = _shots(_QUIET)
    assert [shot.part for shot in shots] == sorted(shot.part for shot in shots)
    assert max(Counter((shot.part, shot.magnification) for shot in shots).values()) == 1
    times = [shot.taken or "" for shot in shots]
    assert times == sorted(set(times))
    assert all(taken.startswith(shot.day.isoformat()) for taken, shot in zip(times, shots, strict=True))
    assert all(8 <= datetime.fromisoformat(taken).hour <= 17 for taken in times)


@pytest.mark.parametrize(
    ("practice", "share"),
    [(Practice(timed=1.0), 1.0), (Practice(timed=0.0), 0.0), (Practice(timed=0.5), 0.5)],
)
def test_sittings_keep_their_time_as_often_as_asked(practice: Practice, share: float) -> None:
    """Of 2,400 frames, to a twentieth."""
    kept = [shot.taken is not None for shot in take_shots([3] * 800, practice, np.random.default_rng(2))]
    assert np.mean(kept) == pytest.approx(share, abs=0.05)


def test_other_practices_change_what_they_say_and_nothing_else() -> None:
    """Days without times, shorter days and wrong clocks leave parts, magnifications and numbers as they are."""
    plain = _shots(_QUIET)
    days, short, wrong = (
        _shots(practice)
        for practice in (
            replace(_QUIET, only_days=True),
            replace(_QUIET, parts_a_day=2),
            replace(_QUIET, wrong_clocks=1.0),
        )
    )
    for other in (days, short, wrong):
        assert [(s.part, s.magnification, s.number) for s in other] == [
            (s.part, s.magnification, s.number) for s in plain
        ]
    assert all(shot.taken == shot.day.isoformat() for shot in days)
    assert max(len({s.part for s in short if s.day == day}) for day in {s.day for s in short}) <= 2
    assert all(not (shot.taken or "").startswith(shot.day.isoformat()) for shot in wrong)


def test_reports_follow_the_first_visit() -> None:
    """By the median that was asked for; parts without frames have none, and without a median no report has a date."""
    rng = np.random.default_rng(3)
    shots = take_shots([2] * 500, Practice(report_after_days=20), rng)
    issued = report_days(shots, Practice(report_after_days=20), rng)
    first: dict[int, Shot] = {}
    for shot in sorted(shots, key=lambda shot: shot.day):
        first.setdefault(shot.part, shot)
    waits = [(issued[part] - shot.day).days for part, shot in first.items()]
    assert min(waits) >= 1
    assert np.median(waits) == pytest.approx(20, abs=4)
    assert report_days(shots, Practice(), rng) == {}
