"""Write an invented archive of fracture reports and SEM frames, with complete truth.

python examples/make_archive.py OUT_DIR [--seed 7] [--foans 24] [--size 512x384 ...] [--clean] [--overwrite]
"""

import argparse
import re
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from synthetic.archive import Truth, make_archive

PARTS = ("reports", "images", "truth", "labels.csv", "site.yaml")
MIN_FOANS, MAX_FOANS = 4, 120


def size_px(text: str) -> tuple[int, int]:
    """``384x320`` as (384, 320)."""
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found or int(found[1]) < 320 or int(found[2]) < 160:
        raise argparse.ArgumentTypeError(f"{text!r}: give WIDTHxHEIGHT of at least 320x160 pixels, for example 512x384")
    return int(found[1]), int(found[2])


def foan_count(text: str) -> int:
    """A number of FOANs that the numbering scheme has room for."""
    if not text.isdigit() or not MIN_FOANS <= int(text) <= MAX_FOANS:
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number from {MIN_FOANS} to {MAX_FOANS}")
    return int(text)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same bytes (default 7)")
    parser.add_argument("--foans", type=foan_count, default=24, help="FOANs with a report (default 24)")
    parser.add_argument(
        "--size",
        type=size_px,
        nargs="+",
        default=[(512, 384)],
        metavar="WxH",
        help="picture sizes in pixels without data bar, taken in turn (default 512x384)",
    )
    parser.add_argument("--clean", action="store_true", help="leave out the broken files")
    parser.add_argument("--overwrite", action="store_true", help="replace an archive that OUT_DIR already holds")
    return parser.parse_args(arguments)


def summary(truth: Truth) -> str:
    """A few lines that say what was made."""
    classes = Counter(row.defect_class for row in truth.images if row.defect_class)
    expected = Counter(row.expect for row in truth.images)
    kinds = Counter(pair.kind for pair in truth.pairs)
    lines = [("frames by class", classes), ("frames by expected outcome", expected), ("pairs by kind", kinds)]
    return "\n".join(f"{title}: " + ", ".join(f"{k} {v}" for k, v in sorted(c.items())) for title, c in lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the script; 0 when the archive is complete, 2 when OUT_DIR cannot be used."""
    options = parse_arguments(arguments)
    present = [part for part in PARTS if (options.out / part).exists()]
    if present and not options.overwrite:
        print(
            f"{options.out}: already holds {', '.join(present)}; choose an empty folder or give --overwrite",
            file=sys.stderr,
        )
        return 2
    for part in present:
        old = options.out / part
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    started = time.perf_counter()
    truth = make_archive(
        options.out,
        seed=options.seed,
        n_foans=options.foans,
        sizes=options.size,
        clean=options.clean,
        say=lambda line: print(line, flush=True),
    )
    print(summary(truth))
    print(f"archive written to {options.out} in {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
