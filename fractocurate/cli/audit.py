"""`fracto audit`."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, ExitCode
from data_contracts.vocabulary import SplitStrategy
from fractocurate.cli.common import existing, images_root, print_json
from fractocurate.cli.options import DEFAULT_CATALOG, CatalogOption, ImagesOption, JobsOption, JsonOption, QuietOption
from fractocurate.cli.progress import progress_for
from fractocurate.cli.show import console
from fractocurate.leakage.settings import AuditSettings
from fractocurate.workers import default_jobs


def audit(
    catalog: CatalogOption = DEFAULT_CATALOG,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = AuditSettings.n_folds,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the folds.")] = AuditSettings.seed,
    max_hamming: Annotated[
        int, typer.Option(min=0, max=64, help="pHash distance of candidates, bits of 64.")
    ] = AuditSettings.max_hamming,
    k: Annotated[int, typer.Option(min=1, help="Nearest candidates per image in the paper's audit.")] = AuditSettings.k,
    self_test: Annotated[
        int, typer.Option(min=0, help="Images to plant copies of, to see what the audit would miss; 0: none.")
    ] = AuditSettings.self_test_images,
    max_leakage: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Exit with 7 if a larger share of validation images leaks.", show_default=False
        ),
    ] = None,
    at: Annotated[float, typer.Option(min=0.5, max=1, help="SSIM from which --max-leakage counts a pair.")] = 0.80,
    gate: Annotated[SplitStrategy, typer.Option(help="Strategy that --max-leakage is about.")] = SplitStrategy.CLUSTER,
    html: Annotated[
        Path | None, typer.Option(help="The page. [default: CATALOG.audit.html]", show_default=False)
    ] = None,
    images: ImagesOption = None,
    jobs: JobsOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make folds by strategy and measure how much leaks from training to validation.

    Strategies: `image` (stratified over images, as in the paper), `foan` (a FOAN stays together) and `cluster` (FOANs
    joined by similar images stay together; what `fracto train` uses). Leakage is the share of validation images with at
    least one similar image in training. The paper's audit finds them by pHash and SSIM; the full one also finds turns,
    mirrors, crops, overlaps and zooms, and says by planted copies what it would miss.
    """
    from fractocurate.cli.show_audit import show_audit
    from fractocurate.stages.audit import audit as run_audit
    from fractocurate.stages.audit import check_gate

    target = html or catalog.with_suffix(".audit.html")
    settings = AuditSettings(folds, seed, max_hamming, k, self_test_images=self_test)
    with Catalog.open(existing(catalog)) as opened, progress_for(quiet=quiet) as progress:
        summary = run_audit(opened, settings, images_root(opened, images), jobs or default_jobs(), progress)
    try:
        target.write_text(summary.html, encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{target}: cannot write the page: {error.strerror}; name another --html") from error
    if as_json:
        shown = dataclasses.asdict(dataclasses.replace(summary, html="", plans=()))
        print_json({name: value for name, value in shown.items() if name not in {"html", "plans"}} | {"page": target})
    elif not quiet:
        show_audit(summary, console())
        typer.echo(f"Page with the pairs: {target}")
    if max_leakage is not None:
        check_gate(summary, max_leakage, at, gate)
    if summary.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)
