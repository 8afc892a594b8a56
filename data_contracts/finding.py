"""A file of the catalog by what a person types: its path, the end of it, or a telling part."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError


def find_file(catalog: Catalog, wanted: str, kind: str) -> str:
    """The catalog's path of an ``image`` or ``report`` given by its path, the end of it, or any telling part of it.

    Raises:
        BadInputError: there is none, or more than one.
    """
    paths = list(catalog.query("SELECT path FROM files WHERE kind = ? ORDER BY path", [kind])["path"])
    normal = {path: unicodedata.normalize("NFC", path) for path in paths}
    key = unicodedata.normalize("NFC", PurePosixPath(wanted).as_posix()).strip("/")
    below_root = {unicodedata.normalize("NFC", p) for p in _below(catalog.meta(f"{kind}s_root") or "", wanted)}
    found = (
        [p for p in paths if p == wanted]
        or [p for p in paths if normal[p] in below_root]
        or [p for p in paths if normal[p] == key]
        or [p for p in paths if f"/{normal[p]}".endswith(f"/{key}")]
        or [p for p in paths if key.casefold() in normal[p].casefold()]
    )
    if len(found) == 1:
        return str(found[0])
    if not found:
        raise BadInputError(f"{wanted}: no such {kind} in {catalog.path}; `fracto status` counts what is there")
    listed = "\n".join(f"  {path}" for path in found[:20])
    raise BadInputError(f"{wanted}: {len(found)} {kind}s have this in their path; give more of it:\n{listed}")


def _below(root: str, wanted: str) -> Iterator[str]:
    """The path relative to the root of the files, as written and with links followed, if it lies there."""
    if root and "\0" not in wanted:
        for path in (Path(os.path.abspath(wanted)), Path(wanted).resolve()):  # noqa: PTH100 - links are kept at first
            if path.is_relative_to(root):
                yield path.relative_to(root).as_posix()
