"""Habits of an archive: what breaks one stops a link by a repaired name, and habits that nobody keeps tell nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus
from fractocurate.matching.evidence import Decisions, ImageEvidence, Instance
from fractocurate.matching.guarded import GuardedLadder
from fractocurate.matching.habits import weigh_habits
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile

Run = Callable[..., Decisions]
_FOANS = [f"FOAN-2021-{n:04d}" for n in range(1000, 5000, 111)]
_PICTURED = (50.0, 200.0, 500.0)
_NEIGHBOUR = "FOAN-2021-1117"
_TORN = "FOAN-2021-11111"
"""One digit too many: FOAN-2021-1111 is the only repair."""


def _day(n_days: int) -> str:
    return (date(2021, 1, 4) + timedelta(days=n_days)).isoformat()


@pytest.fixture
def run(profile: Profile, instance: Callable[..., Instance]) -> Run:
    """Decide a torn name beside the frames of an archive; the first image is the torn one."""
    parts = [
        replace(
            instance(foan, f"2{n:05d}"), issued=(_day(10 * n + 20),) * 2, pictured=(50.0, 200.0, 500.0), maker="zeiss"
        )
        for n, foan in enumerate(_FOANS)
    ]
    parts.append(replace(instance(_NEIGHBOUR, "900000"), issued=(_day(520),) * 2))

    def decided(torn: ImageEvidence, others: Sequence[ImageEvidence]) -> Decisions:
        return decide([torn, *others], parts, profile)

    return decided


def _archive(
    image: Callable[..., ImageEvidence], *, magnifications: Sequence[float], twins: int = 0
) -> list[ImageEvidence]:
    """Each FOAN has a folder, one of two microscopes, a frame at each magnification, twenty days before its report."""
    frames = [
        replace(
            image(f"box {n}/{foan}_{number:02d}.tif"),
            acquired_at=_day(10 * n),
            magnification=at,
            instrument="A" if n % 2 else "B",
            maker="zeiss",
        )
        for n, foan in enumerate(_FOANS)
        for number, at in enumerate(magnifications, start=1)
    ]
    return [*frames, *(replace(f, path=f"again/{f.path}", sha256=f"again {f.path}") for f in frames[:twins])]


def _outcome(outcome: Decisions, path: str) -> tuple[MatchStatus, MatchReason | None, str]:
    decision = next(d for d in outcome.decisions if d.path == path)
    return decision.status, decision.reason, decision.guard


@pytest.mark.parametrize(
    ("name", "change", "guard"),
    [
        ("box 1/{}_03.tif", {"magnification": 50.0}, "its part has a frame at 50x"),
        ("box 1/{}_02.tif", {}, "another frame of its part bears '02'"),
        (
            "box 1/{}_03.tif",
            {"magnification": 1000.0},
            "it was taken at 1000x, and its report pictures 50x, 200x, 500x",
        ),
        ("box 1/{}_03.tif", {"instrument": "B"}, "it comes from B, the others of FOAN-2021-1111 from A"),
        ("box 1/{}_03.tif", {"maker": "jeol"}, "it comes from a microscope of jeol, and its report names one of zeiss"),
        ("box 2/{}_03.tif", {}, "the other frames of its folder show FOAN-2021-1222"),
        ("box 1/{}_03.tif", {"acquired_at": _day(400)}, "it was taken on 2022-02-08, 370 days after"),
        ("box 1/{}_03_20200104.tif", {"acquired_at": None}, "it was taken on 2020-01-04, 396 days before"),
    ],
    ids=["magnification", "number", "captions", "microscope", "maker", "folder", "date of the tag", "date in the name"],
)
def test_a_repaired_name_that_breaks_a_habit_awaits_a_person(
    run: Run, image: Callable[..., ImageEvidence], name: str, change: dict[str, Any], guard: str
) -> None:
    """Each contradicts by itself; the candidate stays first."""
    torn = replace(
        image(name.format(_TORN)), **{"acquired_at": _day(11), "magnification": 500.0, "instrument": "A"} | change
    )
    outcome = run(torn, _archive(image, magnifications=(50.0, 200.0)))
    status, reason, said = _outcome(outcome, torn.path)
    assert (status, reason) == (MatchStatus.REVIEW, MatchReason.CONTRADICTION)
    assert said.startswith(guard)
    own = [c for c in outcome.candidates if c.path == torn.path]
    assert own[0].foan == "FOAN-2021-1111"
    assert not any(c.accepted for c in own)


def test_a_repaired_name_that_keeps_all_habits_is_linked(run: Run, image: Callable[..., ImageEvidence]) -> None:
    """Number, magnification, microscope, folder and day are all in place."""
    torn = replace(image(f"box 1/{_TORN}_03.tif"), acquired_at=_day(11), magnification=500.0, instrument="A")
    outcome = run(torn, _archive(image, magnifications=(50.0, 200.0)))
    assert _outcome(outcome, torn.path)[0] is MatchStatus.MATCHED
    assert outcome.doubts == {}


def test_a_habit_that_is_often_broken_stops_nothing(run: Run, image: Callable[..., ImageEvidence]) -> None:
    """Where frames are taken again, a second one of a magnification is no sign; nor is a number that repeats."""
    torn = replace(image(f"box 1/{_TORN}_02.tif"), acquired_at=_day(11), magnification=50.0, instrument="A")
    outcome = run(torn, _archive(image, magnifications=(50.0, 200.0), twins=10))
    assert _outcome(outcome, torn.path)[0] is MatchStatus.MATCHED


def test_a_small_archive_has_no_habits(run: Run, image: Callable[..., ImageEvidence]) -> None:
    """Thirty frames of fifteen FOANs show too little."""
    torn = replace(image(f"box 2/{_TORN}_02.tif"), acquired_at=_day(900), magnification=50.0, instrument="B")
    outcome = run(torn, _archive(image, magnifications=(50.0, 200.0))[:30])
    assert _outcome(outcome, torn.path)[0] is MatchStatus.MATCHED


def test_an_odd_date_is_told_of_an_exact_link(run: Run, image: Callable[..., ImageEvidence]) -> None:
    """Frames are also taken again after the report: the link stands, and a person is told."""
    late = replace(image("x/FOAN-2021-1111_03.tif"), acquired_at=_day(500))
    outcome = run(late, _archive(image, magnifications=(50.0, 200.0)))
    doubt = outcome.doubts[late.path]
    assert doubt.startswith("it was taken on 2022-05-19, 470 days after")
    (decision,) = [d for d in outcome.decisions if d.path == late.path]
    assert decision.status is MatchStatus.MATCHED
    assert decision.evidence.endswith(f"; but {doubt}")


@pytest.mark.parametrize(
    ("name", "neighbour_taken", "outcome_is"),
    [
        ("FOAN-2021-1111", _day(501), MatchStatus.REVIEW),
        ("FOAN-2021-1111", _day(510), MatchStatus.MATCHED),  # the neighbour was not at the microscope then
        ("FOAN-2021-1111_SN200001", _day(501), MatchStatus.MATCHED),  # a second witness
    ],
)
def test_an_odd_date_stops_a_lone_name_if_a_neighbour_fits(
    run: Run, image: Callable[..., ImageEvidence], name: str, neighbour_taken: str, outcome_is: MatchStatus
) -> None:
    """One slip leads to a FOAN that was looked at on that very day: no label until a person has looked."""
    late = replace(image(f"x/{name}.tif"), acquired_at=_day(500))
    neighbour = replace(image(f"y/{_NEIGHBOUR}_SN900000.tif"), acquired_at=neighbour_taken)
    outcome = run(late, [*_archive(image, magnifications=(50.0, 200.0)), neighbour])
    status, _, guard = _outcome(outcome, late.path)
    assert status is outcome_is
    stopped = guard.endswith(f"{_NEIGHBOUR}, one slip away, was at the microscope then and fits")
    assert stopped == (status is MatchStatus.REVIEW)


_FRAMES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["FOAN-2021-1111", "FOAN-2021-11111", "FOAN-2021-1222", "FOAN-2021-122", "SN200002", "image"]),
        st.sampled_from(["", "_01", "_02"]),
        st.sampled_from([None, 50.0, 200.0]),
        st.sampled_from(["", "A", "B"]),
    ),
    max_size=10,
    unique_by=lambda frame: frame[:3],
)


@given(frames=_FRAMES)
@settings(deadline=None)
def test_habits_add_no_link_and_take_repaired_names_only(
    profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance], frames: list[Any]
) -> None:
    """Whatever the archive, and however little shows a habit: without dates, an exact link never falls to one."""
    images = [
        replace(image(f"{folder}/{name}{number}.tif"), magnification=at, instrument=instrument)
        for folder, name, number, at, instrument in frames
    ]
    parts = [replace(instance(foan, f"2{n:05d}"), pictured=(50.0,)) for n, foan in enumerate(_FOANS[:4])]
    before = GuardedLadder(images, parts, profile)
    paths = sorted(images, key=lambda i: i.path)
    made = [before.decide(i) for i in paths]
    outcome = Decisions([decision for decision, _ in made], [c for _, considered in made for c in considered])
    with patch("fractocurate.matching.habits._MIN_UNITS", 1):
        weighed = weigh_habits(outcome, images, parts, before.neighbourhood.of, set())
    for old, new in zip(outcome.decisions, weighed.decisions, strict=True):
        assert new == old or (old.method is MatchMethod.FUZZY and new.reason is MatchReason.CONTRADICTION)
    accepted = {(c.path, c.instance_id) for c in weighed.candidates if c.accepted}
    assert accepted == {(d.path, d.instance_id) for d in weighed.decisions if d.instance_id}
