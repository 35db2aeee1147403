"""``batch_norm_training``, ``batch_norm_inference`` and ``batch_norm_grad`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import WrongProgram
from programs import check_accepted, check_refused, our_refusals, program

X, V = "tensor<2x3x4xf32>", "tensor<3xf32>"
TYPES = {
    "batch_norm_training": ([X, V, V], [X, V, V]),
    "batch_norm_inference": ([X, V, V, V, V], [X]),
    "batch_norm_grad": ([X, V, V, V, X], [X, V, V]),
}


def _program(name: str, operands: list[str], results: list[str], index: int = 1) -> str:
    values = ", ".join(f"%{i}" for i in range(len(operands)))
    op = (
        f'"stablehlo.{name}"({values}) <{{epsilon = 1.000000e-03 : f32, '
        f"feature_index = {index} : i64}}> : ({', '.join(operands)}) -> ({', '.join(results)})"
    )
    return program(operands, op, len(results))


def _changed(name: str, at: int, type_: str) -> str:
    """The program with another type of an operand, or of a result, counted after the operands."""
    operands, results = (list(types) for types in TYPES[name])
    if at < len(operands):
        operands[at] = type_
    else:
        results[at - len(operands)] = type_
    return _program(name, operands, results)


INTEGERS, LONGER, WIDER, MATRIX = (
    "tensor<3xi32>",
    "tensor<4xf32>",
    "tensor<3xf64>",
    "tensor<3x1xf32>",
)
REFUSED = [
    ("batch_norm_training", "I1", 0, "tensor<2x3x4xi32>"),
    ("batch_norm_training", "I2", 1, INTEGERS),
    ("batch_norm_training", "I3", 2, MATRIX),
    ("batch_norm_training", "C2", 1, WIDER),
    ("batch_norm_training", "C2", 4, WIDER),
    ("batch_norm_training", "C3", 1, LONGER),
    ("batch_norm_training", "C4", 2, LONGER),
    ("batch_norm_training", "C5", 4, LONGER),
    ("batch_norm_training", "C5", 4, MATRIX),
    ("batch_norm_training", "C6", 5, LONGER),
    ("batch_norm_training", "C7", 3, "tensor<2x3x5xf32>"),
    ("batch_norm_inference", "I1", 0, "tensor<2x3x4xi32>"),
    ("batch_norm_inference", "I2", 1, INTEGERS),
    ("batch_norm_inference", "I3", 2, MATRIX),
    ("batch_norm_inference", "I4", 3, INTEGERS),
    ("batch_norm_inference", "I5", 4, MATRIX),
    ("batch_norm_inference", "C2", 3, WIDER),
    ("batch_norm_inference", "C3", 1, LONGER),
    ("batch_norm_inference", "C4", 2, LONGER),
    ("batch_norm_inference", "C5", 3, LONGER),
    ("batch_norm_inference", "C6", 4, LONGER),
    ("batch_norm_inference", "C7", 5, "tensor<2x3xf32>"),
    ("batch_norm_grad", "I1", 0, "tensor<2x3x4xi32>"),
    ("batch_norm_grad", "I2", 1, INTEGERS),
    ("batch_norm_grad", "I3", 2, MATRIX),
    ("batch_norm_grad", "I4", 3, INTEGERS),
    ("batch_norm_grad", "I5", 4, "tensor<2x3x4xi1>"),
    ("batch_norm_grad", "C2", 5, "tensor<2x3x4xf64>"),
    ("batch_norm_grad", "C3", 4, "tensor<2x3x5xf32>"),
    ("batch_norm_grad", "C3", 5, "tensor<2x3x5xf32>"),
    ("batch_norm_grad", "C4", 2, LONGER),
    ("batch_norm_grad", "C4", 7, LONGER),
]


@pytest.mark.parametrize("name", TYPES)
def test_right_programs(name: str) -> None:
    check_accepted(_program(name, *TYPES[name]))


@pytest.mark.parametrize("name", TYPES)
def test_unknown_dimensions(name: str) -> None:
    operands, results = TYPES[name]
    some = [operand.replace("3x4", "?x?") for operand in operands]
    check_accepted(_program(name, some, results))
    check_accepted(_program(name, [x.replace("tensor<3", "tensor<?") for x in operands], results))


@pytest.mark.parametrize(("name", "id", "at", "type_"), REFUSED)
def test_a_violated_constraint_is_named(name: str, id: str, at: int, type_: str) -> None:
    check_refused(name, id, _changed(name, at, type_))


@pytest.mark.parametrize("index", [-1, 3])
@pytest.mark.parametrize("name", TYPES)
def test_a_feature_index_out_of_range_is_refused(name: str, index: int) -> None:
    check_refused(name, "C1", _program(name, *TYPES[name], index))


def test_statistics_of_another_size_than_the_features_are_refused() -> None:
    operands, results = [X, LONGER, LONGER, LONGER, X], [X, LONGER, LONGER]
    check_refused("batch_norm_grad", "C5", _program("batch_norm_grad", operands, results))


@pytest.mark.parametrize("name", TYPES)
def test_epsilon_is_f32(name: str) -> None:
    text = _program(name, *TYPES[name]).replace("e-03 : f32", "e-03 : f64")
    assert len(our_refusals(text)) == 1


WRONG_PROGRAMS = [
    *(WrongProgram(name, id, _changed(name, at, type_)) for name, id, at, type_ in REFUSED),
    *(WrongProgram(name, "C1", _program(name, *TYPES[name], 3)) for name in TYPES),
    WrongProgram(
        "batch_norm_grad",
        "C5",
        _program("batch_norm_grad", [X, LONGER, LONGER, LONGER, X], [X, LONGER, LONGER]),
    ),
]
RIGHT_PROGRAMS = [_program(name, *TYPES[name]) for name in TYPES]
