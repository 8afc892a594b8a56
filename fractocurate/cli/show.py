"""Results as tables for people."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data_contracts.vocabulary import Stage
from fractocurate.cli.progress import printable
from fractocurate.status import CatalogStatus
from fractocurate.why_report import ChainLink

if TYPE_CHECKING:  # the stages bring numerics that `fracto status` can do without
    from fractocurate.stages.ingest import IngestSummary

_SHOWN_FAILURES = 20


def console() -> Console:
    """Standard output; as wide as the terminal, or wide enough for a table in a log."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=max(out.width, 110))


def show_ingest(summary: "IngestSummary", out: Console) -> None:
    """The closing table of an ingest."""
    work = Table(title="Ingest", title_justify="left")
    for header in ("", "files", "read now", "unchanged", "failed"):
        work.add_column(header, justify="left" if not header else "right")
    for name, stage, n_files, result in (
        ("reports", Stage.REPORTS, summary.n_report_files, summary.reports),
        ("images", Stage.MICROGRAPHS, summary.n_image_files, summary.micrographs),
    ):
        n_failed = sum(failure.stage == stage for failure in summary.failures)
        work.add_row(name, *map(str, (n_files, result.n_done, result.n_skipped, n_failed)))
    out.print(work)
    if summary.failures:
        show_failures(summary, out)
    if summary.values:
        show_values(summary, out)
    matches = Table(title=f"Images ({summary.n_instances} fracture instances)", title_justify="left")
    matches.add_column("status")
    matches.add_column("images", justify="right")
    for status in ("matched", "review", "unmatched", "failed"):
        matches.add_row(status, str(summary.statuses.get(status, 0)))
        for reason, count in summary.reasons.get(status, {}).items():
            matches.add_row(f"  {reason}", str(count), style="dim")
    out.print(matches)
    if summary.decisions is not None:
        out.print(f"{summary.decisions.n_new} decision(s) recorded, {summary.decisions.n_known} known before.")
    if summary.n_other_files:
        out.print(f"{summary.n_other_files} other file(s) were left alone.")


def show_values(summary: "IngestSummary", out: Console) -> None:
    """What was read from the reports, by how sure it is: the unsure values are those that people should look at."""
    table = Table(title="Values read from reports (superseded ones left out)", title_justify="left")
    for header in ("", "sure", "less sure", "doubtful", "not understood"):
        table.add_column(header, justify="left" if not header else "right")
    for name, count in summary.values.items():
        numbers = (count.n_sure, count.n_less_sure, count.n_doubtful, count.n_not_understood)
        table.add_row(name.replace("_kn", "").replace("_", " "), *map(str, numbers))
    out.print(table)
    if summary.n_instances_in_review:
        out.print(
            f"{summary.n_instances_in_review} fracture instance(s) label nothing until somebody has looked: "
            "`fracto why REPORT.pdf` says why"
        )


def show_failures(summary: "IngestSummary", out: Console) -> None:
    """Failed items by reason; nothing else was lost for their sake."""
    table = Table(title="Failed", title_justify="left")
    for header in ("reason", "file", "detail"):
        table.add_column(header, overflow="fold")
    for failure in summary.failures[:_SHOWN_FAILURES]:
        table.add_row(failure.reason, escape(printable(failure.item)), escape(printable(failure.detail)))
    out.print(table)
    left = len(summary.failures) - _SHOWN_FAILURES
    if left > 0:
        out.print(f"... and {left} more, in the table `failures`")


def show_status(status: CatalogStatus, out: Console) -> None:
    """What a catalog holds."""
    out.print(f"{status.n_reports} reports ({status.n_superseded} superseded), {status.n_instances} fracture instances")
    _counts("Images by status", status.images_by_status, out)
    _counts("Review and unmatched by reason", status.reasons, out)
    _counts(f"Matched images by class ({status.labelled_foans} FOANs)", status.labelled_by_class, out)
    _counts("Matched images by magnification", status.magnifications, out)
    _counts("Matched images by method", status.methods, out)
    _counts("Failures", status.failures, out)
    for strategy, n_folds, seed, identifier in status.splits:
        out.print(f"split {strategy}: {n_folds} folds, seed {seed}, id {identifier}")
    for run_id, outcome, summary in status.runs[-5:]:
        out.print(f"run {run_id}: {outcome} {escape(summary)}")


def show_chain(chain: Sequence[ChainLink], out: Console) -> None:
    """The chain from bytes to label. A line is as long as its evidence: Rich's own tree crops it to the width."""
    lines = [escape(printable(chain[0].facts[0][1]))]
    for link in chain:
        is_last = link is chain[-1]
        lines.append(f"{_guide(is_last=is_last)}[bold]{escape(link.title)}[/bold]")
        for number, (name, value) in enumerate(link.facts, start=1):
            guide = ("    " if is_last else "\u2502   ") + _guide(is_last=number == len(link.facts))
            lines.append(f"{guide}[dim]{escape(printable(name))}:[/dim] {escape(printable(value))}")
    for line in lines:
        out.print(line, soft_wrap=True)


def _guide(*, is_last: bool) -> str:
    return "\u2514\u2500\u2500 " if is_last else "\u251c\u2500\u2500 "


def _counts(title: str, counts: Mapping[str, int], out: Console) -> None:
    if not counts:
        return
    out.print(f"[bold]{title}[/bold]")
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, count in counts.items():
        table.add_row(escape(name), str(count))
    out.print(table)
