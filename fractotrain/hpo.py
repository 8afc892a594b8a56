"""What a search tries: composed from the Hydra group `hpo`, checked before anything starts."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import optuna
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from fractotrain.overrides import compose_raw, group_choices
from fractotrain.problems import refusal, suggestion, validated
from fractotrain.settings import Settings, judge

Value = float | int

_TUNABLE = {
    "optim": {
        "batch_size", "accumulate", "lr", "weight_decay", "layer_decay", "beta1", "beta2", "eps", "warmup_updates",
        "warmup_start", "clip_norm", "focal_gamma", "label_smoothing",
    },
    "model": {"drop_path", "patch_drop"},
    "data": {"randaugment_ops", "randaugment_magnitude", "mixup_alpha", "cutmix_alpha"},
}  # fmt: skip
"""Numbers that each change a trial; the others would be inert, or are fixed before the trials begin."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Span(_Strict):
    """What may be tried for one setting: a range, or choices."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    choices: tuple[Value, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if self.choices is not None:
            if self.low is not None or self.high is not None or self.log or self.whole:
                raise ValueError("choices stand alone, without low, high, log and whole")
        elif self.low is None or self.high is None or self.low > self.high:
            raise ValueError("give low and high, low first; or choices")
        elif self.log and self.low <= 0:
            raise ValueError("log needs a low above 0")
        return self

    def ends(self) -> tuple[Value, Value]:
        """The values at both ends."""
        if self.choices is not None:
            return self.choices[0], self.choices[-1]
        low, high = self.low or 0.0, self.high or 0.0
        return (int(low), int(high)) if self.whole else (low, high)

    def suggest(self, trial: optuna.Trial, name: str, most: Value | None = None) -> Value:
        """A value of one trial, not above ``most``."""
        if self.choices is not None:
            chosen: Value = trial.suggest_categorical(name, self.choices)
            return chosen
        low, high = self.ends()
        high = high if most is None else min(high, most)
        low = min(low, high)
        if self.whole:
            return trial.suggest_int(name, int(low), int(high), log=self.log)
        return trial.suggest_float(name, low, high, log=self.log)


Space = Mapping[str, Mapping[str, Span]]
"""Group -> setting -> what may be tried."""


class HpoSettings(_Strict):
    """How a search goes about it."""

    trials: int = Field(ge=1)
    epochs: int = Field(ge=1)
    sampler: Literal["tpe", "random"]
    pruner: Literal["halving", "none"]
    min_resource: int = Field(ge=1)
    reduction: int = Field(ge=2)
    space: Space

    @field_validator("space")
    @classmethod
    def _holds_what_can_be_searched(cls, space: Space) -> Space:
        known = [f"{group}.{key}" for group, keys in _TUNABLE.items() for key in sorted(keys)]
        unknown = [name for name in _by_name(space) if name not in known]
        problems = [f"{name} cannot be searched{suggestion(name, known)}" for name in unknown]
        if not _by_name(space):
            problems = ["nothing is searched"]
        if problems:
            raise ValueError(f"{'. '.join(problems)}. These can: {', '.join(known)}")
        return space

    @property
    def spans(self) -> dict[str, Span]:
        """Dotted name of a setting -> what may be tried."""
        return _by_name(self.space)


def _by_name(space: Space) -> dict[str, Span]:
    return {f"{group}.{key}": span for group, keys in space.items() for key, span in keys.items()}


def compose_search(overrides: Sequence[str], options: Mapping[str, Any]) -> tuple[Settings, HpoSettings]:
    """Settings of the trials and of the search; ``options`` (dotted key -> value) win, ``hpo.`` ones among them.

    Raises:
        UsageError: with every problem found: settings that are wrong, spaces whose ends no trial could have.
    """
    searches = {f"hpo={name}" for name in group_choices("hpo")}
    chosen = [override for override in overrides if override.removeprefix("+") in searches]
    asked = [override for override in overrides if override not in chosen]
    raw, problems = compose_raw(asked, [f"+{choice.removeprefix('+')}" for choice in chosen[-1:] or ["hpo=paper"]])
    given = raw.pop("hpo", {}) | {k.removeprefix("hpo."): v for k, v in options.items() if k.startswith("hpo.")}
    hpo, wrong = validated(HpoSettings, given, "hpo.")
    problems += wrong
    options = {k: v for k, v in options.items() if not k.startswith("hpo.")}
    if hpo is not None:
        options |= {"optim.epochs": hpo.epochs}
    settings, wrong = judge(raw, options)
    problems += wrong
    if hpo is not None:
        for end in (0, 1):
            tried = {name: span.ends()[end] for name, span in hpo.spans.items()}
            problems += [problem for problem in judge(raw, options | tried)[1] if problem not in wrong]
    if settings is None or hpo is None or problems:
        raise refusal(problems)
    return settings, hpo
