"""Which fold an image or a group of images goes to.

Every choice rests on a hash of (seed, name), never on the order of rows or on a running random state. Each image or
group has its own order of preference among the folds and takes the first that still has room for its classes. So when
images are added, those already there mostly stay: only the few at the edge of a fold's room move.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import eye_array, kron

from data_contracts.errors import BadInputError
from data_contracts.vocabulary import SplitStrategy
from fractocurate.leakage.pairs import ImageFile

_ANY_CLASS = "(any)"
"""A class that every image has, beside its own."""

_MAX_SOLVER_NODES = 20_000
"""Bounds the search for full class coverage by work done, not by time: the same answer on every machine."""


def deal_images(files: Sequence[ImageFile], n_folds: int, seed: int) -> dict[str, int]:
    """Fold by path; each class fills exact quotas, whose remainders go round the folds from class to class."""
    paths_of: defaultdict[str, list[str]] = defaultdict(list)
    for file in files:
        paths_of[file.defect_class].append(file.path)
    fold_of: dict[str, int] = {}
    next_extra = 0
    for defect_class, paths in sorted(paths_of.items()):
        if len(paths) < n_folds:
            fewer = f"ask for at most {len(paths)} folds, or " if len(paths) > 1 else ""
            raise BadInputError(
                f"class {defect_class!r} has {counted(len(paths), 'image')}, too few for {n_folds} folds by image; "
                f"{fewer}add images of that class or leave it out"
            )
        share, n_extra = divmod(len(paths), n_folds)
        room = [share] * n_folds
        for step in range(n_extra):
            room[(next_extra + step) % n_folds] += 1
        next_extra = (next_extra + n_extra) % n_folds
        for path in sorted(paths, key=lambda path: _drawn(seed, "order", path)):
            fold = next(fold for fold in _preferred_folds(seed, path, n_folds) if room[fold])
            room[fold] -= 1
            fold_of[path] = fold
    return fold_of


@dataclass(slots=True)
class _Tally:
    """How full the folds are while groups are being placed."""

    n_folds: int
    target: dict[str, float]
    """Images of each class that a fold should get."""
    images: list[Counter[str]] = field(default_factory=list)
    """Images by class, for each fold."""
    groups_left: Counter[str] = field(default_factory=Counter)
    """Groups of each class that are not yet placed."""

    def folds_without(self, defect_class: str) -> list[int]:
        return [fold for fold in range(self.n_folds) if not self.images[fold][defect_class]]

    def must_go_to(self, counts: Mapping[str, int]) -> Counter[int]:
        """Folds that can no longer be given a class unless this group goes there, by how many classes say so."""
        urgent: Counter[int] = Counter()
        for defect_class in counts:
            without = self.folds_without(defect_class)
            if without and self.groups_left[defect_class] <= len(without):
                urgent.update(without)
        return urgent

    def has_room(self, fold: int, counts: Mapping[str, int]) -> bool:
        """Whether the group would lie at least half under the target of each of its classes."""
        return all(self.images[fold][name] + count / 2 <= self.target[name] for name, count in counts.items())

    def fullness(self, fold: int, counts: Mapping[str, int]) -> float:
        return max((self.images[fold][name] + count) / self.target[name] for name, count in counts.items())


def place_groups(
    counts_of: Mapping[str, Mapping[str, int]], strategy: SplitStrategy, n_folds: int, seed: int
) -> dict[str, int]:
    """Fold by group. Groups with the scarcest class come first, then larger before smaller, then by drawn order."""
    if len(counts_of) < n_folds:
        fewer = f"ask for at most {len(counts_of)} folds, or " if len(counts_of) > 1 else ""
        raise BadInputError(
            f"the {strategy.value} split has only {counted(len(counts_of), 'group')} of images that belong together, "
            f"too few for {n_folds} folds; {fewer}add images of other components"
        )
    # Counting every image under one more class keeps the folds' sizes even and none of them empty by the same rules.
    counts_of = {group: {**counts, _ANY_CLASS: sum(counts.values())} for group, counts in counts_of.items()}
    groups_with, images_of = _groups_with(counts_of), _images_of(counts_of)
    tally = _Tally(
        n_folds=n_folds,
        target={name: count / n_folds for name, count in images_of.items()},
        images=[Counter() for _ in range(n_folds)],
        groups_left=Counter(groups_with),
    )

    def placing_order(group: str) -> tuple[int, int, int]:
        counts = counts_of[group]
        # Sizes only by powers of two: one more image in a group should not reorder the rest.
        size_class = sum(counts.values()).bit_length()
        return min(groups_with[name] for name in counts), -size_class, _drawn(seed, "order", group)

    fold_of: dict[str, int] = {}
    for group in sorted(counts_of, key=placing_order):
        counts = counts_of[group]
        fold = _choose_fold(tally, counts, _preferred_folds(seed, group, n_folds))
        fold_of[group] = fold
        tally.images[fold].update(counts)
        tally.groups_left.subtract(dict.fromkeys(counts, 1))
    if any(groups_with[name] >= n_folds and tally.folds_without(name) for name in groups_with):
        return _cover_classes(counts_of, fold_of, n_folds)
    return fold_of


def _choose_fold(tally: _Tally, counts: Mapping[str, int], preferred: Sequence[int]) -> int:
    urgent = tally.must_go_to(counts)
    most_urgent = max(urgent.values(), default=0)
    allowed = [fold for fold in preferred if urgent[fold] == most_urgent]
    roomy = (fold for fold in allowed if tally.has_room(fold, counts))
    # min() keeps the first of equals, so that preference breaks ties.
    return next(roomy, min(allowed, key=lambda fold: tally.fullness(fold, counts)))


def _cover_classes(
    counts_of: Mapping[str, Mapping[str, int]], fold_of: Mapping[str, int], n_folds: int
) -> dict[str, int]:
    """Move as few images as it takes to have every class in every fold; unchanged if no placement can.

    Groups that hold several classes can block each other, which no greedy rule sees. An integer programme does:
    one 0/1 variable for each (group, fold), each group in one fold, each coverable class at least once in each fold.
    """
    groups = sorted(counts_of)
    groups_with = _groups_with(counts_of)
    coverable = sorted(name for name, count in groups_with.items() if count >= n_folds)
    once = kron(eye_array(len(groups)), np.ones((1, n_folds)))
    holds = np.array([[float(name in counts_of[group]) for group in groups] for name in coverable])
    in_each_fold = kron(holds, eye_array(n_folds))
    cost = np.array([[sum(counts_of[group].values())] * n_folds for group in groups], dtype=float)
    cost[np.arange(len(groups)), [fold_of[group] for group in groups]] = 0
    solution = milp(
        cost.ravel(),
        integrality=np.ones(cost.size),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(once, 1, 1), LinearConstraint(in_each_fold, 1, np.inf)],
        options={"node_limit": _MAX_SOLVER_NODES},
    )
    if solution.x is None:
        return dict(fold_of)
    placed = solution.x.reshape(len(groups), n_folds).argmax(axis=1)
    return dict(zip(groups, placed.tolist(), strict=True))


def _groups_with(counts_of: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    return Counter(name for counts in counts_of.values() for name in counts)


def _images_of(counts_of: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in counts_of.values():
        total.update(counts)
    return total


def _preferred_folds(seed: int, name: str, n_folds: int) -> list[int]:
    """The folds in this name's own drawn order."""
    return sorted(range(n_folds), key=lambda fold: _drawn(seed, f"fold {fold}", name))


def _drawn(seed: int, purpose: str, name: str) -> int:
    """64 bits that look random and depend on nothing but the arguments."""
    text = f"{seed}\0{purpose}\0{name}".encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def counted(count: int, noun: str) -> str:
    """One thing, or several things."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
