"""A Hypothesis strategy of cases: programs with policies, forms and seeds."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from irkit.testing import policies, programs
from irkit.testing.case import FORMS, HOSTED, UNKNOWN_TO_UPSTREAM, Case
from irkit.testing.catalogue import KINDS

FOR_UPSTREAM = sorted(KINDS.keys() - UNKNOWN_TO_UPSTREAM)
ALONE = sorted(KINDS.keys() - UNKNOWN_TO_UPSTREAM - HOSTED)


def cases(kinds: Iterable[str] | None = None, longest: int = 25) -> st.SearchStrategy[Case]:
    """Cases of programs of up to ``longest`` steps of these kinds (all if None)."""
    discovered = st.builds(
        Case,
        programs(max_size=longest, kinds=kinds),
        policies(),
        st.sampled_from(FORMS),
        st.booleans(),
        st.integers(0, 1 << 16),
    )
    declared = st.builds(
        Case,
        programs(max_size=longest, kinds=kinds, declares=True),
        policies(declared=True),
        st.sampled_from(FORMS),
        st.just(True),
        st.integers(0, 1 << 16),
    )
    return st.one_of(discovered, discovered, discovered, declared)
