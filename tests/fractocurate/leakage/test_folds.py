"""Invariants of the folds."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from data_contracts.errors import BadInputError, UsageError
from data_contracts.vocabulary import PairKind, SplitStrategy
from fractocurate.leakage.folds import FoldPlan, plan_folds
from fractocurate.leakage.pairs import FilePair, ImageFile

CLASSES = ("green_body", "hard_machining", "material")
GROUPED = st.sampled_from([SplitStrategy.FOAN, SplitStrategy.CLUSTER])


@st.composite
def archives(draw: st.DrawFn, *, pure: bool = False, min_groups: int = 4) -> list[ImageFile]:
    """Files of some components: each of a few images, mostly of one class, some of several."""
    sizes = draw(st.lists(st.integers(1, 8), min_size=min_groups, max_size=30))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    files = []
    for component, size in enumerate(sizes):
        n_classes = 1 if pure or random.random() < 0.7 else 2
        present = random.choice(CLASSES, n_classes, replace=False, p=(0.5, 0.35, 0.15))
        files += [
            ImageFile(f"{component}/{image}.tif", f"{component}-{image}", f"F-{component}", str(random.choice(present)))
            for image in range(size)
        ]
    return files


def class_counts(files: list[ImageFile], plan: FoldPlan) -> dict[str, list[int]]:
    """Images of each class in each fold."""
    fold_of = plan.fold_of
    counts = Counter((file.defect_class, fold_of[file.path]) for file in files)
    return {name: [counts[name, fold] for fold in range(plan.n_folds)] for name in {f.defect_class for f in files}}


def groups_with(files: list[ImageFile], plan: FoldPlan) -> dict[str, set[str]]:
    """Groups that hold each class."""
    group_of = {assignment.path: assignment.group for assignment in plan.assignments}
    holding = defaultdict(set)
    for file in files:
        holding[file.defect_class].add(group_of[file.path])
    return holding


@given(archives(min_groups=8), GROUPED, st.integers(2, 4), st.integers(0, 3), st.data())
def test_nothing_straddles_and_nothing_depends_on_row_order(
    files: list[ImageFile], strategy: SplitStrategy, n_folds: int, seed: int, data: st.DataObject
) -> None:
    """Images of one group share a fold, each file is assigned once, and shuffled rows give the very same plan."""
    paths = sorted(file.path for file in files)
    two_paths = st.lists(st.sampled_from(paths), min_size=2, max_size=2, unique=True)
    pairs = [
        FilePair(*sorted(ends), PairKind.NEAR_DUPLICATE, 3, 0.9, 1.0, same_foan=None, same_class=True)
        for ends in data.draw(st.lists(two_paths, max_size=2))
    ]
    plan = plan_folds(files, strategy, n_folds=n_folds, seed=seed, pairs=pairs)
    folds_of_group = defaultdict(set)
    for assignment in plan.assignments:
        folds_of_group[assignment.group].add(assignment.fold)
    assert all(len(folds) == 1 for folds in folds_of_group.values())
    assert [assignment.path for assignment in plan.assignments] == paths
    if strategy is SplitStrategy.CLUSTER:
        assert all(plan.fold_of[pair.path_a] == plan.fold_of[pair.path_b] for pair in pairs)
    shuffled = data.draw(st.permutations(files))
    assert plan_folds(shuffled, strategy, n_folds=n_folds, seed=seed, pairs=pairs[::-1]) == plan


@given(archives(pure=True), GROUPED, st.integers(2, 4), st.integers(0, 3))
def test_every_class_is_in_every_fold_when_it_has_as_many_groups(
    files: list[ImageFile], strategy: SplitStrategy, n_folds: int, seed: int
) -> None:
    """Where each group is of one class, a class with as many groups as folds misses none; a scarcer one is reported."""
    plan = plan_folds(files, strategy, n_folds=n_folds, seed=seed)
    reported = {finding.defect_class: finding for finding in plan.findings}
    holding = groups_with(files, plan)
    for name, counts in class_counts(files, plan).items():
        missing = tuple(fold for fold, count in enumerate(counts) if count == 0)
        if len(holding[name]) >= n_folds:
            assert not missing
        else:
            # As many folds as there are groups hold the class.
            assert len(missing) == n_folds - len(holding[name])
        assert (reported[name].missing_in if name in reported else ()) == missing


@given(archives(pure=True), st.integers(2, 4), st.integers(0, 3))
def test_grouped_folds_are_balanced_within_the_size_of_the_groups(
    files: list[ImageFile], n_folds: int, seed: int
) -> None:
    """No fold is farther from its even share of a class than the class's two largest groups together."""
    plan = plan_folds(files, SplitStrategy.FOAN, n_folds=n_folds, seed=seed)
    for name, counts in class_counts(files, plan).items():
        sizes = sorted(Counter(file.foan for file in files if file.defect_class == name).values())
        share = sum(sizes) / n_folds
        assert max(abs(count - share) for count in counts) <= max(sum(sizes[-2:]), share)
        assert max(counts) - share <= sizes[-1]


def coverable_by_brute_force(holding: list[set[int]], n_groups: int, n_folds: int) -> bool:
    """Whether any of all placements puts each class into each fold."""
    return any(
        all({placement[group] for group in groups} == set(range(n_folds)) for groups in holding)
        for placement in itertools.product(range(n_folds), repeat=n_groups)
    )


@given(
    st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=3, max_size=7), st.integers(2, 3), st.integers(0, 9)
)
def test_full_coverage_is_found_whenever_it_exists(classes_of_group: list[set[str]], n_folds: int, seed: int) -> None:
    """With groups of several classes, too: if any placement covers every class that has enough groups, ours does."""
    files = [
        ImageFile(f"{group}/{name}", f"{group}/{name}", f"F-{group}", name)
        for group, names in enumerate(classes_of_group)
        for name in sorted(names)
    ]
    holding = {name: {g for g, names in enumerate(classes_of_group) if name in names} for name in "abcd"}
    enough = [groups for groups in holding.values() if len(groups) >= n_folds]
    plan = plan_folds(files, SplitStrategy.FOAN, n_folds=n_folds, seed=seed)
    uncovered = [finding for finding in plan.findings if finding.n_groups >= n_folds]
    assert bool(uncovered) is not coverable_by_brute_force(enough, len(classes_of_group), n_folds)


@pytest.mark.parametrize("seed", range(6))
def test_interlocked_classes_are_still_put_everywhere(image_file: Callable[..., ImageFile], seed: int) -> None:
    """A solution is planted in which each of eight classes has just one group in each fold: one such is found again."""
    random = np.random.default_rng(seed)
    n_folds, groups_in_fold = 5, 6
    files = []
    for name in "abcdefgh":
        for fold in range(n_folds):
            group = fold * groups_in_fold + int(random.integers(groups_in_fold))
            files += [image_file(f"{group}/{name}{n}", f"F-{group}", name) for n in range(random.integers(1, 5))]
    plan = plan_folds(files, SplitStrategy.FOAN, n_folds=n_folds, seed=seed)
    assert plan.findings == ()
    assert all(min(counts) > 0 for counts in class_counts(files, plan).values())


def test_a_class_that_cannot_be_everywhere_is_named(image_file: Callable[..., ImageFile]) -> None:
    """A finding says which class is missing from which folds and what would help."""
    files = [image_file(f"{n}.tif", f"F-{n}", "green_body") for n in range(10)]
    files += [image_file(f"rare {n}.tif", "F-99", "material") for n in range(4)]
    plan = plan_folds(files, SplitStrategy.FOAN, n_folds=3)
    (finding,) = plan.findings
    assert (finding.defect_class, finding.n_groups, len(finding.missing_in)) == ("material", 1, 2)
    assert "only 1 independent group for 3 folds" in finding.detail
    assert all(str(fold) in finding.detail for fold in finding.missing_in)


@given(st.lists(st.sampled_from(CLASSES), min_size=12, max_size=80), st.integers(2, 5), st.integers(0, 5), st.data())
def test_the_image_split_is_stratified_as_exactly_as_can_be(
    labels: list[str], n_folds: int, seed: int, data: st.DataObject
) -> None:
    """Each class, and all images together, differ by at most one between folds; row order is of no influence."""
    files = [ImageFile(f"{n}.tif", f"m{n}", "F-1", name) for n, name in enumerate(labels)]
    if min(Counter(labels).values()) < n_folds:
        with pytest.raises(BadInputError, match="too few for"):
            plan_folds(files, SplitStrategy.IMAGE, n_folds=n_folds, seed=seed)
        return
    plan = plan_folds(files, SplitStrategy.IMAGE, n_folds=n_folds, seed=seed)
    counts = class_counts(files, plan)
    assert all(max(of_class) - min(of_class) <= 1 for of_class in counts.values())
    sizes = np.sum(list(counts.values()), axis=0)
    assert sizes.max() - sizes.min() <= 1
    assert not plan.findings
    # scikit-learn's stratification: the same counts per class, up to the numbering of the folds.
    theirs = defaultdict(list)
    for _, validation in StratifiedKFold(n_folds).split(labels, labels):
        for name in counts:
            theirs[name].append(sum(labels[index] == name for index in validation))
    assert {name: sorted(of_class) for name, of_class in counts.items()} == {
        name: sorted(of_class) for name, of_class in theirs.items()
    }
    shuffled = data.draw(st.permutations(files))
    assert plan_folds(shuffled, SplitStrategy.IMAGE, n_folds=n_folds, seed=seed) == plan


PINNED = {
    SplitStrategy.IMAGE: "112200012201202200101112",
    SplitStrategy.FOAN: "111111222211000220220000",
    SplitStrategy.CLUSTER: "111111222211000220220000",
}


@pytest.mark.parametrize("strategy", SplitStrategy)
def test_folds_are_the_same_on_every_machine_and_differ_by_seed(
    image_file: Callable[..., ImageFile], strategy: SplitStrategy
) -> None:
    """The split is fixed by its seed alone: these very folds, now and on any other machine."""
    files = [image_file(f"{n}.tif", f"F-{n // 2}", CLASSES[n // 2 % 2]) for n in range(24)]
    folds = ["".join(str(a.fold) for a in plan_folds(files, strategy, n_folds=3, seed=s).assignments) for s in (42, 7)]
    assert folds[0] == PINNED[strategy]
    assert folds[0] != folds[1]


@pytest.mark.parametrize("strategy", SplitStrategy)
def test_added_images_leave_nearly_all_others_where_they_were(
    image_file: Callable[..., ImageFile], strategy: SplitStrategy
) -> None:
    """When some components are added to a large archive, more than 95 % of its images keep their fold."""
    files = [
        image_file(f"{foan}/{n}.tif", f"F-{foan}", CLASSES[foan % 7 % 3])
        for foan in range(150)
        for n in range(foan % 9 + 1)
    ]
    added = [image_file(f"new {foan}/{n}.tif", f"G-{foan}", CLASSES[foan]) for foan in range(3) for n in range(5)]
    before, after = (plan_folds(rows, strategy).fold_of for rows in (files, files + added))
    kept = np.mean([after[path] == fold for path, fold in before.items()])
    assert kept > 0.95


def test_impossible_requests_say_what_to_do(image_file: Callable[..., ImageFile]) -> None:
    """Too few groups, too few images of a class, repeated paths, no images, one fold: a sentence with a remedy."""
    one_component = [image_file(f"{n}.tif", "F-1", CLASSES[n % 2]) for n in range(8)]
    three = [image_file(f"{n}.tif", f"F-{n % 3}") for n in range(9)]
    with pytest.raises(BadInputError, match=r"only 3 groups of images .* at most 3 folds, or add images of other comp"):
        plan_folds(three, SplitStrategy.FOAN, n_folds=5)
    with pytest.raises(BadInputError, match=r"only 1 group of images .* 2 folds; add images of other components"):
        plan_folds(one_component, SplitStrategy.CLUSTER, n_folds=2)
    with pytest.raises(
        BadInputError, match=r"'green_body' has 4 images, too few for 5 folds .* at most 4 folds, or add"
    ):
        plan_folds(one_component, SplitStrategy.IMAGE, n_folds=5)
    with pytest.raises(BadInputError, match=r"'unique' has 1 image, too few for 3 folds by image; add images"):
        plan_folds([*three, image_file("u.tif", "F-4", "unique")], SplitStrategy.IMAGE, n_folds=3)
    with pytest.raises(BadInputError, match=r"'1\.tif' is listed 2 times"):
        plan_folds([*three, three[1]], SplitStrategy.IMAGE, n_folds=3)
    with pytest.raises(BadInputError, match="no labelled images"):
        plan_folds([], SplitStrategy.IMAGE)
    with pytest.raises(UsageError, match="at least 2 folds, not 1"):
        plan_folds(three, SplitStrategy.IMAGE, n_folds=1)


def test_odd_names_are_split_like_any_other(image_file: Callable[..., ImageFile]) -> None:
    """Names with newlines, umlauts in two spellings and undecodable bytes do not disturb the split."""
    names = ["a\nb.tif", "gr\u00fcn.tif", "gru\u0308n.tif", "bad \udcff.tif"]
    plan = plan_folds([image_file(name) for name in names], SplitStrategy.IMAGE, n_folds=2)
    assert Counter(plan.fold_of.values()) == {0: 2, 1: 2}
