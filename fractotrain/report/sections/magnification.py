"""Does a low magnification suffice? The paper's Fig. 4 with intervals, its claim as a test, and what each step adds."""

import polars as pl

from fractotrain.evaluation.bootstrap import Estimate
from fractotrain.evaluation.equivalence import Equivalence
from fractotrain.evaluation.magnification import (
    Claim,
    Cumulated,
    StepScores,
    by_magnification,
    compare_magnifications,
    cumulate_magnifications,
    steps_with_enough,
    widest_pair,
)
from fractotrain.report.blocks import Cell, Figure, Level, Section, Table, Verdict, counted, ranged, step_name, words
from fractotrain.report.figures import intervals
from fractotrain.report.read import CLASS_NAMES
from fractotrain.report.study import Study

_LEVELS = {
    Equivalence.EQUIVALENT: Level.BELIEVE,
    Equivalence.BETTER: Level.BELIEVE,
    Equivalence.WORSE: Level.DO_NOT,
    Equivalence.NOT_SHOWN: Level.CAUTION,
    Equivalence.UNTESTABLE: Level.CAUTION,
}


def magnification(study: Study) -> Section:
    """Figures by nominal magnification."""
    settings, split = study.settings, study.record.split_words
    steps = by_magnification(study.answers, study.steps, study.draws)
    pair = widest_pair(study.steps, study.draws, settings.min_foans)
    known = int(sum(step.frames["accuracy"].n for step in steps))
    lead = (
        f"{study.basis} Near one of the nominal steps: {counted(known, 'frame')}. Frames of the steps are of partly "
        "different components, so only paired figures compare magnifications."
    )
    if not steps:
        return Section("Magnification", lead, (), (Verdict(Level.CAUTION, "No magnification is known."),), split)
    blocks: list[Table | Figure] = [*_by_step(steps)]
    low = settings.low_step if settings.low_step is not None else pair and pair[0]
    high = settings.high_step if settings.high_step is not None else pair and pair[1]
    if low is None or high is None or low == high:
        sentence = (
            f"Magnifications cannot be compared: no two of them have frames of the same {settings.min_foans} FOANs."
        )
        return Section("Magnification", lead, tuple(blocks), (Verdict(Level.CAUTION, sentence),), split)
    claim = compare_magnifications(
        study.answers, study.steps, study.draws, low, high, settings.margin, settings.min_foans
    )
    if claim.n_foans:
        blocks.append(_claim_table(claim))
    enough = steps_with_enough(study.steps, study.draws, settings.min_foans)
    if len(enough) > 1:
        blocks.append(_cumulated_table(cumulate_magnifications(study.answers, study.steps, study.draws, enough)))
    return Section("Magnification", lead, tuple(blocks), (_verdict(study, claim),), split)


def _by_step(steps: list[StepScores]) -> tuple[Figure, Table, Table]:
    names = [step_name(step.step) for step in steps]
    series = {
        "each frame alone": [step.frames["macro_f1"] for step in steps],
        "specimen, mean logit": [step.specimens["macro_f1"] for step in steps],
    }
    overall = Table(
        "magnification",
        "By magnification: frames, and specimens answered from their frames of this magnification alone",
        ("magnification", "accuracy", "macro-F1", "specimen accuracy", "specimen macro-F1"),
        tuple(
            (
                step_name(step.step), step.frames["accuracy"], step.frames["macro_f1"],
                step.specimens["accuracy"], step.specimens["macro_f1"],
            )
            for step in steps
        ),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            step_name(step.step),
            words(name),
            *(step.frames[f"{metric}:{name}"] for metric in ("recall", "precision", "f1")),
        )
        for step in steps
        for name in CLASS_NAMES
    ]
    columns = ("magnification", "class", "recall", "precision", "F1")
    per_class = Table("magnification_classes", "By magnification and class, frames", columns, tuple(rows))
    caption = "Macro-F1 by magnification with 95 % intervals (the paper's Fig. 4)"
    data: pl.DataFrame = overall.data
    return Figure("magnification_figure", caption, intervals(names, series, "macro-F1"), data), overall, per_class


def _claim_table(claim: Claim) -> Table:
    test = claim.test
    difference = Estimate(test.difference, test.low, test.high, sum(claim.n_frames), claim.n_foans)
    rows: tuple[tuple[Cell, ...], ...] = (
        (step_name(claim.low_step), claim.low["macro_f1"], claim.low["accuracy"], ""),
        (step_name(claim.high_step), claim.high["macro_f1"], claim.high["accuracy"], ""),
        ("difference, 90 % interval", difference, None, str(test.verdict)),
        ("margin, declared before the figures were seen", test.margin, None, ""),
        ("p of two one-sided tests", test.p_value, None, ""),
    )
    caption = (
        f"Is {step_name(claim.low_step)} as good as {step_name(claim.high_step)}? Only the {_foans(claim)} that have "
        "frames at both, paired; macro-F1 over their classes"
    )
    return Table("magnification_claim", caption, ("figure", "macro-F1", "accuracy", "finding"), rows)


def _cumulated_table(lines: list[Cumulated]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            f"up to {step_name(line.up_to_step)}",
            line.scores["accuracy"],
            line.scores["macro_f1"],
            line.gain,
        )
        for line in lines
    ]
    columns = ("frames used", "specimen accuracy", "specimen macro-F1", "gain in macro-F1")
    caption = (
        "What each further magnification adds: the same specimens (those with a frame at the lowest), answered by the "
        "mean logit of ever more of their frames"
    )
    return Table("magnification_cumulated", caption, columns, tuple(rows))


def _verdict(study: Study, claim: Claim) -> Verdict:
    test = claim.test
    low, high = step_name(claim.low_step), step_name(claim.high_step)
    if test.low is None:
        sentence = (
            f"{low} against {high}: {test.verdict}. {counted(claim.n_foans, 'FOAN')} with frames at both, "
            f"{study.settings.min_foans} are needed."
        )
        return Verdict(Level.CAUTION, sentence)
    sentence = (
        f"{low} against {high}: {test.verdict}. Macro-F1 differs by {test.difference:+.3f}, 90 % interval "
        f"{_range(test.low, test.high)}, margin ±{test.margin:g} (at {low} {ranged(claim.low['macro_f1'])}; "
        f"{claim.n_frames[0]:,} and {claim.n_frames[1]:,} frames of {_foans(claim)}, {study.record.split_words})."
    )
    return Verdict(_LEVELS[test.verdict], sentence)


def _foans(claim: Claim) -> str:
    of_class = ", ".join(f"{words(name)} {n}" for name, n in zip(CLASS_NAMES, claim.foans_of_class, strict=True))
    return f"{counted(claim.n_foans, 'FOAN')} ({of_class})"


def _range(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"[{low:+.3f}, {high:+.3f}]"
