"""What training and explaining leave: figures, predictions, attributions."""

from data_contracts.tables.base import SHA256, Table, column, fraction, one_of
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
    attention_score: float = column(
        "Within a specimen, attention pooling weighs its frames by the softmax of this; null if nothing was fitted.",
        nullable=True,
    )

    class Config:
        """Read by pandera."""

        unique = ["run_id", "path"]  # noqa: RUF012 - pandera's way to name a key


class Attributions(Table):
    """Heat-maps that say where a model looked."""

    run_id: str = column("The run whose model was asked.")
    path: str = column("The image file.")
    method: str = column("`grad_cam`, `relevance` or `rollout`.")
    target_class: str = one_of(DefectClass, "The class that was explained.")
    target_probability: float = fraction("What the model gives to that class.")
    predicted_class: str = one_of(DefectClass, "What the model answers.")
    trained_on: bool = column("The model was fitted on this picture: its answer shows what it learnt, not what it can.")
    map_path: str = column("File of the map, relative to the catalog.")
    map_sha256: str = column("Of that file.", str_matches=SHA256)

    class Config:
        """Read by pandera."""

        unique = ["run_id", "path", "method", "target_class"]  # noqa: RUF012 - pandera's way to name a key


class AttributionTests(Table):
    """Heat-maps put to the test, one row per figure; `docs/decisions/0011-attributions.md` says what each asks."""

    run_id: str = column("The run whose model was asked.")
    method: str = column("`grad_cam`, `relevance` or `rollout`.")
    test: str = column("`answer_depends_on_picture`, `randomisation`, `insertion_over_random`, `stability` ...")
    defect_class: str = column("Images of this true class; `all` for every class.")
    magnification: float = column("Images of this magnification; null for every one.", gt=0, nullable=True)
    n_images: int = column("Images measured.", ge=0)
    n_foans: int = column("FOANs they belong to.", ge=0)
    value: float = column("Mean over the images, or the share of them.")
    low: float = column("Lower end of the 95 % interval; null if there are too few FOANs.", nullable=True)
    high: float = column("Upper end of it.", nullable=True)
    threshold: float = column("What the interval is held against; null if against nothing.", nullable=True)
    passed: bool = column(
        "The whole interval lies on the good side; null where it is held against nothing.", nullable=True
    )

    class Config:
        """Read by pandera."""

        unique = ["run_id", "method", "test", "defect_class", "magnification"]  # noqa: RUF012 - names a key
