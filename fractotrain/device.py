"""The machine: which device computes, in which precision, with how many threads."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from data_contracts.errors import UsageError
from fractotrain.settings import Precision, Settings
from fractotrain.team import ALONE, Team, join_team

_DTYPES: dict[Precision, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run computes on."""

    device: torch.device
    precision: Precision
    """Of the training step; validation is always fp32."""
    n_threads: int
    name: str
    team: Team = ALONE

    def autocast(self) -> torch.autocast:
        """Context of the forward pass of a training step; without effect in fp32."""
        return torch.autocast(
            self.device.type, dtype=_DTYPES[self.precision], enabled=self.precision != "fp32", cache_enabled=True
        )


def choose_machine(settings: Settings) -> Machine:
    """The device that the settings ask for, with torch's threads set for it.

    Raises:
        UsageError: the settings ask for what the machine does not have.
    """
    has_gpu = torch.cuda.is_available()
    if settings.device == "cuda" and not has_gpu:
        raise UsageError("device=cuda, but torch sees no GPU here; take device=cpu (and recipe=fast)")
    on_gpu = has_gpu and settings.device != "cpu"
    team = join_team(gpu=on_gpu)
    device = torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")
    n_threads = settings.threads or max(1, _threads_given() // settings.cv.parallel)
    torch.set_num_threads(n_threads)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {n_threads} thread(s)"
    return Machine(device, _precision(settings, device), n_threads, name, team)


def default_recipe() -> str:
    """``base`` (ViT-B, pretrained) with a GPU, ``fast`` (tiny ViT, from scratch) without."""
    return "base" if torch.cuda.is_available() else "fast"


def processors() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_bf16_units() -> bool:
    """Whether the CPU multiplies bf16 in units of its own (AVX-512 BF16, AMX and their like): twice as fast as fp32."""
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(bool(there) for name, there in capabilities.items() if name.endswith("bf16"))


def _precision(settings: Settings, device: torch.device) -> Precision:
    asked = settings.optim.precision
    if asked == "auto":
        if device.type == "cpu":
            return "bf16" if has_bf16_units() else "fp32"
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    if asked == "fp16" and device.type == "cpu":
        raise UsageError("optim.precision=fp16 needs a GPU; take optim.precision=fp32 (or bf16) on a CPU")
    return asked


def _threads_given() -> int:
    """CPUs of this process, or what OMP_NUM_THREADS allows."""
    available = processors()
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(available, int(asked)) if asked.isdecimal() and int(asked) > 0 else available
