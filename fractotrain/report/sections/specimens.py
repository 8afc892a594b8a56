"""Several frames of one specimen make one answer: by mean logit, vote or attention, from all frames or from some."""

import numpy as np

from fractotrain.evaluation.answers import Bools
from fractotrain.evaluation.specimens import Specimens
from fractotrain.metrics import OVERALL
from fractotrain.report.blocks import Cell, Level, Table, Verdict, ranged, step_name, words
from fractotrain.report.study import Study

METRIC_NAMES = {
    "accuracy": "accuracy", "macro_f1": "macro-F1", "macro_precision": "macro precision", "macro_recall": "macro recall"
}  # fmt: skip


def specimen_blocks(study: Study) -> tuple[tuple[Table, ...], tuple[Verdict, ...]]:
    """All frames; then each magnification alone and all up to it; and what attention is worth."""
    specimens = Specimens(study.answers, study.draws)
    rows: list[tuple[Cell, ...]] = [("each frame alone", *(study.scores[m] for m in OVERALL))]
    for how in specimens.poolings:
        scores = specimens.scores(study.everywhere, how)
        rows.append((f"specimen, {words(how)}", *(scores[m] for m in OVERALL)))
    caption = "Several frames of one specimen make one answer; n counts frames, then specimens"
    overall = Table("specimens", caption, ("answer", *(METRIC_NAMES[m] for m in OVERALL)), tuple(rows))
    by_subset = _by_subset(study, specimens)
    tables = (overall, by_subset) if len(by_subset.rows) > 1 else (overall,)
    return tables, _verdict(study, specimens)


def _by_subset(study: Study, specimens: Specimens) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, where in _subsets(study).items():
        cells: list[Cell] = [specimens.scores(where, how)["macro_f1"] for how in specimens.poolings]
        if "attention" in specimens.poolings:
            cells.append(specimens.gain(where, "attention"))
        rows.append((name, *cells))
    columns = ["frames used", *map(words, specimens.poolings)]
    if "attention" in specimens.poolings:
        columns.append("attention less mean logit")
    caption = (
        "Macro-F1 per specimen from some of its frames; rows are about the specimens that have such frames, so "
        "compare along a row. The last column is paired: the same specimens, the same draws of FOANs; so many rows are "
        "looked at that one of twenty intervals misses by chance"
    )
    return Table("specimen_subsets", caption, tuple(columns), tuple(rows))


def _subsets(study: Study) -> dict[str, Bools]:
    steps = [float(step) for step in np.unique(study.steps[np.isfinite(study.steps)])]
    subsets = {"all frames": study.everywhere}
    subsets |= {f"{step_name(step)} alone": study.steps == step for step in steps}
    subsets |= {f"up to {step_name(step)}": study.steps <= step for step in steps[1:]}
    return subsets


def _verdict(study: Study, specimens: Specimens) -> tuple[Verdict, ...]:
    if "attention" not in specimens.poolings:
        return ()
    gain = specimens.gain(study.everywhere, "attention")
    if gain.value is None:
        return ()
    better, worse = gain.is_above(0), gain.high is not None and gain.high < 0
    level = Level.BELIEVE if better else Level.DO_NOT if worse else Level.CAUTION
    finding = (
        "Attention pooling of a specimen's frames is better than the mean of their logits"
        if better
        else "Attention pooling of a specimen's frames is worse than the mean of their logits"
        if worse
        else "Attention pooling of a specimen's frames is not shown to differ from the mean of their logits"
    )
    if (specimens.answer(study.everywhere, "attention") == specimens.answer(study.everywhere)).all():
        finding = "Attention pooling of a specimen's frames gives the same answers as the mean of their logits"
    sentence = f"{finding}: macro-F1 {'+' if gain.value >= 0 else ''}{ranged(gain)} ({study.sample(gain, 'specimen')})."
    return (Verdict(level, sentence),)
