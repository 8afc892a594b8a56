"""Files that appear under their name only when they are whole: written as drafts, of which each process has its own."""

import os
from pathlib import Path


def draft_of(file: Path) -> Path:
    """Where this process writes what will become ``file``."""
    return file.with_name(f".{file.name}.{os.getpid()}.draft")


def remove_abandoned(file: Path) -> None:
    """Delete the drafts of ``file`` whose process was killed while it wrote."""
    for draft in file.parent.glob(f".{file.name}.*.draft"):
        pid = draft.name.removeprefix(f".{file.name}.").removesuffix(".draft")
        if pid.isdecimal() and not _is_alive(int(pid)):
            draft.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return True
