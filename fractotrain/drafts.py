"""Files and folders that appear when they are whole: written as drafts, of which each process has its own."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

_MOST_TRIES = 100
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}
"""What a rename says if another process has put its own folder there meanwhile."""


def draft_of(file: Path) -> Path:
    """Where this process writes what will become ``file``."""
    return file.with_name(f".{file.name}.{os.getpid()}.draft")


def remove_abandoned(file: Path) -> None:
    """Delete the drafts of ``file`` whose process was killed while it wrote."""
    for draft in file.parent.glob(f".{file.name}.*.draft"):
        pid = draft.name.removeprefix(f".{file.name}.").removesuffix(".draft")
        if pid.isdecimal() and not _is_alive(int(pid)):
            remove(draft)


def remove(path: Path) -> None:
    """Delete a file or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)  # another process may be doing the same
    else:
        path.unlink(missing_ok=True)


def put_folder(draft: Path, folder: Path) -> None:
    """Let a whole folder take the place of what bears its name, even while other processes do the same.

    Raises:
        OSError: it cannot be moved there.
    """
    retired = draft.with_name(f"{draft.name}.retired")
    for _ in range(_MOST_TRIES):
        with contextlib.suppress(FileNotFoundError):
            folder.rename(retired)
        remove(retired)
        try:
            draft.rename(folder)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
        else:
            return
    raise OSError(errno.EBUSY, "other processes keep writing it", str(folder))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return True
