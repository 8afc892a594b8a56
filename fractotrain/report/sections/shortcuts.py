"""Can the class be told without the fracture surface?"""

from dataclasses import replace

import numpy as np

from fractotrain.evaluation.answers import Bools, Floats
from fractotrain.evaluation.shortcuts import Contest, ProbeResult, Shortcut, majority_scores, probe_facts, probe_pixels
from fractotrain.report.blocks import Cell, Figure, Level, Section, Table, Verdict, counted, percent, ranged
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
    pixels, seen, about_pixels = _pixels(study)
    lead = f"{lead} {about_pixels}"
    n_looks = len(record.facts) + (len(record.facts) > 1) + len(pixels)
    contest = Contest(answers.labels, study.fitting_folds, study.draws, answers.predicted, n_looks)
    probes = probe_facts(record.facts, contest) + probe_pixels(pixels, replace(contest, where=seen))
    if not probes:
        sentence = "No fact of the catalog varies between the frames, so none can betray the class."
        return Section("Shortcuts", lead, (), (Verdict(Level.BELIEVE, sentence),))
    majority = majority_scores(answers.labels, study.fitting_folds, study.draws)
    rows: list[tuple[Cell, ...]] = [
        ("the model", None, study.scores["macro_recall"], study.scores["macro_f1"], None, ""),
        ("always the most frequent class", None, majority["macro_recall"], majority["macro_f1"], None, ""),
        *(
            (p.name, p.n_values, p.scores["macro_recall"], p.scores["macro_f1"], p.share_of_model, str(p.verdict))
            for p in probes
        ),
    ]
    columns = ("what is seen", "values", "balanced accuracy", "macro-F1", "share of the model's advantage", "verdict")
    table = Table(
        "shortcuts",
        "How well the class is told without looking at the fracture; verdicts rest on intervals that are "
        "widened for the number of probes (Bonferroni)",
        columns,
        tuple(rows),
    )
    names = ["the model", *(p.name for p in probes)]
    estimates = [study.scores["macro_recall"], *(p.scores["macro_recall"] for p in probes)]
    svg = intervals(names, {"balanced accuracy": estimates}, "balanced accuracy", {"chance": study.chance})
    figure = Figure("shortcuts_figure", "Balanced accuracy of probes that do not see the fracture", svg, table.data)
    return Section("Shortcuts", lead, (figure, table), (_verdict(study, contest, probes),), record.split_words)


def _pixels(study: Study) -> tuple[dict[str, Floats], Bools, str]:
    """Grey levels around the fracture, the frames that they were read of, and what is to be said about them."""
    places, most = study.record.places, study.settings.most_pixel_frames
    asked = _sample(study, most)
    if places is None:
        return {}, asked, "Pixels of data bar and border could not be looked at: nobody knows where the images lie."
    seen = read_surroundings([place for place, is_asked in zip(places, asked, strict=True) if is_asked])
    if not seen.is_read.any():
        return {}, asked, "Pixels of data bar and border could not be looked at: no image could be read."
    where = asked.copy()
    where[asked] = seen.is_read
    pixels = {}
    for name, grey in (("pixels of the data bar", seen.data_bar), (_BORDER, seen.border)):
        if np.ptp(grey[seen.is_read], axis=0).any():  # else they can tell nothing
            pixels[name] = np.zeros((len(asked), grey.shape[1]))
            pixels[name][asked] = grey
    of_all = "" if asked.all() else f", of {len(asked):,}: `--pixels` looks at all"
    unread = int((~seen.is_read).sum())
    about = (
        "Pixels of data bar and border (the rim of the crop, which shows a little of the fracture) are those of "
        f"{counted(int(where.sum()), 'frame')}{of_all}; {unread} could not be read."
    )
    return pixels, where, about


def _sample(study: Study, most: int | None) -> Bools:
    """All frames of as many FOANs, drawn at random, as hold so many frames; all without a limit."""
    group_of = study.draws.group_of
    if most is None or len(group_of) <= most:
        return study.everywhere
    order = np.random.default_rng(study.settings.seed).permutation(study.draws.weights.shape[1])
    sizes = np.bincount(group_of, minlength=len(order))[order]
    drawn = order[: max(1, int(np.searchsorted(np.cumsum(sizes), most, side="right")))]
    return np.isin(group_of, drawn)


def _verdict(study: Study, contest: Contest, probes: list[ProbeResult]) -> Verdict:
    visible = [probe for probe in probes if probe.name not in _UNSEEN]
    telling = [probe for probe in probes if probe.verdict is not Shortcut.NONE]
    if not telling:
        best = max(visible or probes, key=lambda probe: probe.scores["macro_recall"].value or 0)
        numbers = f"the best, {best.name}: {_numbers(study, best)}"
        if any(contest.is_strong_possible(probe) for probe in probes):
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
    sentence = f"{finding} {best.name}: {_numbers(study, best)}{_share(best)}. {_consequence(study, is_strong=strong)}"
    few = study.class_with_few_foans
    if strong and few is not None:  # over so few, facts are tied to classes by chance more often than the interval says
        return Verdict(Level.CAUTION, f"{sentence} It rests on few FOANs ({few}), so it may be chance.")
    return Verdict(Level.DO_NOT if strong else Level.CAUTION, sentence)


def _consequence(study: Study, *, is_strong: bool) -> str:
    if not study.is_better_than_chance:
        return "This model did not learn it; a better one may."
    if is_strong:
        return "A good figure of the model is no proof that it looks at the fracture."
    return "Look at the heat-maps."


def _share(probe: ProbeResult) -> str:
    return "" if probe.share_of_model is None else f"; {percent(probe.share_of_model)} of the model's advantage"


def _numbers(study: Study, probe: ProbeResult) -> str:
    reached = probe.scores["macro_recall"]
    return f"balanced accuracy {ranged(reached)}, {study.sample(reached)}"
