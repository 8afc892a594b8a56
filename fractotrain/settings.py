"""The settings of a run: composed by Hydra, checked by frozen models that know every key. All problems at once."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from data_contracts.vocabulary import SplitStrategy
from fractotrain.overrides import compose_raw
from fractotrain.problems import refusal, validated

_OFF: dict[str, dict[str, Any]] = {
    "model": {"options": {}},
    "data": {"flips": False, "mixup_alpha": 0.0, "cutmix_alpha": 0.0},
    "cv": {"inner_parts": 5, "probe": False, "parallel": 1},
    "log": {"tensorboard": None, "mlflow": None},
    "optim": {"compile": False},
}
"""Settings that came after the first runs, at the values that these runs had in effect."""

_NO_OPTIONS = frozenset(
    {
        "cache_dir", "checkpoint_path", "drop_path_rate", "features_only", "img_size", "in_chans", "num_classes",
        "patch_drop_rate", "patch_size", "pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "scriptable",
    }
)  # fmt: skip
"""Arguments of ``timm.create_model`` that ``model.options`` must not reach."""

Selection = Literal["last", "inner", "best_val"]
"""Ways to select the epoch that is reported."""

Reported = Selection | Literal["probe"]
"""What the figures of a fold are of: one of its epochs, or a linear head on the frozen features, as a yardstick."""

Precision = Literal["fp32", "bf16", "fp16"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())


class ModelSettings(_Strict):
    """Which network, and where its first weights come from."""

    name: str = Field(min_length=1)
    init: Literal["pretrained", "file", "scratch"]
    weights_file: Path | None
    img_size: int | None = Field(ge=16, le=2048)
    patch_size: int | None = Field(ge=2, le=64)
    in_chans: Literal[1, 3]
    drop_path: float = Field(ge=0, lt=1)
    patch_drop: float = Field(ge=0, lt=1)
    frozen: bool
    options: Mapping[str, bool | int | float | str]

    @model_validator(mode="after")
    def _options_are_of_shape_alone(self) -> Self:
        if own := sorted(_NO_OPTIONS & self.options.keys()):
            raise ValueError(f"options: {', '.join(own)}: decided by other settings, or by the catalog")
        return self

    @model_validator(mode="after")
    def _weights_fit_init(self) -> Self:
        if (self.init == "file") != (self.weights_file is not None):
            raise ValueError("init=file and weights_file belong together; --weights FILE sets both")
        return self


class DataSettings(_Strict):
    """Which pixels, in which order, and how they are varied."""

    images_root: Path | None
    cache_dir: Path | None
    skip_failed: bool
    sampler: Literal["weighted", "shuffled"]
    randaugment_ops: int = Field(ge=0, le=10)
    randaugment_magnitude: int = Field(ge=0, le=30)
    flips: bool
    mixup_alpha: float = Field(ge=0, le=10)
    cutmix_alpha: float = Field(ge=0, le=10)


class OptimSettings(_Strict):
    """Loss, optimiser, schedule, batch and precision."""

    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    accumulate: int = Field(ge=1)
    lr: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    layer_decay: float = Field(gt=0, le=1)
    beta1: float = Field(ge=0, lt=1)
    beta2: float = Field(ge=0, lt=1)
    eps: float = Field(gt=0)
    warmup_updates: int = Field(ge=0)
    warmup_start: float = Field(ge=0, le=1)
    clip_norm: float | None = Field(gt=0)
    focal_gamma: float = Field(ge=0)
    label_smoothing: float = Field(ge=0, lt=1)
    precision: Literal["auto", "fp32", "bf16", "fp16"]
    compile: bool
    eval_batch_size: int = Field(ge=1)
    head_ridge: float = Field(ge=0)

    @property
    def images_per_update(self) -> int:
        """Images between two changes of the weights."""
        return self.batch_size * self.accumulate


class CvSettings(_Strict):
    """Which split, which folds, which epoch, and what is fitted."""

    strategy: SplitStrategy
    split_id: str | None
    folds: tuple[int, ...] | None
    parallel: int = Field(ge=1, le=64)
    selection: Selection
    inner_parts: int = Field(ge=2, le=100)
    probe: bool
    cross_validate: bool
    final_model: bool
    bootstrap_samples: int = Field(ge=0, le=100_000)
    allow_unaudited: bool

    @field_validator("split_id", mode="before")
    @classmethod
    def _digits_are_an_id(cls, value: object) -> object:
        # 16 hex digits may happen to be decimal ones, which Hydra reads as a number.
        return f"{value:016d}" if isinstance(value, int) else value

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if not (self.cross_validate or self.final_model):
            raise ValueError("cross_validate and final_model are both false: nothing is left to do")
        if self.folds is not None and (not self.folds or len(set(self.folds)) < len(self.folds) or min(self.folds) < 0):
            raise ValueError("folds are different numbers from 0 on, such as [0,2]")
        return self


class LogSettings(_Strict):
    """Who else is told of the figures; decides nothing that a run computes."""

    tensorboard: Path | None
    mlflow: str | None = Field(min_length=1)

    @field_serializer("mlflow", when_used="json")
    def _without_password(self, uri: str | None) -> str | None:
        # As JSON, settings go into catalogs, models, trackers and terminals: to be read by others.
        return None if uri is None else without_password(uri)


class Settings(_Strict):
    """Everything that decides what a run computes."""

    recipe: str
    seed: int = Field(ge=0, lt=2**32)
    device: Literal["auto", "cpu", "cuda"]
    threads: int | None = Field(ge=1, le=1024)
    checkpoint_every_s: float | None = Field(ge=0)
    model: ModelSettings
    data: DataSettings
    optim: OptimSettings
    cv: CvSettings
    log: LogSettings

    @model_validator(mode="after")
    def _frozen_has_no_epochs(self) -> Self:
        if self.model.frozen and self.cv.selection != "last":
            raise ValueError("model.frozen=true fits a linear head, which has no epochs: take cv.selection=last")
        return self

    @model_validator(mode="after")
    def _half_precision_needs_a_gpu(self) -> Self:
        if self.device == "cpu" and self.optim.precision == "fp16":
            raise ValueError("optim.precision=fp16 needs a GPU; take optim.precision=fp32 (or bf16) on a CPU")
        return self

    def what_decides(self) -> dict[str, Any]:
        """As JSON, without what decides neither weights nor outputs: a killed run may go on with other values of it."""
        indifferent: dict[str, Any] = {"checkpoint_every_s": True, "threads": True, "log": True}
        indifferent["data"] = {"images_root", "cache_dir"}
        return self.model_dump(mode="json", exclude=indifferent)

    def to_yaml(self) -> str:
        """As ``--print-config`` shows them."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def compose_settings(overrides: Sequence[str], options: Mapping[str, Any] | None = None) -> Settings:
    """Compose the groups of ``conf/`` with ``overrides`` (``recipe=fast``, ``optim.lr=1e-4``) and check the result.

    Args:
        overrides: Hydra's ``key=value``, in the order given.
        options: Dotted key -> value, set last and taken literally: paths may hold any character.

    Raises:
        UsageError: with every problem found.
    """
    raw, misplaced = compose_raw(overrides)
    settings, problems = judge(raw, options)
    if settings is None or misplaced:
        raise refusal([*misplaced, *problems])
    return settings


def check_settings(raw: Mapping[Any, Any], options: Mapping[str, Any] | None = None) -> Settings:
    """Check settings, such as those of a stored run, after setting ``options`` (dotted key -> value) in them.

    Raises:
        UsageError: with every problem found.
    """
    settings, problems = judge(raw, options)
    if settings is None:
        raise refusal(problems)
    return settings


def judge(raw: Mapping[Any, Any], options: Mapping[str, Any] | None = None) -> tuple[Settings | None, list[str]]:
    """``check_settings`` that gives the problems instead of raising; the settings are None if there is any."""
    raw = {key: dict(value) if isinstance(value, Mapping) else value for key, value in raw.items()}
    for key, value in (options or {}).items():
        group, _, name = key.rpartition(".")
        holder = raw.setdefault(group, {}) if group else raw
        if isinstance(holder, dict):  # if not, the group itself is wrong, and told
            holder[name] = value
    return validated(Settings, raw)


def without_password(uri: str) -> str:
    """A URI without user, password and query: ``http://me:secret@server/x?token=1`` -> ``http://server/x``."""
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return uri
    rest = re.sub(r"^[^/?#]*@", "", rest)
    if not scheme.lower().startswith("http"):  # SQLAlchemy lets a password hold what ends the host elsewhere
        rest = re.sub(r"^[^:/@]*:[^@]*@", "", rest)
    return f"{scheme}://{rest.partition('?')[0]}"


def check_stored_settings(raw: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> Settings:
    """As ``check_settings``, for those of a stored run: what its Fracto did not know yet was off.

    Raises:
        UsageError: with every problem found.
    """
    known = {group: _OFF.get(group, {}) | value if isinstance(value, dict) else value for group, value in raw.items()}
    return check_settings({"log": _OFF["log"]} | known, options)
