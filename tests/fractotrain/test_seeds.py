"""Random state depends on what is done, not on what was done before."""

from hypothesis import given
from hypothesis import strategies as st

from fractotrain.seeds import Purpose, derive_seed

_keys = st.tuples(st.integers(0, 2**32 - 1), st.sampled_from(Purpose), st.integers(-1, 50), st.integers(0, 500))


@given(a=_keys, b=_keys)
def test_seeds_are_equal_only_for_equal_work(
    a: tuple[int, Purpose, int, int], b: tuple[int, Purpose, int, int]
) -> None:
    """Seed, purpose, fold and epoch each make another stream; the same four make the same one."""
    assert (derive_seed(*a) == derive_seed(*b)) == (a == b)
    assert 0 <= derive_seed(*a) < 2**63
