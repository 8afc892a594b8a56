"""Where the model looked (the paper's Figs. 5 and 6), and whether those maps may be believed."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from fractotrain.attribution.agreement import Agreement
from fractotrain.attribution.methods import Method
from fractotrain.attribution.questions import ANSWERS, QUESTIONS
from fractotrain.attribution.sheet import METHOD_NAMES
from fractotrain.evaluation.bootstrap import Estimate
from fractotrain.report.blocks import Cell, Figure, Level, Measured, Section, Table, Verdict, step_name, words
from fractotrain.report.sections.sheets import heat_map_sheets
from fractotrain.report.study import Study

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
_NO_SPLIT = "none: the final model, fitted on all labelled images"
_LEVELS = {"may be believed": Level.BELIEVE, "to be read with care": Level.CAUTION, "not to be believed": Level.DO_NOT}


def attributions(study: Study) -> Section:
    """Verdicts and tests of the maps, and maps over their frames, wrong answers first."""
    record = study.record
    lead = "Heat-maps of the run's final model, made and tested by `fracto explain`."
    blocks: list[Table | Figure] = []
    sheets, states = heat_map_sheets(study)
    blocks += sheets
    if not sheets and not record.attributions.is_empty():
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
    return Section(
        "Attributions", lead, tuple(blocks), _verdicts(study), "none: the final model, fitted on all labelled images"
    )


def _verdicts(study: Study) -> tuple[Verdict, ...]:
    record = study.record
    if record.attribution_verdicts:
        return tuple(
            Verdict(
                _LEVELS.get(said["belief"], Level.CAUTION),
                f"Heat-maps by {_method(method)}: "
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
            _method(row["method"]),
            _asked(row["test"]),
            words(row["defect_class"]),
            "all" if row["magnification"] is None else step_name(row["magnification"]),
            _estimate(row),
            "" if row["threshold"] is None else _side(row["test"]),
            row["threshold"],
            _result(row),
        )
        for row in sorted(tests.to_dicts(), key=_in_order)
    ]
    columns = ("method", "test", "class", "magnification", "value", "has to be", "limit", "result")
    caption = (
        "Heat-maps put to the test: mean over the images, FOANs drawn with replacement. Passed: the whole interval "
        "lies on the good side of the limit; not shown: the mean does, the interval does not"
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
        estimates = (None if cell is None else _estimate(cell) for cell in cells)
        rows.append((_method(method), name, *estimates, _together(cells)))
    columns = ("method", "images", *(_asked(test) for test in _DECISIVE), "together")
    caption = "The decisive tests by class and by magnification; limits as above. Together: the worst of them"
    return Table("attribution_tests_by_part", caption, columns, tuple(rows))


def _asked(test: str) -> str:
    """What a test asks; a part of a test keeps its name."""
    return _TESTS.get(test, words(test))


def _experts(agreement: Sequence[Agreement]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for asked in agreement:
        said = (asked.counts.get(answer, 0) for answer in ANSWERS)
        of_pairs = Measured(
            asked.share_agreeing, asked.share_low, asked.share_high, asked.n_images, "heat-map", is_share=True
        )
        kappa = Measured(asked.kappa, asked.kappa_low, asked.kappa_high, asked.n_images, "heat-map")
        rows.append((QUESTIONS[asked.question], len(asked.raters), *said, of_pairs, kappa))
    columns = ("question", "raters", *ANSWERS, "pairs that agree", "kappa")
    caption = (
        "What experts said of the heat-maps before they talked (`fracto explain --form`); agreement on those that all "
        "answered; Cohen's kappa of two raters, Fleiss' of more, pictures drawn with replacement"
    )
    return Table("experts", caption, columns, tuple(rows))


def _side(test: str) -> str:
    """Where a good value lies: only the likeness to the map of random weights is to be small."""
    return "below" if test == "randomisation" else "above"


def _estimate(row: dict[str, Any]) -> Estimate:
    return Estimate(row["value"], row["low"], row["high"], row["n_images"], row["n_foans"])


def _whole_first(row: dict[str, Any]) -> tuple[bool, bool]:
    return row["defect_class"] != "all" or row["magnification"] is not None, ":" in row["test"]


def _in_order(row: dict[str, Any]) -> tuple[bool, bool, str, int]:
    """All images first, parts of a test last, a method's tests in the order of the list above."""
    tests = list(_TESTS)
    return *_whole_first(row), row["method"], tests.index(row["test"]) if row["test"] in tests else len(tests)


def _result(row: dict[str, Any]) -> str:
    """A test whose interval holds its limit is not passed, but shows no failure either."""
    if row["passed"] is None:
        return "-"
    if row["passed"]:
        return "passed"
    is_good = row["value"] < row["threshold"] if _side(row["test"]) == "below" else row["value"] > row["threshold"]
    return "not shown" if is_good else "failed"


def _together(rows: Sequence[dict[str, Any] | None]) -> str:
    """What the decisive tests say of the maps of one part."""
    results = {"not measured" if row is None else _result(row) for row in rows}
    if "-" in results:
        return "too few FOANs"
    return next(worst for worst in ("failed", "not measured", "not shown", "passed") if worst in results)


def _method(name: str) -> str:
    return METHOD_NAMES[Method(name)]


def _listing(rows: pl.DataFrame, states: dict[str, str]) -> Table:
    listed: list[tuple[Cell, ...]] = [
        (
            row["path"], _method(row["method"]), words(row["target_class"]), round(row["target_probability"], 3),
            words(row["predicted_class"]), "yes" if row["trained_on"] else "no", row["map_path"],
            states[row["map_path"]],
        )
        for row in rows.to_dicts()
    ]  # fmt: skip
    columns = ("image", "method", "class asked for", "its probability", "answer", "trained on it", "file", "state")
    return Table("attributions", f"Heat-maps ({len(listed)})", columns, tuple(listed), max_shown=12)
