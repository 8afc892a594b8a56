"""The pointing game: regions from a table, cut to the crop, hit or missed."""

from pathlib import Path

import numpy as np
import pytest

from data_contracts.errors import BadInputError
from fractotrain.attribution.pointing import area, hits, read_regions, within_crop


def write(folder: Path, text: str) -> Path:
    """A table of regions."""
    file = folder / "regions.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_regions_are_found_by_the_path_of_the_catalog(tmp_path: Path) -> None:
    """Files may be named from further up than the image root; a row without numbers marks nothing."""
    text = "file,visible,left_px,top_px,right_px,bottom_px\nimages/a/1.png,true,10,20,30,60\nimages/a/2.png,false,,,,\n"
    regions = read_regions(write(tmp_path, text))
    assert regions.of("a/1.png") == (10, 20, 30, 60)
    assert regions.of("images/a/1.png") == (10, 20, 30, 60)
    assert regions.of("a/2.png") is None
    assert regions.of("1.pn") is None


@pytest.mark.parametrize("text", ["file,left_px\na,1\n", "file,left_px,top_px,right_px,bottom_px\na,x,1,2,3\n"])
def test_damaged_tables_are_refused(tmp_path: Path, text: str) -> None:
    """A missing column or a cell that is no number ends the run, with the file's name."""
    with pytest.raises(BadInputError, match=r"regions\.csv"):
        read_regions(write(tmp_path, text))


def test_region_is_cut_to_the_crop() -> None:
    """Shares of the cropped frame; nothing outside it, and none that fills more than half of it."""
    crop = (100, 0, 300, 100)
    assert within_crop((50, 10, 140, 30), crop) == (0.0, 0.1, 0.2, 0.3)
    assert within_crop((0, 0, 90, 90), crop) is None
    assert within_crop((100, 0, 300, 60), crop) is None
    assert area((0.0, 0.1, 0.2, 0.3)) == pytest.approx(0.04)


def test_hottest_point_hits_its_own_cell_alone() -> None:
    """For every cell of the grid: the region of the cell is hit, that of another is not."""
    for row in range(4):
        for column in range(4):
            heat = np.zeros((4, 4), np.float32)
            heat[row, column] = 1
            own = (column / 4, row / 4, (column + 1) / 4, (row + 1) / 4)
            other = ((column + 1) % 4 / 4, row / 4, ((column + 1) % 4 + 1) / 4, (row + 1) / 4)
            assert hits(heat, own, (32, 48))
            assert not hits(heat, other, (32, 48))
