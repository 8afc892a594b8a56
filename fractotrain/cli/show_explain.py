"""What explaining came to, as tables for people and as plain values for programs."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from data_contracts.records import Failure

if TYPE_CHECKING:  # the records bring torch
    from fractotrain.attribution.agreement import Agreement
    from fractotrain.attribution.examine import Examined
    from fractotrain.attribution.expert_answers import Imported
    from fractotrain.attribution.explain import Explained, Plan
    from fractotrain.attribution.verdict import Figure


_NARROW = (0, 1, 0, 0)
"""Padding of tables that should fit a terminal of 80 columns."""

_SHORT = {
    "has_map": "has map",
    "answer_depends_on_picture": "answer by picture",
    "randomisation": "like random weights",
    "insertion_over_random": "insert > random",
    "deletion_over_random": "delete > random",
    "insertion_over_centre": "insert > centre",
    "deletion_over_centre": "delete > centre",
    "stability": "stable",
    "agreement": "agrees",
    "pointing": "points",
    "pointing_by_chance": "by chance",
}
"""Trial -> name in narrow tables, in the order of their rows."""


def show_explained(console: Console, plan: "Plan", explained: "Explained", form: Path | None) -> None:
    """One line an image, what failed, and where to look."""
    title = f"Final model of {plan.model.run_id} ({plan.model.settings.model.name})"
    # Next to columns that do not wrap, that of the names would vanish in a terminal of 80 columns.
    columns = ("magnified", "answer", "truth", "out of fold", "trained on")
    image = Column("image", overflow="fold", min_width=16)
    others = (Column(name, overflow="fold") for name in columns)
    table = Table(image, *others, title=title, box=box.SIMPLE_HEAD, padding=_NARROW)
    for e in explained.explanations:
        s, other = e.subject, e.subject.out_of_fold
        table.add_row(
            escape(repr(s.path)),
            "-" if s.magnification is None else f"{s.magnification:g} x",
            f"{e.predicted_class} {e.predicted_probability:.2f}",
            s.true_class or "-",
            "-" if other is None else f"{other.predicted_class} {other.probability:.2f}",
            "yes" if s.trained_on else "FOAN" if s.foan_trained_on else "no",
        )
    console.print(table)
    _say_failures(console, explained.failures)
    n_known = sum(e.subject.trained_on for e in explained.explanations)
    if n_known:
        _say(
            console,
            f"{n_known} of {len(explained.explanations)} images were trained on by this model: its answers there show "
            "what it learnt. Models of folds are not stored; judge by the out-of-fold answers.",
        )
    sheets = sorted({e.sheet for e in explained.explanations})
    n_sheets = "1 sheet" if len(sheets) == 1 else f"{len(sheets)} sheets"
    _say(console, f"{n_sheets} in {plan.output / 'sheets'}, overlays in {plan.output / 'overlays'}")
    if form is not None:
        _say(console, f"Form for experts: {form}; give each rater a copy, then --answers FILE --rater NAME")
    _say(console, "Whether these heat-maps deserve belief: fracto explain --test")


def explained_facts(plan: "Plan", explained: "Explained", form: Path | None) -> dict[str, object]:
    """The same as plain values."""
    images = [
        {
            "path": e.subject.path,
            "foan": e.subject.foan,
            "magnification": e.subject.magnification,
            "true_class": e.subject.true_class,
            "predicted_class": e.predicted_class,
            "predicted_probability": e.predicted_probability,
            "target_class": e.target_class,
            "target_probability": e.target_probability,
            "out_of_fold": e.subject.out_of_fold and dataclasses.asdict(e.subject.out_of_fold),
            "trained_on": e.subject.trained_on,
            "foan_trained_on": e.subject.foan_trained_on,
            "maps": {str(method): str(stored.file) for method, stored in e.maps.items()},
            "sheet": str(e.sheet),
        }
        for e in explained.explanations
    ]
    failures = [dataclasses.asdict(f) for f in explained.failures]
    return {
        "run_id": plan.model.run_id,
        "images": images,
        "failures": failures,
        "form": None if form is None else str(form),
    }


def show_tests(console: Console, plan: "Plan", examined: "Examined") -> None:
    """Trials over all images with intervals and limits; classes and magnifications below; the verdicts last."""
    whole = [f for f in examined.figures if f.defect_class == "all" and f.magnification is None]
    n_images, n_foans = max(f.n_images for f in whole), max(f.n_foans for f in whole)
    title = f"Heat-maps of {plan.model.run_id}: {n_images} images of {n_foans} FOANs"
    columns = ("test", "method", "mean, 95 % interval", "limit", "passed", "n")
    table = Table(*(Column(name, no_wrap=True) for name in columns), title=title, box=box.SIMPLE_HEAD, padding=_NARROW)
    for trial, name in _SHORT.items():
        for figure in (f for f in whole if f.trial == trial):
            table.add_row(name, str(figure.method), *_shown(figure), str(figure.n_images))
    console.print(table)
    parts = [f for f in examined.figures if ":" not in f.trial]
    for method in dict.fromkeys(f.method for f in whole):
        of_method = [f for f in parts if f.method == method]
        console.print(_by_scope(f"{method}, by class", [f for f in of_method if f.magnification is None]))
        magnified = [f for f in of_method if f.magnification is not None]
        if magnified:
            console.print(_by_scope(f"{method}, by magnification", magnified))
    _say(console, "! the interval does not lie wholly on the good side of the limit; ? too few FOANs for an interval")
    _say_failures(console, examined.failures)
    for verdict in examined.verdicts:
        _say(console, str(verdict))


def _by_scope(title: str, found: Sequence["Figure"]) -> Table:
    """One row a trial, one column a class or magnification; intervals are in the table `attribution_tests`."""
    scopes = list(dict.fromkeys((f.defect_class, f.magnification) for f in found))
    figure_of = {(f.trial, f.defect_class, f.magnification): f for f in found}
    headings = [name if magnification is None else f"{magnification:g} x" for name, magnification in scopes]
    table = Table("", *headings, title=title, box=box.SIMPLE_HEAD, padding=_NARROW)
    table.add_row(
        "images", *(str(max(f.n_images for f in found if (f.defect_class, f.magnification) == s)) for s in scopes)
    )
    for trial, name in _SHORT.items():
        cells = [_marked(figure_of.get((trial, *scope))) for scope in scopes]
        if any(cell != "-" for cell in cells):
            table.add_row(name, *cells)
    return table


def _marked(figure: "Figure | None") -> str:
    if figure is None:
        return "-"
    mark = "" if figure.threshold is None else {True: "", False: "!", None: "?"}[figure.passed]
    return f"{figure.value:.2f}{mark}"


def tests_facts(plan: "Plan", examined: "Examined") -> dict[str, object]:
    """The same as plain values."""
    return {
        "run_id": plan.model.run_id,
        "figures": [dataclasses.asdict(f) for f in examined.figures],
        "verdicts": [dataclasses.asdict(v) for v in examined.verdicts],
        "failures": [dataclasses.asdict(f) for f in examined.failures],
    }


def show_agreements(console: Console, imported: "Imported", found: Sequence["Agreement"]) -> None:
    """What was imported, and how far raters agree before they have talked."""
    _say(
        console,
        f"{imported.rater}: {imported.n_new} answers imported, {imported.n_unchanged} as before, "
        f"{imported.n_blank} left empty",
    )
    table = Table("question", "raters", "answered by all", "pairs that agree", "kappa", title="Agreement of the raters")
    for a in found:
        table.add_row(
            a.question.replace("_", " "),
            escape(", ".join(a.raters)) or "-",
            str(a.n_images),
            "-" if a.share_agreeing is None else f"{a.share_agreeing:.2f}",
            _kappa(a),
        )
    console.print(table)
    _say(console, "kappa is Cohen's for two raters, Fleiss' for more; - where it cannot be known; 95 % interval")


def _kappa(a: "Agreement") -> str:
    if a.kappa is None:
        return "-"
    interval = "" if a.kappa_low is None or a.kappa_high is None else f" [{a.kappa_low:.2f}, {a.kappa_high:.2f}]"
    return f"{a.kappa:.2f}{interval}"


def agreement_facts(imported: "Imported", found: Sequence["Agreement"]) -> dict[str, object]:
    """The same as plain values."""
    return {"imported": dataclasses.asdict(imported), "agreement": [dataclasses.asdict(a) for a in found]}


def _shown(figure: "Figure") -> tuple[str, str, str]:
    interval = "" if figure.low is None or figure.high is None else f" [{figure.low:.3f}, {figure.high:.3f}]"
    limit = "" if figure.threshold is None else f"{figure.threshold:.2f}"
    passed = {True: "yes", False: "NO", None: ""}[figure.passed]
    return f"{figure.value:.3f}{interval}", limit, passed


def _say_failures(console: Console, failures: Sequence[Failure]) -> None:
    for failure in failures:
        _say(console, f"failed {failure.item!r}: {failure.reason}: {failure.detail}")


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
