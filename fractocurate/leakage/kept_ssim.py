"""SSIM of thumbnails that an earlier audit computed, beside the catalog: a second audit computes only what is new.

Values are filed under the two thumbnails' contents, so that no change of the archive makes one wrong. The file may be
deleted at any time; one that is damaged, or of another version, counts as absent.
"""

import hashlib
from pathlib import Path

import numpy as np

from fractocurate.leakage.fingerprints import Fingerprint
from fractocurate.leakage.pairs import ssim_of_thumbnails

_VERSION = b"fracto ssim 1\n"
"""Raised when ``ssim_of_thumbnails`` changes its results."""
_RECORD = np.dtype([("thumbnails", "V32"), ("ssim", "<f8")])
_DIGEST_SIZE = hashlib.sha256().digest_size


class KeptSsim:
    """Computes SSIM, or knows it."""

    def __init__(self, path: Path) -> None:
        """``path`` need not exist."""
        self._path = path
        self._known = _read(path)
        self._asked: dict[bytes, float] = {}
        self._digests: dict[bytes, bytes] = {}
        self.n_computed = 0

    def __call__(self, a: Fingerprint, b: Fingerprint) -> float:
        """``ssim_of_thumbnails``."""
        key = self._digest(a.thumbnail_png) + self._digest(b.thumbnail_png)
        if key not in self._asked:
            known = self._known.get(key)
            self.n_computed += known is None
            self._asked[key] = ssim_of_thumbnails(a, b) if known is None else known
        return self._asked[key]

    def save(self) -> None:
        """Keep what was asked for; a run that is killed meanwhile leaves the file as it was.

        Raises:
            OSError: the folder cannot be written to.
        """
        if self._asked.keys() == self._known.keys():
            return
        content = _VERSION + np.array(list(self._asked.items()), _RECORD).tobytes()
        self._path.parent.mkdir(exist_ok=True)
        draft = self._path.with_suffix(".draft")
        draft.write_bytes(hashlib.sha256(content).digest() + content)
        draft.replace(self._path)

    def _digest(self, png: bytes) -> bytes:
        if png not in self._digests:
            self._digests[png] = hashlib.sha256(png).digest()[:16]
        return self._digests[png]


def _read(path: Path) -> dict[bytes, float]:
    content = path.read_bytes() if path.is_file() else b""
    digest, said = content[:_DIGEST_SIZE], content[_DIGEST_SIZE:]
    if hashlib.sha256(said).digest() != digest or not said.startswith(_VERSION):
        return {}
    records = np.frombuffer(said[len(_VERSION) :], _RECORD)
    return dict(zip(records["thumbnails"].tolist(), records["ssim"].tolist(), strict=True))
