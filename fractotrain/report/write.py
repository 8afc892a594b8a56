"""From the catalog to the page and the files beside it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from data_contracts.catalog import Catalog
from data_contracts.errors import UsageError
from fractotrain.drafts import draft_of, put_folder, remove, remove_abandoned
from fractotrain.report.blocks import Figure, Level, Section, Verdict, counted
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
from fractotrain.report.sections.words_used import words_used
from fractotrain.report.study import ReportSettings, Study

SECTIONS: tuple[Callable[[Study], Section], ...] = (
    leakage, cross_validation, magnification, trust, labels, shortcuts, attributions, data_card, words_used, provenance
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
    try:  # before the work, not after it
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(output, error) from error
    with Catalog.open_read_only(catalog_path) as catalog:
        record = read_run(catalog, run_id)
    sections = compose(Study(record, settings))
    html = render_page("Training report", _subtitle(record), record.run_id, sections)
    folder = output.with_suffix(".files")
    try:
        _write(output, html, folder, sections)
    except OSError as error:
        raise _cannot_write(output, error) from error
    return Report(record.run_id, output, folder, tuple(v for section in sections for v in section.verdicts))


def _cannot_write(output: Path, error: OSError) -> UsageError:
    return UsageError(f"{output}: the report cannot be written: {error.strerror or error}; name another --output")


def compose(study: Study) -> list[Section]:
    """All sections of the page, in order."""
    return [_tempered(section, study) for section in SECTIONS]


def _tempered(make_section: Callable[[Study], Section], study: Study) -> Section:
    """What is read from optimistic, from blind or from few answers is at best to be taken with caution."""
    section = make_section(study)
    reserve = _reserve(study, is_of_answers=make_section is not leakage)
    if reserve is None:
        return section
    verdicts = tuple(
        Verdict(Level.CAUTION, f"{v.sentence} {reserve}") if v.level is Level.BELIEVE else v for v in section.verdicts
    )
    return replace(section, verdicts=verdicts)


def _reserve(study: Study, *, is_of_answers: bool) -> str | None:
    """Why nothing of this run can simply be believed; None if it can. Leakage is about the split, not the answers."""
    if study.record.is_optimistic:
        return "Optimistic, as the run is."
    if not is_of_answers:
        return None
    if not study.is_better_than_chance:
        return "It says little, as the model is not shown to be better than chance."
    few = study.class_with_few_foans
    return None if few is None else f"It rests on few FOANs ({few})."


def _subtitle(record: RunRecord) -> str:
    marks = []
    if record.strategy == "image":
        marks.append("optimistic: image folds")
    if record.selection == "best_val":
        marks.append("optimistic: best epoch")
    name = f"Run {record.run_id}, recipe {record.settings['recipe']}, {record.settings['model']['name']}"
    n_foans = len(set(record.answers.foans))
    basis = f"{counted(len(record.answers), 'frame')} of {counted(n_foans, 'FOAN')}"
    return ", ".join([name, record.split_words, basis, *marks])


def _write(output: Path, html: str, folder: Path, sections: list[Section]) -> None:
    """Page and files appear when they are whole; a run that is killed leaves what was there before."""
    for place in (output, folder):
        remove_abandoned(place)
    page, files = draft_of(output), draft_of(folder)
    try:
        page.write_text(html, encoding="utf-8", errors="backslashreplace")
        files.mkdir()
        for section in sections:
            for block in section.blocks:
                data = block.data if section.split is None else block.data.with_columns(split=pl.lit(section.split))
                data.write_csv(files / f"{block.name}.csv")
                if isinstance(block, Figure):
                    (files / f"{block.name}.svg").write_text(block.svg, encoding="utf-8", errors="backslashreplace")
        put_folder(files, folder)
        page.replace(output)
    finally:
        for draft in (page, files):
            remove(draft)
