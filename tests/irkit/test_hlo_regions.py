"""Functions of ``irkit.hlo`` with regions: what they record, compute and refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo
from xdsl.dialects.builtin import ArrayAttr, StringAttr

import irkit
from irkit import Builder, BuildError, Value, hlo

Outputs = Value | tuple[Value, ...]


def recorded(forward: Callable[[Builder], Outputs]) -> str:
    """The program's text, which upstream must print unchanged."""
    pruned = irkit.record(forward).to_compute_graph().pruned_to_outputs()
    text = pruned.to_stablehlo().text
    with make_ir_context():
        assert str(ir.Module.parse(text)) == text
    return text


def evaluated(forward: Callable[[Builder], Outputs], *inputs: np.ndarray[Any, Any]) -> list[Any]:
    """What upstream's reference interpreter computes."""
    with make_ir_context():
        module = ir.Module.parse(recorded(forward))
        arguments = [ir.DenseElementsAttr.get(np.asarray(i)) for i in inputs]
        return [np.array(r) for r in stablehlo.eval_module(module, arguments)]


def test_reduce_by_name_by_function_and_by_callable_are_the_same() -> None:
    def forward(body: Any) -> str:
        return recorded(
            lambda b: hlo.reduce(b.argument("x", [2, 3], "f32"), 0.0, dimensions=[1], body=body)
        )

    assert "applies stablehlo.add across dimensions = [1]" in forward("add")
    assert forward("add") == forward(hlo.add) == forward(lambda a, e: hlo.add(a, e))


def test_reduce_refuses_an_initial_value_of_another_type() -> None:
    """The specification's (C2); upstream's verifier lets it pass."""

    def forward(b: Builder) -> Value:
        return hlo.reduce(b.argument("x", [2, 3], "bf16"), b.constant(0, "f32"), [0], "add")

    with pytest.raises(BuildError, match=r"\(C2\) the inputs .* differ in element types"):
        recorded(forward)


def test_reduce_of_several_inputs_finds_the_largest_and_its_place() -> None:
    def larger(value: Value, place: Value, value_: Value, place_: Value) -> tuple[Value, Value]:
        first = hlo.compare(value, value_, "GE")
        return hlo.select(first, value, value_), hlo.select(first, place, place_)

    def forward(b: Builder) -> tuple[Value, ...]:
        x = b.argument("x", [2, 5], "f32")
        places = hlo.iota(b, [2, 5], "i32", iota_dimension=1)
        return hlo.reduce([x, places], [-np.inf, 0], dimensions=[1], body=larger)

    x = np.array([[1, 5, 2, 5, 0], [-3, -1, -2, -9, -4]], np.float32)
    values, places = evaluated(forward, x)
    np.testing.assert_array_equal(values, x.max(axis=1))
    np.testing.assert_array_equal(places, x.argmax(axis=1))


def test_reduce_window_pools() -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", [6], "f32")
        return hlo.reduce_window(
            x,
            -np.inf,
            window_dimensions=[3],
            window_strides=[2],
            padding=[[1, 0]],
            body="maximum",
        )

    (pooled,) = evaluated(forward, np.array([1, 4, 2, 8, 5, 7], np.float32))
    np.testing.assert_array_equal(pooled, [4, 8, 8])


def test_sort_by_direction_and_by_callable() -> None:
    def by_absolute(left: Value, right: Value, *others: Value) -> Value:
        return hlo.compare(hlo.abs(left), hlo.abs(right), "LT")

    def forward(b: Builder) -> tuple[Value, ...]:
        x, y = b.argument("x", [4], "f32"), b.argument("y", [4], "i32")
        return (
            hlo.sort(x, comparator="GT"),
            *hlo.sort([x, y], 0, is_stable=True, comparator=by_absolute),
        )

    x, y = np.array([3, -4, 1, -2], np.float32), np.arange(4, dtype=np.int32)
    falling, by_size, order = evaluated(forward, x, y)
    np.testing.assert_array_equal(falling, [3, 1, -2, -4])
    np.testing.assert_array_equal(by_size, [1, -2, 3, -4])
    np.testing.assert_array_equal(order, [2, 3, 0, 1])


def test_while_carries_values_and_captures_others() -> None:
    def forward(b: Builder) -> tuple[Value, ...]:
        n, step = b.argument("n", [], "i32"), b.argument("step", [], "f32")
        return hlo.while_(
            [b.constant(0, "i32"), b.constant(1.0, "f32")],
            lambda i, x: hlo.compare(i, n, "LT"),
            lambda i, x: (i + 1, x * step),
        )

    count, power = evaluated(forward, np.int32(5), np.float32(2))
    assert (count, power) == (5, 32)


def test_while_of_one_value_gives_one_value() -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", [], "i32")
        return hlo.while_(x, lambda x: hlo.compare(x, b.constant(9), "LT"), lambda x: x + x)

    assert evaluated(forward, np.int32(3)) == [12]


def test_branches_return_one_value_or_several() -> None:
    def forward(b: Builder) -> tuple[Value, ...]:
        x, p = b.argument("x", [], "f32"), b.argument("p", [], "i1")
        i = b.argument("i", [], "i32")
        one = hlo.if_(p, lambda: x + x, lambda: -x)
        assert isinstance(one, Value)
        several = hlo.case(i, [lambda: (x, one), lambda: (one, x), lambda: [x, x]])
        assert isinstance(several, tuple)
        nothing = hlo.if_(p, lambda: (), lambda: ())
        assert nothing == ()
        return (one, *several)

    x, p, i = np.float32(3), np.bool_(False), np.int32(1)
    assert evaluated(forward, x, p, i) == [-3, -3, 3]


def test_custom_call_records_its_attributes() -> None:
    def forward(b: Builder) -> tuple[Value, ...]:
        x = b.argument("x", [2, 3], "f32")
        results = hlo.custom_call(
            "g",
            [x],
            result_types=[([4], "i32"), ([], "bf16")],
            has_side_effect=True,
            backend_config={"a": 1, "b": 0.5, "c": "d", "e": False},
            operand_layouts=[[0, 1]],
            result_layouts=[[0], []],
        )
        (made,) = hlo.custom_call("h", [], result_types=[([2], "f32")], builder=b)
        named = hlo.custom_call(
            "k",
            [x],
            result_types=[([2, 3], "f32")],
            backend_config={"a": ArrayAttr([StringAttr("b")])},
            api_version=4,
            called_computations=["k_impl", "other name"],
        )
        return (*results, made, *named)

    text = recorded(forward)
    assert 'backend_config = {a = ["b"]}, called_computations = [@k_impl, @"other name"]' in text
    config = '{a = 1 : i64, b = 5.000000e-01 : f64, c = "d", e = false}'
    assert f"@g(%arg0) {{api_version = 4 : i32, backend_config = {config}" in text
    assert "@h() : () -> tensor<2xf32>" in text


def test_a_call_without_effect_is_pruned_and_one_with_effect_is_kept() -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", [2], "f32")
        for name, effect in (("dropped", False), ("kept", True)):
            hlo.custom_call(name, [x], result_types=[([2], "f32")], has_side_effect=effect)
        hlo.while_(x, lambda x: b.constant(True), lambda x: x)
        return x

    text = recorded(forward)
    assert "@kept" in text
    assert "@dropped" not in text
    assert "while" not in text


def _x(b: Builder, dtype: str = "f32") -> Value:
    return b.argument("x", [2, 3], dtype)


def test_collectives_of_unknown_sizes_have_results_of_unknown_size() -> None:
    def forward(b: Builder) -> tuple[Value, ...]:
        sizes = b.argument("sizes", [2], "i32")
        x = hlo.dynamic_broadcast_in_dim(
            b.argument("x", [4], "f32"), sizes, [1], result_shape=[None, 4]
        )
        gathered = hlo.all_gather(x, 0, [[0, 1]])
        scattered = hlo.reduce_scatter(x, 0, [[0, 1]], "add")
        return gathered, scattered, hlo.all_gather(x, 1, [[0, 1]])

    results = recorded(forward).rpartition("    return ")[2]
    assert results.count("tensor<?x4xf32>") == 2
    assert results.count("tensor<?x8xf32>") == 1


REFUSED: dict[str, tuple[str, Callable[[Builder], Any]]] = {
    "dimension out of range": (
        r"stablehlo\.reduce: \(C4\).*tensor<2x3xf32>",
        lambda b: hlo.reduce(_x(b), 0.0, [2], "add"),
    ),
    "unknown reduction": (
        "'mean' names no reduction; known: add",
        lambda b: hlo.reduce(_x(b), 0.0, [0], "mean"),  # pyright: ignore
    ),
    "one initial value too few": (
        r"stablehlo\.reduce: \(C3\) 2 inputs and 1 init_values",
        lambda b: hlo.reduce([x := _x(b), x], [0.0], [0], "add"),
    ),
    "body of another type": (
        r"stablehlo\.reduce: \(C[26]\)",
        lambda b: hlo.reduce(_x(b), 0.0, [0], lambda a, e: hlo.compare(a, e, "LT")),
    ),
    "window of the wrong rank": (
        r"stablehlo\.reduce_window: \(C4\)",
        lambda b: hlo.reduce_window(_x(b), 0.0, window_dimensions=[2], body="add"),
    ),
    "padding that is no pairs": (
        r"stablehlo\.reduce_window: padding",
        lambda b: hlo.reduce_window(
            _x(b), 0.0, window_dimensions=[2, 2], padding=[[1], [1]], body="add"
        ),
    ),
    "sort along no dimension": (
        r"stablehlo\.sort: \(C4\)",
        lambda b: hlo.sort(_x(b), 2),
    ),
    "condition that is no boolean": (
        r"stablehlo\.while: \(C1\)",
        lambda b: hlo.while_(_x(b), lambda x: x, lambda x: x),
    ),
    "body that changes the type": (
        r"stablehlo\.while: \(C2\)",
        lambda b: hlo.while_(_x(b), lambda x: b.constant(True), lambda x: hlo.compare(x, x, "LT")),
    ),
    "branches of two types": (
        r"stablehlo\.if: \(C2\)",
        lambda b: hlo.if_(b.constant(True), lambda: _x(b), lambda: b.constant(1.0)),
    ),
    "predicate that is no boolean": (
        r"stablehlo\.if: \(I1\)",
        lambda b: hlo.if_(x := _x(b), lambda: x, lambda: x),
    ),
    "no branches": (
        r"stablehlo\.case: \(C1\)",
        lambda b: hlo.case(b.constant(1, "i32"), []),
    ),
    "unknown calling convention": (
        r"stablehlo\.custom_call: \(I5\) api_version 9",
        lambda b: hlo.custom_call("g", [_x(b)], result_types=[], api_version=9),
    ),
    "result types that are none": (
        r"stablehlo\.custom_call: result_types",
        lambda b: hlo.custom_call("g", [_x(b)], result_types=[([2], "f31")]),
    ),
    "config that is no attribute": (
        r"backend_config\['a'\] is <object",
        lambda b: hlo.custom_call(
            "g",
            [_x(b)],
            result_types=[],
            backend_config={"a": object()},  # pyright: ignore
        ),
    ),
    "gathering along no dimension": (
        r"stablehlo\.all_gather: \(C1\)",
        lambda b: hlo.all_gather(_x(b), 2, [[0, 1]]),
    ),
    "scattering along no dimension": (
        r"stablehlo\.reduce_scatter: \(C2\)",
        lambda b: hlo.reduce_scatter(_x(b), 2, [[0, 1]], "add"),
    ),
    "a reduction of nothing": (
        r"stablehlo\.all_reduce: \(I1\) at least one operand is needed, got 0",
        lambda b: hlo.all_reduce([], [[0, 1]], "add"),
    ),
    "a scatter of fewer updates": (
        r"stablehlo\.scatter: \(C5\) 1 inputs and 0 updates",
        lambda b: hlo.scatter(
            [_x(b)],
            b.constant(np.array([0])),
            [],
            update_window_dims=[0],
            inserted_window_dims=[0],
            scatter_dims_to_operand_dims=[0],
            index_vector_dim=0,
            update_computation="add",
        ),
    ),
    "padding of a scatter that is no pairs": (
        r"stablehlo\.select_and_scatter: padding .* must be pairs",
        lambda b: hlo.select_and_scatter(
            x := _x(b),
            x,
            b.constant(0.0),
            window_dimensions=[1, 1],
            select="GE",
            scatter="add",
            padding=[[0, 0], [0, 0, 0]],
        ),
    ),
    "layout of the wrong length": (
        r"\(layouts\)",
        lambda b: hlo.custom_call(
            "g", [_x(b)], result_types=[], operand_layouts=[[0]], result_layouts=[]
        ),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_errors_name_the_rule_and_the_users_line(name: str) -> None:
    rule, forward = REFUSED[name]

    def checked(b: Builder) -> Value:
        forward(b)
        return b.constant(0)

    with pytest.raises(BuildError) as error:
        irkit.record(checked)
    assert re.search(rule, str(error.value))
    assert str(error.value).startswith(f"{__file__}:")


def test_a_value_of_a_region_can_not_leave_it() -> None:
    leaked: list[Value] = []

    def forward(b: Builder) -> Value:
        x = b.argument("x", [], "f32")

        def branch() -> Value:
            leaked.append(x + x)
            return leaked[0]

        hlo.if_(b.constant(True), branch, lambda: x)
        return leaked[0] + x

    with pytest.raises(BuildError, match="made inside a region that is closed"):
        irkit.record(forward)
