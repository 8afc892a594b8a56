"""`fracto ingest`: archive -> files, reports, instances, micrographs, matches."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.catalog import Catalog
from data_contracts.ledger import RETRIED_REASONS, Work
from data_contracts.records import Failure, MicrographReading, ReportReading
from data_contracts.vocabulary import FailureReason, MatchStatus, Stage
from fractocurate.label_table import read_label_table
from fractocurate.micrographs.read import MICROGRAPHS_VERSION, read_micrograph
from fractocurate.micrographs.settings import micrograph_settings
from fractocurate.profile import Profile
from fractocurate.progress import Progress
from fractocurate.reports.confidence import REVIEWED_BELOW, SURE
from fractocurate.reports.read import REPORTS_VERSION, read_report
from fractocurate.review_sheet import read_review_sheet
from fractocurate.stages.archive import Archive, forget_micrographs, forget_reports, survey
from fractocurate.stages.figure_links import link_pictures
from fractocurate.stages.labels import record_labels
from fractocurate.stages.matching import match_images
from fractocurate.stages.reading import StageResult, Store, failures_of, read_pending
from fractocurate.stages.review import DecisionSummary, record_sheet
from fractocurate.stages.revisions import mark_revisions
from fractocurate.stages.rows import (
    Row,
    failure_row,
    figure_rows,
    instance_reading_rows,
    instance_rows,
    mask_rows,
    micrograph_row,
    page_row,
    reading_rows,
    report_row,
    short_id,
)
from fractocurate.stages.run_log import logged_run
from fractocurate.workers import Task, WorkerPool


@dataclass(frozen=True)
class ValueCount:
    """Values of one column by how sure they are."""

    n_sure: int
    """Confidence of 0.95 or more: at most one in two hundred is wrong."""
    n_less_sure: int
    n_doubtful: int
    """Below what may label anything; where they identify or label, their instance is in review."""
    n_not_understood: int


@dataclass(frozen=True)
class IngestSummary:
    """The closing figures of an ingest."""

    reports: StageResult
    micrographs: StageResult
    n_report_files: int
    n_image_files: int
    n_instances: int
    n_other_files: int
    statuses: dict[str, int]
    """Image files by status: matched, review, unmatched, failed."""
    reasons: dict[str, dict[str, int]]
    """Image files in review or unmatched: status -> reason -> number."""
    failures: tuple[Failure, ...]
    values: dict[str, ValueCount]
    """What the reports in force state of their instances, by column."""
    n_instances_in_review: int
    decisions: DecisionSummary | None = None
    """What came of the review sheet, if one was given."""


def ingest(
    catalog: Catalog,
    reports_root: Path | None,
    images_root: Path,
    profile: Profile,
    jobs: int,
    progress: Progress,
    labels: Path | None = None,
    sheet: Path | None = None,
) -> IngestSummary:
    """Bring the catalog up to date with the archive.

    Args:
        catalog: open for writing.
        reports_root: folder of PDF reports; None if ``labels`` is given.
        images_root: folder of micrographs.
        profile: the site's settings.
        jobs: worker processes.
        progress: told where the work is.
        labels: table of labels instead of reports.
        sheet: decisions of people, recorded once everything is read.

    Raises:
        FractoError: the run cannot go on; what was recorded so far is kept.
    """
    settings = {
        "reports": reports_root,
        "images": images_root,
        "labels": labels,
        "decisions": sheet,
        "jobs": jobs,
        "profile": profile.model_dump(mode="json"),
    }
    with logged_run(catalog, "ingest", settings) as figures, WorkerPool(jobs) as pool:
        if labels is not None:
            read_label_table(labels, profile)  # a table that cannot be used should say so before hours of reading
        if sheet is not None:
            read_review_sheet(sheet)  # as above
        archive = survey(catalog, reports_root, images_root, profile.ignore)
        if reports_root is not None and not archive.reports:
            progress.say(f"{reports_root}: no PDF that can be read in this folder, so every image stays unmatched")
        reports, report_failures = _read_reports(catalog, archive, profile, pool, progress)
        micrographs, image_failures = _read_micrographs(catalog, archive, profile, pool, progress)
        failures = [*archive.failures, *report_failures, *image_failures]
        if labels is None:
            mark_revisions(catalog)
            link_pictures(catalog, progress)
            match_images(catalog, profile, progress)
        else:
            failures += record_labels(catalog, labels, profile, progress)
        failures.sort(key=lambda f: (f.stage, f.item))
        with catalog.transaction():
            for stage in (Stage.REPORTS, Stage.MICROGRAPHS, Stage.LABELS):
                catalog.replace("failures", [failure_row(f) for f in failures if f.stage == stage], stage=str(stage))
        decisions = None if sheet is None else record_sheet(catalog, sheet, progress)
        summary = _summary(catalog, archive, reports, micrographs, failures, decisions)
        figures.update(summary.statuses, n_failures=len(failures), n_instances=summary.n_instances)
    return summary


def _read_reports(
    catalog: Catalog,
    archive: Archive,
    profile: Profile,
    pool: WorkerPool,
    progress: Progress,
) -> tuple[StageResult, list[Failure]]:
    if archive.reports_root is None:
        return StageResult(), []
    work = Work(
        Stage.REPORTS,
        REPORTS_VERSION,
        profile.fingerprint("foan", "serial_number", "vocabulary", "ocr"),
    )
    tasks = [
        Task(sha256, paths[0], Stage.REPORTS, read_report, (archive.reports_root / paths[0], paths[0], profile))
        for sha256, paths in archive.reports.items()
    ]

    def rows(sha256: str, report: ReportReading) -> dict[str, Sequence[Row]]:
        report_id = short_id(sha256)
        return {
            "reports": [report_row(report, sha256, archive.reports[sha256][0])],
            "report_pages": [page_row(page, report_id) for page in report.pages],
            "report_figures": figure_rows(report.figures, report_id),
            "fracture_instances": instance_rows(report.instances, report_id),
            "readings": [
                *reading_rows("report", report_id, report.readings),
                *instance_reading_rows(report.instances, report_id),
            ],
        }

    tables = ("reports", "report_pages", "report_figures", "fracture_instances", "readings")
    store = Store(tables, rows, forget_reports, _has_all_its_pages)
    result = read_pending(catalog, work, tasks, store, pool, progress)
    failures = failures_of(catalog, work, archive.reports, result)
    return result, failures + _unread_pages(catalog)


def _has_all_its_pages(report: ReportReading) -> bool:
    """Whether no page failed for a reason that may be gone at the next run."""
    return not any(page.problem.partition(":")[0] in RETRIED_REASONS for page in report.pages)


def _unread_pages(catalog: Catalog) -> list[Failure]:
    """Pages that could not be read of reports that otherwise could: what stood on them is missing."""
    rows = catalog.query(
        "SELECT r.path, p.page, p.problem FROM report_pages p JOIN reports r USING (report_id) "
        "WHERE p.problem <> '' ORDER BY ALL",
    )
    failures = []
    for path, page, problem in rows.iter_rows():
        reason, _, detail = problem.partition(": ")
        failures.append(Failure(f"{path} (page {page})", Stage.REPORTS, FailureReason(reason), detail))
    return failures


def _read_micrographs(
    catalog: Catalog,
    archive: Archive,
    profile: Profile,
    pool: WorkerPool,
    progress: Progress,
) -> tuple[StageResult, list[Failure]]:
    settings = micrograph_settings(profile)
    fingerprint = profile.fingerprint("ocr", "max_megapixels", "nominal_magnifications")
    work = Work(Stage.MICROGRAPHS, MICROGRAPHS_VERSION, fingerprint)
    sha_of = {archive.image_input(sha256): sha256 for sha256 in archive.images}
    tasks = []
    for key, sha256 in sha_of.items():
        path = archive.images[sha256][0]
        sidecars = tuple(archive.images_root / f.path for f in archive.sidecars[sha256])
        arguments = (archive.images_root / path, path, sidecars, settings)
        tasks.append(Task(key, path, Stage.MICROGRAPHS, read_micrograph, arguments))

    def rows(key: str, micrograph: MicrographReading) -> dict[str, Sequence[Row]]:
        sha256 = sha_of[key]
        return {
            "micrographs": [micrograph_row(micrograph, sha256)],
            "overlay_masks": mask_rows(micrograph, sha256),
            "readings": reading_rows("micrograph", short_id(sha256), micrograph.readings),
        }

    def forget(catalog: Catalog, keys: Sequence[str]) -> None:
        forget_micrographs(catalog, [sha_of[key] for key in keys])

    result = read_pending(
        catalog, work, tasks, Store(("micrographs", "overlay_masks", "readings"), rows, forget), pool, progress
    )
    paths_by_input = {key: archive.images[sha256] for key, sha256 in sha_of.items()}
    return result, failures_of(catalog, work, paths_by_input, result)


def _summary(
    catalog: Catalog,
    archive: Archive,
    reports: StageResult,
    micrographs: StageResult,
    failures: Sequence[Failure],
    decisions: DecisionSummary | None,
) -> IngestSummary:
    dataset = catalog.query("SELECT status, reason FROM dataset")
    return IngestSummary(
        reports,
        micrographs,
        sum(map(len, archive.reports.values())),
        len(dataset),
        catalog.query("SELECT 1 FROM fracture_instances").height,
        archive.n_other,
        dict(sorted(Counter(dataset["status"]).items())),
        {
            status: dict(sorted(Counter(r for s, r in dataset.iter_rows() if s == status).items()))
            for status in (MatchStatus.REVIEW, MatchStatus.UNMATCHED)
        },
        tuple(failures),
        _values(catalog),
        catalog.query("SELECT 1 FROM fracture_instances WHERE in_review AND superseded_by IS NULL").height,
        decisions,
    )


def _values(catalog: Catalog) -> dict[str, ValueCount]:
    rows = catalog.query(
        "SELECT v.field, count_if(v.value IS NOT NULL AND v.confidence >= $sure), "
        "count_if(v.value IS NOT NULL AND v.confidence < $sure AND v.confidence >= $doubtful), "
        "count_if(v.value IS NOT NULL AND v.confidence < $doubtful), count_if(v.value IS NULL) "
        "FROM readings v JOIN fracture_instances i ON i.instance_id = v.subject_id "
        "WHERE v.subject = 'instance' AND i.superseded_by IS NULL GROUP BY v.field ORDER BY v.field",
        {"sure": SURE, "doubtful": REVIEWED_BELOW},
    )
    return {name: ValueCount(*counts) for name, *counts in rows.iter_rows()}
