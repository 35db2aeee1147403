"""Why a value is in a graph or not: the same answer both ways, with a path that exists."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from xdsl.ir import Operation, SSAValue
from xdsl.traits import IsTerminator, is_side_effect_free

from irkit import Builder, Policy, RecordingError, Value, dropped, hlo, record
from irkit.explanation import Explanation
from irkit.policy import declared
from irkit.testing import PrivateFunction, Program, Step, programs
from tests.irkit.refusals import WAYS


class Kept:
    """A program all of whose recorded values are kept by their handles."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.values: list[Value] = []

    def __call__(self, b: Builder) -> dict[str, Value]:
        self.values = values = []
        recorded = b._tape.recorded

        def keep(made: Sequence[Value]) -> None:
            values.extend(made)
            recorded(made)

        b._tape.recorded = keep
        return self.program(b)


def readers(value: SSAValue) -> set[Operation]:
    """Top-level operations that read the value, in their regions too."""
    found: set[Operation] = set()
    for use in value.uses:
        op = use.operation
        while op.parent_op() is not None and op.parent_op().name != "func.func":
            op = op.parent_op()
        found.add(op)
    return found


def leads(value: SSAValue, path: tuple[str, ...], end: str, outputs: set[SSAValue]) -> bool:
    """Whether readers of these names follow each other from ``value`` to what ``end`` says."""
    if not path:
        return end.startswith("output") and value in outputs
    for op in readers(value):
        if op.name != path[0].split(" [")[0] or op.has_trait(IsTerminator):
            continue
        if len(path) == 1 and end == "an effect" and not is_side_effect_free(op):
            return True
        if any(leads(result, path[1:], end, outputs) for result in op.results):
            return True
    return False


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs(max_size=25), st.integers(1, 12), st.sampled_from([None, ["out.0"]]))
@example(
    Program((Step("batch_norm_training"), Step("call")), (), (), (PrivateFunction(),)), 1, None
)
def test_both_ways_agree_and_the_path_is_real(
    forward: Program, operations: int, names: list[str] | None
) -> None:
    names = names if forward.outputs else None
    whole, streamed = Kept(forward), Kept(forward)
    policy = Policy(chunk_end="operations", operations=operations)
    settings = {"weights": forward.weights(), "constants": "inline"}
    reference = record(whole, **settings).to_compute_graph().pruned_to_outputs(names)
    graph = record(streamed, policy=policy, **settings).to_compute_graph().pruned_to_outputs(names)
    assert graph.num_nodes == reference.num_nodes
    program = reference.recording.buffered()
    outputs = {program.returned()[name] for name in reference.outputs}
    for value, other in zip(whole.values, streamed.values, strict=True):
        expected, found = dropped(reference, value), dropped(graph, other)
        assert found.kept == expected.kept
        if found.kept:
            assert leads(value.ssa, expected.path, expected.end, outputs), expected
            assert leads(value.ssa, found.path, found.end, outputs), found
    for name in (f"out.{i}" for i in range(len(forward.outputs))):
        assert dropped(reference, name).kept == dropped(graph, name).kept


handles: dict[str, Value] = {}


def forward(b: Builder) -> dict[str, Value]:
    handles.clear()
    x = b.argument("x", (), "f32")
    with b.scope("layers.0"):
        handles["live"] = hlo.negate(x)
        handles["dead"] = hlo.exponential(x)
        handles["deader"] = hlo.tanh(handles["dead"])
        handles["traced"] = hlo.cosine(x)
    hlo.custom_call("trace", [handles["traced"]], result_types=[], has_side_effect=True)
    handles["captured"] = hlo.sine(x)
    y = hlo.if_(x > 0.0, lambda: handles["captured"], lambda: x)
    handles["late"] = hlo.floor(y)
    return {"y": hlo.add(y, handles["live"]), "other": hlo.ceil(handles["live"])}


@WAYS
def test_the_words_say_how(policy) -> None:
    graph = record(forward, policy=policy).to_compute_graph().pruned_to_outputs(["y"])
    graph.num_nodes  # noqa: B018 - the streamed forward runs now
    said = {name: str(dropped(graph, value)) for name, value in handles.items()}
    assert said["live"] == "kept: stablehlo.add -> output 'y'"
    assert said["dead"].startswith("dropped: no path to an output (stablehlo.tanh")
    assert said["deader"] == "dropped: nothing reads it, and it is no output"
    assert said["traced"].startswith("kept: stablehlo.custom_call")
    assert said["traced"].endswith(" -> an effect")
    assert said["captured"] == "kept: stablehlo.if -> stablehlo.add -> output 'y'"
    assert said["late"].startswith("dropped: nothing reads it")
    assert str(dropped(graph, "y")) == "kept: output 'y'"
    assert not dropped(graph, "other").kept


@WAYS
def test_a_reader_that_is_dead_in_its_region_keeps_nothing(policy) -> None:
    values: dict[str, Value] = {}

    def forward(b: Builder) -> Value:
        x = b.argument("x", (), "f32")
        values["dead"], values["live"] = hlo.abs(x), hlo.negate(x)

        def body() -> Value:
            hlo.tanh(hlo.exponential(values["dead"]))
            hlo.custom_call("trace", [values["live"]], result_types=[], has_side_effect=True)
            return x

        return hlo.if_(x > 0.0, body, lambda: x)

    graph = record(forward, policy=policy).to_compute_graph().pruned_to_outputs()
    graph.num_nodes  # noqa: B018 - the streamed forward runs now
    assert not dropped(graph, values["dead"]).kept
    assert str(dropped(graph, values["live"])) == "kept: stablehlo.if -> an effect"


@WAYS
def test_an_unpruned_graph_has_everything(policy) -> None:
    graph = record(forward, policy=policy).to_compute_graph()
    graph.num_nodes  # noqa: B018
    assert all(dropped(graph, value).kept for value in handles.values())
    assert str(dropped(graph, handles["dead"])).endswith("but the graph is not pruned")


@WAYS
def test_parameters_that_are_no_arguments(policy) -> None:
    """They are no operation of the program; each chunk that reads one refers to it anew."""
    held: dict[str, Value] = {}

    def forward(b: Builder) -> Value:
        held.update({name: b.parameter(name, (4,), "f32") for name in ("live", "effect", "dead")})
        x = b.argument("x", (4,), "f32")
        hlo.negate(held["dead"])
        for _ in range(5):
            x = x + held["live"]
        seen = hlo.abs(held["effect"])
        hlo.custom_call("e", [seen], result_types=[], has_side_effect=True)
        return x

    graph = record(forward, policy=policy, constants="external").to_compute_graph()
    graph = graph.pruned_to_outputs()
    graph.num_nodes  # noqa: B018
    live, effect, dead = (dropped(graph, held[name]) for name in ("live", "effect", "dead"))
    assert (live.kept, effect.kept, dead.kept) == (True, True, False)
    assert set(live.path) == {"stablehlo.add"}
    assert str(effect).endswith("stablehlo.abs -> stablehlo.custom_call -> an effect")
    text = graph.to_stablehlo().text
    assert ["@live" in text, "@effect" in text, "@dead" in text] == [True, True, False]


@WAYS
def test_what_the_graph_does_not_know_is_refused(policy) -> None:
    graph = record(forward, policy=policy).to_compute_graph().pruned_to_outputs()
    graph.num_nodes  # noqa: B018
    old = dict(handles)
    other = record(forward, policy=policy).to_compute_graph().pruned_to_outputs()
    other.num_nodes  # noqa: B018
    with pytest.raises(RecordingError, match="was not recorded in this graph"):
        dropped(graph, handles["live"])
    assert dropped(graph, old["live"]).kept
    with pytest.raises(RecordingError, match="no output called 'z'"):
        dropped(graph, "z")

    leaked: list[Value] = []

    def regions(b: Builder) -> Value:
        x = b.argument("x", (), "i1")
        return hlo.if_(x, lambda: leaked.append(hlo.not_(x)) or x, lambda: x)

    graph = record(regions, policy=policy).to_compute_graph()
    graph.num_nodes  # noqa: B018
    with pytest.raises(RecordingError, match=r"not recorded in this graph|did not leave its chunk"):
        dropped(graph, leaked[0])


def test_declared_values_are_read_by_declaration() -> None:
    held: list[Value] = []

    def layers(b: Builder) -> Value:
        x = b.argument("x", (), "f32")
        with b.scope("layers.0") as scope:
            y = hlo.negate(x)
            scope.returns(y)
        held[:] = [y, x]
        return hlo.add(x, y)

    graph = record(layers, policy=declared("layers.*")).to_compute_graph().pruned_to_outputs()
    graph.num_nodes  # noqa: B018
    assert str(dropped(graph, held[0])) == "kept: declared, and read by what leads to an output"


def test_long_paths_are_shortened_in_words_alone() -> None:
    path = tuple(f"op.{i}" for i in range(20))
    explanation = Explanation(True, path, "output 'y'")
    assert explanation.path == path
    assert "op.3 -> ... 12 more ... -> op.16" in str(explanation)


@pytest.mark.parametrize("count", [1, 3])
def test_small_forwards_can_be_asked_about(count: int) -> None:
    """One chunk that never closed before the end still has names for what the caller holds."""
    held: list[Value] = []

    def short(b: Builder) -> Value:
        x = b.argument("x", (), "f32")
        held[:] = [hlo.negate(x) for _ in range(count)]
        return held[-1]

    policy = Policy(chunk_end="operations", operations=1000)
    graph = record(short, policy=policy).to_compute_graph().pruned_to_outputs()
    graph.num_nodes  # noqa: B018
    assert [dropped(graph, value).kept for value in held] == [False] * (count - 1) + [True]
