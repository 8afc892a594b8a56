"""From the catalog to the page and the files beside it."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_contracts.catalog import Catalog
from data_contracts.errors import UsageError
from fractotrain.report.blocks import Figure, Section, Table, Verdict
from fractotrain.report.page import render_page
from fractotrain.report.read import RunRecord, read_run
from fractotrain.report.sections.attributions import attributions
from fractotrain.report.sections.crossval import cross_validation
from fractotrain.report.sections.data_card import data_card
from fractotrain.report.sections.labels import labels
from fractotrain.report.sections.leakage import leakage
from fractotrain.report.sections.magnification import magnification
from fractotrain.report.sections.provenance import provenance
from fractotrain.report.sections.shortcuts import shortcuts
from fractotrain.report.sections.trust import trust
from fractotrain.report.study import ReportSettings, Study

SECTIONS: tuple[Callable[[Study], Section], ...] = (
    leakage, cross_validation, magnification, trust, labels, shortcuts, attributions, data_card, provenance
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What was written."""

    run_id: str
    page: Path
    folder: Path
    """CSV of every table and figure, SVG of every figure."""
    verdicts: tuple[Verdict, ...]


def write_report(catalog_path: Path, run_id: str | None, output: Path, settings: ReportSettings) -> Report:
    """Read the run, compute, and write ``output`` and ``<output without ending>.files/``.

    The catalog is open only while it is read.

    Raises:
        UsageError: no such run, or the page cannot be written.
    """
    with Catalog.open_read_only(catalog_path) as catalog:
        record = read_run(catalog, run_id)
    study = Study(record, settings)
    sections = [section(study) for section in SECTIONS]
    html = render_page("Training report", _subtitle(record), sections)
    folder = output.with_suffix(".files")
    try:
        _write_files(folder, sections)
        output.write_text(html, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(
            f"{output}: the report cannot be written: {error.strerror or error}; name another --output"
        ) from error
    return Report(record.run_id, output, folder, tuple(v for section in sections for v in section.verdicts))


def _subtitle(record: RunRecord) -> str:
    marks = []
    if record.strategy == "image":
        marks.append("optimistic: image folds")
    if record.selection == "best_val":
        marks.append("optimistic: best epoch")
    name = f"Run {record.run_id}, recipe {record.settings['recipe']}, {record.settings['model']['name']}"
    return ", ".join([name, record.split_words, f"{len(record.answers):,} frames", *marks])


def _write_files(folder: Path, sections: list[Section]) -> None:
    """All files, or none: an older report's folder is replaced when the new one is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as draft:
        files = Path(draft) / folder.name
        files.mkdir()
        for section in sections:
            for block in section.blocks:
                if isinstance(block, Table | Figure):
                    block.data.write_csv(files / f"{block.name}.csv")
                if isinstance(block, Figure):
                    (files / f"{block.name}.svg").write_text(block.svg, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        files.rename(folder)
