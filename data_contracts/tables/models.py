"""What training and explaining leave: figures, predictions, attributions."""

from data_contracts.tables.base import SHA256, Table, column, one_of
from data_contracts.vocabulary import DefectClass


class FoldMetrics(Table):
    """Metrics of a training run, one row per figure."""

    run_id: str = column("The run.")
    fold: int = column("0-based; -1 for all folds together.", ge=-1)
    part: str = column("On which images.", isin=["train", "validation"])
    selection: str = column(
        "Which epoch; `probe`: a linear head on frozen features, beside.", isin=["last", "inner", "best_val", "probe"]
    )
    metric: str = column("`accuracy`, `macro_f1`, `recall`, `confusion:material` ...")
    defect_class: str = column("The class it is of; `all` for an overall figure.")
    value: float = column("The figure.", nullable=True)

    class Config:
        """Read by pandera."""

        unique = ["run_id", "fold", "part", "selection", "metric", "defect_class"]  # noqa: RUF012 - names a key


class Predictions(Table):
    """Out-of-fold predictions: each image by the model that never saw its fold."""

    run_id: str = column("The run.")
    path: str = column("The image file.")
    fold: int = column("Validation fold that holds the image.", ge=0)
    true_class: str = one_of(DefectClass, "Label.")
    predicted_class: str = one_of(DefectClass, "Class of the largest logit.")
    logit_green_body: float = column("Logit of the model.")
    logit_hard_machining: float = column("Logit of the model.")
    logit_material: float = column("Logit of the model.")

    class Config:
        """Read by pandera."""

        unique = ["run_id", "path"]  # noqa: RUF012 - pandera's way to name a key


class Attributions(Table):
    """Heat-maps that say where a model looked."""

    run_id: str = column("The run whose model was asked.")
    path: str = column("The image file.")
    method: str = column("`grad_cam` ...")
    target_class: str = one_of(DefectClass, "The class that was explained.")
    map_path: str = column("File of the map, relative to the catalog.")
    map_sha256: str = column("Of that file.", str_matches=SHA256)

    class Config:
        """Read by pandera."""

        unique = ["run_id", "path", "method", "target_class"]  # noqa: RUF012 - pandera's way to name a key
