"""The builder: what it records, and what it refuses, with the user's own line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from irkit import Builder, RecordingError, Value, WeightError, hlo, tensor
from irkit.weights import TensorInfo
from tests.irkit.refusals import SHORT, WAYS, recorded, refused, text_of
from tests.witness import upstream

HERE = __file__


# -- arguments -------------------------------------------------------------------------------------


@WAYS
def test_arguments_keep_their_order_names_and_types(policy) -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (2, np.int64(3)), "f32")
        assert (x.shape, x.dtype, x.ndim, x.builder) == ((2, 3), np.float32, 2, b)
        assert x.type is tensor((2, 3), "f32")
        y = b.argument("ein y", [], ml_dtypes.bfloat16)
        late = b.argument("", (0,), bool)
        hlo.negate(y)
        return late

    text = text_of(forward, policy)
    assert '%arg0: tensor<2x3xf32> {irkit.name = "x"}' in text
    assert '%arg1: tensor<bf16> {irkit.name = "ein y"}' in text
    assert '%arg2: tensor<0xi1> {irkit.name = ""}' in text
    assert upstream.printed(text) == text


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "why"),
    [
        ("x", (2,), "f32", "argument 'x' was declared before"),
        ("w", (2,), "f32", "argument 'w' was declared before"),
        ("y", (-1,), "f32", "argument 'y': shape [-1] has the negative dimension -1"),
        ("y", (2.0,), "f32", "argument 'y': 'float' object"),
        ("y", 2, "f32", "argument 'y': 'int' object is not iterable"),
        ("y", (2,), "f33", "argument 'y': 'f33' names no StableHLO element type; known: i1"),
        ("y", (2,), "f8", "'f8' names no StableHLO element type"),
        ("y", (2,), None, "needs a dtype beside its shape"),
        (7, (2,), "f32", "the name of an argument is 7, not a string"),
        ("\ud800", (2,), "f32", "lone surrogate, \\ud800"),
    ],
)
def test_bad_arguments_are_refused_at_the_call(name, shape, dtype, why) -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        b.parameter("w", (2,), "f32")
        with refused(HERE, why):
            b.argument(name, shape, dtype)
        # What was refused left nothing behind: the name is still free.
        return b.argument("y", (2,), "f32") + x

    recorded(forward)


# -- parameters ------------------------------------------------------------------------------------

WEIGHTS = {"w": np.ones((2, 3), np.float32)}


@WAYS
def test_the_same_parameter_is_one_value(policy) -> None:
    def forward(b: Builder) -> Value:
        first = b.parameter("w")
        for _ in range(5):
            hlo.negate(first)
        assert b.parameter("w") is first
        assert b.parameter("w", (2, 3), np.float32) is first
        return first

    assert text_of(forward, policy, weights=WEIGHTS, constants="inline").count("constant") == 1


def test_parameters_are_checked_against_the_source() -> None:
    def forward(b: Builder) -> tuple[Value, ...]:
        with refused(HERE, "parameter 'w' is asked for as tensor<2x4xf32>, the weight source has"):
            b.parameter("w", (2, 4))
        w = b.parameter("w")
        with refused(HERE, "as tensor<2x3xbf16>, it was declared as tensor<2x3xf32>"):
            b.parameter("w", dtype="bf16")
        with refused(HERE, "no such tensor", error=WeightError, located=False):
            b.parameter("v")
        b.argument("x", (), "f32")
        with refused(HERE, "parameter 'x' has the name of an argument"):
            b.parameter("x")
        return (w,)

    recorded(forward, weights=WEIGHTS)


class Strange:
    """A weight source whose tensors have a dtype that no element type holds."""

    names = ("w",)

    def __contains__(self, name: object) -> bool:
        return name == "w"

    def info(self, name: str):
        return TensorInfo((2,), np.dtype(np.clongdouble))

    def read_into(self, name: str, offset: int, buffer: object) -> None:
        raise AssertionError

    def close(self) -> None: ...


def test_a_weight_of_a_dtype_without_element_type_is_refused_by_name() -> None:
    def forward(b: Builder) -> Value:
        with refused(HERE, "parameter 'w': dtype('complex256') names no StableHLO element type"):
            b.parameter("w")
        return b.constant(1)

    recorded(forward, weights=Strange())


def test_parameters_without_a_source_need_a_type() -> None:
    def forward(b: Builder) -> Value:
        for shape, dtype in ((None, None), ((2,), None), (None, "f32")):
            with refused(HERE, "parameter 'w' needs shape and dtype: there is no weight source"):
                b.parameter("w", shape, dtype)
        return b.parameter("w", (2,), "f32")

    recorded(forward)


@WAYS
def test_a_parameter_first_used_inside_a_region_is_refused(policy) -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (), "i1")

        def branch() -> Value:
            with refused(HERE, "parameter 'w' is first used inside a region; declare it before"):
                b.parameter("w", (2,), "f32")
            return b.parameter("v", (2,), "f32")

        v = b.parameter("v", (2,), "f32")
        return hlo.if_(x, branch, lambda: v)

    recorded(forward, policy)


# -- operations ------------------------------------------------------------------------------------


@WAYS
def test_an_invalid_operation_names_itself_the_constraint_and_the_types(policy) -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (2, 3), "f32")
        with refused(HERE, "stablehlo.transpose: (C2)", "operands: (tensor<2x3xf32>)"):
            hlo.transpose(x, [0, 0])
        with refused(HERE, "stablehlo.dot_general: (C", "(tensor<2x3xf32>, tensor<2x3xf32>)"):
            hlo.dot_general(x, x, lhs_contracting_dimensions=[1], rhs_contracting_dimensions=[0])
        with refused(HERE, "stablehlo.reduce: (C", "tensor<2x3xf32>"):
            hlo.reduce(x, 0.0, [5], "add")
        return x + x

    # The reduction's initial value and the sum.
    assert recorded(forward, policy).num_nodes == 2


@WAYS
def test_operands_that_are_no_values_are_refused(policy) -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        hlo.add(x, x)
        for bad in (1.0, None, np.ones(2), b.ssa(x)):
            with refused(HERE, "stablehlo.add: operand 1 is ", "not a Value; make one with"):
                hlo.add(x, bad)
        with refused(HERE, "stablehlo.add: operand 0 is 2.0, not a Value"):
            hlo.add(2.0, x)
        with refused(HERE, "stablehlo.add: at least one Value is needed"):
            hlo.add(1, 2)
        with refused(HERE, "stablehlo.sort", "there are no operands"):
            hlo.sort([])
        return x

    recorded(forward, policy)


@WAYS
def test_values_of_another_builder_are_refused(policy) -> None:
    leaked: list[Value] = []

    def first(b: Builder) -> Value:
        leaked.append(b.argument("x", (2,), "f32"))
        return leaked[0] + leaked[0]

    def second(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        hlo.add(x, x)
        with refused(HERE, "Value(tensor<2xf32>) belongs to another builder"):
            hlo.add(x, leaked[0])
        with refused(HERE, "belongs to another builder"), b.scope("s") as scope:
            scope.returns(leaked[0])
        return x

    kept = recorded(first, policy)
    recorded(second, policy)
    with refused(HERE, "belongs to another builder", located=False):
        recorded(lambda b: leaked[0], policy)
    assert kept.num_nodes == 1


@WAYS
def test_nothing_is_recorded_after_the_end(policy) -> None:
    held: list[Any] = []

    def forward(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        function = b.function("f", lambda _, y: y, [((2,), "f32")])
        held.extend([b, x, function])
        return x + x

    graph = recorded(forward, policy)
    before = graph.to_stablehlo().text
    b, x, function = held
    calls: list[Callable[[], object]] = [
        lambda: x + x,
        lambda: hlo.negate(x),
        lambda: b.constant(1),
        lambda: b.constant(np.ones(50)),
        lambda: b.argument("y", (), "f32"),
        lambda: b.parameter("w", (), "f32"),
        lambda: b.scope("s"),
        lambda: b.function("g", lambda _: (), []),
        lambda: function(x),
        lambda: hlo.reduce(x, b.splat(0, tensor((), "f32")), [0], "add"),
    ]
    for call in calls:
        with refused(HERE, "this builder's recording has ended", error=RecordingError):
            call()
    assert graph.to_stablehlo().text == before


@WAYS
def test_a_forward_may_end_its_recording_itself(policy) -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        x = x + x
        b.close()
        b.close()
        with refused(HERE, "this builder's recording has ended", error=RecordingError):
            hlo.negate(x)
        return x

    assert recorded(forward, policy).num_nodes == 1


@WAYS
def test_the_ssa_value_of_another_builders_value_is_refused(policy) -> None:
    other: list[Value] = []

    def first(b: Builder) -> Value:
        other.append(b.argument("x", (2,), "f32"))
        return other[0] + other[0]

    def second(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        assert b.ssa(x).type == x.type
        with refused(HERE, "belongs to another builder"):
            b.ssa(other[0])
        return x

    recorded(first, policy)
    recorded(second, policy)


@WAYS
def test_a_forward_that_raises_ends_its_recording(policy) -> None:
    held: list[Builder] = []

    def forward(b: Builder) -> Value:
        held.append(b)
        x = b.argument("x", (2,), "f32")
        with b.scope("one"), b.scope("two"):
            for _ in range(5):
                x = x + x
            raise KeyError("the user's own")

    with pytest.raises(KeyError, match="the user's own"):
        recorded(forward, policy)
    with refused(HERE, "recording has ended", error=RecordingError):
        held[0].constant(1)


# -- scopes ----------------------------------------------------------------------------------------


@WAYS
def test_scopes_nest_and_end_with_their_exceptions(policy) -> None:
    opened: list[str] = []

    def forward(b: Builder) -> Value:
        b.on_scope = opened.append
        x = b.argument("x", (), "f32")
        with b.scope("a") as a:
            with b.scope("b.c") as inner:
                assert (a.name, inner.name) == ("a", "a.b.c")
            with suppress(LookupError), b.scope("bad"), b.scope("worse"):
                x = hlo.negate(x)
                raise LookupError
            with b.scope("d"):
                x = hlo.negate(x)
        with b.scope("e"):
            return hlo.if_(x > 0, lambda: in_scope(b, x), lambda: x)

    def in_scope(b: Builder, x: Value) -> Value:
        with b.scope("region"):
            return hlo.negate(x)

    recorded(forward, policy)
    assert opened == ["a", "a.b.c", "a.bad", "a.bad.worse", "a.d", "e", "e.region"]


def test_scope_names_are_text() -> None:
    def forward(b: Builder) -> Value:
        with refused(HERE, "the name of a scope is 3, not a string"):
            b.scope(3)
        with refused(HERE, "lone surrogate"):
            b.scope("\udfff")
        return b.constant(1)

    recorded(forward, SHORT)


def test_an_argument_takes_a_tensor_type_for_shape_and_dtype() -> None:
    def program(b: Builder) -> Value:
        x = b.argument("x", tensor((2, 3), "bf16"))
        y = b.argument("y", x.type)
        assert (x.shape, x.dtype) == (y.shape, y.dtype) == ((2, 3), np.dtype(ml_dtypes.bfloat16))
        with refused(HERE, "argument 'z' needs a dtype"):
            b.argument("z", (2,))
        with refused(HERE, "argument 'z' has a dtype in its type already"):
            b.argument("z", x.type, "f32")
        return x

    text_of(program)
