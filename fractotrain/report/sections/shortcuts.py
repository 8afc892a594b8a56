"""Can the class be told without the fracture surface?"""

import numpy as np

from fractotrain.evaluation.answers import Floats
from fractotrain.evaluation.shortcuts import (
    ProbeResult,
    Shortcut,
    is_strong_possible,
    majority_scores,
    probe_facts,
    probe_pixels,
)
from fractotrain.report.blocks import Cell, Figure, Level, Section, Table, Verdict, ranged
from fractotrain.report.figures import intervals
from fractotrain.report.study import Study
from fractotrain.report.surroundings import read_surroundings

_UNSEEN = ("folder", "top folder", "pixels of the data bar")
"""The model never sees these: a class that they betray shows how the archive was made, not how the model cheats."""
_BORDER = "pixels of the border"
"""A rim of the crop: the only probe that sees a little of the fracture."""


def shortcuts(study: Study) -> Section:
    """Probes on facts of the catalog, over the run's folds, against the model and against chance."""
    answers, record = study.answers, study.record
    lead = (
        f"{study.basis} A logistic regression that sees only the fact named, fitted on the other folds (no FOAN "
        "straddles them). Balanced accuracy: what ignores the class reaches 1 / classes; the verdicts allow for the "
        "number of probes. The model sees neither folder nor file name; it may see magnification, microscope, and size "
        "and shape of the frame in its pixels."
    )
    if len(np.unique(study.fitting_folds)) < 2:
        sentence = "Whether something around the fracture betrays the class cannot be told: one fold only to fit on."
        return Section("Shortcuts", lead, (), (Verdict(Level.CAUTION, sentence),))
    pixels, about_pixels = _pixels(study)
    lead = f"{lead} {about_pixels}"
    n_looks = len(record.facts) + (len(record.facts) > 1) + len(pixels)
    looked_at = (answers.labels, study.fitting_folds, study.draws, study.scores, n_looks)
    probes = probe_facts(record.facts, *looked_at) + probe_pixels(pixels, *looked_at)
    if not probes:
        sentence = "No fact of the catalog varies between the frames, so none can betray the class."
        return Section("Shortcuts", lead, (), (Verdict(Level.BELIEVE, sentence),))
    majority = majority_scores(answers.labels, study.fitting_folds, study.draws)
    rows: list[tuple[Cell, ...]] = [
        ("the model", "", study.scores["macro_recall"], study.scores["macro_f1"], ""),
        ("always the most frequent class", "", majority["macro_recall"], majority["macro_f1"], ""),
        *(
            (p.name, p.n_values, p.scores["macro_recall"], p.scores["macro_f1"], f"{p.verdict}{_share(p)}")
            for p in probes
        ),
    ]
    columns = ("what is seen", "values", "balanced accuracy", "macro-F1", "verdict")
    table = Table("shortcuts", "How well the class is told without looking at the fracture", columns, tuple(rows))
    names = ["the model", *(p.name for p in probes)]
    estimates = [study.scores["macro_recall"], *(p.scores["macro_recall"] for p in probes)]
    svg = intervals(names, {"balanced accuracy": estimates}, "balanced accuracy", {"chance": study.chance})
    figure = Figure("shortcuts_figure", "Balanced accuracy of probes that do not see the fracture", svg, table.data)
    return Section("Shortcuts", lead, (figure, table), (_verdict(study, probes),))


def _pixels(study: Study) -> tuple[dict[str, Floats], str]:
    """Grey levels around the fracture, if they are asked for, and what is to be said about them."""
    places = study.record.places
    if not study.settings.look_at_pixels:
        return {}, "Pixels of data bar and border were not looked at (`--pixels`)."
    if places is None:
        return {}, "Pixels could not be looked at: the catalog does not say where the images lie."
    seen = read_surroundings(places)
    if seen.n_unreadable == len(places):
        return {}, "Pixels could not be looked at: no image could be read."
    pixels = {"pixels of the data bar": seen.data_bar, _BORDER: seen.border}
    pixels = {name: grey for name, grey in pixels.items() if np.ptp(grey, axis=0).any()}  # else they can tell nothing
    unread = f"{seen.n_unreadable} of {len(places)} images could not be read"
    return pixels, f"The border is the rim of the crop and shows a little of the fracture; {unread}."


def _share(probe: ProbeResult) -> str:
    return (
        ""
        if probe.share_of_model is None or probe.verdict is Shortcut.NONE
        else f" ({probe.share_of_model:.0%} of the model's advantage)"
    )


def _verdict(study: Study, probes: list[ProbeResult]) -> Verdict:
    visible = [probe for probe in probes if probe.name not in _UNSEEN]
    telling = [probe for probe in probes if probe.verdict is not Shortcut.NONE]
    if not telling:
        best = max(visible or probes, key=lambda probe: probe.scores["macro_recall"].value or 0)
        numbers = f"the best, {best.name}: {_numbers(study, best)}"
        if any(is_strong_possible(probe, study.scores) for probe in probes):
            sentence = (
                f"No fact around the fracture is shown to tell the class, but too few FOANs exclude it ({numbers})."
            )
            return Verdict(Level.CAUTION, sentence)
        return Verdict(Level.BELIEVE, f"No fact around the fracture tells the class ({numbers}).")
    best = max(telling, key=lambda probe: probe.scores["macro_recall"].value or 0)
    strong = any(probe.verdict is Shortcut.STRONG for probe in telling)
    finding = "The class can be told without the fracture surface, from"
    if best.name == _BORDER:
        finding = "The class can be told from very little of the fracture, from"
    sentence = f"{finding} {best.name}: {_numbers(study, best)}{_share(best)}. " + (
        "A good figure of the model is no proof that it looks at the fracture." if strong else "Look at the heat-maps."
    )
    return Verdict(Level.DO_NOT if strong else Level.CAUTION, sentence)


def _numbers(study: Study, probe: ProbeResult) -> str:
    reached = probe.scores["macro_recall"]
    return f"balanced accuracy {ranged(reached)}, {study.sample(reached)}"
