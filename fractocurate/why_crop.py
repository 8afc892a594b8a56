"""The places of a report that state an instance, as one picture: what `fracto why --crop` writes."""

from collections import defaultdict
from pathlib import Path

from PIL import Image

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from data_contracts.records import Box
from fractocurate.reports.page_crops import page_crop


def crop_of_image(catalog: Catalog, path: str, reports_root: Path | None) -> Image.Image:
    """What states the label of an image file.

    Args:
        catalog: open.
        path: of the image, as the catalog has it.
        reports_root: folder of the reports, if it has moved since the ingest.

    Raises:
        BadInputError: the image has no label from a report, or the report is gone.
    """
    linked = catalog.query("SELECT instance_id FROM dataset WHERE path = ? AND instance_id IS NOT NULL", [path])
    if linked.is_empty():
        raise BadInputError(f"{path}: is linked to no fracture instance, so no page of a report can be shown")
    return _crop(catalog, linked.item(), reports_root)


def crop_of_report(catalog: Catalog, path: str, reports_root: Path | None) -> Image.Image:
    """What states the instances of a report file.

    Raises:
        BadInputError: nothing was read from it, or it is gone.
    """
    found = catalog.query("SELECT report_id FROM reports JOIN files f USING (sha256) WHERE f.path = ?", [path])
    if found.is_empty():
        raise BadInputError(f"{path}: nothing was read from this report; `fracto why` says why")
    return _crop(catalog, found.item(), reports_root)


def save_picture(picture: Image.Image, target: Path) -> None:
    """Write a PNG.

    Raises:
        BadInputError: the file cannot be written.
    """
    try:
        picture.save(target, format="PNG")
    except OSError as error:
        raise BadInputError(f"{target}: cannot write the picture: {error.strerror or error}") from error


def _crop(catalog: Catalog, identifier: str, reports_root: Path | None) -> Image.Image:
    rows = catalog.query(
        "SELECT r.path, p.page, p.rotation_deg, p.skew_deg, v.box_left, v.box_top, v.box_right, v.box_bottom "
        "FROM fracture_instances i JOIN reports r USING (report_id) "
        "JOIN readings v ON v.subject = 'instance' AND v.subject_id = i.instance_id AND v.box_left IS NOT NULL "
        "JOIN report_pages p ON p.report_id = i.report_id AND p.page = v.page "
        "WHERE ? IN (i.instance_id, i.report_id) ORDER BY ALL",
        [identifier],
    )
    if rows.is_empty():
        raise BadInputError("the label comes from no report page (a table of labels has none)")
    root = reports_root or Path(catalog.meta("reports_root") or "")
    boxes: dict[tuple[str, int, int, float], list[Box]] = defaultdict(list)
    for path, page, rotation_deg, skew_deg, *edges in rows.iter_rows():
        boxes[path, page, rotation_deg, skew_deg].append(Box(*edges))
    return _stacked(
        [
            page_crop(root / path, page, of_page, rotation_deg=rotation_deg, skew_deg=skew_deg)
            for (path, page, rotation_deg, skew_deg), of_page in boxes.items()
        ]
    )


def _stacked(pictures: list[Image.Image]) -> Image.Image:
    """One below the other, on white, with a grey line between."""
    width = max(p.width for p in pictures)
    whole = Image.new("RGB", (width, sum(p.height for p in pictures) + len(pictures) - 1), "grey")
    top = 0
    for picture in pictures:
        whole.paste("white", (0, top, width, top + picture.height))
        whole.paste(picture, (0, top))
        top += picture.height + 1
    return whole
