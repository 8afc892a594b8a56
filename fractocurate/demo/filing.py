"""Reports of an archive: which parts share a report, in which language, layout and condition each is filed."""

from dataclasses import dataclass, replace

import numpy as np

from fractocurate.demo.odd_files import broken_reports
from fractocurate.demo.plan import Instance
from fractocurate.demo.report_pdfs import FigureContent, ReportContent, printed_load, report_pdf, scanned
from fractocurate.demo.truth import ReportTruth
from fractocurate.demo.wording import CAUSES, SUB_TYPE_WORDS

AUTHORS = ("K. Brandl", "A. Sørensen", "M. Öztürk", "P. Lindqvist")
# FOANs per report, repeated: most reports treat one component, some a batch.
BATCHES = (1, 1, 1, 3, 1, 1, 2)
STYLES = (("en", "ruled"), ("de", "ruled"), ("en", "key_value"), ("de", "key_value"))
DUPLICATED, REVISED, SCANNED = 0, 1, 3
LOST_PASSWORD = "kiln"  # noqa: S105 - it protects nothing: the file shows what a locked report looks like


@dataclass(frozen=True, slots=True)
class FiledReport:
    """One file below ``reports/`` and its truth."""

    file: str
    content: bytes
    rows: tuple[ReportTruth, ...]


def file_reports(
    rng: np.random.Generator,
    instances: list[Instance],
    figures: dict[str, list[FigureContent]],
    *,
    clean: bool,
) -> list[FiledReport]:
    """All reports of an archive. ``figures`` holds candidates by serial number; ``clean`` leaves out broken files."""
    filed: list[FiledReport] = []
    spare = b""
    for number, group in enumerate(_groups([i for i in instances if i.has_report])):
        language, layout = STYLES[number % len(STYLES)]
        year = max(i.year for i in group)
        shown = tuple(f for i in group[:2] for f in figures.get(i.serial_number, [])[:2]) if number % 2 == 0 else ()
        report = ReportContent(
            number=f"LR{year % 100}.{number + 11:03d}",
            iso_date=f"{year}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}",
            author=str(rng.choice(AUTHORS)),
            language=language,
            layout="ruled" if len(group) > 2 else layout,
            instances=tuple(group),
            figures=shown,
        )
        name = report.number if len({i.foan for i in group}) > 1 else f"{report.number} {group[0].foan}"
        file = f"reports/{year}/{name}.pdf"
        if number == REVISED:
            filed += _revised(report, file, year)
            continue
        pdf = report_pdf(report)
        is_scan = number == SCANNED
        if is_scan:
            pdf = scanned(pdf, int(rng.integers(1, 2**31)))
        filed.append(FiledReport(file, pdf, _rows(report, file, status="ok", is_scan=is_scan)))
        if number == DUPLICATED:
            spare = pdf
            copy = f"reports/_from old server/{name} copy.pdf"
            filed.append(FiledReport(copy, pdf, _rows(report, copy, status="copy")))
    if not clean:
        filed += _broken(instances, spare)
    return sorted(filed, key=lambda report: report.file)


def _groups(instances: list[Instance]) -> list[list[Instance]]:
    """Instances by report; all instances of one FOAN stay together."""
    by_foan: dict[str, list[Instance]] = {}
    for instance in instances:
        by_foan.setdefault(instance.foan, []).append(instance)
    waiting, groups = list(by_foan.values()), list[list[Instance]]()
    while waiting:
        size = BATCHES[len(groups) % len(BATCHES)]
        groups.append([instance for foan in waiting[:size] for instance in foan])
        waiting = waiting[size:]
    return groups


def _revised(report: ReportContent, file: str, year: int) -> list[FiledReport]:
    """A first issue with a wrong cause, and the revision that puts it right."""
    first = report.instances[0]
    wrong_class, wrong_sub_type = (
        ("material", "inclusion") if first.defect_class != "material" else ("green_body", "agglomerate")
    )
    mistaken = replace(first, defect_class=wrong_class, sub_type=wrong_sub_type)
    original = replace(report, instances=(mistaken, *report.instances[1:]))
    revision = replace(
        report, number=f"{report.number}a", iso_date=f"{year + 1}-02-17", supersedes=report.number, figures=()
    )
    revised_file = f"reports/{year + 1}/{revision.number} {first.foan} rev1.pdf"
    return [
        FiledReport(file, report_pdf(original), _rows(original, file, status="superseded")),
        FiledReport(revised_file, report_pdf(revision), _rows(revision, revised_file, status="ok")),
    ]


def _broken(instances: list[Instance], spare: bytes) -> list[FiledReport]:
    """Files that cannot be read; the encrypted one is the only report of its FOAN."""
    unreported = next(i for i in instances if not i.has_report)
    locked = ReportContent("LR20.900", f"{unreported.year}-06-30", AUTHORS[0], "en", "ruled", (unreported,))
    encrypted = report_pdf(locked, password=LOST_PASSWORD)
    items = broken_reports(spare)
    items.append(("broken:encrypted", f"{locked.number} {unreported.foan} confidential.pdf", encrypted))
    return [
        FiledReport(file := f"reports/_from old server/{name}", content, (_empty_row(file, status),))
        for status, name, content in items
    ]


def _empty_row(file: str, status: str) -> ReportTruth:
    return ReportTruth(
        file,
        status,
        language="",
        layout="",
        scanned=False,
        report_number="",
        report_date="",
        supersedes="",
        page="",
        foan="",
        serial_number="",
        instance_tag="",
        component_id="",
        fracture_load_kn="",
        fracture_load_raw="",
        defect_class="",
        defect_class_raw="",
        sub_type="",
        sub_type_raw="",
    )


def _rows(report: ReportContent, file: str, *, status: str, is_scan: bool = False) -> tuple[ReportTruth, ...]:
    return tuple(
        ReportTruth(
            file=file,
            status=status,
            language=report.language,
            layout=report.layout,
            scanned=is_scan,
            report_number=report.number,
            report_date=report.iso_date,
            supersedes=report.supersedes,
            page=1,
            foan=instance.foan,
            serial_number=instance.serial_number,
            instance_tag=instance.tag,
            component_id=instance.component_id,
            fracture_load_kn=instance.fracture_load_kn,
            fracture_load_raw=printed_load(instance.fracture_load_kn, report.language),
            defect_class=instance.defect_class,
            defect_class_raw=CAUSES[report.language][instance.defect_class],
            sub_type=instance.sub_type,
            sub_type_raw=SUB_TYPE_WORDS[report.language][instance.sub_type],
        )
        for instance in report.instances
    )
