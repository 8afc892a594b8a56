"""Attention over the frames of a specimen: it finds what is planted, and stays the mean where nothing is."""

import numpy as np
import pytest

from fractotrain.pooling import AttentionPool, fit_attention

Frames = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _frames(seed: int, n_specimens: int, *, some_are_blurred: bool, strength: float = 1.0) -> Frames:
    """Features, logits, labels, specimens; half of the frames may be blurred: one feature says so, logits are noise."""
    rng = np.random.default_rng(seed)
    specimen_of = np.repeat(np.arange(n_specimens), rng.integers(2, 9, n_specimens))
    labels = rng.integers(0, 3, n_specimens)[specimen_of]
    n = len(labels)
    features = rng.normal(size=(n, 40))
    features[:, 1:4] += 2 * np.eye(3)[labels]
    logits = rng.normal(size=(n, 3))
    logits[np.arange(n), labels] += strength
    if some_are_blurred:
        blurred = rng.random(n) < 0.5
        features[:, 0] += np.where(blurred, 3.0, -3.0)
        logits[blurred] = rng.normal(0, 2, (blurred.sum(), 3))
        logits[~blurred, labels[~blurred]] += 1
    return features.astype(np.float32), logits.astype(np.float32), labels, specimen_of


def _accuracy(frames: Frames, scores: np.ndarray) -> float:
    _, logits, labels, specimen_of = frames
    pooled = np.zeros((specimen_of.max() + 1, 3))
    np.add.at(pooled, specimen_of, np.exp(scores - scores.max())[:, None] * logits)
    truth = np.zeros(len(pooled), np.int64)
    truth[specimen_of] = labels
    return float((pooled.argmax(axis=1) == truth).mean())


def test_frames_that_tell_nothing_are_not_listened_to() -> None:
    """Fitted on 80 specimens, it beats the mean logit on specimens it never saw."""
    learnt, new = (_frames(seed, n, some_are_blurred=True) for seed, n in ((11, 80), (12, 1000)))
    pool = fit_attention(*learnt, seed=3, balanced=True)
    assert _accuracy(new, pool.scores(new[0])) > _accuracy(new, np.zeros(len(new[1]))) + 0.08


def test_nothing_to_learn_stays_near_the_mean_logit() -> None:
    """Frames that are alike in worth: no more than a point is lost."""
    learnt, new = (_frames(seed, n, some_are_blurred=False) for seed, n in ((13, 80), (14, 1000)))
    pool = fit_attention(*learnt, seed=3, balanced=True)
    assert _accuracy(new, pool.scores(new[0])) > _accuracy(new, np.zeros(len(new[1]))) - 0.015


def test_frames_learnt_by_heart_teach_nothing() -> None:
    """Logits that are sure and right on every frame leave the attention as it began: every frame weighs the same."""
    features, logits, labels, specimen_of = _frames(15, 60, some_are_blurred=False, strength=25)
    pool = fit_attention(features, logits, labels, specimen_of, seed=3, balanced=False)
    assert np.ptp(pool.scores(features)) < 1e-3


def test_scores_are_the_formula_written_out() -> None:
    """``w^T (tanh(V h) * sigmoid(U h))``, frame by frame."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(5, 4)).astype(np.float32)
    mean, directions, value, gate, weight = (rng.normal(size=s) for s in ((4,), (4, 3), (3, 2), (3, 2), (2,)))
    found = AttentionPool(mean, directions, value, gate, weight).scores(features)
    for h, score in zip((features - mean) @ directions, found, strict=True):
        gated = [np.tanh(value[:, j] @ h) / (1 + np.exp(-gate[:, j] @ h)) for j in range(2)]
        assert score == pytest.approx(weight @ gated)


def test_the_same_seed_gives_the_same_and_one_specimen_is_no_error() -> None:
    """Repeatable; one specimen of two equal frames has no variance and no attention."""
    frames = _frames(16, 20, some_are_blurred=True)
    first, second = (fit_attention(*frames, seed=5, balanced=True).scores(frames[0]) for _ in range(2))
    assert (first == second).all()
    flat = np.ones((2, 4), np.float32)
    lone = fit_attention(
        flat, np.zeros((2, 3), np.float32), np.zeros(2, np.int64), np.zeros(2, np.int64), 5, balanced=True
    )
    assert (lone.scores(flat) == 0).all()
