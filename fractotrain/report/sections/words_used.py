"""The words of the page, for a reader who looks at fractures and not at classifiers."""

from fractotrain.report.blocks import Section, Table
from fractotrain.report.study import Study

_WORDS = {
    "frame, specimen, FOAN": (
        "One micrograph; one broken part, shown by several frames; one analysed component, which may have "
        "several broken parts. Frames of one component resemble each other, so it is the components that "
        "count."
    ),
    "out-of-fold answer": (
        "What a model says of a frame of a component that it was not trained on. The frames are dealt to "
        "folds; each fold is answered by a model that was trained on the others."
    ),
    "interval [low, high]": (
        "Where the figure would lie with other components of the same kind, in 95 of 100 such archives. Wide "
        "means: too few components to know."
    ),
    "recall, precision, F1": (
        "Of the frames of a class, the share that was called so; of the frames called so, the share that is; "
        "and the harmonic mean of both."
    ),
    "macro-F1": ("The mean F1 of the classes. A rare class counts as much as a frequent one."),
    "balanced accuracy": ("The mean recall of the classes; guessing reaches 1 / classes."),
    "near-duplicate, leakage": (
        "Another frame of the same field. If one of the two is trained on and the other is tested, the model "
        "may recognise it instead of judging it."
    ),
    "equivalent": (
        "The difference is shown to be smaller than a margin that was declared beforehand. That no difference "
        "is shown is not the same."
    ),
    "calibration error": (
        "How far the stated confidence lies from the share of right answers: 0.1 means that answers stated "
        "with 80 % are right in some 70 or 90 %."
    ),
    "conformal set": (
        "The classes that cannot be excluded for a frame. A set with one class is an answer; for the others a "
        "higher magnification is advised."
    ),
    "suspicious label": (
        "The model is sure of another class than the report states. Either may be wrong: a person looks."
    ),
    "shortcut": ("A fact around the fracture, such as the microscope, that betrays the class. A model may use it."),
    "heat-map": (
        "Which places of the frame speak for the model's answer. It shows the model's reasons, not the cause "
        "of the fracture, and is believed only if it passed its tests."
    ),
}


def words_used(_study: Study) -> Section:
    """One line a word."""
    return Section(
        "Words", "What the figures above mean, in short.",
        (Table("words", "Words of this page", ("word", "meaning"), tuple(_WORDS.items())),),
    )  # fmt: skip
