"""What the archive holds now, against what the catalog knows of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.ledger import input_hash, stale
from data_contracts.records import Failure
from data_contracts.vocabulary import Stage
from fractocurate.discovery import (
    IMAGE_SUFFIXES,
    REPORT_SUFFIXES,
    SIDECAR_SUFFIXES,
    Discovery,
    FoundFile,
    discover,
    sidecars_of,
)
from fractocurate.stages.figure_links import forget_links
from fractocurate.stages.rows import file_row, short_id


@dataclass(frozen=True)
class Archive:
    """The files of an archive, grouped by their bytes."""

    reports_root: Path | None
    """None where labels come from a table."""
    images_root: Path
    reports: dict[str, list[str]]
    """sha256 of a report -> its paths, sorted."""
    images: dict[str, list[str]]
    """sha256 of an image -> its paths, sorted."""
    sidecars: dict[str, tuple[FoundFile, ...]]
    """sha256 of an image -> its sidecars, those of all its copies, sorted, equal ones once."""
    failures: tuple[Failure, ...]
    n_other: int

    def image_input(self, sha256: str) -> str:
        """Ledger key of a micrograph: its bytes and those of its sidecars."""
        return input_hash([sha256, *(str(f.sha256) for f in self.sidecars[sha256])])


def survey(catalog: Catalog, reports_root: Path | None, images_root: Path, ignore: Sequence[str]) -> Archive:
    """Walk the archive, record its files, and forget what rests on bytes that are gone.

    Raises:
        BadInputError: a root cannot be read, or holds nothing where there should be something.
        UsageError: the catalog belongs to another archive, or was made through the other door.
    """
    _check_door(catalog, labels=reports_root is None)
    known = _known_files(catalog)
    images = discover(
        images_root,
        {"image": IMAGE_SUFFIXES, "sidecar": SIDECAR_SUFFIXES},
        Stage.MICROGRAPHS,
        {f.path: f for f in known if f.kind != "report"},
        ignore,
    )
    reports = Discovery((), (), 0)
    if reports_root is not None:
        reports = discover(
            reports_root,
            {"report": REPORT_SUFFIXES},
            Stage.REPORTS,
            {f.path: f for f in known if f.kind == "report"},
            ignore,
        )
    _check_not_empty(known, images, images_root, reports, reports_root)
    _check_same_archive(catalog, known, images, images_root)
    owned = sidecars_of(images.of_kind("image"), images.of_kind("sidecar"))
    used = {sidecar.path for sidecars in owned.values() for sidecar in sidecars}
    files = [f for f in (*images.files, *reports.files) if f.kind != "sidecar" or f.path in used]
    archive = Archive(
        reports_root,
        images_root,
        _by_bytes(reports.of_kind("report")),
        _by_bytes(images.of_kind("image")),
        _sidecars_by_bytes(images.of_kind("image"), owned),
        (*images.failures, *reports.failures),
        images.n_other + reports.n_other,
    )
    with catalog.transaction():
        if set(files) != set(known):
            catalog.replace("files", [file_row(f) for f in files])
        _forget_vanished(catalog, archive)
        catalog.set_meta("images_root", str(images_root.resolve()))
        catalog.set_meta("door", "reports" if reports_root else "labels")
        if reports_root:
            catalog.set_meta("reports_root", str(reports_root.resolve()))
    return archive


def forget_reports(catalog: Catalog, sha256s: Sequence[str]) -> None:
    """Delete all that was read from these reports."""
    ids = [short_id(s) for s in sha256s]
    parts = catalog.query("SELECT instance_id FROM fracture_instances WHERE list_contains(?, report_id)", [ids])
    catalog.delete("readings", "subject_id", list(parts["instance_id"]), subject="instance")
    figures = catalog.query("SELECT figure_id FROM report_figures WHERE list_contains(?, report_id)", [ids])
    forget_links(catalog, "figure_id", list(figures["figure_id"]))
    for table in ("reports", "report_pages", "report_figures", "fracture_instances"):
        catalog.delete(table, "report_id", ids)
    catalog.delete("readings", "subject_id", ids, subject="report")


def forget_micrographs(catalog: Catalog, sha256s: Sequence[str]) -> None:
    """Delete all that was read from these images."""
    ids = [short_id(s) for s in sha256s]
    forget_links(catalog, "micrograph_id", ids)
    catalog.delete("micrographs", "micrograph_id", ids)
    catalog.delete("overlay_masks", "micrograph_id", ids)
    catalog.delete("readings", "subject_id", ids, subject="micrograph")
    catalog.delete("fingerprints", "micrograph_id", ids)
    catalog.delete("frame_features", "micrograph_id", ids)
    catalog.delete("similar_pairs", "micrograph_a", ids)
    catalog.delete("similar_pairs", "micrograph_b", ids)


def _known_files(catalog: Catalog) -> list[FoundFile]:
    return [
        FoundFile(row["kind"], row["path"], row["size_bytes"], row["modified_ns"], row["sha256"])
        for row in catalog.read("files").iter_rows(named=True)
    ]


def _check_door(catalog: Catalog, *, labels: bool) -> None:
    door = catalog.meta("door")
    if door is not None and (door == "labels") != labels:
        came = "a table of labels" if door == "labels" else "PDF reports"
        raise UsageError(f"{catalog.path}: its labels come from {came}; name another --catalog for the other source")


def _check_not_empty(
    known: Sequence[FoundFile],
    images: Discovery,
    images_root: Path,
    reports: Discovery,
    reports_root: Path | None,
) -> None:
    """The empty folder of a disk that is not mounted must not make the catalog forget everything."""
    if not images.of_kind("image") and not images.failures:
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise BadInputError(f"{images_root}: no image in this folder ({suffixes}); check the path")
    n_known = sum(f.kind == "report" for f in known)
    if reports_root is not None and n_known and not reports.files and not reports.failures:
        raise BadInputError(
            f"{reports_root}: no PDF in this folder, but the catalog knows {n_known} of them; check the path, "
            "or name another --catalog to go without reports",
        )


def _check_same_archive(catalog: Catalog, known: Sequence[FoundFile], images: Discovery, images_root: Path) -> None:
    """A catalog follows its archive when it moves, but never takes in a second one in place of the first."""
    old_root = catalog.meta("images_root")
    old = {f.path for f in known if f.kind == "image"}
    if not old or not images.files or old_root == str(images_root.resolve()):
        return
    if old.isdisjoint(f.path for f in images.files):
        raise UsageError(
            f"{catalog.path}: holds the archive of {json.dumps(old_root)}, of which {images_root} has no file; "
            "name another --catalog for another archive",
        )


def _by_bytes(files: Sequence[FoundFile]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for file in sorted(files, key=lambda f: f.path):
        if file.sha256 is not None:
            paths.setdefault(file.sha256, []).append(file.path)
    return paths


def _sidecars_by_bytes(
    images: Sequence[FoundFile],
    owned: dict[str, list[FoundFile]],
) -> dict[str, tuple[FoundFile, ...]]:
    sidecars: dict[str, dict[str, FoundFile]] = {}
    for image in sorted(images, key=lambda f: f.path):
        if image.sha256 is None:
            continue
        for sidecar in owned[image.path]:
            if sidecar.sha256 is not None:
                sidecars.setdefault(image.sha256, {}).setdefault(sidecar.sha256, sidecar)
        sidecars.setdefault(image.sha256, {})
    return {sha256: tuple(sorted(found.values(), key=lambda f: f.path)) for sha256, found in sidecars.items()}


def _forget_vanished(catalog: Catalog, archive: Archive) -> None:
    gone_reports = set(catalog.read("reports")["sha256"]) - set(archive.reports)
    gone_images = set(catalog.read("micrographs")["sha256"]) - set(archive.images)
    forget_reports(catalog, sorted(gone_reports))
    forget_micrographs(catalog, sorted(gone_images))
    present = {
        Stage.REPORTS: list(archive.reports),
        Stage.MICROGRAPHS: [archive.image_input(sha256) for sha256 in archive.images],
    }
    for report_id, sha256, path in catalog.query("SELECT report_id, sha256, path FROM reports").iter_rows():
        first = archive.reports.get(sha256, [path])[0]
        if first != path:  # renamed, or a copy came or went
            catalog.update("reports", {"report_id": report_id}, {"path": first})
    for stage, inputs in stale(catalog.read("ledger"), present).items():
        catalog.delete("ledger", "input_sha256", inputs, stage=str(stage))
