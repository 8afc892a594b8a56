"""Frames with their heat-maps, a sheet per FOAN (the paper's Figs. 5 and 6): drawn anew from the stored maps."""

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from data_contracts.masks import cut_picture
from data_contracts.pixels import GreyImage, PixelError, decode_grey, read_bytes
from fractotrain.attribution.methods import Heat, Method
from fractotrain.attribution.sheet import MOST_COLUMNS, PANEL_PX, Panel, draw_sheet, sheet_data
from fractotrain.attribution.subjects import OutOfFold, Subject
from fractotrain.report.blocks import Figure, counted
from fractotrain.report.read import CLASS_NAMES
from fractotrain.report.study import Study
from fractotrain.report.surroundings import FramePlaces

_MOST_SHEETS = 6
"""Some 100 kB each, and as much for each further frame."""

Rows = Sequence[Mapping[str, Any]]


def heat_map_sheets(study: Study) -> tuple[list[Figure], dict[str, str]]:
    """Sheets of some FOANs, those with the most wrong answers and frames first; and the state of every map's file."""
    record, answers = study.record, study.answers
    rows = record.attributions.to_dicts()
    maps = {row["map_path"]: _load(record.catalog.parent / row["map_path"], row["map_sha256"]) for row in rows}
    position = {path: i for i, path in enumerate(answers.paths)}
    of_foan: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["path"] in position and maps[row["map_path"]][1] is not None:
            foan = str(answers.foans[position[row["path"]]])
            of_foan[foan][row["path"]].append({**row, "map": maps[row["map_path"]][1]})
    n_wrong = {
        foan: sum(answers.labels[position[path]] != answers.predicted[position[path]] for path in images)
        for foan, images in of_foan.items()
    }
    sheets: list[Figure] = []
    for foan in sorted(of_foan, key=lambda name: (-n_wrong[name], -len(of_foan[name]), name)):
        if len(sheets) == _MOST_SHEETS:
            break
        if sheet := _sheet(study, foan, of_foan[foan], position, f"heat_maps_{len(sheets) + 1}"):
            sheets.append(sheet)
    return sheets, {name: state for name, (state, _) in maps.items()}


def _sheet(
    study: Study, foan: str, images: Mapping[str, Rows], position: Mapping[str, int], name: str
) -> Figure | None:
    """None if no frame of it can be shown."""
    panels: list[Panel] = []
    for path, rows in images.items():
        i = position[path]
        cropped = None if study.record.places is None else _cropped(study.record.places[i])
        if cropped is not None:
            panels += _panels(study, i, rows, cropped)
    panels = panels[:MOST_COLUMNS]
    if not panels:
        return None
    methods = [method for method in Method if any(method in panel.maps for panel in panels)]
    caption = (
        f"Where the final model looks: {counted(len(panels), 'frame')} of FOAN {foan}, the lowest magnification left; "
        "below each its heat-maps, what the model answers, the truth, and the out-of-fold answer"
    )
    svg = draw_sheet(foan, "", panels, methods).as_svg()
    return Figure(name, caption, svg, sheet_data(panels))


def _panels(study: Study, i: int, rows: Rows, cropped: GreyImage) -> list[Panel]:
    """One panel for each class that was asked for."""
    record, answers = study.record, study.answers
    probabilities = np.exp(answers.logits[i] - answers.logits[i].max())
    out_of_fold = OutOfFold(
        int(answers.folds[i]), CLASS_NAMES[answers.predicted[i]], float(probabilities.max() / probabilities.sum())
    )
    magnification = answers.magnifications[i]
    panels = []
    for target in dict.fromkeys(row["target_class"] for row in rows):
        of_target = [row for row in rows if row["target_class"] == target]
        first = of_target[0]
        predicted, probability = first["predicted_class"], first["target_probability"]
        subject = Subject(
            path=first["path"],
            sha256=first["map_sha256"],
            crop_box=(0, 0, 1, 1) if record.places is None else record.places[i].crop,
            masks=(),
            foan=str(answers.foans[i]),
            serial_number=None,
            magnification=None if np.isnan(magnification) else float(magnification),
            true_class=CLASS_NAMES[answers.labels[i]],
            trained_on=bool(first["trained_on"]),
            foan_trained_on=True,  # the final model is fitted on all that the run answered
            out_of_fold=out_of_fold,
            pixel_size_nm=None if record.places is None else record.places[i].pixel_size_nm,
        )
        maps = {Method(row["method"]): row["map"] for row in of_target}
        panels.append(
            Panel.of(
                subject, cropped, maps, (target, probability), (predicted, probability if predicted == target else None)
            )
        )
    return panels


def _load(file: Path, sha256: str) -> tuple[str, Heat | None]:
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
    height_px = max(1, round(PANEL_PX * cropped.height / cropped.width))
    return np.asarray(cropped.resize((PANEL_PX, height_px), Image.Resampling.LANCZOS))
