"""The leakage tables for people."""

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data_contracts.vocabulary import AuditKind
from fractocurate.leakage.conflicts import LabelConflict
from fractocurate.leakage.rates import LeakageRate, PairScope, state_leakage
from fractocurate.leakage.self_test import STRANGERS, SelfTestResult, state_recall
from fractocurate.stages.audit import AuditSummary
from fractocurate.stages.frame_audit import state_frames

_MAX_SHOWN_CONFLICTS = 20


def show_audit(summary: AuditSummary, out: Console) -> None:
    """The paper's Table 1, beside the grouped strategies."""
    whole = [r for r in summary.rates if r.scope is PairScope.ALL and r.subset is None]
    paper = [r for r in whole if r.audit is AuditKind.PAPER]
    if paper:
        title = f"Leakage of the image split, by fold (the {paper[0].k} nearest within {paper[0].max_hamming} bits)"
        out.print(_leakage_table(title, paper, "fold", lambda r: "all" if r.fold is None else str(r.fold)))
    pooled = [r for r in whole if r.fold is None]
    title = "Leakage by strategy and audit, all folds, with 95 % Wilson intervals"
    out.print(_leakage_table(title, pooled, "strategy", _strategy_and_audit, intervals=True))
    if summary.self_test:
        out.print(_self_test_table(summary.self_test))
    for conflict in summary.conflicts[:_MAX_SHOWN_CONFLICTS]:
        out.print(f"[yellow]{escape(_conflict_line(conflict))}[/yellow]")
    if len(summary.conflicts) > _MAX_SHOWN_CONFLICTS:
        out.print(f"[yellow]{len(summary.conflicts) - _MAX_SHOWN_CONFLICTS} further conflicts: see the page[/yellow]")
    for strategy, why_not in summary.impossible.items():
        out.print(f"[yellow]no {strategy} split: {escape(why_not)}[/yellow]")
    for plan in summary.plans:
        for finding in plan.findings:
            out.print(f"[yellow]{plan.strategy}: {escape(finding.detail)}[/yellow]")
    out.print(escape(state_frames(summary.frames)))
    out.print(escape(state_recall(summary.self_test)))
    out.print(escape(state_leakage(r for r in whole if r.audit is AuditKind.FULL)))


def _strategy_and_audit(rate: LeakageRate) -> str:
    return f"{rate.strategy}, {str(rate.audit).replace('_', ' ')}"


def _conflict_line(conflict: LabelConflict) -> str:
    sides = [
        f"{path} ({foan or 'FOAN unknown'}, {defect_class})"
        for path, foan, defect_class in zip(
            (conflict.path_a, conflict.path_b), conflict.foans, conflict.classes, strict=True
        )
    ]
    kind = str(conflict.kind).replace("_", " ")
    what = "different labels" if conflict.is_of_class else "different FOANs"
    return f"{what}: {' and '.join(sides)}: {kind}, SSIM {conflict.ssim:.2f}"


def _self_test_table(results: Iterable[SelfTestResult]) -> Table:
    table = Table(title="Copies planted in the archive's own images, with 95 % Wilson intervals", title_justify="left")
    table.add_column("planted")
    for name in ("pairs", "found", "share", "interval", "by pHash and SSIM alone"):
        table.add_column(name, justify="right")
    for result in results:
        low, high = result.interval
        digits = 4 if result.kind == STRANGERS else 1
        shown = (f"{result.share:.{digits}%}", f"{low:.{digits}%} - {high:.{digits}%}", str(result.n_found_by_paper))
        table.add_row(result.name, str(result.n_planted), str(result.n_found), *shown)
    return table


def _leakage_table(
    title: str,
    rates: Iterable[LeakageRate],
    first: str,
    name_of: Callable[[LeakageRate], str],
    *,
    intervals: bool = False,
) -> Table:
    rows: dict[str, list[LeakageRate]] = {}
    for rate in rates:
        rows.setdefault(name_of(rate), []).append(rate)
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    table.add_column("images", justify="right")
    for rate in next(iter(rows.values()), []):
        table.add_column(f"SSIM >= {rate.threshold:.2f}", justify="right")
    for name, cells in rows.items():
        shown = []
        for rate in cells:
            interval = f"\n{rate.low:.1%} - {rate.high:.1%}" if intervals else ""
            shown.append(f"{rate.n_leaking} ({rate.share:.1%}){interval}")
        table.add_row(name, str(cells[0].n_validation), *shown)
    return table
