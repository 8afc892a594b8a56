"""Where the model looked (the paper's Figs. 5 and 6), and whether those maps may be believed."""

import base64
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from data_contracts.masks import cut_picture
from data_contracts.pixels import GreyImage, PixelError, decode_grey, read_bytes
from fractotrain.attribution.agreement import Agreement
from fractotrain.attribution.overlay import overlay
from fractotrain.attribution.questions import ANSWERS, QUESTIONS
from fractotrain.evaluation.bootstrap import Estimate
from fractotrain.report.blocks import Cell, Level, Picture, Section, Table, Verdict, rounded, step_name, words
from fractotrain.report.read import CLASS_NAMES
from fractotrain.report.study import Study
from fractotrain.report.surroundings import FramePlaces

_SHOWN = 8
"""Images; some 50 kB each and method."""
_PANEL_PX = 320
_DECISIVE = ("answer_depends_on_picture", "randomisation", "insertion_over_random", "deletion_over_random")
_TESTS = {
    "has_map": "finds anything at all",
    "answer_depends_on_picture": "answer changes if the picture is wiped",
    "randomisation": "likeness to the map of random weights",
    "insertion_over_random": "patches shown in its order, gain over random order",
    "deletion_over_random": "patches wiped in its order, gain over random order",
    "insertion_over_centre": "patches shown in its order, gain over centre first",
    "deletion_over_centre": "patches wiped in its order, gain over centre first",
    "stability": "likeness after a small shift",
    "agreement": "likeness to the other methods' maps",
    "pointing": "hottest point in the marked region",
    "pointing_by_chance": "the region's share of the frame",
}
_LEVELS = {"may be believed": Level.BELIEVE, "to be read with care": Level.CAUTION, "not to be believed": Level.DO_NOT}


def attributions(study: Study) -> Section:
    """Verdicts and tests of the maps, and maps over their frames, wrong answers first."""
    record = study.record
    lead = "Heat-maps of the run's final model, made and tested by `fracto explain`."
    blocks: list[Table | Picture] = []
    pictures, states = _pictures(study)
    blocks += pictures
    if not pictures and not record.attributions.is_empty():
        lead += (
            " No picture is shown: the images are not where the catalog says, or the files of the maps are not as they "
            "were made (table below)."
        )
    if not record.attribution_tests.is_empty():
        blocks += [_tests(record.attribution_tests), _tests_by_part(record.attribution_tests)]
    if any(asked.raters for asked in record.expert_agreement):
        blocks.append(_experts(record.expert_agreement))
    if not record.attributions.is_empty():
        blocks.append(_listing(record.attributions, states))
    return Section("Attributions", lead, tuple(blocks), _verdicts(study))


def _verdicts(study: Study) -> tuple[Verdict, ...]:
    record = study.record
    if record.attribution_verdicts:
        return tuple(
            Verdict(
                _LEVELS.get(said["belief"], Level.CAUTION),
                f"Heat-maps by {words(method)}: "
                f"{': '.join(filter(None, [said['belief'], '; '.join(said['reasons'])]))}.",
            )
            for method, said in record.attribution_verdicts.items()
        )
    if record.attributions.is_empty():
        sentence = "Nobody has looked where the model looks: no heat-maps are stored for this run (`fracto explain`)."
    else:
        sentence = "The heat-maps of this run were not put to the test (`fracto explain --test`)."
    return (Verdict(Level.CAUTION, sentence),)


def _tests(tests: pl.DataFrame) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            words(row["method"]),
            _asked(row["test"]),
            words(row["defect_class"]),
            "all" if row["magnification"] is None else step_name(row["magnification"]),
            _estimate(row),
            "-" if row["threshold"] is None else f"{_side(row['test'])} {row['threshold']:g}",
            {True: "passed", False: "failed", None: "-"}[row["passed"]],
        )
        for row in sorted(tests.to_dicts(), key=_whole_first)
    ]
    columns = ("method", "test", "class", "magnification", "value", "limit", "result")
    caption = (
        "Heat-maps put to the test: mean over the images, FOANs drawn with replacement. Passed: the whole interval "
        "lies on the good side of the limit"
    )
    n_whole = sum(not any(_whole_first(row)) for row in tests.to_dicts())
    return Table("attribution_tests", caption, columns, tuple(rows), max_shown=n_whole)


def _tests_by_part(tests: pl.DataFrame) -> Table:
    """The decisive tests, a row per method and class, and per method and magnification."""
    found = {(r["method"], r["defect_class"], r["magnification"], r["test"]): r for r in tests.to_dicts()}
    parts = dict.fromkeys(key[:3] for key in found if key[1] != "all" or key[2] is not None)
    rows: list[tuple[Cell, ...]] = []
    for method, defect_class, step in sorted(parts, key=lambda part: (part[0], part[2] or 0, part[1])):
        cells = [found.get((method, defect_class, step, test)) for test in _DECISIVE]
        name = words(defect_class) if step is None else step_name(step)
        rows.append((words(method), name, *(None if cell is None else _estimate(cell) for cell in cells)))
    columns = ("method", "images", *(_asked(test) for test in _DECISIVE))
    caption = "The decisive tests by class and by magnification; limits as above"
    return Table("attribution_tests_by_part", caption, columns, tuple(rows))


def _asked(test: str) -> str:
    """What a test asks; a part of a test keeps its name."""
    return _TESTS.get(test, words(test))


def _experts(agreement: Sequence[Agreement]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for asked in agreement:
        interval = None
        if asked.kappa_low is not None and asked.kappa_high is not None:
            interval = f"[{rounded(asked.kappa_low)}, {rounded(asked.kappa_high)}]"
        agreeing = None if asked.share_agreeing is None else f"{asked.share_agreeing:.0%}"
        kappa = None if asked.kappa is None else rounded(asked.kappa)
        said = (asked.counts.get(answer, 0) for answer in ANSWERS)
        rows.append((QUESTIONS[asked.question], len(asked.raters), *said, asked.n_images, agreeing, kappa, interval))
    columns = ("question", "raters", *ANSWERS, "answered by all", "pairs that agree", "kappa", "95 % interval")
    caption = (
        "What experts said of the heat-maps before they talked (`fracto explain --form`); Cohen's kappa of two raters, "
        "Fleiss' of more, pictures drawn with replacement"
    )
    return Table("experts", caption, columns, tuple(rows))


def _side(test: str) -> str:
    """Where a good value lies: only the likeness to the map of random weights is to be small."""
    return "below" if test == "randomisation" else "above"


def _estimate(row: dict[str, Any]) -> Estimate:
    return Estimate(row["value"], row["low"], row["high"], row["n_images"], row["n_foans"])


def _whole_first(row: dict[str, Any]) -> tuple[bool, bool]:
    return row["defect_class"] != "all" or row["magnification"] is not None, ":" in row["test"]


def _listing(rows: pl.DataFrame, states: dict[str, str]) -> Table:
    listed: list[tuple[Cell, ...]] = [
        (
            row["path"], words(row["method"]), words(row["target_class"]), round(row["target_probability"], 3),
            words(row["predicted_class"]), "yes" if row["trained_on"] else "no", row["map_path"],
            states[row["map_path"]],
        )
        for row in rows.to_dicts()
    ]  # fmt: skip
    columns = ("image", "method", "class asked for", "its probability", "answer", "trained on it", "file", "state")
    return Table("attributions", f"Heat-maps ({len(listed)})", columns, tuple(listed), max_shown=12)


def _pictures(study: Study) -> tuple[list[Picture], dict[str, str]]:
    """Some images with their maps side by side, and the state of every map's file."""
    record, answers = study.record, study.answers
    rows = record.attributions.to_dicts()
    maps = {row["map_path"]: _load(record.catalog.parent / row["map_path"], row["map_sha256"]) for row in rows}
    position = {path: i for i, path in enumerate(answers.paths)}
    is_wrong = dict(zip(answers.paths, (answers.labels != answers.predicted).tolist(), strict=True))
    paths = sorted({row["path"] for row in rows}, key=lambda path: (not is_wrong.get(path, False), path))
    pictures: list[Picture] = []
    for path in paths:
        shown = [row for row in rows if row["path"] == path and maps[row["map_path"]][1] is not None]
        if len(pictures) == _SHOWN or not shown or record.places is None or path not in position:
            continue
        frame = _cropped(record.places[position[path]])
        if frame is None:
            continue
        panels = [np.repeat(frame[..., None], 3, axis=2)]
        panels += [overlay(frame, heat) for row in shown if (heat := maps[row["map_path"]][1]) is not None]
        truth = CLASS_NAMES[answers.labels[position[path]]]
        names = ", ".join(f"{words(row['method'])} ({words(row['target_class'])})" for row in shown)
        trained = "; the model was trained on it" if shown[0]["trained_on"] else ""
        caption = (
            f"{path}: frame, then {names}; answer {words(shown[0]['predicted_class'])}, truth {words(truth)}; out of "
            f"fold {'wrong' if is_wrong[path] else 'right'}{trained}"
        )
        pictures.append(Picture(caption, "image/jpeg", _jpeg(panels)))
    return pictures, {name: state for name, (state, _) in maps.items()}


def _load(file: Path, sha256: str) -> tuple[str, np.ndarray | None]:
    """What can be said about the file of a map, and the map (patches) if it is as it was made."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return f"not there ({error.strerror})", None
    if hashlib.sha256(content).hexdigest() != sha256:
        return "changed since it was made", None
    return "as made", np.load(io.BytesIO(content), allow_pickle=False)


def _cropped(place: FramePlaces) -> GreyImage | None:
    """The crop, reduced to the width of a panel; None if the image is not there: its map is listed all the same."""
    try:
        grey = decode_grey(read_bytes(place.path)).grey
    except PixelError:
        return None
    picture = cut_picture(grey, place.crop, place.masks)
    if not picture.size:
        return None  # the catalog no longer knows the crop
    cropped = Image.fromarray(picture)
    height_px = max(1, round(_PANEL_PX * cropped.height / cropped.width))
    return np.asarray(cropped.resize((_PANEL_PX, height_px), Image.Resampling.LANCZOS))


def _jpeg(panels: list[np.ndarray]) -> str:
    gap = np.full((panels[0].shape[0], 8, 3), 255, np.uint8)
    strip = np.concatenate([part for panel in panels for part in (panel, gap)][:-1], axis=1)
    written = io.BytesIO()
    Image.fromarray(strip).save(written, "JPEG", quality=85)
    return base64.b64encode(written.getvalue()).decode("ascii")
