"""Declared live-outs: emitted as recorded, equal to the reference, and escapes are errors."""

from __future__ import annotations

import io
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit import Builder, EscapeError, Policy, Value, hlo, lower, record
from irkit.policy import declared
from tests.irkit.refusals import refused, text_of
from tests.witness import upstream

HERE = __file__
LAYERS = declared("layers.*")
SMALL = Policy(
    name="small",
    chunk_end="scope",
    scope_pattern="layers.*",
    max_operations=4,
    live_outs="declared",
)
WEIGHTS = {f"w.{i}": np.arange(200, dtype=np.float32) + i for i in range(4)}


def residual(b: Builder) -> dict[str, Value]:
    """A residual stream, a value that skips layers, effects, dead code, nested regions."""
    x = b.argument("x", (200,), "f32")
    skip = b.constant(np.linspace(0, 1, 200, dtype=np.float32))
    layers = []
    for number in range(4):
        with b.scope(f"layers.{number}") as scope:
            hlo.exponential(x)  # dead
            y = hlo.add(x, b.parameter(f"w.{number}"))
            above = hlo.reduce(y, 0.0, [0], "add") > float(number)
            x = hlo.if_(above, lambda x=x, y=y: hlo.multiply(x, y), lambda y=y: hlo.negate(y))
            hlo.custom_call("trace", [x], result_types=[], has_side_effect=True)
            scope.returns(x)
            if number == 1:
                scope.returns(y)
                layers.append(y)
    return {"x": hlo.add(x, skip), "layer": hlo.add(layers[0], x)}


@pytest.mark.parametrize("form", ["argument", "inline", "resource", "external"])
def test_the_bytes_are_the_references(form) -> None:
    weights = None if form == "argument" else WEIGHTS
    if form == "argument":

        def program(b: Builder) -> dict[str, Value]:
            for name in WEIGHTS:
                b.parameter(name, (200,), "f32")
            return residual(b)
    else:
        program = residual
    text = text_of(program, LAYERS, weights=weights, constants=form)
    assert text == text_of(program, None, weights=weights, constants=form)
    if form != "external":
        assert upstream.printed(text) == text


def test_chunks_are_emitted_as_they_close_and_no_log_is_written() -> None:
    result = lower(residual, io.BytesIO(), policy=LAYERS, weights=WEIGHTS, constants="inline")
    whole = lower(residual, io.BytesIO(), weights=WEIGHTS, constants="inline")
    assert (result.ops_recorded, result.ops_emitted) == (whole.ops_recorded, whole.ops_emitted)
    assert result.chunks == 6  # before the layers, each, and after them
    # What is counted as log are the templates, of which each signature has one.
    graph = record(residual, policy=LAYERS, weights=WEIGHTS, constants="inline").to_compute_graph()
    assert graph.num_nodes > 0
    assert graph.streamed().log.chunks == 0
    assert list(graph.streamed().log) == []
    assert graph.streamed().emitted_as_recorded


def test_no_name_outlives_its_value() -> None:
    """What a chunk returned is forgotten when no handle is left of it (promise P3)."""

    def chain(b: Builder) -> Value:
        x = b.argument("x", (), "f32")
        for number in range(300):
            with b.scope(f"layers.{number}") as scope:
                x = hlo.negate(hlo.exponential(x))
                scope.returns(x)
        return x

    graph = record(chain, policy=LAYERS).to_compute_graph().pruned_to_outputs()
    result = lower(chain, io.BytesIO(), policy=LAYERS)
    assert graph.to_stablehlo().text == text_of(chain)
    emitter = graph.streamed()._body.emitter
    assert len(emitter.names) <= 3
    assert 1 <= result.widest_cut <= 3


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), max_size=20))
def test_random_layers_that_declare_what_is_read(steps) -> None:
    """Each layer returns one value; the last reads all of them, so all declarations are true."""

    def program(b: Builder) -> Value:
        pool = [b.argument("x", (2,), "f32")]
        for number, (first, second, nested) in enumerate(steps):
            with b.scope(f"layers.{number}") as scope:
                left, right = pool[first % len(pool)], pool[second % len(pool)]
                hlo.negate(left)
                if nested:
                    flag = hlo.reduce(left, 0.0, [0], "add") > 0
                    value = hlo.if_(flag, lambda a=left: a, lambda a=right: hlo.negate(a))
                else:
                    value = hlo.add(left, right)
                scope.returns(value)
            pool.append(value)
        total = pool[0]
        for value in pool[1:]:
            total = hlo.add(total, value)
        return total

    assert text_of(program, LAYERS) == text_of(program)


# -- errors ----------------------------------------------------------------------------------------


def run(program, policy: Policy = LAYERS):
    return record(program, policy=policy).to_compute_graph().to_stablehlo().text


def test_an_undeclared_value_that_is_read_later() -> None:
    def program(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        with b.scope("layers.0") as scope:
            y = hlo.negate(x)
            scope.returns(hlo.exponential(y))
        with refused(
            HERE, "Value(tensor<2xf32>) is read after its scope ended, which did not declare it: "
            "add it to scope.returns(...)", error=EscapeError,
        ):  # fmt: skip
            hlo.add(x, y)
        with refused(HERE, "is read after its scope ended", error=EscapeError):
            hlo.if_(b.constant(True), lambda: y, lambda: x)
        return x

    with pytest.raises(EscapeError, match="1 declared values are never read"):
        run(program)


def test_an_undeclared_value_that_is_returned() -> None:
    def program(b: Builder) -> Value:
        with b.scope("layers.0") as scope:
            scope.returns()
            return b.constant(1)

    with pytest.raises(EscapeError, match="is read after its scope ended"):
        run(program)


@pytest.mark.parametrize(
    ("reader", "who"),
    [
        ("nobody", "value 0 of scope 'layers.0'"),
        ("something dead", "value 0 of scope 'layers.0'"),
        ("outside", "value 0 made outside of scopes"),
        ("parameter", "parameter 'w'"),
    ],
)
def test_a_declared_value_that_nothing_kept_reads(reader, who) -> None:
    kept: list[Value] = []

    def program(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        if reader == "outside":
            kept.append(hlo.negate(x))
        with b.scope("layers.0") as scope:
            y = hlo.negate(x)
            if reader == "parameter":
                b.parameter("w", (2,), "f32")
                scope.returns()
            else:
                scope.returns(y)
        if reader == "something dead":
            hlo.exponential(y)
        return hlo.add(x, y) if reader == "outside" else x

    settings = {"weights": {"w": np.ones(2, np.float32)}, "constants": "inline"}
    graph = record(program, policy=LAYERS, **settings).to_compute_graph().pruned_to_outputs()
    with refused(
        HERE, f"1 declared values are never read, first {who}", error=EscapeError, located=False
    ):
        graph.to_stablehlo()


def test_a_handle_that_stays_alive_outside_of_scopes_is_no_declaration() -> None:
    """What its own chunk reads is kept for that reader's sake, whoever holds it."""

    def program(b: Builder) -> Value:
        x = b.argument("x", (200,), "f32")
        with b.scope("embeddings"):
            held = hlo.negate(x)
            y = hlo.exponential(held)
        with b.scope("layers.0") as scope:
            y = hlo.tanh(y)
            scope.returns(y)
        assert held is not None
        return y

    assert text_of(program, LAYERS) == text_of(program, None)


def test_a_declared_value_may_be_an_output() -> None:
    def program(b: Builder) -> list[Value]:
        w = b.parameter("w", (2,), "f32")
        with b.scope("layers.0") as scope:
            y = hlo.negate(w)
            scope.returns(y, w, y)
        return [y, w, y]

    assert run(program) == text_of(program)


def test_a_scope_that_declares_nothing() -> None:
    why = "scope 'layers.0' declares no live-outs; call scope.returns(...) before it ends"

    def program(b: Builder, undeclared: bool = False) -> Value:
        x = b.argument("x", (2,), "f32")
        refusal = refused(HERE, why, error=EscapeError) if undeclared else nullcontext()
        with refusal, b.scope("layers.0"):
            x = hlo.negate(x)
        with b.scope("other"):  # the pattern does not match: nothing to declare
            return hlo.negate(x)

    assert run(lambda b: program(b, undeclared=True)) == text_of(program)


def test_a_scope_that_is_too_long() -> None:
    why = "scope 'layers.0' has more operations than the policy's max_operations (4)"

    def program(b: Builder, bounded: bool = False) -> Value:
        x = b.argument("x", (2,), "f32")
        for _ in range(10):  # outside of scopes a chunk may end anywhere
            x = hlo.negate(x)
        with b.scope("layers.0") as scope:
            for _ in range(4):
                x = hlo.negate(x)
            if bounded:
                with refused(HERE, why, error=EscapeError):
                    hlo.negate(x)
            scope.returns(x)
        return x

    assert run(lambda b: program(b, bounded=True), SMALL) == text_of(program)


def test_matching_scopes_may_nest() -> None:
    policy = declared("layers.**")

    def program(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        with b.scope("layers.0") as outer:
            early = hlo.negate(x)
            with b.scope("inner") as inner:
                y = hlo.exponential(early)
                inner.returns(y)
            for _ in range(6):
                y = hlo.add(y, early)
            outer.returns(y)
        return y

    assert run(program, policy) == text_of(program)
    # The rest of the outer scope is still inside of it.
    tight = Policy(chunk_end="scope", scope_pattern="layers.**", max_operations=4,
                   live_outs="declared")  # fmt: skip
    with pytest.raises(EscapeError, match=r"scope 'layers.0' has more operations"):
        run(program, tight)


def test_a_scope_that_ends_by_an_exception_declares_nothing() -> None:
    def program(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        try:
            with b.scope("layers.0"):
                hlo.negate(x)
                raise LookupError
        except LookupError:
            pass
        for _ in range(20):  # not inside a scope any more: no bound to hold
            x = hlo.negate(x)
        return x

    assert text_of(program, SMALL) == text_of(program)


def test_an_unwanted_output_is_a_declaration_that_nobody_reads() -> None:
    graph = record(residual, policy=LAYERS, weights=WEIGHTS).to_compute_graph()
    with pytest.raises(EscapeError, match=r"never read, first value \d of scope 'layers.1'"):
        graph.pruned_to_outputs(["x"]).to_stablehlo()
