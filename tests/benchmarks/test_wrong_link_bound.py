"""The upper bound on wrong links holds where the truth is known: archives with planted slips of several sites."""

import numpy as np
import pytest
from names_at_scale import SCHEMES, Scheme, make_names
from planted import images_of, instances_of, profile_of, truth_of

from data_contracts.vocabulary import MatchStatus
from fractocurate.matching.ladder import decide
from fractocurate.matching.wrong_links import bound_wrong_links

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

N_ARCHIVES = 100
SILENT_SLIPS = (("none", 0.90), ("separators", 0.04), ("swapped", 0.03), ("replaced", 0.03))
"""Far more slips than anybody makes, and only those that may lead to another FOAN: wrong links are frequent."""


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_the_bound_holds_in_95_of_100_archives(scheme: Scheme, capsys: pytest.CaptureFixture[str]) -> None:
    """Dense sequential FOANs, a fifth of them without a report, two names in five with a serial number beside."""
    held, shares, bounds = 0, [], []
    profile = profile_of(scheme)
    for seed in range(N_ARCHIVES):
        archive = make_names(scheme, 500, 120, np.random.default_rng(seed), slips=SILENT_SLIPS, second_witness=0.4)
        images, instances, truth = images_of(archive, profile), instances_of(archive), truth_of(archive)
        guarded = decide(images, instances, profile).decisions
        linked = [d for d in guarded if d.status is MatchStatus.MATCHED]
        n_wrong = sum(d.instance_id != truth[d.path] for d in linked)
        bound = bound_wrong_links(images, instances, profile, guarded)
        held += n_wrong <= bound.max_wrong
        shares.append(n_wrong / len(linked))
        bounds.append(bound.max_share or 0.0)
    with capsys.disabled():
        print(  # noqa: T201 - the result of a benchmark
            f"\n{scheme.name}: held in {held} of {N_ARCHIVES}; wrong "
            f"{np.mean(shares):.2%} (at most {np.max(shares):.2%}), bound {np.mean(bounds):.2%} on average"
        )
    assert held >= 0.95 * N_ARCHIVES
