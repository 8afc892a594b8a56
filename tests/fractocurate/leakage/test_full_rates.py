"""What folds and rates make of pairs that only an alignment shows."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from data_contracts.vocabulary import AuditKind, CandidateSource, PairKind, SplitStrategy
from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.conflicts import find_conflicts
from fractocurate.leakage.folds import FoldAssignment, FoldPlan
from fractocurate.leakage.groups import group_files
from fractocurate.leakage.pairs import FilePair, ImageFile, likeness
from fractocurate.leakage.rates import measure_leakage, measure_leakage_by
from fractocurate.leakage.verification import CommonField


@pytest.fixture
def zoom() -> FilePair:
    """A zoom that pHash does not see and that an alignment verified with SSIM 0.62."""
    field = CommonField(
        PairKind.CONTAINMENT, 0.62, 0.06, 1.0, 0.25, Alignment(4 + 0j, 0j, is_mirrored=False, n_inliers=9)
    )
    return FilePair(
        "a", "b", PairKind.CONTAINMENT, 30, 0.1, 0.25, same_foan=False, same_class=False,
        source=CandidateSource.LOCAL_FEATURES, field=field,
    )  # fmt: skip


@pytest.fixture
def plan() -> FoldPlan:
    """Files a to d, each in its own fold of four."""
    assignments = tuple(FoldAssignment(path, fold, path) for fold, path in enumerate("abcd"))
    return FoldPlan(SplitStrategy.IMAGE, 4, 1, None, assignments, ())


def test_cluster_joins_a_verified_zoom_whatever_its_ssim(zoom: FilePair, image_file: Callable[..., ImageFile]) -> None:
    """An alignment is evidence of one field; without one the same likeness is not."""
    files = [image_file("a", "F-1"), image_file("b", "F-2")]
    joined = group_files(files, SplitStrategy.CLUSTER, pairs=[zoom])
    assert joined["a"] == joined["b"]
    unaligned = replace(zoom, field=None, ssim=0.62, source=CandidateSource.PHASH)
    apart = group_files(files, SplitStrategy.CLUSTER, pairs=[unaligned])
    assert apart["a"] != apart["b"]
    assert len(set(group_files(files, SplitStrategy.FOAN, pairs=[zoom]).values())) == 2


def test_only_the_full_audit_counts_the_zoom(zoom: FilePair, plan: FoldPlan) -> None:
    """Up to the SSIM of what both show; the paper's audit does not know of it at any threshold."""
    full = {rate.threshold: rate.n_leaking for rate in measure_leakage(plan, [zoom]) if rate.fold is None}
    assert [full[threshold] for threshold in (0.5, 0.6, 0.7, 0.8)] == [2, 2, 0, 0]
    assert not any(rate.n_leaking for rate in measure_leakage(plan, [zoom], audit=AuditKind.PAPER, k=5))
    assert likeness(zoom) == 0.62
    assert likeness(replace(zoom, field=None)) < 0


def test_subsets_partition_the_whole(zoom: FilePair, plan: FoldPlan) -> None:
    """Leaks of the classes add up to those of all images; a file of no subset is left out."""
    rates = measure_leakage_by(plan, [zoom], "defect_class", {"a": "material", "b": "green_body", "c": "material"})
    lowest = {rate.subset: (rate.n_leaking, rate.n_validation) for rate in rates if rate.threshold == 0.5}
    assert lowest == {"green_body": (1, 1), "material": (1, 2)}
    assert {rate.subset_by for rate in rates} == {"defect_class"}


def test_one_field_under_two_labels_is_told_first(zoom: FilePair, image_file: Callable[..., ImageFile]) -> None:
    """Conflicts of class come before those of FOAN, however alike these are; agreeing pairs are none."""
    files = [image_file("a", "F-1", "material"), image_file("b", "F-2", "green_body"), image_file("c", "F-3")]
    only_foan = FilePair("a", "c", PairKind.NEAR_DUPLICATE, 2, 0.99, 1.0, same_foan=False, same_class=True)
    agreeing = replace(only_foan, same_foan=True)
    conflicts = find_conflicts(files, [only_foan, zoom, agreeing], cluster_ssim=0.8)
    assert [(c.path_b, c.is_of_class) for c in conflicts] == [("b", True), ("c", False)]
    assert conflicts[0].classes == ("material", "green_body")
