"""`fracto report`: the terminal's side of the page about a run."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from data_contracts.errors import UsageError
from fractotrain.cli.options import DEFAULT_CATALOG, AsJson, CatalogPath, Quiet, training_packages

_DEFAULT_OUTPUT = Path("report.html")

Run = Annotated[str | None, typer.Option("--run", help="Training run, or the start of its id; the latest without.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The page; its data goes to NAME.files/ beside it.")]
Margin = Annotated[
    float, typer.Option("--margin", min=0.001, max=1.0, help="Difference in macro-F1 that does not matter.")
]
LowStep = Annotated[float | None, typer.Option("--low", help="Magnification that is to suffice.")]
HighStep = Annotated[float | None, typer.Option("--high", help="Magnification that it is compared with.")]
Alpha = Annotated[float, typer.Option("--alpha", min=0.001, max=0.5, help="Error rate that conformal sets guarantee.")]
Pixels = Annotated[
    bool, typer.Option("--pixels", help="Probe the pixels of data bar and border of all images, not of 1,000.")
]
Pdf = Annotated[bool, typer.Option("--pdf", help="Print the page to NAME.pdf as well; needs Chromium.")]


def report(
    run: Run = None,
    output: Output = _DEFAULT_OUTPUT,
    catalog: CatalogPath = DEFAULT_CATALOG,
    margin: Margin = 0.05,
    low: LowStep = None,
    high: HighStep = None,
    alpha: Alpha = 0.10,
    pixels: Pixels = False,
    pdf: Pdf = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write one self-contained HTML page about a training run: what can be believed, what not.

    Data and leakage, cross-validation with intervals, magnification, trust in the
    confidence, suspicious labels, shortcuts, heat-maps, settings, and what the words
    mean. Every table and figure lies beside the page as CSV, figures as SVG too.

    Margin and magnifications are to be declared before the figures are seen. Without
    --low and --high, the two farthest apart that share enough FOANs are compared.

    Examples:
    fracto report --output report.html --pdf
    fracto report --run train-2026 --low 50 --high 10000 --margin 0.03
    """
    with training_packages():
        from fractotrain.report.pdf import write_pdf  # noqa: PLC0415 - as below
        from fractotrain.report.study import ReportSettings  # noqa: PLC0415 - the app must start without matplotlib
        from fractotrain.report.write import write_report  # noqa: PLC0415 - as above
    if output.suffix.lower() not in {".html", ".htm"}:
        raise UsageError(f"--output {output}: the page is HTML; name a file that ends in .html")
    settings = ReportSettings(margin=margin, low_step=low, high_step=high, alpha=alpha)
    if pixels:
        settings = dataclasses.replace(settings, most_pixel_frames=None)
    written = write_report(catalog, run, output, settings)
    printed = write_pdf(written.page) if pdf else None
    if as_json:
        sys.stdout.write(json.dumps(dataclasses.asdict(written), default=str, indent=1) + "\n")
    elif not quiet:
        pages = " and ".join(str(page) for page in (written.page, printed) if page is not None)
        lines = [f"{verdict.level.value.replace('_', ' ')}: {verdict.sentence}" for verdict in written.verdicts]
        for line in (*lines, f"Report: {pages}, its data: {written.folder}"):
            Console().print(line, markup=False, highlight=False, soft_wrap=True)
