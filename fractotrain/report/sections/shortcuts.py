"""Can the class be told without the fracture surface?"""

from fractotrain.evaluation.shortcuts import ProbeResult, Shortcut, is_strong_possible, majority_scores, probe_facts
from fractotrain.report.blocks import Cell, Figure, Level, Section, Table, Verdict, ranged
from fractotrain.report.figures import intervals
from fractotrain.report.study import Study

_UNSEEN = ("folder", "top folder")
"""The model never sees these: a class that they betray shows how the archive was made, not how the model cheats."""


def shortcuts(study: Study) -> Section:
    """Probes on facts of the catalog, over the run's folds, against the model and against chance."""
    answers, record = study.answers, study.record
    lead = (
        f"{study.basis} A logistic regression that sees only the fact named, fitted on the other folds (no FOAN "
        "straddles them). Balanced accuracy: what ignores the class reaches 1 / classes. The model sees neither "
        "folder nor file name; it may see magnification, microscope, and size and shape of the frame in its pixels."
    )
    if not record.facts:
        sentence = "No fact of the catalog varies between the frames, so none can betray the class."
        return Section("Shortcuts", lead, (), (Verdict(Level.BELIEVE, sentence),))
    probes = probe_facts(record.facts, answers.labels, study.fitting_folds, study.draws, study.scores)
    majority = majority_scores(answers.labels, study.fitting_folds, study.draws)
    chance = 1 / max(len(set(answers.labels.tolist())), 1)
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
    svg = intervals(names, {"balanced accuracy": estimates}, "balanced accuracy", {"chance": chance})
    figure = Figure("shortcuts_figure", "Balanced accuracy of probes that do not see the fracture", svg, table.data)
    return Section("Shortcuts", lead, (figure, table), (_verdict(study, probes),))


def _share(probe: ProbeResult) -> str:
    return "" if probe.share_of_model is None else f" ({probe.share_of_model:.0%} of the model's advantage)"


def _verdict(study: Study, probes: list[ProbeResult]) -> Verdict:
    visible = [probe for probe in probes if probe.name not in _UNSEEN]
    telling = [probe for probe in probes if probe.verdict is not Shortcut.NONE]
    if not telling:
        best = max(visible or probes, key=lambda probe: probe.scores["macro_recall"].value or 0)
        numbers = f"the best, {best.name}: {_numbers(best)}, {study.record.split_words}"
        if any(is_strong_possible(probe, study.scores) for probe in probes):
            sentence = (
                f"No fact around the fracture is shown to tell the class, but too few FOANs exclude it ({numbers})."
            )
            return Verdict(Level.CAUTION, sentence)
        return Verdict(Level.BELIEVE, f"No fact around the fracture tells the class ({numbers}).")
    best = max(telling, key=lambda probe: probe.scores["macro_recall"].value or 0)
    strong = any(probe.verdict is Shortcut.STRONG for probe in telling)
    sentence = (
        f"The class can be told without the fracture surface, from {best.name}: {_numbers(best)}{_share(best)}, "
        f"{study.record.split_words}. "
        + (
            "A good figure of the model is no proof that it looks at the fracture."
            if strong
            else "Look at the heat-maps."
        )
    )
    return Verdict(Level.DO_NOT if strong else Level.CAUTION, sentence)


def _numbers(probe: ProbeResult) -> str:
    reached = probe.scores["macro_recall"]
    return f"balanced accuracy {ranged(reached)}, {reached.n:,} frames, {reached.n_foans:,} FOANs"
