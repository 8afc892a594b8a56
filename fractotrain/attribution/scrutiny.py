"""Heat-maps of a sample put to the test: one value per image, method and test. Verdicts are drawn in ``verdict``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fractotrain.attribution.asked import AskedModel, Maps, Targets
from fractotrain.attribution.methods import Method
from fractotrain.attribution.perturb import (
    Areas,
    Order,
    blank_like,
    centre_order,
    measure_orders,
    order_of,
    random_order,
)
from fractotrain.attribution.pointing import Box, area, hits
from fractotrain.attribution.randomise import cascade
from fractotrain.attribution.shifting import stability
from fractotrain.attribution.similarity import rank_correlation
from fractotrain.attribution.together import ANSWER, attribute_by
from fractotrain.cache import Pixels

Values = NDArray[np.float64]
"""One per image; not-a-number where a test has nothing to say of it."""

N_RANDOM_ORDERS = 3
SHIFT_SHARE = 0.25
"""Of a patch's side: the patches see other pixels, and the picture is still the same to a person."""


class Trial(StrEnum):
    """What is asked of the maps."""

    HAS_MAP = "has_map"
    DEPENDS = "answer_depends_on_picture"
    RANDOMISATION = "randomisation"
    INSERTION_RANDOM = "insertion_over_random"
    INSERTION_CENTRE = "insertion_over_centre"
    DELETION_RANDOM = "deletion_over_random"
    DELETION_CENTRE = "deletion_over_centre"
    STABILITY = "stability"
    AGREEMENT = "agreement"
    POINTING = "pointing"
    POINTING_CHANCE = "pointing_by_chance"


_GAINS = (Trial.INSERTION_RANDOM, Trial.INSERTION_CENTRE, Trial.DELETION_RANDOM, Trial.DELETION_CENTRE)


@dataclass(frozen=True, slots=True)
class Sample:
    """Pictures and what is known of them. All sequences have one entry per image."""

    pixels: Pixels
    """Shape (images, height, width) of the model's input."""
    foans: Sequence[str]
    classes: Sequence[str]
    """True class."""
    magnifications: Sequence[float | None]
    regions: Sequence[Box | None]
    """Where an expert marked the origin."""


@dataclass(frozen=True, slots=True)
class Scrutiny:
    """Everything that was measured on a sample."""

    values: Mapping[Method, Mapping[str, Values]]
    """Method -> trial -> value per image. Parts of a trial have a colon: ``randomisation:head``."""


def scrutinise(
    model: AskedModel,
    sample: Sample,
    methods: Sequence[Method],
    seed: int,
    on_trial: Callable[[str], None] = lambda _: None,
) -> Scrutiny:
    """Run every trial on every method. The explained class is the one that the model answers.

    Args:
        model: Asked.
        sample: What it is asked about.
        methods: At least one; agreement is measured between each two. A map that is zero throughout takes part in no
            trial but ``HAS_MAP``.
        seed: Of the random orders and weights.
        on_trial: Told what is measured next.
    """
    on_trial("heat-maps")
    found = attribute_by(methods, model, sample.pixels, np.full(len(sample.pixels), ANSWER))
    probabilities, targets, maps = found.probabilities, found.targets, found.maps
    values: dict[Method, dict[str, Values]] = {method: {} for method in methods}

    blank = model.probabilities(np.stack([blank_like(picture) for picture in sample.pixels]))
    moved = np.abs(probabilities - blank).sum(axis=1) / 2
    on_trial("randomised weights")
    randomised = _randomisation(model, sample.pixels, targets, maps, seed)
    on_trial("insertion and deletion")
    gains = _gains(model, sample.pixels, targets, maps, seed)
    on_trial("stability")
    stable = _stability(model, sample.pixels, targets, maps)
    for method, heat in maps.items():
        values[method] |= {**randomised[method], **gains[method], Trial.STABILITY: stable[method]}
        values[method] |= _pointing(heat, sample)
        values[method] |= _agreement(method, maps)
        empty = ~heat.any(axis=(1, 2))
        judged = {trial: np.where(empty, np.nan, found) for trial, found in values[method].items()}
        values[method] = {Trial.HAS_MAP: (~empty).astype(float), Trial.DEPENDS: moved, **judged}
    return Scrutiny(values)


def _randomisation(
    model: AskedModel, pixels: Pixels, targets: Targets, maps: Mapping[Method, Maps], seed: int
) -> dict[Method, dict[str, Values]]:
    """Absolute rank correlation with the map of the randomised model; a map turned upside down still says the same."""
    found: dict[Method, dict[str, Values]] = {method: {} for method in maps}
    for part, forgetful in cascade(model, seed):
        others = attribute_by(tuple(maps), forgetful, pixels, targets).maps
        for method, heat in maps.items():
            found[method][f"{Trial.RANDOMISATION}:{part}"] = np.abs(rank_correlation(heat, others[method]))
    for alike in found.values():
        alike[Trial.RANDOMISATION] = alike.pop(list(alike)[-1])  # the last part: nothing learnt is left
    return found


def _gains(
    model: AskedModel, pixels: Pixels, targets: Targets, maps: Mapping[Method, Maps], seed: int
) -> dict[Method, dict[str, Values]]:
    """How much better than random and than from the centre outwards; positive is good for deletion too."""
    found: dict[Method, dict[str, Values]] = {method: {t: np.zeros(len(pixels)) for t in _GAINS} for method in maps}
    for i, picture in enumerate(pixels):
        rng = np.random.default_rng([seed, i])
        orders: list[Order] = [centre_order(model.grid, rng)]
        orders += [random_order(model.grid, rng) for _ in range(N_RANDOM_ORDERS)]
        orders += [order_of(heat[i], rng) for heat in maps.values()]
        centre, *others = measure_orders(model, picture, int(targets[i]), orders)
        by_chance = Areas(
            float(np.mean([areas.insertion for areas in others[:N_RANDOM_ORDERS]])),
            float(np.mean([areas.deletion for areas in others[:N_RANDOM_ORDERS]])),
        )
        for method, areas in zip(maps, others[N_RANDOM_ORDERS:], strict=True):
            found[method][Trial.INSERTION_RANDOM][i] = areas.insertion - by_chance.insertion
            found[method][Trial.INSERTION_CENTRE][i] = areas.insertion - centre.insertion
            found[method][Trial.DELETION_RANDOM][i] = by_chance.deletion - areas.deletion
            found[method][Trial.DELETION_CENTRE][i] = centre.deletion - areas.deletion
    return found


def _stability(
    model: AskedModel, pixels: Pixels, targets: Targets, maps: Mapping[Method, Maps]
) -> dict[Method, Values]:
    shift_px = max(1, round(SHIFT_SHARE * pixels.shape[2] / model.grid.n_columns))
    return stability(lambda moved: attribute_by(tuple(maps), model, moved, targets).maps, pixels, maps, shift_px)


def _agreement(method: Method, maps: Mapping[Method, Maps]) -> dict[str, Values]:
    """Rank correlation with the maps of each other method, and the mean of these."""
    pairs: dict[str, Values] = {}
    for other, heat in maps.items():
        if other != method:
            other_has_map = heat.any(axis=(1, 2))
            alike = rank_correlation(maps[method], heat)
            pairs[f"{Trial.AGREEMENT}:{other}"] = np.where(other_has_map, alike, np.nan)
    if not pairs:
        return {}
    together = np.stack(list(pairs.values()))
    counted = (~np.isnan(together)).sum(axis=0)
    mean = np.divide(np.nansum(together, axis=0), counted, out=np.full(len(counted), np.nan), where=counted > 0)
    return pairs | {Trial.AGREEMENT: mean}


def _pointing(maps: Maps, sample: Sample) -> dict[str, Values]:
    """Hits of the marked regions, and their shares of the frame; nothing where no region is marked at all."""
    if not any(sample.regions):
        return {}
    size_px = (sample.pixels.shape[1], sample.pixels.shape[2])
    hit = [np.nan if box is None else float(hits(m, box, size_px)) for m, box in zip(maps, sample.regions, strict=True)]
    share = [np.nan if box is None else area(box) for box in sample.regions]
    return {Trial.POINTING: np.array(hit), Trial.POINTING_CHANCE: np.array(share)}
