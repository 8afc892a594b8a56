"""Frames out of place: what times, running numbers and magnifications say against a name that is a valid FOAN."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from data_contracts.vocabulary import MatchReason, MatchStatus
from fractocurate.matching.evidence import Decisions, ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile

Take = tuple[str, str | None, float | None]
"""File name without suffix, minute of the day, magnification."""


@pytest.fixture
def run(profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]) -> Callable[..., str]:
    """Decide frames, each in a folder of its own; returns the guard of the first, empty if it is linked."""
    numbers = ("0417", "0418", "0533", "0411", "0412", "0413", "0414", "0817")
    parts = [instance(f"FOAN-2021-{number}", f"13{number}") for number in numbers]
    parts += [instance(f"FOAN-2021-06{n:02d}", f"20{n:04d}") for n in range(40)]

    def guard_of(*takes: Take, first_from: str = "", is_timed: bool = True) -> str:
        images = [
            replace(
                image(f"{n}/FOAN-2021-{name}.tif"),
                acquired_at=at and f"2021-05-{at}"[: None if is_timed else len("2021-05-03")],
                magnification=magnification,
                instrument="" if n else first_from,
            )
            for n, (name, at, magnification) in enumerate(takes)
        ]
        outcome: Decisions = decide(images, parts, profile)
        first = outcome.decisions[0]
        if first.status is MatchStatus.MATCHED:
            return ""
        assert first.reason is MatchReason.OUT_OF_SERIES
        assert not any(c.accepted for c in outcome.candidates if c.path == first.path)
        return first.guard

    return guard_of


SERIES: tuple[Take, ...] = (
    ("0417_02", "03T10:02:00", 200.0),
    ("0417_04", "03T10:06:00", 5000.0),
)
HABIT: tuple[Take, ...] = tuple(
    (f"06{part:02d}_{k:02d}", f"12T{8 + part:02d}:0{2 * k}:00", 50.0 * k) for part in range(4) for k in (1, 2, 3)
)
"""Here the frames of a part follow each other within two minutes."""
ELSEWHERE: tuple[Take, ...] = (("0418_01", "09T10:00:00", 50.0), ("0418_02", "09T10:01:00", 1000.0))


def test_between_two_frames_of_a_neighbour(run: Callable[..., str]) -> None:
    """The third frame of 0417, named 0418."""
    guard = run(("0418_03", "03T10:04:00", 1000.0), *SERIES, *ELSEWHERE)
    assert guard == (
        "the frames before and after it show FOAN-2021-0417, one slip away, and none near it shows FOAN-2021-0418"
    )


@pytest.mark.parametrize("otherwise", [{"first_from": "another microscope"}, {"is_timed": False}])
def test_another_microscope_or_a_day_alone_is_no_order(run: Callable[..., str], otherwise: dict[str, object]) -> None:
    """Two microscopes are at work at the same time; and within a day nobody knows what came first."""
    assert run(("0418_03", "03T10:04:00", 1000.0), *SERIES, *ELSEWHERE, **otherwise) == ""


def test_beside_a_neighbour_that_lacks_its_magnification(run: Callable[..., str]) -> None:
    """At the end of the series: nine minutes later, but 0418 has its frame at 1000x elsewhere, and 0417 has none."""
    guard = run(("0418_05", "03T10:15:00", 1000.0), *SERIES, *ELSEWHERE)
    assert "FOAN-2021-0417, one slip away, which has none at 1000x" in guard


def test_right_beside_a_neighbour(run: Callable[..., str]) -> None:
    """No magnification is known, but within two minutes nobody changes parts here."""
    guard = run(("0418_05", "03T10:08:00", None), *SERIES, *ELSEWHERE, *HABIT)
    assert "right beside frames of FOAN-2021-0417" in guard


def test_a_number_that_goes_on_where_the_neighbours_end(run: Callable[..., str]) -> None:
    """0418 has no other frame, and its only one is number 5."""
    assert run(("0418_05", "03T10:08:00", None), *SERIES, *HABIT).startswith("its number 5 goes on")


def test_out_of_the_order_of_its_day(run: Callable[..., str]) -> None:
    """0817 among frames of 0411 to 0414; 0417 has no frame at all."""
    day = [(f"{n}_01", f"03T10:{15 * k:02d}:00", 50.0) for k, n in enumerate(("0411", "0412", "0413", "0418"))]
    others = [(f"06{n:02d}_01", f"04T{8 + n // 4:02d}:{n % 4 * 15:02d}:00", 50.0) for n in range(40)]
    guard = run(("0817_01", "03T10:38:00", 50.0), *day, *others)
    assert "FOANs from FOAN-2021-0411 to FOAN-2021-0418, and FOAN-2021-0417, one slip away, has no frame" in guard


def test_a_number_that_comes_before_those_of_the_neighbours(run: Callable[..., str]) -> None:
    """0418 has no other frame, and two minutes later come the frames 2 and 4 of 0417, which has no first."""
    assert run(("0418_01", "03T10:00:00", None), *SERIES, *HABIT).startswith("its number 1 comes before")


def test_goes_on_some_minutes_later_while_its_own_were_taken_on_another_day(run: Callable[..., str]) -> None:
    """Here another part may follow after five minutes: nine are no sign, unless the number goes on, too."""
    busy = [(f"06{part:02d}_{k:02d}", f"12T10:{6 * part + k - 1:02d}:00", None) for part in range(9) for k in (1, 2)]
    guard = run(("0418_05", "03T10:15:00", None), *SERIES, *ELSEWHERE, *busy)
    assert "right beside frames of FOAN-2021-0417" in guard
    assert run(("0418_07", "03T10:15:00", None), *SERIES, *ELSEWHERE, *busy) == ""


@pytest.mark.parametrize(
    ("frame", "others"),
    [
        (("0418_03", "03T10:04:00", 1000.0), (("0418_02", "03T10:07:00", 500.0),)),
        (("0418_02", "03T10:04:00", 1000.0), ELSEWHERE[:1]),
        (("0418_SN130418_03", "03T10:04:00", 1000.0), ELSEWHERE),
        (("0533_03", "03T10:04:00", 1000.0), ()),
        (("0418_03", "05T10:04:00", 1000.0), ELSEWHERE),
        (("0418_03", None, 1000.0), ELSEWHERE),
        (("0418_01", "03T10:16:00", 500.0), ()),
    ],
    ids=[
        "its own frames are near",
        "the neighbour has that number",
        "a serial number as second witness",
        "not one slip away",
        "another day",
        "no time",
        "the first frame of the next part",
    ],
)
def test_a_frame_in_its_place_stays_linked(run: Callable[..., str], frame: Take, others: tuple[Take, ...]) -> None:
    """Each of these has an explanation without a slip."""
    assert run(frame, *SERIES, *others, *HABIT) == ""
