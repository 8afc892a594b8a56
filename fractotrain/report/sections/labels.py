"""Which labels look wrong, and whether fuzzy matches are noisier than exact ones."""

from collections import Counter

from scipy.special import softmax

from data_contracts.chance import macro_f1_by_chance, may_doubt_labels
from fractotrain.evaluation.label_issues import LabelIssues, NoiseByMethod, find_label_issues, noise_by_method
from fractotrain.evaluation.label_noise import share_of_wrong_labels
from fractotrain.report.blocks import Cell, Level, Section, Table, Verdict, counted, percent, ranged, words
from fractotrain.report.read import CLASS_NAMES
from fractotrain.report.study import Study

_SHOWN = 40
_NO_MATTER = 0.05
"""Fewer contradicted labels more than this make no difference."""


def labels(study: Study) -> Section:
    """Confident learning on the out-of-fold answers."""
    answers = study.answers
    issues = find_label_issues(answers.logits, answers.labels)
    noise = noise_by_method(issues, answers, study.draws)
    probabilities = softmax(answers.logits, axis=1)
    rows: list[tuple[Cell, ...]] = [
        (
            str(answers.paths[i]),
            str(answers.foans[i]),
            words(CLASS_NAMES[answers.labels[i]]),
            words(CLASS_NAMES[issues.suggested[i]]),
            round(float(probabilities[i, answers.labels[i]]), 4),
            round(float(probabilities[i, issues.suggested[i]]), 4),
            round(float(issues.noise.wrong_probability[i]), 3),
            str(answers.match_methods[i]),
        )
        for i in issues.ranked
    ]
    columns = ("image", "FOAN", "label", "suggestion", "p(label)", "p(suggestion)", "p(label wrong)", "matched by")
    by_method: list[tuple[Cell, ...]] = [
        (words(method), share, noise.excess.get(method)) for method, share in noise.share.items()
    ]
    return Section(
        "Labels",
        f"{study.basis} Confident learning (Northcutt et al. 2021) finds the labels that the model contradicts; listed "
        "are those that are more likely wrong than the model is, by a fit of the share of wrong labels together with "
        "temperature and biases. A suspicion is no finding: people look at the list, strongest suspicion first.",
        (
            Table("label_noise", "Share of contradicted labels by how the label came to the frame; the model's own "
                  "errors are in all of them", ("matched by", "contradicted", "less that of exact matches"),
                  tuple(by_method)),
            *((Table("label_issues", f"Suspicious labels ({len(rows)})", columns, tuple(rows), max_shown=_SHOWN),)
              if rows else ()),
        ),
        (
            _verdict(study, issues),
            *_noise_verdict(study, noise),
        ),
        study.record.split_words,
    )  # fmt: skip


def _verdict(study: Study, issues: LabelIssues) -> Verdict:
    """A weak model doubts nothing: the rule is that of the review sheet."""
    macro_f1, answers = study.scores["macro_f1"], study.answers
    counts = Counter(
        (CLASS_NAMES[true], CLASS_NAMES[answered])
        for true, answered in zip(answers.labels, answers.predicted, strict=True)
    )
    contradicted = study.draws.mean(issues.is_contradicted.astype(float), study.everywhere)
    basis = study.sample(contradicted)
    if not may_doubt_labels(macro_f1.low, counts):
        sentence = (
            f"The labels cannot be judged by this model: macro-F1 {ranged(macro_f1)} is not clearly above the "
            f"{macro_f1_by_chance(counts):.3f} of the same answers dealt at random ({basis}). The list is no work list."
        )
        return Verdict(Level.CAUTION, sentence)
    n = int(issues.is_suspicious.sum())
    share = share_of_wrong_labels(issues.noise, study.draws)
    expected = ranged(issues.n_expected(study.draws), digits=1)
    listed = f"{counted(n, 'label')} to be looked at, {expected} of them wrong in expectation"
    sentence = (
        f"{listed if n else 'No label is more likely wrong than right'}. The model contradicts {percent(contradicted)} "
        f"of the labels; as far as its own errors do not explain that, {percent(share)} of the labels are wrong "
        f"({basis}). What it takes for another class in all frames of a component counts as a wrong label too; wrong "
        "labels that it believes are not seen."
    )
    return Verdict(Level.CAUTION, sentence)


def _noise_verdict(study: Study, noise: NoiseByMethod) -> tuple[Verdict, ...]:
    excess = noise.excess.get("fuzzy")
    if excess is None:
        return ()
    level, finding = (
        Level.CAUTION,
        "Whether labels of fuzzy matches are noisier than those of exact ones cannot be told",
    )
    if excess.is_above(0):
        finding = "Labels of fuzzy matches are noisier than those of exact ones"
    elif excess.high is not None and excess.high < _NO_MATTER:
        level, finding = Level.BELIEVE, "Labels of fuzzy matches are as good as those of exact ones"
    numbers = (
        f"contradicted labels, fuzzy less exact: {percent(excess)}; {counted(excess.n, 'fuzzy frame')} of "
        f"{counted(excess.n_foans, 'FOAN')}, {study.record.split_words}"
    )
    return (Verdict(level, f"{finding} ({numbers})."),)
