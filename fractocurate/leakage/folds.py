"""Cross-validation folds: by image as the paper splits, or by groups that may not straddle; stratified by class."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from data_contracts.errors import BadInputError, UsageError
from data_contracts.vocabulary import SplitStrategy
from fractocurate.leakage.groups import group_files
from fractocurate.leakage.pairs import FilePair, ImageFile
from fractocurate.leakage.placement import counted, deal_images, place_groups
from fractocurate.leakage.settings import DEFAULT_CLUSTER_SSIM, DEFAULT_N_FOLDS, DEFAULT_SEED


@dataclass(frozen=True, slots=True)
class FoldAssignment:
    """Where one file stands in one split."""

    path: str
    fold: int
    """0-based; the file validates in this fold and trains in all others."""
    group: str
    """What it may not be parted from; its own path in the ``image`` split."""


@dataclass(frozen=True, slots=True)
class FoldFinding:
    """A class that is missing from some folds, whose scores for it are therefore undefined."""

    defect_class: str
    n_groups: int
    """Independent groups that hold the class."""
    missing_in: tuple[int, ...]
    """0-based folds without it."""
    detail: str
    """A sentence for the user."""


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """One split of one set of files, with what is wrong with it."""

    strategy: SplitStrategy
    n_folds: int
    seed: int
    cluster_ssim: float | None
    """Threshold of the pairs that were kept together; None for the strategies that do not look at pairs."""
    assignments: tuple[FoldAssignment, ...]
    """Sorted by path."""
    findings: tuple[FoldFinding, ...]

    @property
    def fold_of(self) -> dict[str, int]:
        """Fold by path."""
        return {assignment.path: assignment.fold for assignment in self.assignments}


def plan_folds(
    files: Sequence[ImageFile],
    strategy: SplitStrategy,
    *,
    n_folds: int = DEFAULT_N_FOLDS,
    seed: int = DEFAULT_SEED,
    pairs: Iterable[FilePair] = (),
    cluster_ssim: float = DEFAULT_CLUSTER_SSIM,
) -> FoldPlan:
    """Split files into folds.

    ``image`` deals each class out evenly (class counts and fold sizes differ by at most one, as with scikit-learn's
    StratifiedKFold). The grouped strategies keep groups whole, put every class into every fold wherever its groups
    allow it, and keep class counts as even as the sizes of the groups allow.

    Args:
        files: those to train on; a path must not repeat.
        strategy: what may not straddle.
        n_folds: at least 2.
        seed: another seed, another split of the same quality.
        pairs: similar pairs; only ``cluster`` uses them.
        cluster_ssim: ``cluster`` keeps pairs together from this SSIM on.

    Raises:
        UsageError: fewer than two folds asked for.
        BadInputError: no files, a repeated path, fewer groups than folds, or (``image``) a class with fewer images
            than folds.
    """
    _check_files(files, n_folds)
    group_of = group_files(files, strategy, pairs=pairs, cluster_ssim=cluster_ssim)
    if strategy is SplitStrategy.IMAGE:
        fold_of_group = deal_images(files, n_folds, seed)
    else:
        fold_of_group = place_groups(_class_counts(files, group_of), strategy, n_folds, seed)
    assignments = tuple(
        FoldAssignment(path, fold_of_group[group_of[path]], group_of[path])
        for path in sorted(file.path for file in files)
    )
    return FoldPlan(
        strategy=strategy,
        n_folds=n_folds,
        seed=seed,
        cluster_ssim=cluster_ssim if strategy is SplitStrategy.CLUSTER else None,
        assignments=assignments,
        findings=_find_missing_classes(files, group_of, fold_of_group, n_folds),
    )


def _check_files(files: Sequence[ImageFile], n_folds: int) -> None:
    if n_folds < 2:
        raise UsageError(f"cross-validation needs at least 2 folds, not {n_folds}")
    if not files:
        raise BadInputError("there are no labelled images to split into folds; ingest an archive with matches first")
    path, count = Counter(file.path for file in files).most_common(1)[0]
    if count > 1:
        raise BadInputError(f"{path!r} is listed {count} times; list each file once")


def _find_missing_classes(
    files: Sequence[ImageFile], group_of: Mapping[str, str], fold_of_group: Mapping[str, int], n_folds: int
) -> tuple[FoldFinding, ...]:
    folds_with: defaultdict[str, set[int]] = defaultdict(set)
    groups_with: defaultdict[str, set[str]] = defaultdict(set)
    for file in files:
        group = group_of[file.path]
        groups_with[file.defect_class].add(group)
        folds_with[file.defect_class].add(fold_of_group[group])
    findings = []
    for name, present in sorted(folds_with.items()):
        missing = tuple(fold for fold in range(n_folds) if fold not in present)
        if missing:
            n_groups = len(groups_with[name])
            findings.append(FoldFinding(name, n_groups, missing, _explain_missing(name, n_groups, missing, n_folds)))
    return tuple(findings)


def _explain_missing(defect_class: str, n_groups: int, missing: Sequence[int], n_folds: int) -> str:
    if n_groups < n_folds:
        fewer = f"ask for at most {n_groups} folds, or " if n_groups > 1 else ""
        reason = f"it has only {counted(n_groups, 'independent group')} for {n_folds} folds"
        remedy = f"{fewer}add components with this cause"
    else:
        reason = "its groups also hold other classes, and no placement serves them all"
        remedy = "ask for fewer folds"
    folds = f"fold{'s' if len(missing) > 1 else ''} {', '.join(str(fold) for fold in missing)}"
    return f"class {defect_class!r} is missing from {folds}: {reason}; {remedy}"


def _class_counts(files: Sequence[ImageFile], group_of: Mapping[str, str]) -> dict[str, Counter[str]]:
    counts_of: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for file in files:
        counts_of[group_of[file.path]][file.defect_class] += 1
    return dict(counts_of)
