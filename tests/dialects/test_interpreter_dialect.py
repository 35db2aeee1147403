"""The ``interpreter`` dialect, which no upstream binding knows: what its definition says."""

from __future__ import annotations

import pytest
from other_dialects import rows_without
from programs import ops_of, our_refusals, our_text, program
from xdsl.traits import is_side_effect_free

from dialects.interpreter import PrintOp, ProbeOp, RunParallelOp

T = "tensor<2xi64>"


@pytest.mark.parametrize(
    ("op", "results"),
    [
        (f"interpreter.print %arg0 : {T}", 0),
        (f"interpreter.print %arg0 {{a}} : {T}", 0),
        (f'interpreter.probe %arg0, probe_id = "a/0" : {T}', 1),
        (f'interpreter.probe %arg0, probe_id = "" {{a = 1 : i32}} : {T}', 1),
    ],
)
def test_the_pretty_form(op: str, results: int) -> None:
    text = program([T], op.replace("%arg", "%"), results)
    assert our_refusals(text) == []
    shown = our_text(text).splitlines()[2].strip()
    assert shown == ("%0 = " if results else "") + op
    (observed,) = ops_of(text)
    assert not is_side_effect_free(observed)


FUNCTIONS = """
func.func @one(%x: tensor<2xi64>) -> tensor<2xi64> { return %x : tensor<2xi64> }
func.func @none() { return }
func.func @two() -> (tensor<i64>, tensor<i64>) {
  %c = stablehlo.constant dense<1> : tensor<i64>
  return %c, %c : tensor<i64>, tensor<i64>
}
func.func @token() -> !stablehlo.token {
  %t = stablehlo.create_token : !stablehlo.token
  return %t : !stablehlo.token
}
func.func @fed() -> tensor<i64> {
  %c = stablehlo.constant dense<1> : tensor<i64>
  return %c : tensor<i64>
}
"""


def _run(programs: str, types: str = "() -> ()", infeed: str = "", operands: str = "") -> str:
    fed = f"infeed = {infeed}, " if infeed else ""
    results = types.partition("-> ")[2].strip("()").split(", ")
    count = len([type_ for type_ in results if type_])
    bound = f"%r:{count} = " if count else ""
    return FUNCTIONS + (
        f"func.func @main(%x: {T}) {{\n"
        f'  {bound}"interpreter.run_parallel"({operands}) '
        f"{{{fed}programs = {programs}}} : {types}\n"
        "  return\n}\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        _run("[[@none]]"),
        _run("[[@none, @none], [@none, @none]]"),
        _run("[[@one], [@one]]", f"({T}, {T}) -> ({T}, {T})", operands="%x, %x"),
        _run("[[@none]]", infeed="[@fed, @fed]"),
        _run("[[@token]]", "() -> !stablehlo.token"),
    ],
)
def test_programs_run_side_by_side(text: str) -> None:
    assert our_refusals(text) == []
    printed = our_text(text)
    assert our_text(printed) == printed
    assert '"interpreter.run_parallel"(' in printed


WRONG = [
    ("programs", _run("[]")),
    ("programs", _run("[[]]")),
    ("programs", _run("[[@none], [@none, @none]]")),
    ("programs", _run("[[@missing]]")),
    ("counts", _run("[[@one]]", f"({T}, {T}) -> {T}", operands="%x, %x")),
    ("counts", _run("[[@one]]", f"({T}) -> ()", operands="%x")),
    ("infeed", _run("[[@none]]", infeed="[]")),
    ("infeed", _run("[[@none]]", infeed="[@missing]")),
    ("infeed", _run("[[@none]]", infeed="[@two]")),
    ("infeed", _run("[[@none]]", infeed="[@token]")),
    ("types", _run("[[@none]]", "() -> tensor<2xindex>")),
]


@pytest.mark.parametrize(("id", "text"), WRONG)
def test_a_wrong_run_is_refused(id: str, text: str) -> None:
    (message,) = our_refusals(text)
    assert message.startswith(f"interpreter.run_parallel: ({id}) ")


X = "tensor<2xindex>"
WRONG_OBSERVERS = [
    ("interpreter.print", "I1", program([X], f"interpreter.print %0 : {X}", 0)),
    ("interpreter.probe", "I1", program([X], f'interpreter.probe %0, probe_id = "a" : {X}')),
    (
        "interpreter.probe",
        "types",
        program([T], f'"interpreter.probe"(%0) {{probe_id = "a"}} : ({T}) -> tensor<3xi64>'),
    ),
]


@pytest.mark.parametrize(("op", "id", "text"), WRONG_OBSERVERS)
def test_a_wrong_observer_is_refused(op: str, id: str, text: str) -> None:
    (message,) = our_refusals(text)
    assert message.startswith(f"{op}: ({id}) ")


def test_every_row_has_a_wrong_program() -> None:
    tested = [("interpreter.run_parallel", id) for id, _ in WRONG]
    tested += [(op, id) for op, id, _ in WRONG_OBSERVERS]
    assert rows_without((PrintOp, ProbeOp, RunParallelOp), tested) == set()
