"""Several processes that fit one model together, one per GPU, started by torchrun.

Each takes its share of the images of every update, and gradients are summed before the weights move: the update is the
one that a single process would make, however the images are dealt out, down to a last update with fewer images than
processes. All hold the same weights; the first one alone writes.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Team:
    """The place of this process among those of the run."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes and reports."""
        return self.rank == 0

    def share(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """The part of the images of an update that falls to this process."""
        return images[self.rank :: self.size]

    def sum_gradients(self, model: torch.nn.Module) -> None:
        """Give every process the sum of the gradients of all."""
        if self.size == 1:
            return
        parameters = [p for p in model.parameters() if p.requires_grad]
        flat = torch.cat([torch.zeros_like(p).flatten() if p.grad is None else p.grad.flatten() for p in parameters])
        torch.distributed.all_reduce(flat)
        for parameter, gradient in zip(parameters, torch.split(flat, [p.numel() for p in parameters]), strict=True):
            parameter.grad = gradient.view_as(parameter)

    def sum(self, value: torch.Tensor) -> torch.Tensor:
        """The sum of a figure over all processes."""
        if self.size > 1:
            torch.distributed.all_reduce(value)
        return value

    @contextlib.contextmanager
    def leader_first(self) -> Iterator[None]:
        """The first process does the work inside and leaves its result on disk; then the others find it there."""
        if not self.leads:
            torch.distributed.barrier()
        yield
        if self.leads and self.size > 1:
            torch.distributed.barrier()

    def leave(self) -> None:
        """At the end of the run."""
        if self.size > 1:
            torch.distributed.destroy_process_group()


ALONE = Team()


def join_team(*, gpu: bool) -> Team:
    """The team that torchrun started this process for; a team of one without torchrun."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ALONE
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if gpu else "gloo")
    return Team(torch.distributed.get_rank(), size)
