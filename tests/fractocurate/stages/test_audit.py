"""The audit over a catalog: what is computed once stays computed, and what cannot be split is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, LeakageError
from data_contracts.validation import validate
from data_contracts.vocabulary import SplitStrategy
from fractocurate.leakage import feature_index
from fractocurate.leakage.settings import AuditSettings
from fractocurate.progress import Silent
from fractocurate.stages import audit as audit_module
from fractocurate.stages.archive import forget_micrographs
from fractocurate.stages.audit import AuditSummary, audit, check_gate

Plot = Any
_TWO_FOLDS = AuditSettings(n_folds=2, self_test_images=0)


@pytest.fixture
def textures(plot: Plot, grains: Callable[..., Any]) -> Plot:
    """Twelve frames of twelve FOANs in three classes; the first frame once more, coarser, under another FOAN."""
    for number in range(12):
        defect_class = ("green_body", "hard_machining", "material")[number % 3]
        path = f"{number:02d}.png"
        plot.add_image(path, grains(number), bar_px=8)
        plot.match(path, plot.add_instance(f"F-{number:02d}", None, defect_class))
    plot.add_image("again.png", grains(0) // 8 * 8, bar_px=8)
    plot.match("again.png", plot.add_instance("F-99", None, "green_body"))
    return plot


def _audit(catalog: Catalog, plot: Plot, settings: AuditSettings = _TWO_FOLDS) -> AuditSummary:
    summary = audit(catalog, settings, plot.images, 1, Silent())
    assert validate(catalog) == []
    return summary


def test_near_duplicate_is_found_kept_together_and_counted(textures: Plot) -> None:
    """Every strategy has its folds and rates; only `cluster` keeps the planted pair in one fold for sure."""
    with Catalog.open(textures.write()) as catalog:
        summary = _audit(catalog, textures)
        pairs = catalog.read("pairs").select("path_a", "path_b", "kind", "same_foan").rows()
        folds = catalog.query("SELECT strategy, path, fold FROM folds").rows()
    assert pairs == [("00.png", "again.png", "re_encoded", False)]
    assert (summary.n_files, summary.n_pairs, summary.failures) == (13, 1, ())
    assert "again.png" in summary.html
    by_strategy = {s: {p: f for strategy, p, f in folds if strategy == s} for s in map(str, SplitStrategy)}
    assert all(len(assigned) == 13 for assigned in by_strategy.values())
    assert by_strategy["cluster"]["00.png"] == by_strategy["cluster"]["again.png"]
    check_gate(summary, 0.0, 0.8, SplitStrategy.CLUSTER)
    if by_strategy["image"]["00.png"] != by_strategy["image"]["again.png"]:
        with pytest.raises(LeakageError):
            check_gate(summary, 0.0, 0.5, SplitStrategy.IMAGE)


def test_second_audit_computes_nothing_again_and_says_the_same(textures: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    """No fingerprint and no pair is computed twice; another Hamming distance computes the pairs anew."""
    compared: list[int] = []
    find = audit_module.find_all_pairs

    def counting(prints: Any, frames: Any, **options: Any) -> Any:
        compared.append(len(prints) - len(options["known"]))
        return find(prints, frames, **options)

    monkeypatch.setattr(audit_module, "find_all_pairs", counting)
    tables = ("fingerprints", "similar_pairs", "folds", "leakage")
    with Catalog.open(textures.write()) as catalog:
        first = _audit(catalog, textures)
        before = catalog.content_hash(*tables)
        second = _audit(catalog, textures)
        assert catalog.content_hash(*tables) == before
        narrow = _audit(catalog, textures, AuditSettings(n_folds=2, max_hamming=0, self_test_images=0))
        again = _audit(catalog, textures)
        assert catalog.content_hash(*tables) == before
    assert (first.fingerprints.n_done, first.fingerprints.n_skipped) == (13, 0)
    for later in (second, narrow, again):
        assert (later.fingerprints.n_done, later.fingerprints.n_skipped) == (0, 13)
    assert compared == [13, 0, 13, 13]


def _without(catalog: Catalog, paths: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Take files out of an archive, as an ingest does; returns what must be put back."""
    rows: dict[str, list[dict[str, Any]]] = {}
    with catalog.transaction():
        shas = catalog.query("SELECT sha256 FROM files WHERE list_contains(?, path)", [paths])["sha256"].to_list()
        for table, column, values in (
            ("files", "path", paths),
            ("matches", "path", paths),
            ("micrographs", "sha256", shas),
        ):
            rows[table] = list(catalog.read(table).filter(pl.col(column).is_in(values)).iter_rows(named=True))
        forget_micrographs(catalog, shas)
        catalog.delete("files", "path", paths)
        catalog.delete("matches", "path", paths)
    return rows


@pytest.mark.parametrize("crowd", [64, 1])
def test_an_archive_that_grew_or_shrank_is_audited_as_if_it_had_always_been_so(
    textures: Plot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crowd: int
) -> None:
    """Pairs, folds and rates are those of a fresh audit, also where features crowd."""
    for module in (audit_module, feature_index):
        monkeypatch.setattr(module, "crowd_size", lambda _: crowd)
    some = ["again.png", "03.png", "07.png"]
    tables = ("similar_pairs", "folds", "leakage", "fingerprints", "frame_features")
    fewer = tmp_path / "fewer.duckdb"
    with Catalog.open(textures.write()) as catalog:
        _audit(catalog, textures)
        of_all = catalog.content_hash(*tables)
        rows = _without(catalog, some)
        _audit(catalog, textures)
        of_few = catalog.content_hash(*tables)
        with catalog.transaction():
            for table, taken in rows.items():
                catalog.append(table, taken)
        assert _audit(catalog, textures).fingerprints.n_done == len(some)
        assert catalog.content_hash(*tables) == of_all
    textures.write().rename(fewer)
    with Catalog.open(fewer) as catalog:
        _without(catalog, some)
        _audit(catalog, textures)
        assert catalog.content_hash(*tables) == of_few


def test_changed_crop_is_fingerprinted_again_and_only_it(textures: Plot) -> None:
    """Work is keyed by the bytes and the box."""
    with Catalog.open(textures.write()) as catalog:
        _audit(catalog, textures)
        row = catalog.query("SELECT micrograph_id FROM dataset WHERE path = '05.png'").item()
        catalog.update("micrographs", {"micrograph_id": row}, {"crop_bottom_px": 60})
        result = _audit(catalog, textures).fingerprints
        assert (result.n_done, result.n_skipped) == (1, 12)
        assert catalog.query("SELECT height_px FROM fingerprints WHERE micrograph_id = ?", [row]).item() == 60


def test_print_that_is_masked_is_not_compared(textures: Plot) -> None:
    """A mask that is new makes the frame pending, and its pixels are those of the filled crop."""
    with Catalog.open(textures.write()) as catalog:
        _audit(catalog, textures)
        row = catalog.query("SELECT micrograph_id FROM dataset WHERE path = '05.png'").item()
        before = catalog.query("SELECT pixel_sha256 FROM fingerprints WHERE micrograph_id = ?", [row]).item()
        mask = {"micrograph_id": row, "number": 0, "left_px": 10, "top_px": 10, "right_px": 30, "bottom_px": 20}
        with catalog.transaction():
            catalog.append("overlay_masks", [mask])
        result = _audit(catalog, textures).fingerprints
        assert (result.n_done, result.n_skipped) == (1, 12)
        assert catalog.query("SELECT pixel_sha256 FROM fingerprints WHERE micrograph_id = ?", [row]).item() != before


def test_image_that_vanished_since_the_ingest_is_a_failure_and_the_rest_is_audited(textures: Plot) -> None:
    """The failure is listed with its path; the next audit tries it again."""
    path = textures.write()
    hidden = textures.images / "05.png"
    content = hidden.read_bytes()
    hidden.unlink()
    with Catalog.open(path) as catalog:
        summary = _audit(catalog, textures)
        assert [(f.item, str(f.reason)) for f in summary.failures] == [("05.png", "vanished")]
        assert summary.n_files == 13
        hidden.write_bytes(content)
        summary = _audit(catalog, textures)
        assert (summary.failures, summary.fingerprints.n_done) == ((), 1)


def test_catalog_without_anything_to_split_is_refused(plot: Plot) -> None:
    """No micrograph, or none with a trainable class: the message says what to look at."""
    with Catalog.open(plot.write()) as catalog:
        with pytest.raises(BadInputError, match="holds no micrograph; run `fracto ingest"):
            audit(catalog, AuditSettings(), plot.images, 1, Silent())
        outcomes = catalog.read("runs").sort("started_at")["outcome"].to_list()
        assert outcomes == ["failed"]


def test_catalog_without_trainable_labels_is_refused(plot: Plot, grains: Callable[..., Any]) -> None:
    """Images of unknown cause are never trained on, so they are not split either."""
    plot.add_image("a.png", grains(1))
    plot.match("a.png", plot.add_instance("F-1", None, "unknown"))
    with (
        Catalog.open(plot.write()) as catalog,
        pytest.raises(BadInputError, match="no image is matched to a trainable class"),
    ):
        audit(catalog, AuditSettings(), plot.images, 1, Silent())


def test_the_audit_tests_itself_once(textures: Plot) -> None:
    """Planted copies are counted by kind in the catalog, and an unchanged archive is not tested again; 0 forgets it."""
    settings = AuditSettings(n_folds=2, self_test_images=2)
    with Catalog.open(textures.write()) as catalog:
        first = _audit(catalog, textures, settings)
        rows = {row["planted_kind"]: row for row in catalog.read("self_test").iter_rows(named=True)}
        assert _audit(catalog, textures, settings).self_test == first.self_test
        assert _audit(catalog, textures).self_test == ()
        assert catalog.read("self_test").is_empty()
    assert sorted(rows) == sorted(result.kind for result in first.self_test)
    assert rows["re_encoded"]["n_planted"] == rows["re_encoded"]["n_found"] == 2
    assert rows["strangers"]["n_found"] == 0
    assert rows["strangers"]["n_planted"] > 100
    assert "What this audit would have missed" in first.html


def test_a_picture_under_two_foans_is_a_conflict(textures: Plot) -> None:
    """The planted near-duplicate bears the same label under another FOAN; both files are named."""
    with Catalog.open(textures.write()) as catalog:
        (conflict,) = _audit(catalog, textures).conflicts
    assert (conflict.path_a, conflict.path_b) == ("00.png", "again.png")
    assert not conflict.is_of_class
    assert conflict.foans == ("F-00", "F-99")


def test_rates_say_which_audit_and_which_images_they_are_of(textures: Plot) -> None:
    """The paper's audit of the image split, with and without the data bar; the full one of every split and class."""
    with Catalog.open(textures.write()) as catalog:
        _audit(catalog, textures)
        rows = catalog.query("SELECT DISTINCT strategy, audit, subset_by, subset FROM leakage ORDER BY ALL").rows()
    whole = {(strategy, audit) for strategy, audit, _, subset in rows if subset is None}
    assert whole == {(str(s), "full") for s in SplitStrategy} | {("image", "paper"), ("image", "paper_with_bar")}
    assert {subset for _, _, by, subset in rows if by == "defect_class"} == {"green_body", "hard_machining", "material"}
