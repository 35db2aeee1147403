"""What is changed in a mutant, by the kind of the attribute or type."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from xdsl.dialects.builtin import ModuleOp

from dialects.attribute_text import attribute_text
from dialects.module_text import module_text
from dialects.reader import parse_module
from irkit.testing.mutations import mutants, operations

CALL = "%0 = stablehlo.custom_call @f({}) {{{}}} : ({}) -> tensor<f32>"
NORM = (
    '%0 = "stablehlo.batch_norm_inference"(%x, %y, %y, %y, %y) '
    "{{epsilon = {} : f32, feature_index = 0 : i64}} : "
    "(tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>"
)
REDUCE = (
    '%0 = "stablehlo.all_reduce"(%x) <{channel_handle = #stablehlo.channel_handle<handle = 1, '
    "type = 0>, replica_groups = dense<0> : tensor<1x1xi64>, use_global_device_ids}> ({"
    "^bb0(%a: tensor<f32>, %b: tensor<f32>): stablehlo.return %a : tensor<f32>}) "
    ": (tensor<2xf32>) -> tensor<2xf32>"
)
CONVOLUTION = (
    "%0 = stablehlo.convolution(%x, %y) dim_numbers = [b, {0}f]x[{0}i, o]->[b, {0}f], "
    "window = {{reverse = [{1}]}} {{batch_group_count = 1 : i64, feature_group_count = 1 : i64}} "
    ": (tensor<1x{2}1xf32>, tensor<{2}1x1xf32>) -> tensor<1x{2}1xf32>"
)


def module(line: str) -> ModuleOp:
    """One operation, of whatever operands."""
    types = {"x": "tensor<2xf32>", "y": "tensor<2xf32>"}
    if "convolution" in line:
        operands = line.split(" : (")[1].split(")")[0].split(", ")
        types = dict(zip(types, operands, strict=True))
    arguments = ", ".join(f"%{name}: {type_}" for name, type_ in types.items())
    return parse_module(f"func.func @main({arguments}) {{\n{line}\nreturn\n}}\n").module


def found(given: ModuleOp) -> Mapping[str, list[str]]:
    """Of the first operation, what each mutant has where the given one has something else."""
    (first, *_) = operations(given)
    changed: dict[str, list[str]] = {}
    for what, mutant in mutants(given):
        op = operations(mutant)[0]
        if not what.startswith(first.name):
            continue
        assert module_text(mutant, generic=True) != module_text(given, generic=True)
        parts = [
            (name, value)
            for name, value in op.properties.items()
            if first.properties[name] != value
        ]
        parts += [
            (f"type of result {index}", result.type)
            for index, result in enumerate(op.results)
            if first.results[index].type != result.type
        ]
        for name, value in parts:
            assert what == f"{first.name} {name}"
            changed.setdefault(name, []).append(attribute_text(value))
    return changed


@pytest.mark.parametrize(
    ("line", "name", "changed"),
    [
        ("%0 = stablehlo.create_token : !stablehlo.token", "type of result 0", ["tensor<f32>"]),
        ("%0 = stablehlo.constant dense<1> : tensor<i32>", "type of result 0", ["tensor<f32>"]),
        ("%0 = stablehlo.negate %x : tensor<2xf32>", "type of result 0", ["tensor<3xf32>"]),
        (REDUCE, "use_global_device_ids", ["false"]),
        (CALL.format("", "has_side_effect = true", ""), "has_side_effect", ["false"]),
        (
            CALL.format("", "backend_config = {a = 1 : i32}", ""),
            "backend_config",
            ["{a = 1 : i32, x}"],
        ),
        (CALL.format("", "called_computations = []", ""), "called_computations", ['["x"]']),
        (CALL.format("", "called_computations = [@g]", ""), "called_computations", ["[]"]),
        (NORM.format("1.0e-03"), "epsilon", ["0.000000e+00 : f32"]),
        (NORM.format("0.0"), "epsilon", ["1.000000e+00 : f32"]),
        (NORM.format("0.0"), "feature_index", ["1 : i64"]),
        (CONVOLUTION.format("0, ", "true", "2x"), "window_reversal", ["array<i1: false>"]),
        (CONVOLUTION.format("0, ", "false", "2x"), "window_reversal", ["array<i1: true>"]),
        (CONVOLUTION.format("", "", ""), "window_reversal", []),
        (
            CONVOLUTION.format("", "", ""),
            "dimension_numbers",
            ['"another kind of attribute"'],
        ),
        (
            "%0 = stablehlo.constant dense<1> : tensor<i32>",
            "value",
            ["dense<0> : tensor<i32>", "dense<16777217> : tensor<i32>"],
        ),
        ("%0 = stablehlo.constant dense<> : tensor<0xf32>", "value", []),
        (
            "%0 = stablehlo.broadcast_in_dim %x, dims = [0] : (tensor<2xf32>) -> tensor<2xf32>",
            "broadcast_dimensions",
            ["array<i64: 1>"],
        ),
    ],
)
def test_one_field_is_changed(line: str, name: str, changed: list[str]) -> None:
    assert found(module(line)).get(name, []) == changed
