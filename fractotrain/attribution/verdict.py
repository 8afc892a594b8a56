"""From what was measured to what may be believed: intervals, limits, and a plain verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from fractotrain.attribution.methods import Method
from fractotrain.attribution.scrutiny import Sample, Scrutiny, Trial, Values
from fractotrain.evaluation.bootstrap import LEVEL, GroupBootstrap

N_BOOTSTRAP = 2000
FEWEST_FOANS = 5
"""A bootstrap over fewer groups gives intervals that are far too narrow; better none."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class Limit:
    """What the whole interval of a trial has to lie above, or below."""

    threshold: float
    above: bool = True
    decisive: bool = False
    """A map that fails shows something else than what the model rests on."""
    complaint: str = ""
    """What failing means, in words."""


LIMITS: dict[str, Limit] = {
    Trial.HAS_MAP: Limit(0.5, complaint="for many images it finds nothing that speaks for the answer"),
    Trial.DEPENDS: Limit(0.1, decisive=True, complaint="the model answers nearly the same to an empty picture"),
    Trial.RANDOMISATION: Limit(
        0.5, above=False, decisive=True, complaint="the map hardly changes when the model forgets what it learnt"
    ),
    Trial.INSERTION_RANDOM: Limit(
        0.0, decisive=True, complaint="its patches bring the answer back no sooner than random ones"
    ),
    Trial.DELETION_RANDOM: Limit(
        0.0, decisive=True, complaint="without its patches the answer holds as without random ones"
    ),
    Trial.INSERTION_CENTRE: Limit(0.0, complaint="patches from the centre bring the answer back as soon"),
    Trial.DELETION_CENTRE: Limit(0.0, complaint="without patches from the centre the answer falls as soon"),
    Trial.STABILITY: Limit(0.5, complaint="a shift by a quarter of a patch gives another map"),
    Trial.AGREEMENT: Limit(0.0, complaint="the other methods point to different places"),
}
"""Trial -> its limit. The thresholds are conventions, the same for every model: decisions/0011."""


class Belief(StrEnum):
    """The verdict on a method's maps of one model."""

    BELIEVABLE = "may be believed"
    WITH_CARE = "to be read with care"
    NOT_BELIEVABLE = "not to be believed"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one trial, with its sample and its interval."""

    method: Method
    trial: str
    defect_class: str
    magnification: float | None
    n_images: int
    n_foans: int
    value: float
    low: float | None
    high: float | None
    threshold: float | None
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to think of a method's maps, and why."""

    method: Method
    belief: Belief
    reasons: tuple[str, ...]
    pointing: str
    """What the pointing game says of the model, whatever the belief in its maps; empty if nothing was marked."""

    def __str__(self) -> str:
        reasons = f": {'; '.join(self.reasons)}" if self.reasons else ""
        return f"{self.method}: {self.belief}{reasons}" + (f". {self.pointing}" if self.pointing else "")


def figures(scrutiny: Scrutiny, sample: Sample, seed: int) -> list[Figure]:
    """Every trial over all images, per true class and per magnification; the parts of a trial over all images only."""
    found = []
    for method, trials in scrutiny.values.items():
        for trial, values in trials.items():
            for defect_class, magnification, members in _scopes(sample, whole_only=":" in trial):
                counted = members & ~np.isnan(values)
                if not counted.any():
                    continue
                foans = [foan for foan, used in zip(sample.foans, counted, strict=True) if used]
                low, high = _bounds(trial, values[counted], foans, seed) or (None, None)
                threshold = LIMITS[trial].threshold if trial in LIMITS else None
                if trial == Trial.POINTING:
                    threshold = float(trials[Trial.POINTING_CHANCE][counted].mean())
                found.append(
                    Figure(
                        method,
                        str(trial),
                        defect_class,
                        magnification,
                        int(counted.sum()),
                        len(set(foans)),
                        float(values[counted].mean()),
                        low,
                        high,
                        threshold,
                        _passes(trial, low, high, threshold),
                    )
                )
    return found


def verdicts(found: Sequence[Figure], reserve: str | None = None) -> list[Verdict]:
    """One per method, from its figures over all images: a decisive trial not passed is the end of belief.

    Args:
        found: All figures.
        reserve: What speaks against the model itself: true maps of guesses are to be read with care at best.
    """
    drawn = []
    for method in dict.fromkeys(figure.method for figure in found):
        whole = {f.trial: f for f in found if f.method == method and f.defect_class == ALL and f.magnification is None}
        failed = [trial for trial in LIMITS if trial in whole and not whole[trial].passed]
        decisive = [trial for trial in failed if LIMITS[trial].decisive]
        unmeasured = [trial for trial, limit in LIMITS.items() if limit.decisive and trial not in whole]
        reasons = [_complaint(whole[trial]) for trial in decisive or failed]
        if any(whole[trial].passed is None for trial in failed):
            reasons = [f"fewer than {FEWEST_FOANS} FOANs: no interval can be given"]
        if unmeasured:
            reasons.append(f"not measured: {', '.join(unmeasured)}")
        if decisive or unmeasured:
            belief = Belief.NOT_BELIEVABLE
        else:
            belief = Belief.WITH_CARE if failed or reserve else Belief.BELIEVABLE
        reasons += [reserve] if reserve else []
        drawn.append(Verdict(method, belief, tuple(reasons), _pointing(whole.get(Trial.POINTING))))
    return drawn


def grouped_mean_interval(
    values: NDArray[np.float64], groups: Sequence[str], seed: int, n_samples: int = N_BOOTSTRAP
) -> tuple[float, float] | None:
    """95 % percentile interval of the mean, drawing whole groups (FOANs) with replacement; None for too few."""
    draws = GroupBootstrap.of(np.asarray(groups, object), n_samples, seed)
    if draws.weights.shape[1] < FEWEST_FOANS:
        return None
    sums, counts = draws.sums(np.stack([values, np.ones(len(values))], axis=1)).T
    low, high = np.percentile(sums / counts, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return float(low), float(high)


def _complaint(figure: Figure) -> str:
    """What failing means; with a mean on the good side it is not shown, rather than shown to be otherwise."""
    limit = LIMITS[figure.trial]
    undecided = figure.value > limit.threshold if limit.above else figure.value < limit.threshold
    return limit.complaint + (" (or too few images to show otherwise)" if undecided else "")


def _pointing(figure: Figure | None) -> str:
    if figure is None:
        return ""
    said = "more often than" if figure.passed else "no more often than"
    rest = "" if figure.passed else ": what the model rests on, it is not these"
    return (
        f"It points into the marked regions {said} by chance ({figure.value:.2f}, chance {figure.threshold:.2f}){rest}"
    )


def _scopes(sample: Sample, *, whole_only: bool) -> Iterator[tuple[str, float | None, NDArray[np.bool_]]]:
    """All images; those of each class; those of each magnification."""
    yield ALL, None, np.ones(len(sample.foans), bool)
    if whole_only:
        return
    for name in sorted(set(sample.classes)):
        yield name, None, np.array([c == name for c in sample.classes])
    for magnification in sorted({m for m in sample.magnifications if m is not None}):
        yield ALL, magnification, np.array([m == magnification for m in sample.magnifications])


def _bounds(trial: str, values: Values, foans: Sequence[str], seed: int) -> tuple[float, float] | None:
    if trial in (Trial.POINTING, Trial.HAS_MAP):  # a share: Wilson's interval, which holds at 0 and 1 too
        interval = binomtest(round(values.sum()), len(values)).proportion_ci(LEVEL, method="wilson")
        return float(interval.low), float(interval.high)
    return grouped_mean_interval(values, foans, seed)


def _passes(trial: str, low: float | None, high: float | None, threshold: float | None) -> bool | None:
    if low is None or high is None or threshold is None:
        return None
    above = trial not in LIMITS or LIMITS[trial].above
    return low > threshold if above else high < threshold
