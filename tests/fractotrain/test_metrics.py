"""All figures agree with scikit-learn and know the classes that are not there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from fractotrain.metrics import confusion_matrix as our_confusion
from fractotrain.metrics import score

_pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


@given(pairs=_pairs)
def test_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """Accuracy, macro and per-class figures and the confusion matrix, over the classes that occur."""
    true, predicted = np.array(pairs).T
    scores = score(true, predicted)
    occurring = sorted(set(true) | set(predicted))
    options = {"labels": occurring, "zero_division": 0}
    precision, recall, f1, support = precision_recall_fscore_support(true, predicted, **options)
    assert scores.overall["accuracy"] == pytest.approx(accuracy_score(true, predicted))
    assert scores.overall["macro_f1"] == pytest.approx(f1.mean())
    assert scores.overall["macro_precision"] == pytest.approx(precision.mean())
    assert scores.overall["macro_recall"] == pytest.approx(recall.mean())
    figures = list(scores.per_class.values())
    for i, label in enumerate(occurring):
        expected = {"precision": precision[i], "recall": recall[i], "f1": f1[i], "support": support[i]}
        assert figures[label] == pytest.approx(expected)
    assert (scores.confusion == confusion_matrix(true, predicted, labels=[0, 1, 2])).all()


def test_confusion_matrix_has_fixed_labels() -> None:
    """A fold without the third class keeps its row and column, so that folds can be added."""
    confusion = our_confusion(np.array([0, 1, 1]), np.array([0, 1, 0]))
    assert confusion.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_a_class_that_does_not_occur_has_no_figure() -> None:
    """Unknown is not zero: the absent class has no F1 and does not lower the mean."""
    scores = score(np.array([0, 1]), np.array([0, 1]))
    assert scores.per_class["material"]["f1"] is None
    assert scores.overall["macro_f1"] == 1
