"""The ``shape`` dialect beside upstream."""

from __future__ import annotations

import pytest
from other_dialects import check_newer, rows_without
from programs import (
    our_refusals,
    our_text,
    program,
    upstream_generic,
    upstream_refusal,
    upstream_text,
)

from dialects.shape import Shape

ARGUMENTS = {
    "t": "tensor<2x?xf32>",
    "u": "tensor<*xf32>",
    "s": "tensor<2xindex>",
    "r": "tensor<1xindex>",
    "d": "tensor<?xindex>",
    "h": "!shape.shape",
    "z": "!shape.size",
    "v": "!shape.value_shape",
    "w": "!shape.witness",
}
HEAD = ", ".join(f"%{name}: {type_}" for name, type_ in ARGUMENTS.items())
RIGHT = """
shape.shape_of %t : tensor<2x?xf32> -> tensor<2xindex>
shape.shape_of %t {b, a = 1 : i32} : tensor<2x?xf32> -> tensor<?xindex>
shape.shape_of %t : tensor<2x?xf32> -> !shape.shape
shape.shape_of %u : tensor<*xf32> -> tensor<?xindex>
shape.shape_of %v : !shape.value_shape -> !shape.shape
shape.broadcast %s, %r : tensor<2xindex>, tensor<1xindex> -> tensor<2xindex>
shape.broadcast %s, %r, %d : tensor<2xindex>, tensor<1xindex>, tensor<?xindex> -> tensor<?xindex>
shape.broadcast %s, %h : tensor<2xindex>, !shape.shape -> !shape.shape
shape.broadcast %h {a} : !shape.shape -> !shape.shape
shape.concat %s, %r : tensor<2xindex>, tensor<1xindex> -> tensor<3xindex>
shape.concat %h, %r : !shape.shape, tensor<1xindex> -> !shape.shape
shape.const_shape [1, 2, 3] : tensor<3xindex>
shape.const_shape [] : tensor<0xindex>
shape.const_shape [1, 2] : !shape.shape
shape.const_shape {b, a} [1, 2] : tensor<2xindex>
shape.num_elements %s : tensor<2xindex> -> index
shape.num_elements %h {a} : !shape.shape -> !shape.size
shape.num_elements %s : tensor<2xindex> -> !shape.size
shape.to_extent_tensor %h : !shape.shape -> tensor<?xindex>
shape.to_extent_tensor %h {a} : !shape.shape -> tensor<*xindex>
shape.cstr_broadcastable %s, %r : tensor<2xindex>, tensor<1xindex>
shape.cstr_broadcastable %h, %h, %s {a} : !shape.shape, !shape.shape, tensor<2xindex>
""".strip().splitlines()
REGIONS = """
  %a = shape.assuming %w -> (tensor<2xindex>) {
    %i = shape.const_shape [1, 2] : tensor<2xindex>
    shape.assuming_yield %i : tensor<2xindex>
  }
  %b:2 = shape.assuming %w -> (tensor<2xindex>, tensor<1xindex>) {
    shape.assuming_yield %s, %r : tensor<2xindex>, tensor<1xindex>
  } {a}
  shape.assuming %w {
    %j = shape.const_shape [1] : tensor<1xindex>
  }
  shape.assuming %w {
    %j = shape.const_shape [1] : tensor<1xindex>
    shape.assuming_yield
  }
"""


def test_all_together() -> None:
    body = "".join(f"  %r{i} = {line}\n" for i, line in enumerate(RIGHT))
    text = f"func.func @f({HEAD}) {{\n{body}{REGIONS}  return\n}}\n"
    assert our_refusals(text) == []
    assert our_text(text) == upstream_text(text)
    assert our_text(upstream_generic(text)) == upstream_text(text)


def test_what_is_said_of_shapes_that_do_not_fit() -> None:
    """Jaxlib has ``error`` in the dictionary still; both are read, and written the newer way."""
    types = "tensor<2xindex>, tensor<1xindex>"
    older, newer = (
        program(types.split(", "), f"shape.broadcast %0, %1 {error} : {types} -> !shape.shape")
        for error in ('{a, error = "no"}', 'error = "no" {a}')
    )
    check_newer([newer])
    assert upstream_refusal(older) is None
    assert our_text(older) == our_text(newer)


S, R, H, D = "tensor<2xindex>", "tensor<1xindex>", "!shape.shape", "tensor<?xindex>"


def _op(name: str, operands: list[str], result: str) -> str:
    shown = ", ".join(f"%{i}" for i in range(len(operands)))
    return program(operands, f'"{name}"({shown}) : ({", ".join(operands)}) -> {result}')


def _assuming(yielded: str, result: str) -> str:
    region = f'({{\n    "shape.assuming_yield"({yielded}) : ({S}) -> ()\n  }})'
    return program(
        [S, "!shape.witness"], f'"shape.assuming"(%1) {region} : (!shape.witness) -> {result}'
    )


WRONG = [
    ("shape.shape_of", "operands", _op("shape.shape_of", ["i32"], S)),
    ("shape.shape_of", "result", _op("shape.shape_of", [S], "tensor<2xi32>")),
    ("shape.shape_of", "rank", _op("shape.shape_of", ["tensor<2x?xf32>"], R)),
    ("shape.shape_of", "errors", _op("shape.shape_of", ["!shape.value_shape"], D)),
    ("shape.broadcast", "operands", _op("shape.broadcast", [S, "tensor<2xi32>"], S)),
    ("shape.broadcast", "result", _op("shape.broadcast", [S, R], "tensor<2xi32>")),
    ("shape.broadcast", "errors", _op("shape.broadcast", [S, H], S)),
    ("shape.concat", "operands", _op("shape.concat", [S, "index"], D)),
    ("shape.concat", "result", _op("shape.concat", [S, R], "index")),
    ("shape.num_elements", "operands", _op("shape.num_elements", ["index"], "index")),
    ("shape.num_elements", "result", _op("shape.num_elements", [S], "i32")),
    ("shape.num_elements", "errors", _op("shape.num_elements", [H], "index")),
    ("shape.to_extent_tensor", "operands", _op("shape.to_extent_tensor", ["index"], D)),
    ("shape.to_extent_tensor", "result", _op("shape.to_extent_tensor", [H], "!shape.shape")),
    (
        "shape.const_shape",
        "result",
        program((), f'"shape.const_shape"() {{shape = dense<1> : {S}}} : () -> index'),
    ),
    (
        "shape.const_shape",
        "result",
        program((), f'"shape.const_shape"() {{shape = dense<1> : {S}}} : () -> tensor<?xindex>'),
    ),
    (
        "shape.cstr_broadcastable",
        "operands",
        _op("shape.cstr_broadcastable", [S, "index"], "!shape.witness"),
    ),
    ("shape.cstr_broadcastable", "count", _op("shape.cstr_broadcastable", [S], "!shape.witness")),
    ("shape.assuming", "yield", _assuming("%0", R)),
]


@pytest.mark.parametrize(("op", "id", "text"), WRONG)
def test_a_wrong_program_is_refused(op: str, id: str, text: str) -> None:
    (message,) = our_refusals(text)
    assert message.startswith(f"{op}: ({id}) "), message
    assert upstream_refusal(text) is not None, text


def test_a_region_ends_in_its_own_terminator() -> None:
    text = _assuming("%0", S).replace("shape.assuming_yield", "stablehlo.return")
    said = "shape.assuming: (yield) the region must end in shape.assuming_yield"
    assert said in our_refusals(text)
    assert upstream_refusal(text) is not None


def test_every_row_has_a_wrong_program() -> None:
    classes = [op for op in Shape.operations if hasattr(op, "CONSTRAINTS")]
    assert len(classes) == 9
    assert rows_without(classes, [(op, id) for op, id, _ in WRONG]) == set()


@pytest.mark.parametrize(
    "op",
    [
        f"shape.shape_of %0 : {S}",
        f"shape.broadcast %0, %0 : {S} -> {S}",
        f"shape.const_shape [1.0] : {R}",
        f"shape.const_shape 1 : {R}",
        f"shape.cstr_broadcastable %0, %0 : {S}",
        "shape.assuming %0 {\n  }",
    ],
)
def test_wrong_syntax_is_refused(op: str) -> None:
    text = program([S], op)
    assert our_refusals(text) != []
    assert upstream_refusal(text) is not None
