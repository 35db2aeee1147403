"""Encodings of tensor types: ``#stablehlo.bounds`` and ``#sparse_tensor.encoding``."""

from __future__ import annotations

import atexit
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.module_text import module_text
from dialects.reader import ReadError, check_module, parse_module
from dialects.sparse_tensor import SparseEncodingAttr
from tests.conformance.upstream import Upstream


def function(*types: str, body: str = "", attributes: str = "") -> str:
    """A function of arguments of these types."""
    arguments = ", ".join(f"%{number}: {type_}" for number, type_ in enumerate(types))
    return f"func.func @f({arguments}){attributes} {{\n{body}  return\n}}\n"


@cache
def _process() -> Upstream:
    """Encodings that are no maps may bring upstream down."""
    process = Upstream()
    atexit.register(process.close)
    return process


def upstream(text: str) -> str | None:
    """How upstream prints a program; ``None`` where it refuses it."""
    return _process().printed(text)


def ours(text: str) -> str | None:
    """How irkit prints it; ``None`` where it refuses it."""
    try:
        parsed = parse_module(text)
    except ReadError:
        return None
    return module_text(parsed.module) if check_module(text) == [] else None


# -- bounds ------------------------------------------------------------------------------------

BOUNDS = [
    "#stablehlo.bounds<?, 3>",
    "#stablehlo.bounds<?, ?>",
    "#stablehlo.bounds<?, -1>",
    "#stablehlo.bounds<?, 0>",
    "#stablehlo.bounds<?, 9223372036854775807>",
    "#stablehlo.bounds<?>",
    "#stablehlo.bounds<>",
    "#stablehlo.bounds<3, 3>",
    "#stablehlo.bounds<?, a>",
    "#stablehlo.type_extensions<bounds = [?, 3]>",
    "#stablehlo.type_extensions<bounds = [?, -1]>",
    "#stablehlo.type_extensions<bounds = [?]>",
    "#stablehlo.type_extensions<bounds = []>",
    "#stablehlo.type_extensions<bound = [?, 3]>",
    "#stablehlo.type_extensions<bounds = [?, 3], bounds = [?, 3]>",
    "#stablehlo.type_extensions<[?, 3]>",
    "#stablehlo<type_extensions<bounds = [?, 3]>>",
    "#stablehlo<bounds<?, 3>>",
]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_bounds_are_read_and_printed_as_upstreams(bounds: str) -> None:
    text = function(f"tensor<2x?xf32, {bounds}>")
    assert ours(text) == upstream(text)


def test_both_spellings_are_one_attribute() -> None:
    long = function(
        "tensor<?xi8>", attributes=" attributes {a = #stablehlo.type_extensions<bounds = [4]>}"
    )
    short = long.replace("type_extensions<bounds = [4]>", "bounds<4>")
    assert ours(long) == ours(short) == upstream(long)


# -- sparse tensors ----------------------------------------------------------------------------

ENCODINGS = [
    "map = (i, j) -> (i : dense, j : compressed)",
    "map = (d1, d0) -> (d0 : dense, d1 : compressed)",
    "map = (i, j) -> (j : compressed(nonordered, nonunique), i : singleton(soa))",
    "map = (i, j) -> (i : compressed(nonunique), j : singleton(nonordered))",
    "map = (i, j) -> (i : loose_compressed(nonunique), j : singleton)",
    "map = (i, j) -> (i : batch, j : batch)",
    "map = (i, j) -> (j : compressed(), i : dense)",
    "map = (i, j) -> (i floordiv 2 : dense, j floordiv 3 : compressed, i mod 2 : dense, "
    "j mod 3 : dense)",
    "map = (i, j) -> (i : dense, j floordiv 4 : dense, j mod 4 : structured[2, 4])",
    "map = [s0](i, j) -> (i + s0 : dense, j : compressed)",
    "map = {l0, l1}(d0 = l1, d1 = l0) -> (l0 = d1 : dense, l1 = d0 : compressed)",
    "map = {a, b, c, d}(i = a * 2 + c, j = b * 3 + d) -> (a = i floordiv 2 : dense, "
    "b = j floordiv 3 : dense, c = i mod 2 : dense, d = j mod 3 : dense)",
    "map = (i : #sparse_tensor<slice(1, 2, 3)>, j) -> (i : dense, j : compressed)",
    "map = (i : #sparse_tensor<slice(?, ?, ?)>, j) -> (i : dense, j : compressed)",
    "map = (i, j) -> (i : dense, j : compressed), posWidth = 32, crdWidth = 16",
    "crdWidth = 8, map = (i, j) -> (i : dense, j : compressed), posWidth = 0",
    "map = (i, j) -> (i : dense, j : compressed), crdWidth = 8, crdWidth = 16",
    "map = (i, j) -> (i : dense, j : compressed),",
    "map = (i, j) -> (i : dense, j : compressed), implicitVal = 0.0 : f32, explicitVal = 1.0 : f32",
]
WRONG_ENCODINGS = [
    "map = (i, j) -> (i : dense)",
    "map = (i) -> (i : dense)",
    "map = (i, j) -> (i : dense, i : compressed)",
    "map = (i, i) -> (i : dense, i : compressed)",
    "map = (i, j) -> (i : dense, k : compressed)",
    "map = (i, j) -> (i + j : dense, j : compressed)",
    "map = (i, j) -> (i * 2 : dense, j : compressed)",
    "map = (i, j) -> (i floordiv 2 : dense, j : dense, i mod 3 : dense)",
    "map = (i, j) -> (i mod 2 : dense, j : dense, i floordiv 2 : dense)",
    "map = (i, j) -> (i : dense, j : foo)",
    "map = (i, j) -> (i : dense, j : compressed(foo))",
    "map = (i, j) -> (i : dense(nonunique), j : compressed)",
    "map = (i, j) -> (i : dense, j : compressed(soa))",
    "map = (i, j) -> (i : singleton, j : compressed)",
    "map = (i, j) -> (i : compressed(nonunique), j : dense)",
    "map = (i, j) -> (i floordiv 2 : compressed, j floordiv 2 : singleton, i mod 2 : "
    "singleton(soa), j mod 2 : singleton)",
    "map = (i, j) -> (i : dense, j : batch)",
    "map = (i, j) -> (i : dense, j floordiv 4 : dense, j mod 4 : structured[5, 4])",
    "map = (i, j) -> (i : dense, j floordiv 4 : dense, j mod 4 : structured[2, 8])",
    "map = (i, j) -> (i : structured[2, 4], j : dense)",
    "map = {l0, l1}(d0 = l0, d1 = l1) -> (l0 = d1 : dense, l1 = d0 : compressed)",
    "map = (d0, d1) -> (l0 = d0 : dense, l1 = d1 : compressed)",
    "map = (i : #sparse_tensor<slice(-1, 0, 0)>, j) -> (i : dense, j : compressed)",
    "map = (i : #sparse_tensor<slice(1)>, j) -> (i : dense, j : compressed)",
    "map = (i, j) -> (i : dense, j : compressed), posWidth = 65",
    "map = (i, j) -> (i : dense, j : compressed), foo = 1",
    "map = (i, j) -> (i : dense, j : compressed), implicitVal = 1.0 : f32",
    'map = (i, j) -> (i : dense, j : compressed), explicitVal = "a"',
    "map = (i, j) -> (i : dense, j : compressed), explicitVal = 1 : i32",
]


def sparse(encoding: str, tensor: str = "4x8xf32") -> str:
    """The type with an encoding."""
    return f"tensor<{tensor}, #sparse_tensor.encoding<{{ {encoding} }}>>"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_sparse_encodings_are_printed_as_upstreams(encoding: str) -> None:
    text = function(sparse(encoding))
    expected = upstream(text)
    assert expected is not None
    assert ours(text) == expected
    assert ours(expected) == expected


@pytest.mark.parametrize("encoding", WRONG_ENCODINGS)
def test_wrong_sparse_encodings_are_refused_as_upstream_does(encoding: str) -> None:
    text = function(sparse(encoding))
    assert upstream(text) is None
    (fault,) = check_module(text)
    assert fault.line == 1
    assert "Traceback" not in fault.message


@pytest.mark.parametrize("encoding", ["", "posWidth = 8", "map = () -> ()"])
def test_an_encoding_without_a_map_is_refused(encoding: str) -> None:
    """Upstream dies of these."""
    assert check_module(function(sparse(encoding))) != []


def test_an_encoding_is_of_a_tensor_of_its_rank() -> None:
    vector = "map = (i) -> (i : compressed)"
    for tensor, right in (("?xi1", True), ("f32", False), ("2x2xf32", False)):
        text = function(sparse(vector, tensor))
        assert (upstream(text) is not None) is right
        assert ours(text) == upstream(text)


def test_several_encodings_are_aliases_in_order() -> None:
    rows, columns = sparse(ENCODINGS[0]), sparse("map = (i, j) -> (j : dense, i : compressed)")
    text = function(
        columns,
        rows,
        body=f"  %a = stablehlo.abs %1 : ({rows}) -> {columns}\n"
        f"  %b = stablehlo.add %a, %0 : {columns}\n",
        attributes=" attributes {a = #sparse_tensor<slice(1, ?, 2)>}",
    )
    assert ours(text) == upstream(text)


_PARTS = {"i": (["i"], ["i floordiv 2", "i mod 2"]), "j": (["j"], ["j floordiv 4", "j mod 4"])}
_FORMATS = (
    "dense",
    "compressed",
    "compressed(nonunique)",
    "singleton",
    "singleton(soa)",
    "batch",
    "structured[2, 4]",
)


@st.composite
def maps(draw: st.DrawFn) -> str:
    """Maps of two dimensions, each whole or in blocks, in any order and with any formats."""
    chosen = [part for ways in _PARTS.values() for part in draw(st.sampled_from(ways))]
    ordered = draw(st.permutations(chosen))
    levels = ", ".join(f"{part} : {draw(st.sampled_from(_FORMATS))}" for part in ordered)
    return f"map = (i, j) -> ({levels})"


@given(maps())
def test_verdicts_on_maps_are_upstreams(encoding: str) -> None:
    text = function(sparse(encoding))
    assert ours(text) == upstream(text)


def test_what_is_printed_of_an_attribute_is_its_alias_name() -> None:
    (op,) = parse_module(function(sparse(ENCODINGS[0]))).module.body.block.ops
    encoding = op.regions[0].block.args[0].type.encoding  # pyright: ignore
    assert isinstance(encoding, SparseEncodingAttr)
    assert encoding.alias_name() == "sparse"
