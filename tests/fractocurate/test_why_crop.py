"""What `fracto why --crop` writes: the places of a report that state a label."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from fractocurate.why_crop import crop_of_image, crop_of_report, save_picture

Plot = Any


@pytest.fixture
def reports(sound: Plot) -> Path:
    """The sound catalog's report, on disk, with a black square at the place of its one reading."""
    folder: Path = sound.folder / "reports"
    folder.mkdir()
    canvas = Canvas(str(folder / "r.pdf"), pagesize=(595, 842))
    canvas.rect(100, 842 - 220, 20, 20, fill=1)
    canvas.save()
    one = sound.rows["fracture_instances"][0]["instance_id"]
    sound.add(
        "readings", subject="instance", subject_id=one, number=0, field="foan", raw="F-1", value="F-1", page=1,
        box_left=100.0, box_top=200.0, box_right=120.0, box_bottom=220.0,
    )  # fmt: skip
    sound.write()
    return folder


def test_the_crop_shows_the_marked_place(sound: Plot, reports: Path) -> None:
    """The square is in it, framed in red, and little else of the page."""
    with Catalog.open_read_only(sound.path) as catalog:
        picture = crop_of_image(catalog, "a/1.png", reports)
        assert crop_of_report(catalog, "r.pdf", reports).size == picture.size
    pixels = np.asarray(picture).astype(int)
    black = (pixels.sum(axis=2) < 30).sum()
    red = ((pixels[..., 0] > 150) & (pixels[..., 1] < 100)).sum()
    assert black == pytest.approx((20 * 150 / 72) ** 2, rel=0.15)
    assert red > 100
    assert picture.height < 842 * 150 / 72 / 4


def test_an_image_without_label_has_no_crop(sound: Plot, reports: Path) -> None:
    """So have a report of which nothing was read, and a report that is gone: each says what is missing."""
    with Catalog.open_read_only(sound.path) as catalog:
        with pytest.raises(BadInputError, match="linked to no fracture instance"):
            crop_of_image(catalog, "b/3.png", reports)
        with pytest.raises(BadInputError, match="nothing was read"):
            crop_of_report(catalog, "x.pdf", reports)
        with pytest.raises(BadInputError, match="no report page"):
            crop_of_image(catalog, "a/2.png", reports)
        (reports / "r.pdf").unlink()
        with pytest.raises(BadInputError, match="page 1 cannot be shown"):
            crop_of_image(catalog, "a/1.png", reports)


def test_a_picture_that_cannot_be_written_says_why(sound: Plot, reports: Path) -> None:
    """The message names the file."""
    with Catalog.open_read_only(sound.path) as catalog:
        picture = crop_of_image(catalog, "a/1.png", reports)
    with pytest.raises(BadInputError, match=r"gone/x\.png: cannot write"):
        save_picture(picture, sound.folder / "gone" / "x.png")
