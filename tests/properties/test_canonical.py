"""P2: the text is a fixed point of upstream's printer, and pruning is upstream's dead-code rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from irkit import Policy
from tests.properties.random_forwards import RandomForward, Step, forwards
from tests.properties.test_identity import text
from tests.witness import iree, upstream

POLICY = Policy(name="short", chunk_end="operations", operations=5)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(forwards(), st.sampled_from(["argument", "inline", "resource"]))
def test_jaxlib_prints_it_back_and_prunes_alike(forward: RandomForward, form: str) -> None:
    whole = text(forward, form, POLICY, prune=False)
    pruned = text(forward, form, POLICY, prune=True)
    assert upstream.printed(whole) == whole
    assert upstream.printed(pruned) == pruned
    assert upstream.without_dead_code(whole) == pruned


def test_iree_prints_external_back_and_prunes_alike(tmp_path: Path) -> None:
    pairs: list[tuple[str, str]] = []

    @seed(20)
    @settings(max_examples=60, deadline=None, database=None)
    @given(forwards())
    def collect(forward: RandomForward) -> None:
        # A call keeps @f, which IREE would drop as an unread symbol and trivial-dce does not.
        forward = replace(forward, steps=(*forward.steps, Step("call", (0, 1, 0))))
        whole = text(forward, "external", POLICY, prune=False)
        pairs.append((whole, text(forward, "external", POLICY, prune=True)))

    collect()
    everything = [module for pair in pairs for module in pair]
    assert iree.printed(everything) == everything
    assert len(pairs) >= 60
    assert any(whole != pruned for whole, pruned in pairs)
    assert iree.without_dead_code([whole for whole, _ in pairs], tmp_path) == [
        pruned for _, pruned in pairs
    ]


@pytest.mark.parametrize("form", ["argument", "external"])
def test_a_dead_parameter_is_dropped_unless_it_is_an_argument(form: str) -> None:
    forward = RandomForward((Step("parameter", (0, 0, 0)),), (0,))
    assert ("w" in text(forward, form, POLICY, prune=True)) == (form == "argument")
