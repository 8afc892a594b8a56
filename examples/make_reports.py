"""Write invented fracture reports that are hard to read, with complete truth, to measure how well they are read.

python examples/make_reports.py OUT_DIR [--reports-per-site 12] [--seed 3] [--sites a,b] [--held-out] [--overwrite]

Per site a folder with ``reports/*.pdf``, the profile ``site.yaml`` and ``truth.json`` (``hard_reports/truth.py`` says
what it holds). With ``--held-out`` come other sites and other layouts, kept back: whoever improves the reading looks at
their score only.
"""

import argparse
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from hard_reports.build import make_reports, site_names
from hard_reports.truth import ReportTruth

__all__ = ["main", "make_reports"]


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument(
        "--reports-per-site", type=int, default=12, metavar="N", help="reports of each site (default 12)"
    )
    parser.add_argument("--seed", type=int, default=3, help="the same seed gives the same bytes (default 3)")
    parser.add_argument("--sites", default="", metavar="A,B", help="only these sites (default: all)")
    parser.add_argument("--held-out", action="store_true", help="the sites and layouts kept back, and only those")
    parser.add_argument("--foreign", action="store_true", help="the layouts of other houses, and only those")
    parser.add_argument("--overwrite", action="store_true", help="replace sites that OUT_DIR already holds")
    return parser.parse_args(arguments)


def summary(truths: list[ReportTruth]) -> str:
    """A few lines that say what was made."""
    counts = {
        "families": Counter(t.family for t in truths),
        "pages by what reads them": Counter(p.must_read_by for t in truths for p in t.pages),
        "instances": Counter(i.expect for t in truths for i in t.instances),
        "difficulties": Counter(trap for t in truths for trap in t.traps),
    }
    return "\n".join(f"{title}: " + ", ".join(f"{k} {v}" for k, v in sorted(c.items())) for title, c in counts.items())


def main(arguments: list[str] | None = None) -> int:
    """Run the script; 0 when all reports are written, 2 when OUT_DIR or a site's name cannot be used."""
    options = parse_arguments(arguments)
    known = site_names(held_out=options.held_out)
    wanted = tuple(options.sites.split(",")) if options.sites else known
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"no such site: {', '.join(unknown)}; choose from {', '.join(known)}", file=sys.stderr)
        return 2
    present = [name for name in wanted if (options.out / name).exists()]
    if present and not options.overwrite:
        print(
            f"{options.out}: already holds {', '.join(present)}; choose an empty folder or give --overwrite",
            file=sys.stderr,
        )
        return 2
    for name in present:
        shutil.rmtree(options.out / name)
    started = time.perf_counter()
    truths = make_reports(
        options.out,
        seed=options.seed,
        reports_per_site=options.reports_per_site,
        held_out=options.held_out,
        foreign=options.foreign,
        sites=wanted,
        say=lambda line: print(line, flush=True),
    )
    print(summary(truths))
    print(f"{len(truths)} files written to {options.out} in {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
