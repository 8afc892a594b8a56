"""`fracto status --matching`: paper beside guarded, collisions, and the bound, as tables for people."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data_contracts.catalog import Catalog
from data_contracts.vocabulary import MatchStatus
from fractocurate.cli.progress import printable, progress_for
from fractocurate.cli.show import console
from fractocurate.matching.evidence import Decision
from fractocurate.matching.wrong_links import METHOD, NOT_COVERED, WrongLinkBound
from fractocurate.matching_status import MatchingStatus, difference_row, matching_status, write_lists

_SHOWN = 20


def show_matching_of(catalog: Path, output: Path | None, *, quiet: bool, as_json: bool) -> None:
    """Work it out and print it; full lists go to the folder ``output``."""
    with Catalog.open_read_only(catalog) as opened, progress_for(quiet=quiet) as progress:
        status = matching_status(opened, progress)
    if output is not None:
        write_lists(status, output)
    if as_json:
        typer.echo(json.dumps(_as_json(status), indent=2, default=str, ensure_ascii=False))
    elif not quiet:
        show_matching(status, console(), output)


def show_matching(status: MatchingStatus, out: Console, output: Path | None) -> None:
    """The sums, the first of each list, and the bound with what it rests on."""
    sums = Table(title=f"Paper's rule beside guarded ({status.n_images} images)", title_justify="left")
    sums.add_column("outcome")
    sums.add_column("images", justify="right")
    for difference, count in status.differences.items():
        sums.add_row(difference, str(count))
    out.print(sums)
    rows = [(image.path, _outcome(image.paper), _outcome(image.guarded)) for image in status.compared]
    _list("Images that differ", ("image", "paper", "guarded"), rows, out)
    pairs = [
        (
            _foan(c.foan, c.n_images, has_report=c.has_report),
            str(c.n_one_witness),
            _foan(c.neighbour, c.neighbour_n_images, has_report=c.neighbour_has_report),
        )
        for c in status.collisions
    ]
    _list("Collisions: FOANs one edit or swap apart", ("FOAN", "its links by one witness", "neighbour"), pairs, out)
    out.print(
        f"{status.n_colliding} of {status.n_foans} FOANs have a neighbour with a report, to which a slip would lead"
    )
    out.print(
        f"{status.n_at_risk} links rest on one witness and lead to a FOAN with a neighbour: if such a name is a slip, "
        "nothing in it shows that; `matching.min_witnesses: 2` in the profile sends them to review"
    )
    if status.n_doubts:
        out.print(
            f"{status.n_doubts} links stand although the frame was taken at an unusual time for its report "
            "(taken_at_an_odd_time in the review sheet)"
        )
    show_bound(status.bound, out)
    if output is None:
        out.print("The full lists: --output FOLDER, or --json")
    else:
        out.print(f"The full lists: {escape(printable(str(output)))}")


def show_bound(bound: WrongLinkBound, out: Console) -> None:
    """The bound, its method, and what it does not cover."""
    out.print("[bold]Wrong links, upper bound (95 %)[/bold]")
    if bound.max_share is None:
        out.print("There are no links to bound.")
        return
    out.print(
        f"at most {bound.max_wrong} of {bound.n_links - bound.n_by_folder} links ({bound.max_share:.2%}): "
        f"{bound.n_confirmed} have two witnesses, {bound.n_one_witness} have one; {bound.n_by_folder} more, by a "
        "folder's name alone, are not covered"
    )
    out.print(
        f"at most {bound.max_wrong_by_image} if names were typed one by one, at most {bound.max_wrong_by_series} if "
        "series were named at once"
    )
    out.print(
        f"{bound.n_alone} links ({bound.n_alone / bound.n_links:.2%}) have nothing beside their one witness, neither a "
        "linked image of the folder nor a frame near in time: no rule on names can see a slip there. At most "
        f"{bound.max_wrong_alone} of them are wrong, by the same test"
    )
    out.print(
        f"{bound.n_out_of_series} images are in review because what stands beside them speaks for a FOAN one slip away "
        "(out_of_series): they are no links, right or wrong"
    )
    out.print(f"{bound.n_tested} images were tested, {bound.n_failed} failed. {METHOD}")
    for path in bound.failed[:_SHOWN]:
        out.print(f"  failed: {escape(printable(path))}")
    if not bound.n_tested:
        out.print("No image has a second witness, so nothing is known: have some links looked at (`fracto review`).")
    out.print("Not covered:")
    for what in NOT_COVERED:
        out.print(f"  - {what}")


def _outcome(decision: Decision) -> str:
    if decision.status is MatchStatus.MATCHED:
        return f"{decision.foan} ({decision.rule})"
    return f"{decision.status}: {decision.guard or decision.reason}"


def _foan(foan: str, n_images: int, *, has_report: bool) -> str:
    return f"{foan} ({n_images} images, {'a report' if has_report else 'no report'})"


def _list(title: str, headers: Sequence[str], rows: Sequence[Iterable[str]], out: Console) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left")
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows[:_SHOWN]:
        table.add_row(*(escape(printable(cell)) for cell in row))
    out.print(table)
    if len(rows) > _SHOWN:
        out.print(f"... and {len(rows) - _SHOWN} more")


def _as_json(status: MatchingStatus) -> dict[str, object]:
    bound = dataclasses.asdict(status.bound)
    del bound["one_witness_of"]  # each collision tells its own
    return {
        "n_images": status.n_images,
        "differences": status.differences,
        "compared": [difference_row(image) for image in status.compared],
        "n_foans": status.n_foans,
        "n_colliding": status.n_colliding,
        "n_at_risk": status.n_at_risk,
        "n_doubts": status.n_doubts,
        "collisions": [dataclasses.asdict(collision) for collision in status.collisions],
        "bound": {**bound, "method": METHOD, "not_covered": NOT_COVERED},
    }
