"""``arith`` and ``tensor`` beside upstream: xDSL's definitions, and our own where those lack."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from newer_upstream import newer_upstream_texts
from other_dialects import rows_without
from programs import (
    our_refusals,
    our_text,
    program,
    upstream_generic,
    upstream_refusal,
    upstream_text,
)

from dialects.arith.casts import (
    ExtSIOp,
    ExtUIOp,
    FPToSIOp,
    FPToUIOp,
    IndexCastOp,
    IndexCastUIOp,
    SIToFPOp,
    TruncIOp,
    UIToFPOp,
)
from dialects.arith.select import SelectOp
from dialects.tensor.cast import CastOp
from dialects.tensor.elements import EmptyOp, ExtractOp, FromElementsOp, InsertOp
from dialects.tensor.rank import RankOp
from dialects.tensor.reshape import ReshapeOp

ARGUMENTS = {
    "i": "i32",
    "l": "i64",
    "p": "i1",
    "n": "index",
    "x": "f32",
    "z": "f64",
    "ti": "tensor<2xi32>",
    "tp": "tensor<2xi1>",
    "tn": "tensor<2xindex>",
    "tx": "tensor<2xf32>",
    "td": "tensor<2x?xf32>",
    "tu": "tensor<*xf32>",
    "tb": "tensor<?xf32, #stablehlo.bounds<4>>",
    "vi": "vector<2xi32>",
}
HEAD = ", ".join(f"%{name}: {type_}" for name, type_ in ARGUMENTS.items())
RIGHT = """
arith.constant 0 : index
arith.constant -1 : i32
arith.constant 7 : i64
arith.constant true
arith.constant false
arith.constant 1.5 : f32
arith.constant 0x7F800000 : f32
arith.constant {a} 1 : i8
arith.constant dense<1> : tensor<2xi32>
arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
arith.constant dense<[]> : tensor<0xi32>
arith.constant dense<(1.0, 2.0)> : tensor<complex<f32>>
arith.addi %i, %i : i32
arith.addi %i, %i overflow<nsw, nuw> : i32
arith.addi %ti, %ti overflow<nuw> {a = "overflow<nsw,nuw>"} : tensor<2xi32>
arith.subi %n, %n : index
arith.muli %i, %i {b, a = 1 : i32} : i32
arith.divsi %i, %i : i32
arith.divui %i, %i : i32
arith.ceildivsi %i, %i : i32
arith.floordivsi %i, %i : i32
arith.remsi %i, %i : i32
arith.andi %i, %i : i32
arith.ori %i, %i : i32
arith.xori %i, %i : i32
arith.shli %i, %i : i32
arith.shrsi %i, %i : i32
arith.shrui %i, %i : i32
arith.maxsi %i, %i : i32
arith.minui %i, %i : i32
arith.addf %x, %x : f32
arith.addf %x, %x fastmath<nnan,ninf> : f32
arith.subf %tx, %tx : tensor<2xf32>
arith.mulf %x, %x : f32
arith.divf %x, %x : f32
arith.remf %x, %x : f32
arith.negf %x : f32
arith.maximumf %x, %x : f32
arith.minnumf %x, %x : f32
arith.cmpi slt, %i, %i : i32
arith.cmpi eq, %ti, %ti : tensor<2xi32>
arith.cmpf olt, %x, %x : f32
arith.cmpf oeq, %x, %x fastmath<fast> : f32
arith.select %p, %i, %i : i32
arith.select %p, %ti, %ti {a} : tensor<2xi32>
arith.select %tp, %ti, %ti : tensor<2xi1>, tensor<2xi32>
arith.index_cast %i : i32 to index
arith.index_cast %tn : tensor<2xindex> to tensor<2xi64>
arith.index_castui %i : i32 to index
arith.extsi %i : i32 to i64
arith.extsi %vi : vector<2xi32> to vector<2xi64>
arith.extui %ti {a} : tensor<2xi32> to tensor<2xi64>
arith.trunci %l : i64 to i32
arith.trunci %l overflow<nsw, nuw> {a} : i64 to i32
arith.trunci %l overflow<nuw> : i64 to i8
arith.sitofp %ti : tensor<2xi32> to tensor<2xf32>
arith.uitofp %i : i32 to f32
arith.fptosi %tx : tensor<2xf32> to tensor<2xi32>
arith.fptoui %x : f32 to i32
arith.extf %x : f32 to f64
arith.truncf %z : f64 to f32
arith.bitcast %x : f32 to i32
arith.mulsi_extended %i, %i : i32
arith.addui_extended %i, %i : i32, i1
tensor.cast %td : tensor<2x?xf32> to tensor<?x?xf32>
tensor.cast %tu : tensor<*xf32> to tensor<?xf32>
tensor.cast %tb : tensor<?xf32, #stablehlo.bounds<4>> to tensor<?xf32>
tensor.dim %td, %n : tensor<2x?xf32>
tensor.dim {a} %tu, %n : tensor<*xf32>
tensor.rank %tu : tensor<*xf32>
tensor.rank %td {a} : tensor<2x?xf32>
tensor.extract %td[%n, %n] {a} : tensor<2x?xf32>
tensor.from_elements %n, %n : tensor<2xindex>
tensor.from_elements %x {a} : tensor<f32>
tensor.from_elements : tensor<0xf32>
tensor.empty(%n) {a} : tensor<2x?xf32>
tensor.empty() : tensor<2xf32>
tensor.splat %x : tensor<2xf32>
tensor.insert %x into %td[%n, %n] {a} : tensor<2x?xf32>
tensor.extract_slice %td[0, 0] [1, 1] [1, 1] : tensor<2x?xf32> to tensor<1x1xf32>
tensor.concat dim(0) %ti, %ti : (tensor<2xi32>, tensor<2xi32>) -> tensor<4xi32>
tensor.collapse_shape %td [[0, 1]] : tensor<2x?xf32> into tensor<?xf32>
tensor.reshape %ti(%tn) : (tensor<2xi32>, tensor<2xindex>) -> tensor<?x?xi32>
tensor.reshape %ti(%tn) : (tensor<2xi32>, tensor<2xindex>) -> tensor<1x2xi32>
tensor.reshape %tu(%tn) {a} : (tensor<*xf32>, tensor<2xindex>) -> tensor<*xf32>
""".strip().splitlines()


def _function(lines: list[str]) -> str:
    """A function of the operations, an operation with two results binding two names."""
    body = ""
    for i, line in enumerate(lines):
        bound = f"%r{i}:2" if "_extended" in line else f"%r{i}"
        body += f"  {bound} = {line}\n"
    return f"func.func @f({HEAD}) {{\n{body}  return\n}}\n"


def test_all_together() -> None:
    text = _function(RIGHT)
    assert our_refusals(text) == []
    assert our_text(text) == upstream_text(text)
    assert our_text(upstream_generic(text)) == upstream_text(text)
    assert [our_text(text)] == newer_upstream_texts([text])


def test_names_of_constants() -> None:
    """``%c-1_i32``, ``%true_0``: names that share one counter with all others."""
    names = re.findall(r"^ +(%\S+) =", our_text(_function(RIGHT[:8] * 2)), re.MULTILINE)
    assert names[:5] == ["%c0", "%c-1_i32", "%c7_i64", "%true", "%false"]
    assert names[8:10] == ["%c0_1", "%c-1_i32_2"]


CASTS = (
    ExtSIOp,
    ExtUIOp,
    FPToSIOp,
    FPToUIOp,
    IndexCastOp,
    IndexCastUIOp,
    SIToFPOp,
    TruncIOp,
    UIToFPOp,
)
TENSOR = (CastOp, EmptyOp, ExtractOp, FromElementsOp, InsertOp, RankOp, ReshapeOp)
RIGHT_TYPES = {
    "arith.extsi": ("i32", "i64"),
    "arith.extui": ("i32", "i64"),
    "arith.fptosi": ("f32", "i32"),
    "arith.fptoui": ("f32", "i32"),
    "arith.index_cast": ("i32", "index"),
    "arith.index_castui": ("index", "i64"),
    "arith.sitofp": ("i32", "f32"),
    "arith.trunci": ("i32", "i8"),
    "arith.uitofp": ("i32", "f32"),
}


def _cast(name: str, source: str, target: str) -> str:
    return program([source], f"{name} %0 : {source} to {target}")


def _wrong_casts(name: str) -> list[tuple[str, str, str]]:
    source, target = RIGHT_TYPES[name]
    wrong = [
        (name, "operand", _cast(name, "complex<f32>", target)),
        (
            name,
            "operand",
            _cast(name, f"tensor<2x{'ui32' if 'i32' in source else 'i32'}>", f"tensor<2x{target}>")
            if name.startswith(("arith.ext", "arith.fp", "arith.trunc"))
            else _cast(name, "tensor<2xcomplex<f32>>", f"tensor<2x{target}>"),
        ),
        (name, "result", _cast(name, source, "complex<f32>")),
        (name, "shape", _cast(name, source, f"tensor<2x{target}>")),
        (name, "shape", _cast(name, f"tensor<2x{source}>", f"tensor<3x{target}>")),
        (name, "shape", _cast(name, f"tensor<2x{source}>", f"tensor<?x{target}>")),
        (name, "shape", _cast(name, f"tensor<2x{source}>", f"tensor<*x{target}>")),
        (name, "shape", _cast(name, f"vector<2x{source}>", f"tensor<2x{target}>")),
    ]
    if name in ("arith.extsi", "arith.extui", "arith.trunci"):
        wrong += [
            (name, "width", _cast(name, source, source)),
            (name, "width", _cast(name, target, source)),
        ]
    if "index" in name:
        wrong += [
            (name, "index", _cast(name, source, source)),
            (name, "index", _cast(name, target, target)),
        ]
    return wrong


INTS, P, N = "tensor<2xi32>", "tensor<2xi1>", "tensor<2xindex>"


def _select(condition: str, value: str, *, other: str | None = None) -> str:
    types = [condition, value, other or value]
    return program(types, f'"arith.select"(%0, %1, %2) : ({", ".join(types)}) -> {value}')


def _insert(scalar: str, dest: str, *, indices: int = 1, result: str | None = None) -> str:
    types = [scalar, dest, *["index"] * indices]
    operands = ", ".join(f"%{i}" for i in range(len(types)))
    op = f'"tensor.insert"({operands}) : ({", ".join(types)}) -> {result or dest}'
    return program(types, op)


def _reshape(source: str, sizes: str, result: str) -> str:
    return program([source, sizes], f"tensor.reshape %0(%1) : ({source}, {sizes}) -> {result}")


WRONG = [
    *(case for cls in CASTS for case in _wrong_casts(cls.name)),
    ("arith.select", "condition", _select("i8", "i32")),
    ("arith.select", "condition", _select(P, "i32")),
    ("arith.select", "condition", _select("tensor<3xi1>", INTS)),
    ("arith.select", "types", _select("i1", "i32", other="i64")),
    ("tensor.cast", "tensors", _cast("tensor.cast", "i32", "i32")),
    ("tensor.cast", "elements", _cast("tensor.cast", INTS, "tensor<?xi64>")),
    ("tensor.cast", "shape", _cast("tensor.cast", INTS, "tensor<3xi32>")),
    ("tensor.cast", "shape", _cast("tensor.cast", INTS, "tensor<?x?xi32>")),
    ("tensor.insert", "tensor", _insert("i32", "tensor<*xi32>", indices=0)),
    ("tensor.insert", "count", _insert("i32", INTS, indices=2)),
    ("tensor.insert", "element", _insert("i64", INTS)),
    ("tensor.insert", "result", _insert("i32", INTS, result="tensor<3xi32>")),
    ("tensor.empty", "result", program(["index"], '"tensor.empty"(%0) : (index) -> tensor<*xf32>')),
    ("tensor.empty", "count", program(["index"], "tensor.empty(%0) : tensor<?x?xf32>")),
    (
        "tensor.extract",
        "tensor",
        program(["tensor<*xf32>"], '"tensor.extract"(%0) : (tensor<*xf32>) -> f32'),
    ),
    ("tensor.extract", "count", program([INTS, "index"], f"tensor.extract %0[%1, %1] : {INTS}")),
    (
        "tensor.extract",
        "result",
        program([INTS, "index"], f'"tensor.extract"(%0, %1) : ({INTS}, index) -> i64'),
    ),
    (
        "tensor.from_elements",
        "result",
        program(["i32"], '"tensor.from_elements"(%0) : (i32) -> tensor<?xi32>'),
    ),
    ("tensor.from_elements", "count", program(["i32"], f"tensor.from_elements %0 : {INTS}")),
    (
        "tensor.from_elements",
        "elements",
        program(["i32"], '"tensor.from_elements"(%0) : (i32) -> tensor<1xi64>'),
    ),
    ("tensor.rank", "tensor", program(["i32"], "tensor.rank %0 : i32")),
    ("tensor.reshape", "tensors", _reshape("i32", N, "tensor<1x2xi32>")),
    ("tensor.reshape", "shape", _reshape(INTS, "tensor<2xf32>", "tensor<1x2xi32>")),
    ("tensor.reshape", "shape", _reshape(INTS, "tensor<2x1xindex>", "tensor<1x2xi32>")),
    ("tensor.reshape", "elements", _reshape(INTS, N, "tensor<1x2xi64>")),
    ("tensor.reshape", "count", _reshape(INTS, N, "tensor<1x3xi32>")),
    ("tensor.reshape", "rank", _reshape(INTS, N, "tensor<1x2x1xi32>")),
    ("tensor.reshape", "rank", _reshape(INTS, "tensor<?xindex>", "tensor<1x2xi32>")),
]


@pytest.mark.parametrize(("op", "id", "text"), WRONG)
def test_a_wrong_program_is_refused(op: str, id: str, text: str) -> None:
    (message,) = our_refusals(text)
    assert message.startswith(f"{op}: ({id}) "), message
    assert upstream_refusal(text) is not None, text


def test_every_row_has_a_wrong_program() -> None:
    classes = (*CASTS, SelectOp, *TENSOR)
    assert rows_without(classes, [(op, id) for op, id, _ in WRONG]) == set()


@pytest.mark.parametrize(
    "op",
    [
        "arith.addi %i, %l : i32",
        "arith.addi %x, %x : f32",
        "arith.cmpi foo, %i, %i : i32",
        'arith.constant "a"',
        "tensor.dim %i, %n : i32",
    ],
)
def test_what_xdsl_refuses(op: str) -> None:
    text = _function([op])
    assert our_refusals(text) != []
    assert upstream_refusal(text) is not None


def test_only_texts_that_use_other_dialects_load_them() -> None:
    script = """
import sys
from dialects.module_text import module_text
from dialects.reader import check_module, parse_module
text = "func.func @f(%x: tensor<f32>) { %0 = stablehlo.abs %x : tensor<f32> return }"
assert check_module(text) == []
module_text(parse_module(text).module)
others = "arith", "check", "chlo", "interpreter", "shape", "tensor"
loaded = {f"dialects.{name}" for name in others} | {"xdsl.dialects.arith", "xdsl.dialects.llvm"}
assert not loaded & sys.modules.keys(), loaded & sys.modules.keys()
parse_module("func.func @f() { %0 = arith.constant 1 : i32 return }")
assert "dialects.arith" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
