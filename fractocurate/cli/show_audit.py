"""The leakage tables for people."""

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fractocurate.leakage.rates import LeakageRate, PairScope, state_leakage
from fractocurate.stages.audit import AuditSummary
from fractocurate.stages.frame_audit import state_frames


def show_audit(summary: AuditSummary, out: Console) -> None:
    """The paper's Table 1, beside the grouped strategies."""
    paper = [r for r in summary.rates if r.k is not None and r.scope is PairScope.ALL]
    if paper:
        title = f"Leakage of the image split, by fold (the {paper[0].k} nearest within {paper[0].max_hamming} bits)"
        out.print(_leakage_table(title, paper, "fold", lambda r: "all" if r.fold is None else str(r.fold)))
    pooled = [r for r in summary.rates if r.k is None and r.fold is None and r.scope is PairScope.ALL]
    title = "Leakage by strategy, all folds and all pairs, with 95 % Wilson intervals"
    out.print(_leakage_table(title, pooled, "strategy", lambda r: str(r.strategy), intervals=True))
    for strategy, why_not in summary.impossible.items():
        out.print(f"[yellow]no {strategy} split: {escape(why_not)}[/yellow]")
    for plan in summary.plans:
        for finding in plan.findings:
            out.print(f"[yellow]{plan.strategy}: {escape(finding.detail)}[/yellow]")
    out.print(escape(state_frames(summary.frames)))
    out.print(escape(state_leakage(r for r in summary.rates if r.k is None and r.scope is PairScope.ALL)))


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
