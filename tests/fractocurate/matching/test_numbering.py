"""Running numbers that fit another part better, where a name is a valid FOAN and no time is known."""

from collections.abc import Callable

import pytest

from data_contracts.vocabulary import MatchReason, MatchStatus
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.profile import Profile

NUMBERED = tuple(f"06{n:02d}_{at}x_{k:02d}" for n in range(40) for k, at in ((1, 50), (2, 200), (3, 200)))
"""Forty parts with three frames each, numbered one after another."""


@pytest.fixture
def run(profile: Profile, image: Callable[..., ImageEvidence], instance: Callable[..., Instance]) -> Callable[..., str]:
    """Decide frames, each in a folder of its own; returns the guard of the first, empty if it is linked."""
    parts = [instance(f"FOAN-2021-{number}", f"13{number}") for number in ("0417", "0418", "0533")]
    parts += [instance("FOAN-2021-0471", serial) for serial in ("150001", "150002")]
    parts += [instance(f"FOAN-2021-06{n:02d}", f"20{n:04d}") for n in range(40)]

    def guard_of(*names: str) -> str:
        images = [image(f"{n}/FOAN-2021-{name}.tif") for n, name in enumerate(names)]
        first = decide(images, parts, profile).decisions[0]
        if first.status is MatchStatus.MATCHED:
            return ""
        assert first.reason is MatchReason.OUT_OF_SERIES
        return first.guard

    return guard_of


def test_two_frames_of_one_name_where_a_neighbour_lacks_it(run: Callable[..., str]) -> None:
    """0418 has two frames 500x_02, and 0417 has none of that name."""
    guard = run("0418_500x_02", "0418 500x 02", "0417_500x_01", *NUMBERED)
    assert guard.startswith(
        "another frame of FOAN-2021-0418 bears '500x 02' as well, and FOAN-2021-0417, one slip away"
    )


def test_two_frames_of_one_number_at_different_magnifications(run: Callable[..., str]) -> None:
    """0418 has a frame 2 already, and the series of 0417 ends with 1."""
    guard = run("0418_1000x_02", "0418_500x_02", "0417_500x_01", *NUMBERED)
    assert "bears '2' as well, and FOAN-2021-0417" in guard


def test_one_part_of_a_neighbour_may_lack_what_the_other_has(run: Callable[..., str]) -> None:
    """Both parts of 0471 are numbered from 1; it is the second that lacks its frame 2."""
    others = ("0471_SN150001_50x_01", "0471_SN150001_100x_02", "0471_SN150002_50x_01")
    assert "FOAN-2021-0471" in run("0417_1000x_02", "0417_500x_02", *others, *NUMBERED)


def test_fills_a_gap_of_a_neighbour(run: Callable[..., str]) -> None:
    """0418 has one frame, number 3; of 0417 there are 2 and 4."""
    guard = run("0418_500x_03", "0417_200x_02", "0417_1000x_04", *NUMBERED)
    assert guard == "its number 3 fills a gap of FOAN-2021-0417, one slip away; none of FOAN-2021-0418 is next to it"


@pytest.mark.parametrize(
    ("frame", "others"),
    [
        ("0418_500x_03", ("0417_200x_02", "0417_1000x_04", "0418_100x_02")),
        ("0418_500x_03", ("0417_200x_02", "0417_1000x_04", "0417_500x_03")),
        ("0418_500x_03", ("0417_200x_02",)),
        ("0533_500x_03", ("0417_200x_02", "0417_1000x_04")),
        ("0418_SN130418_500x_03", ("0417_200x_02", "0417_1000x_04")),
        ("0418_1000x_02", ("0418_500x_02", "0417_500x_01", "0417_500x_02")),
        ("0418_1000x_02", ("0418_500x_02", "0417_500x_07")),
    ],
    ids=[
        "its own series comes right up to it",
        "there is no gap",
        "the neighbour's series may have ended",
        "not one slip away",
        "a serial number as second witness",
        "twice, but the neighbour has that number too",
        "twice, but the neighbour's series is far from it",
    ],
)
def test_a_number_with_another_explanation(run: Callable[..., str], frame: str, others: tuple[str, ...]) -> None:
    """Each of these stays linked."""
    assert run(frame, *others, *NUMBERED) == ""


def test_where_names_repeat_they_tell_nothing(run: Callable[..., str]) -> None:
    """Every part has its frame 01 twice: two of them are no sign of a slip."""
    numbered = [f"06{n:02d}{joint}01" for n in range(40) for joint in "_ "]
    assert run("0418_01", "0418 01", "0417_02", *numbered) == ""


def test_where_numbers_begin_anew_with_each_magnification_only_names_tell(run: Callable[..., str]) -> None:
    """50x_01 and 200x_01 of every part: a number fills no gap there, and the same name twice is still odd."""
    numbered = [f"06{n:02d}_{at}x_{k:02d}" for n in range(40) for at in (50, 200) for k in (1, 2)]
    assert run("0418_500x_03", "0417_200x_02", "0417_1000x_04", *numbered) == ""
    assert run("0418_1000x_02", "0418_500x_02", "0417_500x_01", *numbered) == ""
    assert "bears '500x 02' as well" in run("0418_500x_02", "0418 500x 02", "0417_500x_01", *numbered)
