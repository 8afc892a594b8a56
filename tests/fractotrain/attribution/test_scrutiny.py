"""Heat-maps put to the test: a model that has learnt passes what one with random weights fails."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.stats import spearmanr

from fractotrain.attribution.asked import AskedModel
from fractotrain.attribution.methods import Method
from fractotrain.attribution.perturb import blank_like, centre_order, measure_orders, order_of, random_order
from fractotrain.attribution.randomise import EMBEDDING, HEAD, cascade
from fractotrain.attribution.scrutiny import Scrutiny, Trial, scrutinise
from fractotrain.attribution.shifting import shifted, stability
from fractotrain.attribution.similarity import rank_correlation
from fractotrain.attribution.verdict import Belief, Figure, figures, verdicts

Patches = Any


@pytest.fixture(scope="module")
def of_trained(trained: AskedModel, patches: Patches) -> Scrutiny:
    """All methods on the model that tells planted patches."""
    return scrutinise(trained, patches.sample(), list(Method), seed=0)


def whole(found: list[Figure]) -> dict[tuple[Method, str], Figure]:
    """Figures over all images, by method and trial."""
    return {(f.method, f.trial): f for f in found if f.defect_class == "all" and f.magnification is None}


def test_model_that_learnt_passes_the_decisive_trials(of_trained: Scrutiny, patches: Patches) -> None:
    """No map of it is called unbelievable; patches named by the map carry the answer, and marked regions are hit."""
    found = figures(of_trained, patches.sample(), seed=0)
    assert all(v.belief != Belief.NOT_BELIEVABLE for v in verdicts(found))
    by_trial = whole(found)
    for method in Method:
        assert by_trial[method, Trial.DELETION_RANDOM].passed
        assert by_trial[method, Trial.DELETION_CENTRE].passed
        assert by_trial[method, Trial.RANDOMISATION].passed
        pointing = by_trial[method, Trial.POINTING]
        assert pointing.passed
        assert pointing.threshold == pytest.approx(1 / 16)
        assert pointing.n_images <= 20  # the class without a patch has no region, an empty map no hottest point


def test_random_weights_are_not_to_be_believed(untrained: AskedModel, patches: Patches) -> None:
    """Its maps are faithful to nothing: the answer does not come from the picture, and they hit no region."""
    found = figures(scrutinise(untrained, patches.sample(), list(Method), seed=0), patches.sample(), seed=0)
    for verdict in verdicts(found):
        assert verdict.belief == Belief.NOT_BELIEVABLE
        assert "the model answers nearly the same to an empty picture" in verdict.reasons
        assert not whole(found)[verdict.method, Trial.POINTING].passed


def test_head_matters_to_grad_cam_and_not_to_rollout(of_trained: Scrutiny) -> None:
    """After the head alone is random, rollout is what it was, and the class-specific methods are not."""
    alike = {method: trials[f"{Trial.RANDOMISATION}:{HEAD}"] for method, trials in of_trained.values.items()}
    np.testing.assert_allclose(alike[Method.ROLLOUT], 1)
    assert np.nanmean(alike[Method.GRAD_CAM]) < 0.9
    assert np.nanmean(alike[Method.RELEVANCE]) < 0.9


def test_every_class_and_magnification_has_its_figures(of_trained: Scrutiny, patches: Patches) -> None:
    """Scopes are the true classes and the magnifications; their images add up to all."""
    found = figures(of_trained, patches.sample(), seed=0)
    of_trial = [f for f in found if f.method == Method.ROLLOUT and f.trial == Trial.STABILITY]
    scopes = {(f.defect_class, f.magnification): f.n_images for f in of_trial}
    assert scopes == {
        ("all", None): 30, ("green_body", None): 10, ("hard_machining", None): 10, ("material", None): 10,
        ("all", 50.0): 15, ("all", 100.0): 15,
    }  # fmt: skip
    assert all(f.low is not None and f.low <= f.value <= (f.high or 0) for f in of_trial)


def test_same_seed_same_figures(trained: AskedModel, patches: Patches, of_trained: Scrutiny) -> None:
    """What is random hangs on the seed alone."""
    again = scrutinise(trained, patches.sample(), list(Method), seed=0)
    for method, trials in of_trained.values.items():
        for trial, values in trials.items():
            np.testing.assert_array_equal(values, again.values[method][trial])


def test_cascade_redraws_part_by_part_and_spares_the_model(trained: AskedModel) -> None:
    """From the head down, each step changes the weights of its part alone; the end keeps none; the original all."""
    before = {name: p.clone() for name, p in trained.module.named_parameters()}
    latest, names, redrawn = dict(before), [], []
    for part, forgetful in cascade(trained, seed=0):
        now = {name: p.clone() for name, p in forgetful.module.named_parameters()}
        names.append(part)
        redrawn += [name for name in now if not (now[name] == latest[name]).all()]
        latest = now
    assert names == [HEAD, "blocks.1", "blocks.0", EMBEDDING]
    assert sorted(redrawn) == sorted(before)
    assert all((p == before[name]).all() for name, p in trained.module.named_parameters())


MAPS = npst.arrays(np.float32, (3, 4, 5), elements=st.floats(0, 10, width=16))


@given(MAPS, MAPS)
def test_rank_correlation_is_spearmans(first: np.ndarray, second: np.ndarray) -> None:
    """As scipy has it, ties included; a map without order resembles nothing."""
    for a, b, found in zip(first, second, rank_correlation(first, second), strict=True):
        flat = np.ptp(a) == 0 or np.ptp(b) == 0
        expected = 0.0 if flat else spearmanr(a.ravel(), b.ravel()).statistic
        assert found == pytest.approx(expected, abs=1e-9)


def test_true_order_beats_its_reverse(trained: AskedModel, patches: Patches) -> None:
    """Deleting the planted patch first drops the probability at once, deleting it last leaves it to the end."""
    i = 0  # of the first class, which has a patch
    heat = np.zeros((4, 4), np.float32)
    heat[tuple(patches.cells[i])] = 1
    order = order_of(heat, np.random.default_rng(0))
    first, last = measure_orders(trained, patches.pixels[i], int(patches.labels[i]), [order, order[::-1].copy()])
    assert first.deletion < 0.2
    assert last.deletion > 0.8
    assert first.insertion >= last.insertion


def test_curves_run_between_picture_and_nothing(trained: AskedModel, patches: Patches) -> None:
    """With one step a curve is its two ends, whatever the order: the area is their mean, here by hand."""
    picture, target = patches.pixels[0], int(patches.labels[0])
    order = random_order(trained.grid, np.random.default_rng(0))
    (areas,) = measure_orders(trained, picture, target, [order], n_steps=1)
    ends = trained.probabilities(np.stack([picture, blank_like(picture)]))[:, target]
    assert areas.deletion == pytest.approx(ends.mean())


def test_orders_name_each_patch_once(trained: AskedModel) -> None:
    """Centre first in the one, hottest first in the other, ties broken by chance and not by the corner."""
    rng = np.random.default_rng(0)
    for order in (centre_order(trained.grid, rng), random_order(trained.grid, rng), order_of(np.zeros((4, 4)), rng)):
        assert sorted(order) == list(range(16))
    assert set(centre_order(trained.grid, rng)[:4]) == {5, 6, 9, 10}
    assert order_of(np.arange(16.0).reshape(4, 4), rng)[0] == 15
    firsts = {int(order_of(np.zeros((4, 4), np.float32), rng)[0]) for _ in range(50)}
    assert len(firsts) > 5


def test_shift_moves_the_picture() -> None:
    """A pixel goes as far as asked; what comes in repeats the edge."""
    picture = np.zeros((1, 6, 7), np.uint8)
    picture[0, 2, 3], picture[0, 0] = 9, 5
    moved = shifted(picture, 1, -2)
    assert moved.shape == picture.shape
    assert moved[0, 3, 1] == 9
    assert (moved[0, 0] == 5).all()


def test_map_that_moves_along_is_stable_and_one_that_does_not_is_less() -> None:
    """Mean brightness of cells follows the picture; a fixed map does not."""
    pixels = np.random.default_rng(0).integers(0, 255, (4, 8, 8), np.uint8).repeat(4, axis=1).repeat(4, axis=2)

    fixed = np.random.default_rng(1).random((4, 16, 16)).astype(np.float32)

    def maps_of(grey: np.ndarray) -> dict[Method, np.ndarray]:
        brightness = np.asarray(grey.reshape(len(grey), 16, 2, 16, 2).mean(axis=(2, 4)), np.float32)
        return {Method.RELEVANCE: brightness, Method.ROLLOUT: fixed}

    found = stability(maps_of, pixels, maps_of(pixels), shift_px=2)
    assert (found[Method.RELEVANCE] > 0.95).all()
    assert (found[Method.ROLLOUT] < 0.8).all()
