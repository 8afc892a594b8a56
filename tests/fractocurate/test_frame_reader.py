"""Raw frames are read for prediction as an ingest reads them."""

import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from data_contracts.errors import BadInputError
from data_contracts.frames import FRAME_READER_GROUP, FrameReading
from data_contracts.records import Failure
from data_contracts.vocabulary import ReadingMethod
from fractocurate.frame_reader import read_frames
from fractocurate.micrographs.read import read_micrograph
from fractocurate.micrographs.settings import MicrographSettings
from fractocurate.profile import load_profile

BAR_PX = 48


def _frame(seed: int) -> NDArray[np.uint8]:
    """A noisy picture over a black bar that prints a magnification."""
    rng = np.random.default_rng(seed)
    grey = np.clip(rng.normal(128, 40, (432, 512)), 0, 255).astype(np.uint8)
    grey[-BAR_PX:] = 0
    image = Image.fromarray(grey)
    ImageDraw.Draw(image).text((20, 394), "Mag = 500 X   EHT = 15 kV", fill=255, font=ImageFont.load_default(22))
    return np.asarray(image)


@pytest.fixture
def told() -> Callable[..., list[FrameReading | Failure]]:
    """Read frames with a site's profile and one worker, or say why not."""

    def read(*paths: Path, profile: Any = None) -> list[FrameReading | Failure]:
        return read_frames(paths, profile, 1, lambda _done, _total: None)

    return read


def test_declared_as_the_entry_point_that_predict_asks_for() -> None:
    """The package's own declaration leads to this function."""
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["entry-points"]
    (value,) = declared[FRAME_READER_GROUP].values()
    assert EntryPoint("curate", value, FRAME_READER_GROUP).load() is read_frames


def test_folder_and_file_give_what_an_ingest_reads(told: Any, tmp_path: Path) -> None:
    """Crop box and magnification are those of ``read_micrograph``; names state the FOAN; order is that of names."""
    profile = load_profile(None)
    foan = profile.foan.grammar
    folder = tmp_path / "lot"
    folder.mkdir()
    identifier = "FOAN-2021-0417"
    assert foan.parse(identifier) is not None, "the built-in grammar changed: take another identifier"
    for name, seed in (("b.png", 1), (f"{identifier}_a.png", 2), ("torn.png", 3)):
        Image.fromarray(_frame(seed)).save(folder / name)
    (folder / "torn.png").write_bytes((folder / "torn.png").read_bytes()[:2000])
    results = told(folder, tmp_path / "none.png")
    named, plain, torn, gone = results
    assert [r.path.name for r in (named, plain)] == [f"{identifier}_a.png", "b.png"]
    expected = read_micrograph(named.path, "x", (), MicrographSettings())
    assert not isinstance(expected, Failure)
    assert (named.crop_box, named.pixel_sha256) == (expected.crop_box, expected.pixel_sha256)
    assert named.crop_box.bottom == pytest.approx(432 - BAR_PX, abs=2)
    assert (named.magnification, named.magnification_source) == (500.0, ReadingMethod.DATA_BAR)
    found = foan.parse(identifier)
    assert found is not None
    assert (named.foan, plain.foan) == (found.value, None)
    assert isinstance(torn, Failure)
    assert isinstance(gone, Failure)
    assert gone.item.endswith("none.png")


def test_folder_without_images_and_foreign_profile_are_refused(told: Any, tmp_path: Path) -> None:
    """Nothing to read is bad input, as is a profile that this version cannot read."""
    with pytest.raises(BadInputError, match="no image there"):
        told(tmp_path)
    with pytest.raises(BadInputError, match="profile that the catalog keeps"):
        told(tmp_path, profile={"site": 3})
