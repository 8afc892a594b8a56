"""What the curation wing tells about frames that no catalog knows, for whoever asks a model about them.

The two wings never import each other. Curation offers its reader of frames through the entry-point group
``fracto.frame_reader``, as training offers its commands through ``fracto.commands``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from data_contracts.records import Box, Failure
from data_contracts.vocabulary import ReadingMethod

FRAME_READER_GROUP = "fracto.frame_reader"
"""Entry-point group that holds one ``FrameReader``."""


@dataclass(frozen=True, slots=True)
class FrameReading:
    """One raw frame: its bytes, the part of it that is a picture, and what it says of itself."""

    path: Path
    sha256: str
    """Of its bytes."""
    pixel_sha256: str
    """Of its size and grey levels: equal for equal pictures in different files."""
    crop_box: Box
    """Pixels; the largest picture without the data bar."""
    masks: tuple[Box, ...]
    """Pixels of the frame: print inside the crop, filled by the rule of ``masks``."""
    magnification: float | None
    magnification_source: ReadingMethod | None
    pixel_size_nm: float | None
    pixel_size_source: ReadingMethod | None
    foan: str | None
    """By the site's grammar, from names, tags and data bar; None if they state none, or several."""
    issues: tuple[str, ...]
    """Why a person should look before believing an answer about this frame."""


class FrameReader(Protocol):
    """Reads frames as ``fracto ingest`` does."""

    def __call__(
        self,
        paths: Sequence[Path],
        profile: Mapping[str, Any] | None,
        jobs: int,
        on_read: Callable[[int, int], None],
    ) -> Sequence[FrameReading | Failure]:
        """One entry per frame, in the order of ``paths``, folders in the order of their names.

        Args:
            paths: files, and folders that are walked.
            profile: the site's settings as the run of an ingest keeps them; None for the built-in ones.
            jobs: worker processes.
            on_read: told how many frames are read, of how many.

        Raises:
            FractoError: no frame can be read at all (a missing tool, a folder without images).
        """
