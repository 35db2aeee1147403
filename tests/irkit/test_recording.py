"""The documented chain of calls, both ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irkit import (
    ArtifactError,
    Builder,
    Policy,
    Value,
    hlo,
    open_weights,
    record,
)
from tests.irkit.refusals import SHORT, WAYS, refused
from tests.witness import upstream

HERE = __file__


def forward(b: Builder) -> dict[str, Value]:
    x = b.argument("x", (2,), "f32")
    w = b.parameter("w", (2,), "f32")
    hidden = hlo.tanh(hlo.add(x, w))
    hlo.negate(hidden)
    return {"hidden": hidden, "twice": hlo.add(hidden, hidden), "x": x, "w": w, "again": hidden}


@WAYS
def test_the_documented_chain(policy) -> None:
    graph = record(forward, policy=policy).to_compute_graph()
    assert graph.outputs == ("hidden", "twice", "x", "w", "again")
    assert graph.num_nodes == 4
    pruned = graph.pruned_to_outputs()
    assert (graph.num_nodes, pruned.num_nodes) == (4, 3)
    text = pruned.to_stablehlo()
    assert str(text) == text.text == pruned.to_stablehlo().text
    assert upstream.printed(text.text) == text.text
    # Graphs are values: the first one still has everything.
    assert upstream.without_dead_code(graph.to_stablehlo().text) == text.text


@pytest.mark.parametrize("names", [["twice"], ["again", "x"], ["w", "hidden"], ["x"], [], None])
def test_outputs_by_name_in_any_order(names) -> None:
    texts = []
    for policy in (None, SHORT):
        graph = record(forward, policy=policy).to_compute_graph().pruned_to_outputs(names)
        texts.append(graph.to_stablehlo().text)
        assert graph.outputs == (("hidden", "twice", "x", "w", "again") if names is None
                                 else tuple(names))  # fmt: skip
    assert texts[0] == texts[1]
    assert upstream.printed(texts[0]) == texts[0]
    for name in names or ():
        assert f'irkit.name = "{name}"' in texts[0].split("->")[1].splitlines()[0]


@WAYS
def test_selections_narrow(policy) -> None:
    graph = record(forward, policy=policy).to_compute_graph()
    two = graph.pruned_to_outputs(["hidden", "x"])
    assert two.pruned_to_outputs().outputs == ("hidden", "x")
    one = two.pruned_to_outputs(["x"])
    assert one.num_nodes == 0
    assert one.to_stablehlo().text == graph.pruned_to_outputs(["x"]).to_stablehlo().text
    with refused(HERE, "no output called 'twice'; there are: hidden, x"):
        two.pruned_to_outputs(["twice"])


@WAYS
@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["logits", "x"], "no output called 'logits'; there are: hidden, twice, x, w, again"),
        ("hidden", "outputs are given as a list: ['hidden'], not 'hidden'"),
        (["x", "x"], "output 'x' is asked for more than once"),
    ],
)
def test_unknown_selections_are_refused(policy, names, why) -> None:
    graph = record(forward, policy=policy).to_compute_graph()
    with refused(HERE, why):
        _ = graph.pruned_to_outputs(names).num_nodes


@WAYS
@pytest.mark.parametrize("count", [0, 1, 3])
def test_outputs_without_names(policy, count: int) -> None:
    def unnamed(b: Builder) -> list[Value]:
        x = b.argument("x", (), "i32")
        return [hlo.add(x, x) for _ in range(count)]

    graph = record(unnamed, policy=policy).to_compute_graph()
    assert graph.outputs == tuple(map(str, range(count)))
    text = graph.pruned_to_outputs().to_stablehlo().text
    assert upstream.printed(text) == text
    if count == 3:
        text = graph.pruned_to_outputs(["2", "0"]).to_stablehlo().text
        assert text.count("stablehlo.add") == 2


@WAYS
def test_one_value_alone_is_output_0(policy) -> None:
    graph = record(lambda b: b.constant(1), policy=policy).to_compute_graph()
    assert graph.outputs == ("0",)
    assert "-> tensor<i32> {" in graph.to_stablehlo().text


@WAYS
@pytest.mark.parametrize(
    ("result", "why"),
    [
        (None, "the forward returned NoneType; it must return a Value, a sequence of Values, or"),
        (3, "the forward returned int"),
        ("x", "the forward returned str"),
        ([None], "output '0' of the forward is None, not a Value"),
        ({"a": 3}, "output 'a' of the forward is 3, not a Value"),
    ],
)
def test_what_is_no_result_is_refused(policy, result, why) -> None:
    with refused(HERE, why):
        _ = record(lambda b: result, policy=policy).to_compute_graph().num_nodes


def test_output_names_are_strings() -> None:
    with refused(HERE, "the name of an output of the forward is 0, not a string"):
        record(lambda b: {0: b.constant(1)})
    with refused(HERE, "lone surrogate"):
        record(lambda b: {"\ud800": b.constant(1)})


@WAYS
def test_a_streamed_forward_runs_when_it_is_first_needed(policy) -> None:
    ran: list[None] = []

    def counted(b: Builder) -> Value:
        ran.append(None)
        return b.constant(1)

    recording = record(counted, policy=policy)
    assert len(ran) == (policy is None)
    graph = recording.to_compute_graph()
    for _ in range(3):
        assert graph.num_nodes == 1
        graph.to_stablehlo().text  # noqa: B018
    assert len(ran) == 1


@WAYS
def test_write_makes_a_whole_file(policy, tmp_path: Path) -> None:
    text = record(forward, policy=policy).to_compute_graph().to_stablehlo()
    text.write(tmp_path / "a.mlir")
    text.write(str(tmp_path / "b.mlir"))
    assert (tmp_path / "a.mlir").read_text() == (tmp_path / "b.mlir").read_text() == text.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mlir", "b.mlir"]


@WAYS
def test_the_modules_name(policy) -> None:
    for name in ("model", "a model", "ünï", 'q"uote\\', "1", "x.y$z"):
        graph = record(lambda b: b.constant(1), policy=policy, name=name).to_compute_graph()
        text = graph.to_stablehlo().text
        assert upstream.printed(text) == text
    with refused(HERE, "the name of a module is None, not a string"):
        record(forward, policy=policy, name=None)


def test_settings_are_checked_at_once() -> None:
    from irkit import PolicyError

    with pytest.raises(ArtifactError, match="'inlien' is none of the forms: argument, inline"):
        record(forward, policy=SHORT, constants="inlien")
    with pytest.raises(ArtifactError, match="constants='inline' writes weights"):
        record(forward, policy=SHORT, constants="inline")
    with pytest.raises(PolicyError, match="no policy 'per-layer'"):
        record(forward, policy="per-layer")


def test_policies_and_weights_by_path(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", w=np.ones(2, np.float32))
    (tmp_path / "p.yaml").write_text("chunks: {end: operations, operations: 1}\n")
    texts = {
        record(forward, policy=policy, weights=weights, constants="inline")
        .to_compute_graph()
        .to_stablehlo()
        .text
        for policy in (None, "fixed-ops", tmp_path / "p.yaml", str(tmp_path / "p.yaml"))
        for weights in (tmp_path / "w.npz", str(tmp_path / "w.npz"),
                        open_weights(tmp_path / "w.npz"), {"w": np.ones(2, np.float32)})
    }  # fmt: skip
    assert len(texts) == 1


def test_two_threads_record_as_one() -> None:
    """Builders share nothing that changes bytes."""
    from concurrent.futures import ThreadPoolExecutor

    def long(scale: int) -> str:
        def program(b: Builder) -> Value:
            x = b.argument("x", (scale,), "f32")
            for i in range(150):
                x = x + float(i % 7)
                x = hlo.if_(hlo.reduce(x, 0.0, [0], "add") > i, lambda x=x: -x, lambda x=x: x)
            return x

        policy = Policy(chunk_end="operations", operations=scale + 5)
        return record(program, policy=policy).to_compute_graph().to_stablehlo().text

    alone = [long(scale) for scale in (1, 2, 3, 4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(long, (1, 2, 3, 4))) == alone
