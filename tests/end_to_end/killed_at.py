"""`fracto`, killed at a given moment: killed_at.py before|after NUMBER ARGUMENTS...

The process kills itself with SIGKILL before the commit of its transaction of that number, or right after it. Every
item is a batch of its own, so that there are many such moments in a small archive.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

from data_contracts.catalog import Catalog
from fractocurate.cli import main
from fractocurate.stages import reading


def kill_at(moment: str, number: int) -> None:
    """Arrange for the end."""
    real = Catalog.transaction
    begun = 0

    @contextlib.contextmanager
    def counted(catalog: Catalog) -> Iterator[None]:
        nonlocal begun
        begun += 1
        with real(catalog):
            yield
            if begun == number and moment == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        if begun == number:
            os.kill(os.getpid(), signal.SIGKILL)

    Catalog.transaction = counted
    reading._BATCH_ITEMS = 1


if __name__ == "__main__":
    kill_at(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["fracto", *sys.argv[3:]]
    main()
