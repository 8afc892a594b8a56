"""What the dataset holds: images by status, class, magnification and sub-type (the paper's Figs. 1 and 2)."""

import numpy as np
import polars as pl

from fractotrain.evaluation.magnification import PAPER_STEPS, nearest_step
from fractotrain.report.blocks import Cell, Figure, Section, Table, shortened, step_name, words
from fractotrain.report.figures import bars
from fractotrain.report.read import CLASS_NAMES
from fractotrain.report.study import Study

_OTHER = "other or unknown"
_MOST_BARS = 20
"""Further groups are taken together in the drawing; the CSV has them all."""


def data_card(study: Study) -> Section:
    """Counts of image files, all of them and those that the run saw."""
    dataset = study.record.dataset
    status = dataset.group_by("status", "reason").len().sort("len", descending=True)
    status_rows: list[tuple[Cell, ...]] = [
        (words(state), words(reason or ""), n, round(100 * n / max(len(dataset), 1), 1))
        for state, reason, n in status.rows()
    ]
    labelled = dataset.filter(pl.col("defect_class").is_in(CLASS_NAMES))
    steps = nearest_step(labelled["magnification"].cast(pl.Float64).fill_null(np.nan).to_numpy(), PAPER_STEPS)
    names = [_OTHER if np.isnan(step) else step_name(step) for step in steps]
    order = [*map(step_name, PAPER_STEPS), _OTHER]
    foans = labelled.group_by("defect_class").agg(pl.len().alias("images"), pl.col("foan").n_unique().alias("foans"))
    of_class = {row["defect_class"]: row for row in foans.to_dicts()}
    in_run = np.bincount(study.answers.labels, minlength=len(CLASS_NAMES))
    class_rows: list[tuple[Cell, ...]] = [
        (words(name), of_class.get(name, {}).get("images", 0), of_class.get(name, {}).get("foans", 0), int(in_run[i]))
        for i, name in enumerate(CLASS_NAMES)
    ]
    return Section(
        "Data",
        f"All {len(dataset):,} image files of the catalog as it is now; the run answered {len(study.answers):,}. "
        "Counts of everything there is, not of a sample, so they have no interval.",
        (
            Table("data_status", "Image files by what became of them", ("status", "reason", "files", "% of files"),
                  tuple(status_rows)),
            Table("data_classes", "Labelled images by class", ("class", "images", "FOANs", "answered by the run"),
                  tuple(class_rows)),
            _stacked("data_magnification", "Labelled images by magnification and class", labelled, names, order),
            _stacked("data_sub_type", "Labelled images by sub-type and class", labelled,
                     [words(s or "none stated") for s in labelled["sub_type"]], None),
        ),
    )  # fmt: skip


def _stacked(name: str, caption: str, labelled: pl.DataFrame, groups: list[str], order: list[str] | None) -> Figure:
    data = (
        pl.DataFrame({"group": groups, "class": labelled["defect_class"]}, schema={"group": str, "class": str})
        .group_by("group", "class")
        .len("images")
    )
    totals = data.group_by("group").agg(pl.col("images").sum()).sort("images", descending=True)["group"].to_list()
    present = [group for group in order or totals if group in totals]
    count = {(group, defect_class): n for group, defect_class, n in data.iter_rows()}
    series = {words(c): [float(count.get((group, c), 0)) for group in present] for c in CLASS_NAMES}
    present = [shortened(group) for group in present]
    if len(present) > _MOST_BARS:
        present = [*present[:_MOST_BARS], f"{len(present) - _MOST_BARS} others together"]
        series = {c: [*values[:_MOST_BARS], sum(values[_MOST_BARS:])] for c, values in series.items()}
    return Figure(name, caption, bars(present, series, "images"), data.sort("group", "class"))
