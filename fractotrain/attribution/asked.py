"""A model as attribution asks it: frozen, in evaluation mode, its patch tokens known by their place in the picture."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from data_contracts.errors import UsageError
from fractotrain.cache import Pixels
from fractotrain.stored_model import StoredModel
from fractotrain.transforms import Normaliser

Maps = NDArray[np.float32]
"""Shape (images, rows, columns) of the patch grid, none below 0; only order and ratio of the values mean something."""

Targets = NDArray[np.int64]
"""Index of the explained class, one per image."""

Probabilities = NDArray[np.float64]
"""Shape (images, classes); each row sums to 1."""


@dataclass(frozen=True, slots=True)
class TokenGrid:
    """How the tokens of a vision transformer lie in its picture."""

    n_rows: int
    n_columns: int
    n_prefix: int
    """Tokens before the patches: class token, registers."""

    @property
    def n_patches(self) -> int:
        """Patch tokens."""
        return self.n_rows * self.n_columns

    def of_patches(self, tokens: torch.Tensor) -> torch.Tensor:
        """Leave out the prefix: (batch, tokens, ...) -> (batch, patches, ...)."""
        return tokens[:, self.n_prefix :]

    def as_maps(self, values: torch.Tensor) -> Maps:
        """One value per patch, shape (batch, patches) -> (batch, rows, columns)."""
        return values.reshape(-1, self.n_rows, self.n_columns).float().cpu().numpy()


@dataclass(frozen=True, slots=True)
class AskedModel:
    """A vision transformer that answers, and shows its blocks."""

    module: Any
    """timm's VisionTransformer."""
    normalise: Normaliser
    grid: TokenGrid
    batch_size: int = 16

    @torch.no_grad()
    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Softmax of the logits for grey pictures, shape (images, height, width), in fp32."""
        parts = [
            torch.softmax(self.module(self.normalise(torch.from_numpy(np.array(part)))).double(), dim=1).cpu().numpy()
            for part in np.array_split(pixels, range(self.batch_size, len(pixels), self.batch_size))
        ]
        return np.concatenate(parts)


def asked(model: torch.nn.Module, normalise: Normaliser, batch_size: int = 16) -> AskedModel:
    """Freeze a model in place and find its patch tokens.

    Raises:
        UsageError: it is no vision transformer of timm's usual build.
    """
    frozen: Any = model.eval().requires_grad_(
        requires_grad=False
    )  # evaluation mode also keeps every patch: no patch drop
    try:
        n_rows, n_columns = frozen.patch_embed.grid_size
        grid = TokenGrid(int(n_rows), int(n_columns), int(frozen.num_prefix_tokens))
        found = (frozen.blocks[-1].norm1, frozen.blocks[-1].attn.attn_drop)
    except (AttributeError, IndexError, TypeError) as error:
        raise UsageError(
            f"{type(model).__name__}: only vision transformers with blocks of norm, attention and MLP can be explained "
            f"({error})"
        ) from error
    if not all(isinstance(part, torch.nn.Module) for part in found):
        raise UsageError(f"{type(model).__name__}: its blocks have no norm1 or no attention to look at")
    return AskedModel(frozen, normalise, grid, batch_size)


def asked_of(stored: StoredModel, batch_size: int = 16) -> AskedModel:
    """The final model of a run, ready to be explained."""
    return asked(stored.module, stored.normalise, batch_size)
