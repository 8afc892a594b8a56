"""What answers reach that know how frequent classes are but nothing of the picture: the level that doubt must beat.

The rule for doubting labels: a run may speak against labels only if the lower end of the 95 % interval of its
out-of-fold macro-F1 (FOANs drawn with replacement) lies above this level. A model that knows little doubts many right
labels, and a reviewer's time is dear. The review sheet and the report of a run both ask here.
"""

from collections import Counter
from collections.abc import Mapping


def macro_f1_by_chance(counts: Mapping[tuple[str, str], int]) -> float:
    """Macro-F1 of the same answers, dealt to the frames at random: their frequencies kept, their knowledge gone.

    Of ``n`` frames with ``t`` of a class and ``p`` called so, ``t p / n`` are right by chance, hence
    ``F1 = 2 t p / (n (t + p))``; the mean is over the classes that occur. Saying the most frequent class each time
    gives just the macro-F1 of that rule.

    Args:
        counts: (true class, answered class) -> frames.

    Returns:
        From 0 to 1; 0 without frames.
    """
    true: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for (label, answer), n in counts.items():
        true[label] += n
        answered[answer] += n
    classes = [name for name in true | answered if true[name] + answered[name]]
    n_frames = true.total()
    if not classes:
        return 0.0
    return sum(2 * true[c] * answered[c] / (n_frames * (true[c] + answered[c])) for c in classes) / len(classes)


def may_doubt_labels(macro_f1_low: float | None, counts: Mapping[tuple[str, str], int]) -> bool:
    """Whether a run's answers are good enough to speak against labels; never without an interval."""
    return macro_f1_low is not None and macro_f1_low > macro_f1_by_chance(counts)
