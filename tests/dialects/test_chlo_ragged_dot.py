"""``chlo.ragged_dot`` beside upstream."""

from __future__ import annotations

import pytest
from other_dialects import check_right, check_wrong, rows_without
from programs import our_refusals, program, upstream_refusal

from dialects.chlo.ragged_dot import RaggedDotOp


def ragged(
    types: tuple[str, str, str],
    result: str,
    dims: str,
    precision: str = "",
) -> str:
    """A program; ``types`` and ``result`` are written without ``tensor<>``, ``dims`` as numbers:
    the batches of both sides, what is summed of both, the ragged dimension, the groups."""
    keys = (
        "lhs_batching_dimensions",
        "rhs_batching_dimensions",
        "lhs_contracting_dimensions",
        "rhs_contracting_dimensions",
        "lhs_ragged_dimensions",
        "rhs_group_dimensions",
    )
    numbers = ", ".join(f"{key} = [{dim}]" for key, dim in zip(keys, dims.split("|"), strict=True))
    shown = ", ".join(f"tensor<{type_}>" for type_ in types)
    config = f", precision_config = [{precision}]" if precision else ""
    return program(
        shown.split(", "),
        f'"chlo.ragged_dot"(%0, %1, %2) {{ragged_dot_dimension_numbers = '
        f"#chlo.ragged_dot<{numbers}>{config}}} : ({shown}) -> tensor<{result}>",
    )


FREE = ("2x11x5xf32", "3x2x5x7xf32", "3xi64"), "2x11x7xf32", "0|1|2|2|1|0"
SUMMED = ("2x11x5xf32", "2x5x7xf32", "3xi64"), "3x2x11x7xf32", "0|0|2|1|2|"
BATCH = ("3x11x5xf32", "3x5x7xf32", "3xi64"), "3x11x7xf32", "0|0|2|1|0|"


@pytest.mark.parametrize(
    "case",
    [
        FREE,
        SUMMED,
        BATCH,
        (("2x11x5xf32", "3x2x5x7xf32", "2x3xi32"), "2x11x7xf32", "0|1|2|2|1|0"),
        (("19x17x11x5xf32", "3x19x5x7xf32", "19x17x3xi64"), "19x17x11x7xf32", "0|1|3|2|2|0"),
        (("19x11x17x5xf32", "19x17x5x7xf32", "19x17x3xi64"), "3x19x11x7xf32", "0|0|2, 3|1, 2|3|"),
        (("17x19x11x5xf32", "17x19x5x7xf32", "17x3xi64"), "17x19x11x7xf32", "0, 1|0, 1|3|2|1|"),
        (("11x5xf32", "3x5x7xf32", "3xui8"), "11x7xf32", "||1|1|0|0"),
    ],
)
def test_the_kinds_of_ragged_dimensions(case: tuple[tuple[str, str, str], str, str]) -> None:
    check_right(ragged(*case))
    check_right(ragged(*case, "#chlo<precision HIGH>, #chlo<precision DEFAULT>"))


def test_the_element_type_of_the_result_is_free() -> None:
    (lhs, rhs, sizes), result, dims = FREE
    check_right(ragged((lhs, rhs, sizes), result.replace("f32", "f64"), dims), exact=False)


def test_unknown_sizes_are_not_decided() -> None:
    check_right(ragged(("?x11x5xf32", "3x2x?x7xf32", "?xi64"), "2x?x7xf32", "0|1|2|2|1|0"))


def _changed(case: tuple[tuple[str, str, str], str, str], **new: str) -> str:
    types, result, dims = case
    lhs, rhs, sizes = types
    return ragged(
        (new.get("lhs", lhs), new.get("rhs", rhs), new.get("sizes", sizes)),
        new.get("result", result),
        new.get("dims", dims),
        new.get("precision", ""),
    )


WRONG = [
    ("lhs", _changed(FREE, lhs="2x11x5xindex")),
    ("rhs", _changed(FREE, rhs="3x2x5x7xindex")),
    ("group_sizes", _changed(FREE, sizes="3xf32")),
    ("precision", _changed(FREE, precision=", ".join(["#chlo<precision HIGH>"] * 3))),
    ("dot_general", _changed(FREE, rhs="3x2x4x7xf32")),
    ("dot_general", _changed(FREE, dims="0|1|2|2, 3|1|0")),
    ("dot_general", _changed(FREE, dims="0|1|3|2|1|0")),
    ("ragged", _changed(FREE, dims="0|1|2|2|1, 0|0")),
    ("ragged", _changed(FREE, dims="0|1|2|2||0")),
    ("ragged_range", _changed(FREE, dims="0|1|2|2|3|0")),
    ("group_sizes_shape", _changed(FREE, sizes="3x3xi64")),
    ("group_sizes_shape", _changed(FREE, sizes="2x11x3xi64")),
    ("group_sizes_shape", _changed(FREE, sizes="i64")),
    ("group_sizes_shape", _changed(SUMMED, sizes="5x3xi64")),
    ("group_sizes_shape", _changed(BATCH, sizes="3x3xi64")),
    ("group_range", _changed(FREE, dims="0|1|2|2|1|4")),
    ("group_use", _changed(FREE, dims="0|1|2|2|1|1")),
    ("group_use", _changed(FREE, dims="0|1|2|2|1|2")),
    ("groups", _changed(FREE, dims="0|1|2|2|1|")),
    ("groups", _changed(FREE, dims="0|1|2|2|0|0")),
    ("groups", _changed(FREE, dims="0|1|2|2|2|0")),
    ("group_size", _changed(FREE, sizes="4xi64")),
    ("result", _changed(FREE, result="2x11x7xindex")),
    ("shape", _changed(FREE, result="2x11x8xf32")),
    ("shape", _changed(SUMMED, result="2x11x7xf32")),
]


@pytest.mark.parametrize(("id", "text"), WRONG)
def test_a_wrong_program_is_refused(id: str, text: str) -> None:
    check_wrong("chlo.ragged_dot", id, text)


def test_every_row_has_a_wrong_program() -> None:
    assert rows_without((RaggedDotOp,), [("chlo.ragged_dot", id) for id, _ in WRONG]) == set()


@pytest.mark.parametrize(
    "dims", ["<lhs_ragged_dimensions = [0], lhs_ragged_dimensions = [0]>", "<a = [0]>", ""]
)
def test_wrong_dimension_numbers_are_refused(dims: str) -> None:
    text = f"module attributes {{t.a = #chlo.ragged_dot{dims}}} {{}}"
    assert our_refusals(text) != []
    assert upstream_refusal(text) is not None
