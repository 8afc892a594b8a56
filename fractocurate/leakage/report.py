"""The audit as one self-contained HTML page: what it means, the tables by fold, and the pairs to look at."""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from data_contracts.vocabulary import AuditKind, PairKind, SplitStrategy
from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.folds import FoldFinding, FoldPlan
from fractocurate.leakage.pairs import FilePair, ImageFile, likeness
from fractocurate.leakage.rates import LeakageRate, PairScope, state_leakage
from fractocurate.leakage.self_test import STRANGERS, SelfTestResult, state_recall
from fractocurate.leakage.settings import HEADLINE_SSIM

DEFAULT_MAX_SHOWN_PAIRS = 60
"""Some 1.5 MB of thumbnails; beyond that a page is scrolled, not read."""

_STRATEGY_NOTES = {
    SplitStrategy.IMAGE: "every image for itself, as the paper splits",
    SplitStrategy.FOAN: "images of one FOAN stay together",
    SplitStrategy.CLUSTER: "FOANs that share near-duplicates stay together, too",
}
_SUBSETS = {"defect_class": "class", "magnification": "magnification", "scope": "FOANs of the pair"}
_SCOPES = {PairScope.SAME_FOAN: "one FOAN", PairScope.CROSS_FOAN: "two FOANs"}


@dataclass(frozen=True, slots=True)
class _Table:
    """Rates of one strategy, audited in one way: a row for each fold and one for all."""

    split: str
    audit: str
    note: str
    thresholds: tuple[float, ...]
    rows: tuple[tuple[str, tuple[LeakageRate, ...]], ...]


@dataclass(frozen=True, slots=True)
class _ShownFile:
    name: str
    folder: str
    foan: str
    defect_class: str
    thumbnail_base64: str
    width_px: int
    height_px: int
    """Of the thumbnail."""
    outline: str
    """Corners of the other picture in this one, in pixels of the thumbnail; empty where no alignment is known."""


@dataclass(frozen=True, slots=True)
class _ShownPair:
    kind: str
    hamming: int
    ssim: float
    is_label_conflict: bool
    is_foan_conflict: bool
    straddled: tuple[str, ...]
    files: tuple[_ShownFile, _ShownFile]


def render_leakage_report(
    files: Sequence[ImageFile],
    plans: Sequence[FoldPlan],
    rates: Sequence[LeakageRate],
    pairs: Iterable[FilePair],
    thumbnails_png: Mapping[str, bytes],
    *,
    self_test: Sequence[SelfTestResult] = (),
    max_shown_pairs: int = DEFAULT_MAX_SHOWN_PAIRS,
) -> str:
    """Render the page.

    Args:
        files: those that were split.
        plans: one split per strategy, in the order in which to show them.
        rates: of those splits; rows of one strategy and audit make one table, and those of all folds the comparison.
        pairs: all pairs of the files; the confirmed ones are shown, different labels first, then different
            FOANs, then the likest.
        thumbnails_png: PNG bytes by micrograph id; a micrograph without one gets an empty frame.
        self_test: what the audit would miss; empty if it was not asked.
        max_shown_pairs: the page says how many pairs it left out.

    Returns:
        HTML without any reference to another file or host. Names are escaped, unprintable characters spelled out.
    """
    by_path = {file.path: file for file in files}
    confirmed = sorted(
        (pair for pair in pairs if pair.is_confirmed and pair.path_a in by_path and pair.path_b in by_path),
        key=lambda p: (p.same_class, p.same_foan is not False, -likeness(p), p.hamming, p.path_a, p.path_b),
    )
    shown_rates = [rate for rate in rates if rate.scope is PairScope.ALL and rate.subset is None]
    tables = _tables(shown_rates)
    environment = Environment(
        loader=PackageLoader("fractocurate", "leakage"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        n_files=len(files),
        n_folds=plans[0].n_folds if plans else 0,
        seed=plans[0].seed if plans else 0,
        max_hamming=max((rate.max_hamming for rate in rates), default=0),
        sentence=state_leakage(rate for rate in shown_rates if rate.audit is AuditKind.FULL),
        headline_ssim=HEADLINE_SSIM,
        tables=tables,
        comparison=_comparison(tables),
        subsets=_subset_tables(rates),
        self_test=self_test,
        recall_sentence=state_recall(self_test),
        strangers=STRANGERS,
        findings=[(plan.strategy.value, _spelled_out(finding)) for plan in plans for finding in plan.findings],
        n_label_conflicts=sum(not pair.same_class for pair in confirmed),
        n_foan_conflicts=sum(pair.same_foan is False for pair in confirmed),
        n_confirmed=len(confirmed),
        n_left_out=max(len(confirmed) - max_shown_pairs, 0),
        pairs=[_shown_pair(pair, by_path, plans, thumbnails_png) for pair in confirmed[:max_shown_pairs]],
    )


def _tables(rates: Iterable[LeakageRate]) -> tuple[_Table, ...]:
    cells: dict[tuple[SplitStrategy, AuditKind, int | None], dict[int | None, list[LeakageRate]]] = {}
    for rate in rates:
        cells.setdefault((rate.strategy, rate.audit, rate.k), {}).setdefault(rate.fold, []).append(rate)
    tables = []
    for (strategy, audit, k), by_fold in cells.items():
        folds = sorted(by_fold, key=lambda fold: math.inf if fold is None else fold)
        rows = tuple(
            (
                "all folds" if fold is None else f"fold {fold}",
                tuple(sorted(by_fold[fold], key=lambda rate: rate.threshold)),
            )
            for fold in folds
        )
        tables.append(
            _Table(
                split=f"{strategy.value} split",
                audit=_audit_name(audit, k),
                note=_STRATEGY_NOTES[strategy],
                thresholds=tuple(rate.threshold for rate in rows[0][1]),
                rows=rows,
            )
        )
    return tuple(tables)


def _audit_name(audit: AuditKind, k: int | None) -> str:
    if audit is AuditKind.FULL:
        return "full audit, all pairs"
    looked_at = "all pairs" if k is None else f"{k} most similar"
    bar = ", data bar left in" if audit is AuditKind.PAPER_WITH_BAR else ""
    return f"paper's audit, {looked_at} by pHash{bar}"


def _subset_tables(rates: Iterable[LeakageRate]) -> tuple[_Table, ...]:
    """One table for each split and each property by which images, or the pairs that leak, were told apart."""
    cells: dict[tuple[SplitStrategy, str], dict[str, list[LeakageRate]]] = {}
    for rate in rates:
        if rate.subset is not None:
            cells.setdefault((rate.strategy, rate.subset_by), {}).setdefault(rate.subset, []).append(rate)
        elif rate.scope is not PairScope.ALL and rate.fold is None:
            cells.setdefault((rate.strategy, "scope"), {}).setdefault(_SCOPES[rate.scope], []).append(rate)
    return tuple(
        _Table(
            split=f"{strategy.value} split by {_SUBSETS[by]}",
            audit=_audit_name(AuditKind.FULL, None),
            note="all folds",
            thresholds=tuple(rate.threshold for rate in next(iter(rows.values()))),
            rows=tuple(
                (_printable(_subset_name(by, name)), tuple(row)) for name, row in sorted(rows.items(), key=_order)
            ),
        )
        for (strategy, by), rows in cells.items()
    )


def _subset_name(subset_by: str, subset: str) -> str:
    return f"{subset}x" if subset_by == "magnification" else subset.replace("_", " ")


def _order(item: tuple[str, object]) -> tuple[float, str]:
    """Magnifications by size, names by alphabet."""
    try:
        return float(item[0]), item[0]
    except ValueError:
        return math.inf, item[0]


def _comparison(tables: Iterable[_Table]) -> tuple[tuple[_Table, tuple[LeakageRate, ...]], ...]:
    """The row of all folds of each table."""
    return tuple((table, cells) for table in tables for _, cells in table.rows if cells and cells[0].fold is None)


def _shown_pair(
    pair: FilePair, by_path: Mapping[str, ImageFile], plans: Iterable[FoldPlan], thumbnails_png: Mapping[str, bytes]
) -> _ShownPair:
    straddled = []
    for plan in plans:
        fold_a, fold_b = plan.fold_of.get(pair.path_a), plan.fold_of.get(pair.path_b)
        if fold_a != fold_b:
            straddled.append(f"{plan.strategy.value}: {fold_a} | {fold_b}")
    return _ShownPair(
        kind=_described(pair),
        hamming=pair.hamming,
        ssim=likeness(pair),
        is_label_conflict=not pair.same_class,
        is_foan_conflict=pair.same_foan is False,
        straddled=tuple(straddled),
        files=_shown_files(pair, by_path[pair.path_a], by_path[pair.path_b], thumbnails_png),
    )


def _shown_files(
    pair: FilePair, a: ImageFile, b: ImageFile, thumbnails_png: Mapping[str, bytes]
) -> tuple[_ShownFile, _ShownFile]:
    png_a, png_b = (thumbnails_png.get(file.micrograph_id, b"") for file in (a, b))
    outlines = ("", "")
    if pair.field is not None and png_a and png_b:
        # The alignment leads from the micrograph with the smaller id, whatever the paths are.
        to_b = pair.field.alignment if a.micrograph_id < b.micrograph_id else pair.field.alignment.inverse()
        outlines = (_outline(png_b, png_a, to_b.inverse()), _outline(png_a, png_b, to_b))
    return _shown_file(a, png_a, outlines[0]), _shown_file(b, png_b, outlines[1])


def _outline(png: bytes, seen_in_png: bytes, alignment: Alignment) -> str:
    """Corners of one picture in another, as SVG wants them."""
    (width, height), size = _size_px(png), max(_size_px(seen_in_png))
    longest = max(width, height)
    corners = [alignment.at(complex(row, column) / longest) * size for row, column in _around(width, height)]
    return " ".join(f"{corner.imag:.1f},{corner.real:.1f}" for corner in corners)


def _around(width: int, height: int) -> tuple[tuple[int, int], ...]:
    return (0, 0), (0, width), (height, width), (height, 0)


def _size_px(png: bytes) -> tuple[int, int]:
    """Width and height, as the head of a PNG file states them; 4 x 3 where there is no picture."""
    return (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) if len(png) > 24 else (4, 3)


def _described(pair: FilePair) -> str:
    name = pair.kind.value.replace("_", " ")
    if pair.kind in {PairKind.CONTAINMENT, PairKind.OVERLAP}:
        return f"{name}, {max(pair.scale_ratio, 1 / pair.scale_ratio):.2g}x"
    return name


def _shown_file(file: ImageFile, png: bytes, outline: str) -> _ShownFile:
    folder, _, name = file.path.rpartition("/")
    return _ShownFile(
        name=_printable(name),
        folder=_printable(folder),
        foan=_printable(file.foan or "FOAN unknown"),
        defect_class=_printable(file.defect_class.replace("_", " ")),
        thumbnail_base64=base64.b64encode(png).decode("ascii"),
        width_px=_size_px(png)[0],
        height_px=_size_px(png)[1],
        outline=outline,
    )


def _spelled_out(finding: FoldFinding) -> str:
    return _printable(finding.detail)


def _printable(text: str) -> str:
    """Newlines, direction marks and undecodable bytes as escapes: a name must not disturb the page or hide itself."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
