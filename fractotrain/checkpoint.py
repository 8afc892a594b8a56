"""Where a fit stands after an epoch, on disk: a killed run goes on from there, with the same weights to the bit.

No random state is kept, because none is carried over: every epoch draws from seeds of its own (see ``seeds``). A
checkpoint is one safetensors file with its facts as JSON in the header, written under another name and then renamed.
"""

import dataclasses
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from fractotrain.drafts import draft_of, remove_abandoned
from fractotrain.errors import TrainingError
from fractotrain.settings import Selection
from fractotrain.watch import Epoch

FORMAT_VERSION = 2
_OWN = "fracto"


@dataclasses.dataclass(slots=True)
class Choice:
    """The best epoch so far by one way of selecting it."""

    epoch: int
    """0-based."""
    macro_f1: float
    """Of the images that choose."""
    logits: NDArray[np.float32]
    """Of the validation images after this epoch, shape (images, classes)."""


@dataclasses.dataclass(slots=True)
class Standing:
    """What a fit has gathered beside its weights."""

    epochs: list[Epoch]
    logits: NDArray[np.float32]
    """Of the validation images after the latest epoch, shape (images, classes)."""
    choices: dict[Selection, Choice]
    """Way of selecting the epoch -> what it would select; without the last epoch, which needs no choice."""
    state: dict[str, torch.Tensor] | None
    """Weights of the epoch that the settings select, unless that is the last."""


class Keeper:
    """Writes and reads the checkpoint of one fit."""

    def __init__(self, file: Path, fingerprint: str, every_s: float) -> None:
        """Keep in ``file``, for the fit that ``fingerprint`` describes, at most every ``every_s`` seconds."""
        self.file = file
        self._fingerprint = fingerprint
        self._every_s = every_s
        self._latest = time.monotonic()

    def save(
        self,
        model: torch.nn.Module,
        optimiser: torch.optim.Optimizer,
        scaler: torch.amp.GradScaler,
        standing: Standing,
        *,
        last: bool,
    ) -> None:
        """Write the checkpoint if it is time, or if this was the last epoch.

        Raises:
            TrainingError: the disk takes no more. The checkpoint before stays as it was.
        """
        if not last and time.monotonic() - self._latest < self._every_s:
            return
        tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
        tensors |= {f"chosen.{k}": v for k, v in (standing.state or {}).items()}
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{k}": v for k, v in state.items()}
        tensors["logits"] = torch.from_numpy(standing.logits)
        tensors |= {f"logits.{name}": torch.from_numpy(c.logits) for name, c in standing.choices.items()}
        facts = {
            "format_version": FORMAT_VERSION,
            "fingerprint": self._fingerprint,
            "epochs": [dataclasses.asdict(epoch) for epoch in standing.epochs],
            "choices": {name: [c.epoch, c.macro_f1] for name, c in standing.choices.items()},
            "scaler": scaler.state_dict(),
        }
        on_cpu = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        draft = draft_of(self.file)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            save_file(on_cpu, draft, metadata={_OWN: json.dumps(facts)})
            os.replace(draft, self.file)  # noqa: PTH105 - as everywhere a draft gets its name
        except (OSError, SafetensorError) as error:  # safetensors wraps what the file system says
            draft.unlink(missing_ok=True)
            raise TrainingError(
                f"{self.file}: the checkpoint cannot be written ({error}); free some space and run again: training "
                "goes on from the checkpoint before. checkpoint_every_s=null trains without"
            ) from error
        self._latest = time.monotonic()

    def restore(
        self, model: torch.nn.Module, optimiser: torch.optim.Optimizer, scaler: torch.amp.GradScaler
    ) -> Standing | None:
        """Put the checkpoint's state into model, optimiser and scaler; None if there is no checkpoint.

        Raises:
            TrainingError: the file is damaged, or belongs to another fit.
        """
        remove_abandoned(self.file)
        try:
            with safe_open(self.file, framework="pt") as stored:
                facts: dict[str, Any] = json.loads((stored.metadata() or {}).get(_OWN, "{}"))
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - no mapping
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, json.JSONDecodeError) as error:
            raise TrainingError(f"{self.file}: a damaged checkpoint ({error}); delete it to start anew") from error
        if (facts.get("format_version"), facts.get("fingerprint")) != (FORMAT_VERSION, self._fingerprint):
            raise TrainingError(f"{self.file}: a checkpoint of another fold, dataset, model or version; delete it")
        model.load_state_dict(_part(tensors, "model."))
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in _part(tensors, "optimiser.").items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = tensor
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        scaler.load_state_dict(facts["scaler"])
        return Standing(
            [Epoch(**epoch) for epoch in facts["epochs"]],
            tensors["logits"].numpy(),
            {
                name: Choice(epoch, macro_f1, tensors[f"logits.{name}"].numpy())
                for name, (epoch, macro_f1) in facts["choices"].items()
            },
            _part(tensors, "chosen.") or None,
        )

    def remove(self) -> None:
        """Delete the checkpoint: its run is recorded."""
        self.file.unlink(missing_ok=True)
        remove_abandoned(self.file)


def fingerprint(**facts: object) -> str:
    """16 hex digits of everything that decides what a fit computes."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
