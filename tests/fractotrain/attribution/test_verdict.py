"""From values per image to intervals and a plain verdict."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from fractotrain.attribution.methods import Method
from fractotrain.attribution.scrutiny import Sample, Scrutiny, Trial
from fractotrain.attribution.verdict import LIMITS, Belief, figures, grouped_mean_interval, verdicts

GOOD = {trial: 0.9 if limit.above else 0.1 for trial, limit in LIMITS.items()}


def sample(n_foans: int, per_foan: int = 2) -> Sample:
    """Images without any region."""
    n = n_foans * per_foan
    foans = [f"F-{i // per_foan}" for i in range(n)]
    return Sample(np.zeros((n, 8, 8), np.uint8), foans, ["material"] * n, [None] * n, [None] * n)


def judge(images: Sample, **changes: float) -> tuple[Belief, tuple[str, ...]]:
    """Verdict when each trial gives one value to all images, good but for the changes."""
    values = {trial: np.full(len(images.foans), changes.get(trial, good)) for trial, good in GOOD.items()}
    values[Trial.HAS_MAP] = np.ones(len(images.foans))
    (verdict,) = verdicts(figures(Scrutiny({Method.GRAD_CAM: values}), images, seed=0))
    return verdict.belief, verdict.reasons


def test_verdict_follows_from_the_limits() -> None:
    """All good: believable. A trial that is not decisive: with care. A decisive one: not believable, and why."""
    images = sample(10)
    assert judge(images) == (Belief.BELIEVABLE, ())
    for trial, limit in LIMITS.items():
        if trial == Trial.HAS_MAP:
            continue
        belief, reasons = judge(images, **{str(trial): -0.1 if limit.above else 0.9})
        assert belief == (Belief.NOT_BELIEVABLE if limit.decisive else Belief.WITH_CARE)
        assert reasons == (limit.complaint,)


def test_maps_of_a_model_that_guesses_are_not_praised() -> None:
    """All trials passed by a model that is no better than chance: its maps are true to guesses, with care at best."""
    images = sample(10)
    values = {trial: np.full(20, good) for trial, good in GOOD.items()} | {Trial.HAS_MAP: np.ones(20)}
    found = figures(Scrutiny({Method.GRAD_CAM: values}), images, seed=0)
    (verdict,) = verdicts(found, "it guesses")
    assert (verdict.belief, verdict.reasons) == (Belief.WITH_CARE, ("it guesses",))
    assert verdicts(found)[0].belief == Belief.BELIEVABLE
    values[Trial.DEPENDS] = np.zeros(20)
    (worse,) = verdicts(figures(Scrutiny({Method.GRAD_CAM: values}), images, seed=0), "it guesses")
    assert worse.belief == Belief.NOT_BELIEVABLE
    assert worse.reasons[-1] == "it guesses"


def test_what_is_only_undecided_is_called_so() -> None:
    """A mean on the good side whose interval reaches over the limit is no proof of the contrary, and still no pass."""
    images = sample(10, per_foan=1)
    values = {trial: np.full(10, good) for trial, good in GOOD.items()} | {Trial.HAS_MAP: np.ones(10)}
    values[Trial.DELETION_RANDOM] = np.array([1.0, -0.9] * 5)
    (verdict,) = verdicts(figures(Scrutiny({Method.ROLLOUT: values}), images, seed=0))
    assert verdict.belief == Belief.NOT_BELIEVABLE
    assert verdict.reasons[0].endswith("(or too few images to show otherwise)")


@pytest.mark.parametrize("n_foans", [1, 4])
def test_few_foans_prove_nothing(n_foans: int) -> None:
    """Without an interval nothing is passed, however many frames: those of one component are one observation."""
    belief, reasons = judge(sample(n_foans, per_foan=20))
    assert belief == Belief.NOT_BELIEVABLE
    assert reasons == ("fewer than 5 FOANs: no interval can be given",)


@pytest.mark.parametrize(("hits", "said"), [(9, "more often than by chance (0.90, chance 0.10)"), (1, "no more often")])
def test_pointing_is_told_and_changes_no_belief(hits: int, said: str) -> None:
    """A faithful map of a model that looks elsewhere is still faithful; that it looks elsewhere is said."""
    images = sample(10, per_foan=1)
    values = {trial: np.full(10, good) for trial, good in GOOD.items()} | {Trial.HAS_MAP: np.ones(10)}
    values |= {Trial.POINTING: np.arange(10.0) < hits, Trial.POINTING_CHANCE: np.full(10, 0.1)}
    (verdict,) = verdicts(figures(Scrutiny({Method.ROLLOUT: values}), images, seed=0))
    assert verdict.belief == Belief.BELIEVABLE
    assert said in str(verdict)


def test_figures_without_a_decisive_trial_are_not_believed() -> None:
    """What was not measured is named."""
    values = {Trial.STABILITY: np.ones(6)}
    (verdict,) = verdicts(figures(Scrutiny({Method.ROLLOUT: values}), sample(6, per_foan=1), seed=0))
    assert verdict.belief == Belief.NOT_BELIEVABLE
    assert "not measured: answer_depends_on_picture, randomisation" in verdict.reasons[-1]


def test_interval_over_single_image_groups_is_the_common_bootstrap() -> None:
    """Where each FOAN has one image, scipy's percentile bootstrap gives the same interval."""
    values = np.random.default_rng(3).gamma(2.0, size=40)
    found = grouped_mean_interval(values, [str(i) for i in range(40)], seed=0, n_samples=20_000)
    oracle = bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(0))
    expected = oracle.confidence_interval
    assert found is not None
    assert found == pytest.approx((expected.low, expected.high), abs=0.02)


def test_frames_of_one_foan_are_drawn_together() -> None:
    """Ten equal copies of each image make the interval no narrower."""
    values = np.random.default_rng(3).normal(size=12)
    names = [str(i) for i in range(12)]
    once = grouped_mean_interval(values, names, seed=0)
    copied = grouped_mean_interval(values.repeat(10), list(np.repeat(names, 10)), seed=0)
    assert once is not None
    assert copied == pytest.approx(once)
    assert grouped_mean_interval(values, ["one"] * 12, seed=0) is None
