"""How each fold of a training run went, epoch by epoch, and which labels its answers doubt."""

from data_contracts.tables.base import SHA256, Table, column, fraction, one_of
from data_contracts.vocabulary import DefectClass


class Epochs(Table):
    """Learning curves of a training run, one row per fold and epoch; none for a linear head, which has no epochs."""

    run_id: str = column("The run.")
    fold: int = column("0-based.", ge=0)
    epoch: int = column("1-based.", ge=1)
    training_loss: float = column("Mean over the images as the epoch drew and varied them; not comparable to others.")
    validation_macro_f1: float = fraction("Of the fold's validation images.", nullable=True)
    inner_macro_f1: float = fraction(
        "Of training images held back to choose the epoch; null if none are.", nullable=True
    )

    class Config:
        """Read by pandera."""

        unique = ["run_id", "fold", "epoch"]  # noqa: RUF012 - pandera's way to name a key


class LabelIssues(Table):
    """Labels that the out-of-fold answers of a training run doubt (confident learning); a suspicion is no finding."""

    run_id: str = column("The run.")
    path: str = column("The image file.")
    sha256: str = column("The micrograph, by its bytes: a renamed file keeps its doubt.", str_matches=SHA256)
    rank: int = column("1 is the strongest suspicion of the run.", ge=1)
    given_class: str = one_of(DefectClass, "Label of that time.")
    suggested_class: str = one_of(DefectClass, "Class that the frame confidently belongs to.")
    given_probability: float = fraction("What the model gives to the label.")
    suggested_probability: float = fraction("What it gives to the suggestion.")

    class Config:
        """Read by pandera."""

        unique = ["run_id", "path"]  # noqa: RUF012 - pandera's way to name a key
