"""The benchmarks draw their archives with the generators in `examples/`; helpers lie beside them."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
