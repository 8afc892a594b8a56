"""`why` finds the image that is meant, and tells its whole chain."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from fractocurate.why import explain, find_image

Plot = Any
_NFC, _NFD = (unicodedata.normalize(form, "ä/ö.png") for form in ("NFC", "NFD"))


@pytest.fixture
def named(plot: Plot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """A catalog of oddly named images, beside which the user stands."""
    for path in ("a.png", "x/a.png", "x/b.png", "y/b.png", _NFC, unicodedata.normalize("NFD", "z/é.png")):
        plot.add_image(path)
    plot.images.mkdir()
    monkeypatch.chdir(plot.folder)
    with Catalog.open_read_only(plot.write()) as catalog:
        yield catalog


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("a.png", "a.png"), ("x/a.png", "x/a.png"), ("./x/a.png", "x/a.png"), ("images/a.png", "a.png"),
        ("images/../images/x/b.png", "x/b.png"), ("y/b.png", "y/b.png"), ("ö.png", _NFC),
        (_NFD, _NFC), (f"images/{_NFD}", _NFC), ("z/é.png", unicodedata.normalize("NFD", "z/é.png")),
    ],
)  # fmt: skip
def test_image_is_found_by_path_end_or_other_spelling(wanted: str, path: str, named: Catalog) -> None:
    """Relative to the images, relative to the user, by its end, composed or decomposed."""
    assert find_image(named, wanted) == path


def test_image_is_found_by_its_absolute_path(named: Catalog, plot: Plot) -> None:
    """Also decomposed, and through a link to the images."""
    (plot.folder / "link").symlink_to(plot.images)
    assert find_image(named, str(plot.images / "x" / "b.png")) == "x/b.png"
    assert find_image(named, str(plot.images / _NFD)) == _NFC
    assert find_image(named, str(plot.folder / "link" / "a.png")) == "a.png"


@pytest.mark.parametrize(("wanted", "count"), [("b.png", 2), ("png", 6)])
def test_ambiguous_end_lists_the_candidates(wanted: str, count: int, named: Catalog) -> None:
    """Nobody guesses which one is meant."""
    with pytest.raises(BadInputError, match=rf"{count} images .*give more of it:\n(  .*\n?)+"):
        find_image(named, wanted)


@pytest.mark.parametrize("wanted", ["nothing.png", "/somewhere/else/a.png", "a\0.png", "b.pn?"])
def test_unknown_image_is_said_to_be_unknown(wanted: str, named: Catalog) -> None:
    """An absolute path elsewhere is not taken for an image of the same name."""
    with pytest.raises(BadInputError, match="no such image"):
        find_image(named, wanted)


def test_chain_goes_from_bytes_to_fold(sound_catalog: Catalog) -> None:
    """Every step that the catalog holds is told, in order, with its evidence."""
    chain = explain(sound_catalog, "a/1.png")
    assert [link.title for link in chain] == [
        "File", "Frame", "Read from the name", "Candidates", "Match", "Fracture instance", "Report", "Folds",
        "Predictions", "Heat-maps",
    ]  # fmt: skip
    facts = {link.title: dict(link.facts) for link in chain}
    assert facts["File"]["path"] == "a/1.png"
    assert facts["Match"]["status"] == "matched"
    assert facts["Fracture instance"]["label"] == "material  <- 'material'"
    assert facts["Report"]["page"] == "1 of 1"
    assert all("not tested" in fact for fact in facts["Heat-maps"].values())
    assert facts["Folds"]["foan"] == "fold 0 of 2 (seed 1, group F-1)"


@pytest.mark.parametrize(
    ("path", "titles"), [("b/3.png", ["File", "Frame", "Match"]), ("broken.png", ["File", "Failed"])]
)
def test_chain_ends_where_the_image_was_left(path: str, titles: list[str], sound_catalog: Catalog) -> None:
    """Unmatched and failed images have their reasons."""
    shown = [link.title for link in explain(sound_catalog, path) if link.title != "Read from the name"]
    assert shown[: len(titles)] == titles
    last = dict(explain(sound_catalog, path)[-1].facts)
    assert path != "broken.png" or last == {"reason": "truncated", "detail": "ends early"}


def test_image_that_an_interrupted_ingest_left_undecided_is_told(sound_catalog: Catalog) -> None:
    """A killed run leaves frames without a decision; that is no crash."""
    sound_catalog.delete("matches", "path", ["b/3.png"])
    match = {link.title: dict(link.facts) for link in explain(sound_catalog, "b/3.png")}["Match"]
    assert "run `fracto ingest` again" in match["reason"]


def test_copies_and_human_decisions_are_told(sound: Plot, tmp_path: Path) -> None:
    """Who decided, when and why stands in the chain, and which files have the same bytes."""
    one = next(row for row in sound.rows["files"] if row["path"] == "b/3.png")
    sound.add("files", kind="image", path="copy.png", sha256=one["sha256"])
    sound.match("copy.png")
    sound.rows["decisions"].clear()
    sound.add(
        "decisions",
        decision_id=1, sha256=one["sha256"], path="b/3.png", action="exclude", reviewer="R", note="blurred",
        decided_at="2020",
    )  # fmt: skip
    assert tmp_path == sound.folder
    with Catalog.open_read_only(sound.write()) as catalog:
        facts = [fact for link in explain(catalog, "b/3.png") for fact in link.facts]
    assert ("same bytes", "copy.png") in facts
    assert any(name == "2020" and "exclude" in said and "by R: blurred" in said for name, said in facts)


def test_heat_maps_with_their_verdict_and_doubts_of_a_model_are_told(sound: Plot) -> None:
    """Method, class, file and what the test of such maps found; the model that doubts the label says how much."""
    (file,) = (row for row in sound.rows["files"] if row["path"] == "a/1.png")
    summary = json.dumps({"verdicts": {"relevance": {"belief": "may be believed", "reasons": []}}})
    sound.add(
        "runs", run_id="explain-1", command="explain --test", outcome="finished",
        settings=json.dumps({"run_id": "train-1"}), summary=summary,
    )  # fmt: skip
    sound.add(
        "attributions", run_id="train-1", path="a/1.png", method="relevance", target_class="material",
        target_probability=0.8, predicted_class="material", map_path="maps/1.npy",
    )  # fmt: skip
    sound.add(
        "label_issues", run_id="train-1", path="a/1.png", sha256=file["sha256"], rank=3, given_class="material",
        suggested_class="green_body", given_probability=0.1, suggested_probability=0.8,
    )  # fmt: skip
    sound.rows["decisions"][1]["sha256"] = file["sha256"]
    with Catalog.open_read_only(sound.write()) as catalog:
        facts = {link.title: dict(link.facts) for link in explain(catalog, "a/1.png")}
    assert facts["Heat-maps"]["train-1 relevance"] == (
        "for material (0.80), answer material; may be believed; maps/1.npy"
    )
    assert facts["Label doubted by a model"]["train-1"] == (
        "doubts material (0.10), suggests green_body (0.80); suspicion 3 of the run"
    )
    (said,) = facts["Experts on its heat-maps"].values()
    assert said == "train-1 grad_cam: mechanistically_plausible? yes, by R"
    assert "Decided by people" not in facts
