"""P1: one forward and one artifact form give one text, whatever the policy."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from irkit import Policy, record
from tests.properties.random_forwards import WEIGHTS, RandomForward, forwards

FORMS = ("argument", "inline", "resource", "external")


def policies() -> st.SearchStrategy[Policy]:
    """Policies that end chunks and discover live-outs."""
    logs = st.sampled_from([{"log": "disk"}, {"log": "memory", "log_memory_limit": 1 << 12}, {}])
    ends = st.one_of(
        st.builds(lambda n: {"chunk_end": "operations", "operations": n}, st.integers(1, 30)),
        st.builds(
            lambda n: {"chunk_end": "scope", "scope_pattern": "part.*", "max_operations": n},
            st.integers(1, 30),
        ),
        st.builds(lambda n: {"chunk_end": "bytes", "chunk_bytes": n}, st.integers(1, 1 << 15)),
    )
    return st.builds(lambda end, log: Policy(name="random", **end, **log), ends, logs)


def text(forward: RandomForward, form: str, policy: Policy | None, *, prune: bool) -> str:
    weights = None if form == "argument" else WEIGHTS
    graph = record(forward, policy=policy, weights=weights, constants=form).to_compute_graph()
    return (graph.pruned_to_outputs() if prune else graph).to_stablehlo().text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(forwards(), policies(), st.sampled_from(FORMS), st.booleans())
def test_streamed_text_is_the_buffered_text(
    forward: RandomForward, policy: Policy, form: str, prune: bool
) -> None:
    assert text(forward, form, policy, prune=prune) == text(forward, form, None, prune=prune)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(forwards(), policies())
def test_node_counts_are_those_of_the_reference(forward: RandomForward, policy: Policy) -> None:
    streamed, buffered = (
        record(forward, policy=p, weights=WEIGHTS, constants="inline").to_compute_graph()
        for p in (policy, None)
    )
    assert streamed.num_nodes == buffered.num_nodes
    assert streamed.pruned_to_outputs().num_nodes == buffered.pruned_to_outputs().num_nodes


@pytest.mark.parametrize("form", FORMS)
def test_outputs_by_name(form: str) -> None:
    """A subset of the outputs, in another order, pruned to."""
    from tests.properties.random_forwards import Step

    steps = tuple(Step(k, (i, i + 1, i)) for i, k in enumerate(["add", "parameter", "if", "sort"]))
    forward = RandomForward(steps, (2, 3, 4))
    texts = {
        record(
            forward,
            policy=policy,
            weights=None if form == "argument" else WEIGHTS,
            constants=form,
        )
        .to_compute_graph()
        .pruned_to_outputs(["out.2", "out.0"])
        .to_stablehlo()
        .text
        for policy in (None, Policy(chunk_end="operations", operations=2))
    }
    assert len(texts) == 1
    assert 'irkit.name = "out.2"' in texts.pop()
