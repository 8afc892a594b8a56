"""Figures against frames in a catalog: linked once, dropped with what they rest on, and a link by picture alone."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from data_contracts.catalog import Catalog
from data_contracts.validation import validate
from fractocurate.leakage.fingerprints import fingerprint
from fractocurate.matching.pictures import FigureLink, Picture, link_figures
from fractocurate.profile import load_profile
from fractocurate.progress import Silent
from fractocurate.stages import figure_links as stage
from fractocurate.stages.archive import forget_micrographs, forget_reports
from fractocurate.stages.figure_links import link_pictures
from fractocurate.stages.matching import match_images
from fractocurate.why import explain

Plot = Any
_REPORT = "a" * 16


def _surface(seed: int) -> dict[str, object]:
    grey = np.random.default_rng(seed).integers(0, 256, (24, 32), dtype=np.uint8)
    seen = fingerprint(np.kron(grey, np.ones((8, 8), dtype=np.uint8)))
    return {"phash": seen.phash, "thumbnail_png": seen.thumbnail_png, "contrast": seen.contrast}


def _surface_columns(seed: int) -> dict[str, pl.Expr]:
    surface = _surface(seed)
    return {name: pl.lit(surface[name]) for name in ("phash", "thumbnail_png")}


@pytest.fixture
def archive(plot: Plot) -> Path:
    """A report on one part with a picture of it, the image of that picture under a useless name, and a stranger."""
    plot.add("files", kind="report", path="r.pdf", sha256="a" * 64)
    plot.add("reports", report_id=_REPORT, sha256="a" * 64, path="r.pdf")
    plot.add("report_pages", report_id=_REPORT, page=1, width_pt=595.0, height_pt=842.0)
    caption = {"caption": "Fig. 1: origin, 500x", "magnification": 500.0, "caption_confidence": 0.95}
    figure = {"figure_id": f"{_REPORT}:1:1", "report_id": _REPORT, "page": 1, "number": 1}
    plot.add("report_figures", **figure, **caption, **_surface(1))
    stated = {"report_id": _REPORT, "label_source": None, "page": 1, "method": "text_layer"}
    plot.add_instance("FOAN-2020-0001", "11111", "material", **stated)
    plot.add_image("image 3.tif", **{k: v for k, v in _surface(1).items() if k != "contrast"})
    plot.add_image("image 4.tif", **{k: v for k, v in _surface(2).items() if k != "contrast"})
    written: Path = plot.write()
    return written


def test_an_image_is_linked_by_its_picture_in_a_report(archive: Path) -> None:
    """The chain tells of the picture; the stranger has no link."""
    with Catalog.open(archive) as catalog:
        link_pictures(catalog, Silent())
        match_images(catalog, load_profile(None), Silent())
        assert validate(catalog) == []
        found = {r["path"]: (r["status"], r["match_method"]) for r in catalog.read("dataset").to_dicts()}
        chain = {link.title: dict(link.facts) for link in explain(catalog, "image 3.tif")}
    assert found == {"image 3.tif": ("matched", "picture"), "image 4.tif": ("unmatched", None)}
    assert "shown in picture 1 on page 1 of r.pdf" in chain["Match"]["evidence"]
    assert "pictures shown" in chain["Candidates"]["candidate 1"]


def test_figures_are_compared_again_only_if_either_side_has_changed(archive: Path) -> None:
    """Nothing is done twice; a new frame is compared."""
    told: list[str] = []

    class Listening(Silent):
        def start(self, label: str, total: int) -> None:
            told.append(f"{label} {total}")

    with Catalog.open(archive) as catalog:
        for _ in range(2):
            link_pictures(catalog, Listening())
        assert told == ["pictures 1"]
        micrograph_id = catalog.query("SELECT micrograph_id FROM dataset WHERE path = 'image 4.tif'").item()
        catalog.update("micrographs", {"micrograph_id": micrograph_id}, {"phash": "0" * 16})
        link_pictures(catalog, Listening())
        assert told == ["pictures 1"] * 2


def test_a_second_run_compares_only_what_is_new(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new frame meets every figure, and no old frame meets an old figure again; what is read anew is linked anew."""
    compared: list[tuple[str, str]] = []

    def listening(figures: list[Picture], frames: list[Picture]) -> list[FigureLink]:
        compared.extend((figure.key, frame.key) for figure in figures for frame in frames)
        return link_figures(figures, frames)

    monkeypatch.setattr(stage, "link_figures", listening)
    with Catalog.open(archive) as catalog:
        link_pictures(catalog, Silent())
        assert len(compared) == 2
        links = catalog.read("figure_links")
        frame = catalog.read("micrographs").head(1)
        new = frame.with_columns(micrograph_id=pl.lit("f" * 16), **_surface_columns(3))
        catalog.append_frame("micrographs", new)
        link_pictures(catalog, Silent())
        assert compared[2:] == [(f"{_REPORT}:1:1", "f" * 16)]
        assert catalog.read("figure_links").equals(links)
        shown = catalog.read("micrographs").filter(pl.col("micrograph_id").is_in(links["micrograph_id"].to_list()))
        forget_micrographs(catalog, list(shown["sha256"]))
        link_pictures(catalog, Silent())
        assert catalog.read("figure_links").is_empty()
        catalog.append_frame("micrographs", shown)
        link_pictures(catalog, Silent())
        assert catalog.read("figure_links").equals(links)


@pytest.mark.parametrize("gone", ["report", "image"])
def test_links_go_with_what_they_rest_on(archive: Path, gone: str) -> None:
    """A report or an image that is read anew leaves no link behind, even if the run is killed then."""
    with Catalog.open(archive) as catalog:
        link_pictures(catalog, Silent())
        assert catalog.read("figure_links").height == 1
        if gone == "report":
            forget_reports(catalog, ["a" * 64])
        else:
            forget_micrographs(catalog, list(catalog.query("SELECT sha256 FROM micrographs")["sha256"]))
        assert catalog.read("figure_links").is_empty()


def test_a_caption_gives_the_magnification_that_the_frame_does_not_state(archive: Path) -> None:
    """Only for the frame that the figure surely is; what a frame states itself stands, a contradiction is told."""
    with Catalog.open(archive) as catalog:
        link_pictures(catalog, Silent())
        match_images(catalog, load_profile(None), Silent())
        found = {p: (m, s) for p, m, s in catalog.query(_MAGNIFICATIONS).iter_rows()}
        assert found == {"image 3.tif": (500.0, "report_caption"), "image 4.tif": (None, None)}
        micrograph_id = catalog.query("SELECT micrograph_id FROM dataset WHERE path = 'image 3.tif'").item()
        stated = {"magnification": 1000.0, "magnification_source": "data_bar"}
        catalog.update("micrographs", {"micrograph_id": micrograph_id}, stated)
        match_images(catalog, load_profile(None), Silent())
        assert catalog.query(_MAGNIFICATIONS).row(0) == ("image 3.tif", 1000.0, "data_bar")
        evidence = catalog.query("SELECT evidence FROM matches WHERE path = 'image 3.tif'").item()
    assert "500 in the caption on page 1 of r.pdf" in evidence


_MAGNIFICATIONS = "SELECT path, magnification, magnification_source FROM dataset ORDER BY path"
