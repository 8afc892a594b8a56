"""The bound on wrong links: its statistics against oracles, and what is counted as what on planted images."""

from collections.abc import Callable
from dataclasses import replace
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.ladder import decide
from fractocurate.matching.wrong_links import WrongLinkBound, bound_wrong_links, max_hidden
from fractocurate.profile import Profile

Make = Callable[..., ImageEvidence]
MakeInstance = Callable[..., Instance]


@given(st.integers(0, 4), st.integers(0, 30), st.integers(0, 25))
def test_the_bound_is_that_of_counting_all_draws(n_failed: int, n_tested: int, n_untested: int) -> None:
    """The largest number of hidden failures for which so few would be drawn in more than 5 % of all draws."""
    n_failed = min(n_failed, n_tested)

    def share_of_draws(hidden: int) -> float:
        bad, good = n_failed + hidden, n_tested + n_untested - n_failed - hidden
        few = sum(comb(bad, k) * comb(good, n_tested - k) for k in range(n_failed + 1) if k <= n_tested)
        return few / comb(n_tested + n_untested, n_tested)

    expected = max(h for h in range(n_untested + 1) if h == 0 or share_of_draws(h) > 0.05 + 1e-12)
    assert max_hidden(n_failed, n_tested, n_untested) == expected


@pytest.mark.parametrize("n_failed", [0, 1, 7])
def test_for_many_untested_it_is_the_bound_of_clopper_and_pearson(n_failed: int) -> None:
    """And so, without failures, the rule of three: about 3 in the number tested."""
    share = max_hidden(n_failed, 500, 2_000_000) / 2_000_000
    assert share == pytest.approx(beta.ppf(0.95, n_failed + 1, 500 - n_failed), rel=0.005)
    if n_failed == 0:
        assert share == pytest.approx(3 / 500, rel=0.01)


def test_a_random_choice_of_the_tested_keeps_its_promise() -> None:
    """Of 1,000 draws, at least 95 % have no more hidden failures than the bound says; and it is no idle bound."""
    rng = np.random.default_rng(4)
    held, bounds = 0, []
    for _ in range(1000):
        drawn = rng.permutation(600) < 250
        wrong = np.arange(600) < 12
        bound = max_hidden(int(np.sum(wrong & drawn)), 250, 350)
        held += int(np.sum(wrong & ~drawn)) <= bound
        bounds.append(bound)
    assert held >= 0.95 * 1000
    assert np.mean(bounds) < 25


@pytest.fixture(scope="module")
def bound_of(profile: Profile, image: Make, instance: MakeInstance) -> Callable[..., WrongLinkBound]:
    """Bound an archive of three FOANs, the first two of them neighbours."""
    archive = [
        instance("FOAN-2021-0417", "123456"),
        instance("FOAN-2021-0418", "123470"),
        instance("FOAN-2021-0533", "130001"),
    ]

    def run(*paths: str) -> WrongLinkBound:
        images = [image(path) for path in paths]
        return bound_wrong_links(images, archive, profile, decide(images, archive, profile).decisions)

    return run


def test_links_are_counted_by_their_witnesses(bound_of: Callable[..., WrongLinkBound]) -> None:
    """Two witnesses, one, or a folder alone; what has no identifier plays no part."""
    bound = bound_of(
        "a/FOAN-2021-0417_SN123456.tif",
        "FOAN-2021-0417/FOAN-2021-0417 x50.tif",
        "FOAN-2021-0533/SN130001.tif",
        "a/FOAN-2021-0533.tif",
        "a/SN123470.tif",
        "FOAN-2021-0533/x500.tif",
        "a/image.tif",
    )
    counts = (bound.n_links, bound.n_confirmed, bound.n_one_witness, bound.n_by_folder)
    assert counts == (6, 3, 2, 1)
    assert (bound.n_tested, bound.n_failed, bound.failed) == (2, 0, ())
    assert bound.max_share == bound.max_wrong / 5


def test_links_with_nothing_beside_are_counted(
    bound_of: Callable[..., WrongLinkBound], profile: Profile, image: Make, instance: MakeInstance
) -> None:
    """A linked image of the folder, or a frame near in time, is something; a copy of the file would be nothing."""
    alone = bound_of("a/FOAN-2021-0417.tif", "b/FOAN-2021-0533.tif", "c/FOAN-2021-0533_SN130001.tif")
    assert (alone.n_one_witness, alone.n_alone) == (2, 2)
    beside = bound_of("a/FOAN-2021-0417.tif", "a/FOAN-2021-0417_2.tif", "b/FOAN-2021-0533.tif")
    assert (beside.n_one_witness, beside.n_alone) == (3, 1)
    frames = [
        replace(image(path), acquired_at=f"2021-05-03T{at}")
        for path, at in (
            ("a/FOAN-2021-0417.tif", "10:00"),
            ("b/FOAN-2021-0999.tif", "10:05"),
            ("c/FOAN-2021-0417_2.tif", "18:00"),
        )
    ]
    archive = [instance("FOAN-2021-0417", "123456")]
    timed = bound_wrong_links(frames, archive, profile, decide(frames, archive, profile).decisions)
    assert (timed.n_one_witness, timed.n_alone) == (2, 1)


def test_what_its_company_stops_is_counted_apart(bound_of: Callable[..., WrongLinkBound]) -> None:
    """It is no link."""
    bound = bound_of(*(f"a/FOAN-2021-0417_{n}.tif" for n in (1, 2, 3)), "a/FOAN-2021-0418_4.tif")
    assert (bound.n_links, bound.n_out_of_series) == (3, 1)


def test_a_name_that_its_serial_number_contradicts_is_a_failure(bound_of: Callable[..., WrongLinkBound]) -> None:
    """It is not linked, but without its serial number it would have been: that is what the others risk."""
    clean = [f"b{n}/FOAN-2021-0533_SN130001.tif" for n in range(40)]
    alone = [f"c{n}/FOAN-2021-0417.tif" for n in range(40)]
    slip = "a/FOAN-2021-0418_SN123456.tif"
    without, with_slip = bound_of(*clean, *alone), bound_of(*clean, *alone, slip)
    assert with_slip.failed == (slip,)
    assert (without.n_failed, without.n_links, with_slip.n_links) == (0, 80, 80)
    assert 0 < without.max_wrong < with_slip.max_wrong <= 40


def test_a_slip_to_a_foan_without_a_report_is_no_failure(bound_of: Callable[..., WrongLinkBound]) -> None:
    """It would not have been linked."""
    assert bound_of("a/FOAN-2021-0419_SN123456.tif", "a/FOAN-2021-0533.tif").n_failed == 0


def test_without_a_second_witness_nothing_is_known(bound_of: Callable[..., WrongLinkBound]) -> None:
    """All links may be wrong; without links there is no share."""
    bound = bound_of("a/FOAN-2021-0417.tif", "b/FOAN-2021-0533.tif")
    assert (bound.n_tested, bound.max_wrong, bound.max_share) == (0, 2, 1.0)
    assert bound_of("a/image.tif").max_share is None


def test_a_series_is_one_chance_of_a_slip(bound_of: Callable[..., WrongLinkBound]) -> None:
    """Thirty tested images of one series vouch for less than thirty that were named one by one."""
    alone = [f"c{n}/FOAN-2021-0417.tif" for n in range(30)]
    one_by_one = bound_of(*(f"b{n}/FOAN-2021-0533_SN130001.tif" for n in range(30)), *alone)
    series = bound_of(*(f"b/FOAN-2021-0533_SN130001_{n:02d}.tif" for n in range(30)), *alone)
    assert one_by_one.n_tested == series.n_tested == 30
    assert one_by_one.max_wrong_by_image == one_by_one.max_wrong_by_series < 5
    assert (series.max_wrong_by_image, series.max_wrong) == (one_by_one.max_wrong, series.max_wrong_by_series)
    assert series.max_wrong > 25
