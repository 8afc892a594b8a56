"""Options, markers and the small catalogs that all tests share."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from PIL import Image

from data_contracts.catalog import Catalog
from data_contracts.tables import TABLES, polars_schema

# A busy machine is no failure; in CI the same examples run every time.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

Row = dict[str, object]

_NOBODY = 65534


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--slow`` runs the tests that take more than some ten seconds, too."""
    parser.addoption("--slow", action="store_true", help="also run the tests marked `slow`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is slow unless asked for, and what needs a CUDA device where there is none."""
    if not config.getoption("--slow") and "slow" not in str(config.getoption("-m")):
        _skip(items, "slow", "slow; run it with --slow")
    if any(item.get_closest_marker("gpu") for item in items) and not _has_cuda():
        _skip(items, "gpu", "no CUDA device")


def _skip(items: list[pytest.Item], marker: str, reason: str) -> None:
    for item in items:
        if item.get_closest_marker(marker):
            item.add_marker(pytest.mark.skip(reason=reason))


def _has_cuda() -> bool:
    """Importing torch takes seconds, so it is asked last."""
    if shutil.which("nvidia-smi") is None or importlib.util.find_spec("torch") is None:
        return False
    return bool(importlib.import_module("torch").cuda.is_available())


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of shared archives beside the project, or where FRACTO_SHARED says; skips where it is absent."""
    folder = Path(os.environ.get("FRACTO_SHARED", Path(__file__).resolve().parents[1] / "../shared")).resolve()
    if not (folder / "data").is_dir():
        pytest.skip(f"no shared archive at {folder}; set FRACTO_SHARED")
    return folder


def blank_row(table: str, **columns: object) -> Row:
    """The plainest row that satisfies a table's contract, with the given columns set."""
    contract = TABLES[table].to_schema().columns
    row: Row = {}
    for name, dtype in polars_schema(TABLES[table]).items():
        bounds = {key: value for check in contract[name].checks for key, value in (check.statistics or {}).items()}
        if contract[name].nullable:
            row[name] = None
        elif "allowed_values" in bounds:
            row[name] = next(iter(bounds["allowed_values"]))
        elif dtype == pl.String():
            row[name] = _hash_like(str(bounds.get("pattern", "")))
        elif dtype in {pl.Int64(), pl.Float64()}:
            lowest = bounds.get("min_value", 0)
            row[name] = pl.Series([max(lowest, 0) + 1 if "max_value" not in bounds else lowest], dtype=dtype).item()
        else:
            row[name] = {pl.Boolean(): False, pl.Binary(): b""}[dtype]
    return row | columns


def _hash_like(pattern: str) -> str:
    return "0" * (64 if "{64}" in pattern else 16 if "{16}" in pattern else 0)


@dataclass
class Plot:
    """A catalog in the making: rows by table, and image files where pixels are given."""

    folder: Path
    template: Path
    """An empty catalog: to copy one is faster than to make one."""
    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})

    @property
    def path(self) -> Path:
        """Where the catalog lies."""
        return self.folder / "catalog.duckdb"

    @property
    def images(self) -> Path:
        """Where the images lie."""
        return self.folder / "images"

    def add(self, table: str, **columns: object) -> Row:
        """Plant one row."""
        row = blank_row(table, **columns)
        self.rows[table].append(row)
        return row

    def add_instance(self, foan: str | None, serial: str | None, defect_class: str, **columns: object) -> str:
        """Plant a fracture instance that a table of labels states; returns its id."""
        identifier = _short(f"{foan}|{serial}|{defect_class}|{columns}")
        self.add(
            "fracture_instances",
            **{
                "instance_id": identifier,
                "label_source": f"labels.csv#{len(self.rows['fracture_instances']) + 1}",
                "foan": foan,
                "foan_raw": foan or "",
                "serial_number": serial,
                "serial_number_raw": serial or "",
                "specimen_uid": f"{foan}_{serial}_{defect_class}",
                "defect_class": defect_class,
                "defect_class_raw": defect_class,
                "method": "label_table",
                "confidence": 1.0,
                **columns,
            },
        )
        return identifier

    def add_image(self, path: str, pixels: NDArray[np.uint8] | None = None, bar_px: int = 0, **columns: object) -> str:
        """Plant an image file and its micrograph, with a data bar of so many rows; returns the micrograph's id."""
        content = path.encode() if pixels is None else self._save(path, pixels)
        sha256 = hashlib.sha256(content).hexdigest()
        self.add("files", kind="image", path=path, sha256=sha256, size_bytes=len(content))
        if sha256 in {row["sha256"] for row in self.rows["micrographs"]}:
            return sha256[:16]
        height_px, width_px = (80, 96) if pixels is None else pixels.shape
        box = dict(zip(("left", "top", "right", "bottom"), (0, height_px - bar_px, width_px, height_px), strict=True))
        bar = {f"data_bar_{side}_px": at for side, at in box.items()} if bar_px else {}
        self.add(
            "micrographs",
            **{
                "micrograph_id": sha256[:16],
                "sha256": sha256,
                "width_px": width_px,
                "height_px": height_px,
                "pixel_sha256": sha256,
                "file_format": "PNG",
                "colour_mode": "L",
                "bit_depth": 8,
                "data_bar_kind": "bottom" if bar_px else "none",
                **bar,
                "crop_left_px": 0,
                "crop_top_px": 0,
                "crop_right_px": width_px,
                "crop_bottom_px": height_px - bar_px,
                "sharpness": 1.0,
                "contrast": 120.0,
                "white_share": 0.0,
                "black_share": 0.0,
                "stripe_share": 0.0,
                "is_blank": False,
                "leftover": "",
                **columns,
            },
        )
        return sha256[:16]

    def match(self, path: str, instance_id: str | None = None, **columns: object) -> None:
        """Plant the decision on an image: matched if an instance is given, else unmatched."""
        sha256 = next(str(row["sha256"]) for row in self.rows["files"] if row["path"] == path)
        foans = [row["foan"] for row in self.rows["fracture_instances"] if row["instance_id"] == instance_id]
        matched: Row = {"status": "matched", "method": "exact", "instance_id": instance_id, "rule": "exact"}
        open_: Row = {"status": "unmatched", "reason": "no_identifier"}
        self.add(
            "matches",
            **{
                "path": path,
                "micrograph_id": sha256[:16],
                "foan": foans[0] if foans else None,
                **(matched if instance_id else open_),
                **columns,
            },
        )

    def write(self) -> Path:
        """Make the catalog; returns its path."""
        shutil.copy(self.template, self.path)
        with Catalog.open(self.path) as catalog, catalog.transaction():
            catalog.set_meta("images_root", str(self.images.resolve()))
            for table, rows in self.rows.items():
                catalog.append(table, rows)
        return self.path

    def _save(self, path: str, pixels: NDArray[np.uint8]) -> bytes:
        target = self.images / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(target, format="PNG")
        return target.read_bytes()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def grains(seed: int, width_px: int = 96, height_px: int = 80) -> NDArray[np.uint8]:
    """A smooth random texture; different seeds make frames that nobody takes for one another."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (10, 12), dtype=np.uint8))
    return np.asarray(coarse.resize((width_px, height_px), Image.Resampling.BICUBIC))


def plant_sound(plot: Plot) -> Plot:
    """At least one row in every table, and nothing wrong with any."""
    report, sha256 = "a" * 16, "a" * 64
    plot.add("files", kind="report", path="r.pdf", sha256=sha256)
    plot.add("reports", report_id=report, sha256=sha256, path="r.pdf", n_pages=1, report_date="2021-03-04")
    plot.add("report_pages", report_id=report, page=1, width_pt=595.0, height_pt=842.0)
    plot.add("report_figures", figure_id=f"{report}:1:1", report_id=report)
    stated: Row = {"report_id": report, "label_source": None, "page": 1, "method": "text_layer"}
    one = plot.add_instance("F-1", "11111", "material", **stated)
    two = plot.add_instance("F-2", "22222", "green_body", **stated)
    for number, (path, instance) in enumerate((("a/1.png", one), ("a/2.png", two), ("b/3.png", None))):
        micrograph = plot.add_image(path, bar_px=8)
        plot.match(path, instance)
        plot.add("figure_links", figure_id=f"{report}:1:1", micrograph_id=micrograph, correlation=0.9)
        plot.add("fingerprints", micrograph_id=micrograph, phash=f"{number:016x}", pixel_sha256="b" * 64)
        plot.add("frame_features", micrograph_id=micrograph)
        plot.add("readings", subject="image_file", subject_id=path, number=0, field="foan", raw="F-1", value="F-1")
    plot.add("overlay_masks", micrograph_id=micrograph, left_px=10, top_px=20, right_px=40, bottom_px=30)
    plot.add("files", kind="image", path="broken.png", sha256="c" * 64)
    plot.add("failures", stage="micrographs", item="broken.png", reason="truncated", detail="ends early")
    plot.add("match_candidates", path="a/1.png", rank=1, instance_id=one, foan="F-1", similarity=1.0, accepted=True)
    first, second = sorted(str(row["micrograph_id"]) for row in plot.rows["micrographs"])[:2]
    plot.add("similar_pairs", micrograph_a=first, micrograph_b=second, kind="near_duplicate", ssim=0.7, scale_ratio=1.0)
    for number, path in enumerate(("a/1.png", "a/2.png")):
        plot.add(
            "folds",
            split_id="d" * 16, strategy="foan", n_folds=2, seed=1, path=path, group_id=f"F-{number + 1}", fold=number,
        )  # fmt: skip
    plot.add("leakage", split_id="d" * 16, strategy="foan", fold=-1, ssim_threshold=0.8, n_validation=2)
    plot.add("self_test", planted_kind="flipped", n_planted=2, n_found=2, share=1.0, share_low=0.3, share_high=1.0)
    plot.add("runs", run_id="train-1", command="train", outcome="finished", summary="{}")
    plot.add("fold_metrics", run_id="train-1", fold=0, part="validation", metric="macro_f1", value=0.5)
    plot.add("predictions", run_id="train-1", path="a/1.png", true_class="material", predicted_class="material")
    plot.add("epochs", run_id="train-1")
    plot.add("label_issues", run_id="train-1", path="gone.png")
    plot.add("attributions", run_id="train-1", path="a/1.png", method="grad_cam", map_sha256="e" * 64)
    plot.add("attribution_tests", run_id="train-1", method="grad_cam", test="stability", defect_class="all", value=0.7)
    plot.add("decisions", decision_id=1, sha256="c" * 64, path="b/3.png", action="exclude", reviewer="R")
    plot.add(
        "decisions", decision_id=2, sha256=sha256, path="a/1.png", action="answer", run_id="train-1", reviewer="R",
        method="grad_cam", question="mechanistically_plausible", answer="yes",
    )  # fmt: skip
    plot.add("ledger", stage="reports", input_sha256=sha256, stage_version=1, settings="f" * 16)
    return plot


@pytest.fixture(scope="session")
def empty_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalog; copy it, never write to it."""
    path = tmp_path_factory.mktemp("empty") / "catalog.duckdb"
    Catalog.open(path).close()
    return path


@pytest.fixture
def plot(tmp_path: Path, empty_catalog: Path) -> Plot:
    """An empty plot in a fresh folder."""
    return Plot(tmp_path, empty_catalog)


@pytest.fixture
def sound(plot: Plot) -> Plot:
    """A plot with rows in every table and nothing wrong, not yet written."""
    return plant_sound(plot)


@pytest.fixture(scope="session")
def sound_file(tmp_path_factory: pytest.TempPathFactory, empty_catalog: Path) -> Path:
    """The sound catalog as a file; copy it, never write to it."""
    return plant_sound(Plot(tmp_path_factory.mktemp("sound"), empty_catalog)).write()


@pytest.fixture
def sound_catalog(tmp_path: Path, sound_file: Path) -> Iterator[Catalog]:
    """A copy of the sound catalog, open for writing."""
    with Catalog.open(Path(shutil.copy(sound_file, tmp_path))) as catalog:
        yield catalog


@pytest.fixture(name="blank_row", scope="session")
def _blank_row() -> Callable[..., Row]:
    """The function that makes the plainest valid row of a table."""
    return blank_row


@pytest.fixture(name="grains", scope="session")
def _grains() -> Callable[..., NDArray[np.uint8]]:
    """The function that draws a random texture."""
    return grains


@pytest.fixture
def guarded_folder() -> Iterator[Path]:
    """A folder of root's that others may read but not write, all the way up: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def unprivileged() -> Callable[[], contextlib.AbstractContextManager[None]]:
    """A context without the privileges of root, whom no file permission stops."""
    return _unprivileged


@contextlib.contextmanager
def _unprivileged() -> Iterator[None]:
    if not hasattr(os, "geteuid"):
        pytest.skip("file permissions of this system stop nobody")
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
