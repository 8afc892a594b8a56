"""Agreement between raters beyond chance, before any consensus: Cohen's kappa for two raters, Fleiss' for more."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_contracts.catalog import Catalog
from data_contracts.tables.links import ANSWER
from fractotrain.attribution.questions import QUESTIONS
from fractotrain.evaluation.bootstrap import Estimate, never_certain

N_DRAWS = 500
FEWEST_PICTURES = 5
"""Fewer give no interval."""

About = tuple[str, str, str, str]
"""Run, method, picture (sha256) and question."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree on one question, on the heat-maps that all of them answered."""

    question: str
    raters: tuple[str, ...]
    counts: dict[str, int]
    """Answer -> how often it was given, by all raters."""
    n_images: int
    share_agreeing: float | None
    """Of pairs of raters."""
    share_low: float | None
    """95 % interval of it, pictures drawn with replacement; None for fewer than ``FEWEST_PICTURES``."""
    share_high: float | None
    kappa: float | None
    """None without common images, or where all gave the same answer always."""
    kappa_low: float | None
    """As of the share."""
    kappa_high: float | None


def latest_answers(catalog: Catalog, run_id: str | None = None) -> dict[About, dict[str, str]]:
    """Run, method, picture and question -> rater -> latest answer; of one run, or of all."""
    answers: dict[About, dict[str, str]] = defaultdict(dict)
    rows = catalog.query(
        "SELECT run_id, method, sha256, question, reviewer, answer FROM decisions "
        "WHERE action = ? AND run_id = coalesce(?, run_id) ORDER BY decision_id",
        [ANSWER, run_id],
    )
    for *about, rater, answer in rows.iter_rows():
        answers[tuple(about)][rater] = answer
    return answers


def agreements(catalog: Catalog, run_id: str | None = None) -> list[Agreement]:
    """Per question, on the heat-maps that every rater answered; the latest answer of each holds."""
    latest = latest_answers(catalog, run_id)
    found = []
    for question in QUESTIONS:
        answers = {about: by_rater for about, by_rater in latest.items() if about[3] == question}
        raters = sorted({rater for by_rater in answers.values() for rater in by_rater})
        common = {about: [b[r] for r in raters] for about, b in answers.items() if len(b) == len(raters)}
        ratings = list(common.values())
        can_compare = len(raters) > 1 and bool(ratings)
        nothing = ((None, None), (None, None))
        of_share, of_kappa = _intervals(ratings, [about[2] for about in common]) if can_compare else nothing
        found.append(
            Agreement(
                question,
                tuple(raters),
                dict(Counter(answer for by_rater in answers.values() for answer in by_rater.values())),
                len(ratings),
                share_agreeing(ratings) if can_compare else None,
                *of_share,
                kappa(ratings) if can_compare else None,
                *of_kappa,
            )
        )
    return found


Ends = tuple[float | None, float | None]


def _intervals(ratings: Sequence[Sequence[str]], pictures: Sequence[str]) -> tuple[Ends, Ends]:
    """Percentile intervals of share and kappa; draws in which kappa has no definition are left out of its own.

    Where all agree, disagreement may still be as frequent as what was seen on none of n pictures. A kappa that is the
    same in every draw has no interval: a rater who gives one answer always makes it 0, whatever the other says.
    """
    of_picture: dict[str, list[Sequence[str]]] = defaultdict(list)
    for picture, rating in zip(pictures, ratings, strict=True):
        of_picture[picture].append(rating)
    if len(of_picture) < FEWEST_PICTURES:
        return (None, None), (None, None)
    piles, rng = list(of_picture.values()), np.random.default_rng(0)
    drawn = [[r for k in rng.integers(0, len(piles), len(piles)) for r in piles[k]] for _ in range(N_DRAWS)]
    shares, kappas = ([figure(sample) for sample in drawn] for figure in (share_agreeing, kappa))
    of_share, of_kappa = _percentiles(shares), _percentiles(kappas)
    sure = never_certain(Estimate(share_agreeing(ratings), *of_share, len(ratings), len(piles)))
    return (sure.low, sure.high), (None, None) if of_kappa[0] == of_kappa[1] else of_kappa


def _percentiles(drawn: Sequence[float | None]) -> Ends:
    known = [value for value in drawn if value is not None]
    if not known:
        return None, None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def kappa(ratings: Sequence[Sequence[str]]) -> float | None:
    """``(observed - expected) / (1 - expected)``; None where chance alone would agree always.

    Cohen (1960) for two raters, each with his own habits; Fleiss (1971) for more, with habits pooled.

    Args:
        ratings: One sequence per item, with one answer per rater, always in the same order of raters.

    Raises:
        ValueError: no items, fewer than two raters, or not the same number of raters for each item.
    """
    if not ratings or len({len(item) for item in ratings}) != 1 or len(ratings[0]) < 2:
        raise ValueError("agreement needs items with the same two or more raters each")
    names = sorted({answer for item in ratings for answer in item})
    chosen = np.array([[names.index(answer) for answer in item] for item in ratings])
    observed = share_agreeing(ratings)
    expected = _by_chance_of_two(chosen, len(names)) if chosen.shape[1] == 2 else _by_chance_of_all(chosen, len(names))
    return None if expected == 1 else float((observed - expected) / (1 - expected))


def share_agreeing(ratings: Sequence[Sequence[str]]) -> float:
    """Share of pairs of raters that agree on an item, mean over the items."""
    shares = []
    for item in ratings:
        counts = np.unique(np.asarray(item), return_counts=True)[1]
        shares.append((counts * (counts - 1)).sum() / (len(item) * (len(item) - 1)))
    return float(np.mean(shares))


def _by_chance_of_two(chosen: NDArray[np.int64], n_names: int) -> float:
    first, second = (np.bincount(chosen[:, rater], minlength=n_names) / len(chosen) for rater in (0, 1))
    return float(first @ second)


def _by_chance_of_all(chosen: NDArray[np.int64], n_names: int) -> float:
    shares = np.bincount(chosen.ravel(), minlength=n_names) / chosen.size
    return float(shares @ shares)
