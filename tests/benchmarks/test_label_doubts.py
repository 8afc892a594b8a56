"""Is the list of doubted labels worth a reviewer's time? Precision and recall against planted wrong labels."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from fractotrain.evaluation.label_issues import LabelIssues, find_label_issues

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SEEDS = range(100, 108)
"""Held out: the method was chosen on seeds 0 to 5."""
N_FOANS, FRAMES, FEATURES, FOLDS = 200, 8, 20, 5
QUALITIES = {"weak": 0.35, "mediocre": 0.6, "good": 0.9, "very good": 1.4}
"""Distance of the classes' means in each feature, in standard deviations of a frame."""
LEAST_PRECISION = 0.5
"""Asked of every list that has at least five labels in the mean."""


@dataclass(frozen=True)
class Archive:
    """Frames whose labels are known to be right or wrong, and the out-of-fold answers of a model trained on them."""

    logits: np.ndarray
    labels: np.ndarray
    is_wrong: np.ndarray
    truth: np.ndarray


def archive(seed: int, distance: float, share: float, *, whole_foans: bool) -> Archive:
    """Wrong labels mislead the training as well: a logistic regression is fitted on the other folds, as they are."""
    rng = np.random.default_rng(seed)
    foan_of = np.repeat(np.arange(N_FOANS), FRAMES)
    truth = rng.choice(3, N_FOANS, p=(0.4, 0.4, 0.2))[foan_of]
    means = rng.normal(0, distance, (3, FEATURES))
    features = (
        means[truth] + rng.normal(0, 1, (len(truth), FEATURES)) + rng.normal(0, 0.7, (N_FOANS, FEATURES))[foan_of]
    )
    unit = foan_of if whole_foans else np.arange(len(truth))
    is_wrong = (rng.random(unit.max() + 1) < share)[unit]
    labels = np.where(is_wrong, (truth + rng.integers(1, 3, unit.max() + 1)[unit]) % 3, truth)
    logits = np.zeros((len(truth), 3))
    for fold in range(FOLDS):
        held = foan_of % FOLDS == fold
        model = LogisticRegression(max_iter=500).fit(features[~held], labels[~held])
        logits[held] = model.decision_function(features[held])
    return Archive(logits, labels, is_wrong, truth)


def _shares(chosen: np.ndarray, is_wrong: np.ndarray) -> tuple[float, float, float]:
    """Share listed, precision, recall."""
    return (
        float(chosen.mean()),
        float(is_wrong[chosen].mean()) if chosen.any() else np.nan,
        float(chosen[is_wrong].mean()) if is_wrong.any() else np.nan,
    )


def _mean_of_known(values: tuple[float, ...]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else np.nan


def test_doubted_labels_are_worth_a_look(capsys: pytest.CaptureFixture[str]) -> None:
    """Confident learning alone against the list as it is cut, over models and kinds of error."""
    heading = f"{'model':<10} {'wrong':>6} {'of':<6} {'accuracy':>8} | {'contradicted':>12} {'prec.':>6} {'recall':>6}"
    lines = [f"{heading} | {'listed':>6} {'prec.':>6} {'recall':>6} {'said':>6} | {'share':>6}"]
    for quality, distance in QUALITIES.items():
        for share, whole in ((0.0, False), (0.02, False), (0.05, False), (0.05, True), (0.10, False)):
            found = []
            for seed in SEEDS:
                drawn = archive(seed, distance, share, whole_foans=whole)
                issues: LabelIssues = find_label_issues(drawn.logits, drawn.labels)
                listed = issues.noise.wrong_probability[issues.is_suspicious]
                said = listed.mean() if len(listed) else np.nan
                right = float((drawn.logits.argmax(axis=1) == drawn.truth).mean())
                found.append(
                    [right, *_shares(issues.is_contradicted, drawn.is_wrong),
                     *_shares(issues.is_suspicious, drawn.is_wrong), said, issues.noise.share]
                )  # fmt: skip
            mean = [_mean_of_known(column) for column in zip(*found, strict=True)]
            lines.append(
                f"{quality:<10} {share:6.0%} {'FOANs' if whole else 'frames':<6} {mean[0]:8.2f} | {mean[1]:12.1%} "
                f"{mean[2]:6.2f} {mean[3]:6.2f} | {mean[4]:6.1%} {mean[5]:6.2f} {mean[6]:6.2f} {mean[7]:6.2f} | "
                f"{mean[8]:6.3f}"
            )
            n_listed = mean[4] * N_FOANS * FRAMES
            assert share == 0 or n_listed < 5 or mean[5] >= LEAST_PRECISION, lines[-1]
            assert mean[4] <= share + 0.02, lines[-1]  # no list is much longer than there are wrong labels
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201 - the result of a benchmark
