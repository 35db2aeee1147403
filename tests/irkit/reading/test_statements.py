"""Reading statement by statement: the same faults and the same bytes as reading all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from irkit import Policy
from irkit.policy import ConstantsForm
from irkit.reading.events import Statement
from irkit.reading.module_reader import ModuleReader
from irkit.reading.rewrite import format_file, prune_file
from irkit.testing import Program, programs
from irkit.testing.case import FORMS, Case
from tests.irkit.reading.two_readers import check_agrees, checked, rewriting_agrees

T = "tensor<4xf32>"
POLICY = Policy(name="short", chunk_end="operations", operations=5)
REGIONS = f"""\
module @m attributes {{a.b = "%0 // {{"}} {{
  func.func public @main(%arg0: {T}, %x: tensor<i32>) -> ({T}, {T}) {{
    %c = stablehlo.constant dense<1> : tensor<i32>
    %0:2 = stablehlo.while(%i = %x, %v = %arg0) : tensor<i32>, {T}
    cond {{
      %1 = stablehlo.compare LT, %i, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %1 : tensor<i1>
    }} do {{
      %1 = stablehlo.add %v, %arg0 : {T}
      stablehlo.return %c, %1 : tensor<i32>, {T}
    }}
    %9:2 = stablehlo.while(%i = %x, %v = %arg0) : tensor<i32>, {T}
    cond {{
      %1 = stablehlo.compare LT, %i, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %1 : tensor<i1>
    }} do {{
      %1 = stablehlo.add %v, %arg0 : {T}
      stablehlo.return %c, %1 : tensor<i32>, {T}
    }}
    %2 = stablehlo.add %0#1, %9#1 {{note = "a%b // c"}} : {T} loc("f":1:2) // %9
    %3 = stablehlo.add %0#1,
      %2 : {T}
    %4 = call @g(%3) : ({T}) -> {T} %5 = stablehlo.abs %4 : {T}
    return %5, %0#1 : {T}, {T}
  }}
  func.func private @g(%arg0: {T}) -> {T} {{ return %arg0 : {T} }}
}}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("%9#1", "%9#2"),
        ("%9#1", "%8#1"),
        ("add %0#1,\n      %2", "add %0#1,\n      %5"),
        ("add %v, %arg0", "add %v, %i"),
        ("%1 = stablehlo.add %v", "%c = stablehlo.add %v"),
        ("%9:2", "%0:2"),
        ("@g(%3)", "@h(%3)"),
        (f"@g(%arg0: {T}) -> {T}", f"@g(%arg0: {T}) -> tensor<5xf32>"),
        ("return %5, %0#1 : ", "stablehlo.abs %5 : "),
        ("%c = stablehlo.constant dense<1> : tensor<i32>\n", ""),
        ("private @g", "private @main"),
        ("    return %5", "    return %4, %5 : t\n    return %5"),
        ("reading", "reading"),
    ],
)
def test_both_readers_agree(tmp_path: Path, old: str, new: str) -> None:
    text = REGIONS.replace(old, new) if old else REGIONS
    assert check_agrees(text, tmp_path) is None
    assert rewriting_agrees(text, tmp_path) is None


def test_a_valid_program_is_read_without_the_reader_of_modules(tmp_path: Path) -> None:
    path = tmp_path / "m.mlir"
    path.write_text(REGIONS)
    with path.open("rb", buffering=0) as file:
        reader = ModuleReader(file, "m")  # type: ignore[arg-type]
        statements = [event for event in reader if isinstance(event, Statement)]
    assert reader.faults == []
    assert [s.signature.name for s in statements][:3] == [
        "stablehlo.constant",
        "stablehlo.while",
        "stablehlo.while",
    ]
    # The second loop was not parsed: it says what the first does.
    assert statements[1].signature is statements[2].signature
    assert statements[1].operands == statements[2].operands
    assert [s.first_result for s in statements][:4] == [3, 4, 6, 8]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs(max_size=25), st.sampled_from(FORMS))
def test_random_programs_are_formatted_and_pruned_alike(
    tmp_path_factory: pytest.TempPathFactory, program: Program, form: ConstantsForm
) -> None:
    folder = tmp_path_factory.mktemp("random")
    case = Case(program, POLICY, form, False, 0)
    text = case.text()
    assert check_agrees(text, folder) is None
    assert rewriting_agrees(text, folder) is None
    path, out = folder / "m.mlir", folder / "out.mlir"
    path.write_text(text)
    format_file(path, out)
    assert out.read_text() == text
    prune_file(path, out)
    assert out.read_text() == case.streamed(prune=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_programs_are_judged_alike(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(REGIONS) - 1))
    end = data.draw(st.integers(start, min(len(REGIONS), start + 12)))
    middle = data.draw(st.sampled_from(["", "%0", "{", "}", '"', "\n", "(", ")", "//", "#", "é"]))
    text = REGIONS[:start] + middle + REGIONS[end:]
    found = checked(text, tmp_path_factory.mktemp("damaged"))
    assert found == sorted(found)


def test_pruning_drops_what_only_dropped_operations_of_a_region_read(tmp_path: Path) -> None:
    text = f"""module {{
  util.global private @a = #flow.parameter.named<"model"::"a"> : {T}
  func.func public @main(%arg0: tensor<i1>, %arg1: {T}) -> {T} {{
    %a = util.global.load @a : {T}
    %0 = stablehlo.abs %a : {T}
    %1 = "stablehlo.if"(%arg0) ({{
      %2 = stablehlo.ceil %0 : {T}
      stablehlo.return %arg1 : {T}
    }}, {{
      stablehlo.return %arg1 : {T}
    }}) : (tensor<i1>) -> {T}
    return %1 : {T}
  }}
}}
"""
    path, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    prune_file(path, out)
    gone = ("util.global", "abs", "ceil")
    kept = [line for line in text.splitlines() if not any(word in line for word in gone)]
    assert out.read_text() == "\n".join(kept).replace("%1", "%0") + "\n"


def test_every_error_is_reported_beyond_the_first_of_syntax(tmp_path: Path) -> None:
    text = f"""module {{
  func.func @f(%x: {T}) -> {T} {{
    %0 = stablehlo.abs %x : {T} {T}
    %1 = foo.bar %x
    %2 = stablehlo.add %0, %1 : {T}
    %3 = stablehlo.abs %2 : ({T}) -> tensor<5xf32>
    %4 = stablehlo.abs %y : {T}
    return %2 : {T}
  }}
}}
"""
    found = [(fault.line, fault.message) for fault in checked(text, tmp_path)]
    assert [line for line, _ in found] == [3, 4, 6, 7]
    assert found[1][1] == "unknown operation 'foo.bar'"
    assert found[2][1].startswith("stablehlo.abs: (C1)")
    assert found[3][1] == "%y is used, but not defined"


def test_what_follows_a_statement_may_belong_to_it(tmp_path: Path) -> None:
    """The same line is a whole reduction, with ``applies``, and the beginning of one."""
    line = "stablehlo.reduce(%x init: %c) across dimensions = [0] : (tensor<4xf32>, tensor<f32>)"
    text = f"""func.func @f(%x: {T}, %c: tensor<f32>) {{
  %0 = {line} -> tensor<f32>
   reducer(%a: tensor<f32>, %b: tensor<f32>)  {{
    %1 = stablehlo.subtract %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }}
  %2 = {line} -> tensor<f32>
   reducer(%a: tensor<f32>, %b: tensor<f32>)  {{
    %1 = stablehlo.subtract %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }}
  %3 = {line} -> tensor<f32>
  return
}}
"""
    assert check_agrees(text, tmp_path) is None
    assert [fault.line for fault in checked(text, tmp_path)] == [13]


def test_constants_that_rules_look_at_are_part_of_the_signature(tmp_path: Path) -> None:
    """The same line is right after one constant and wrong after another."""
    statement = (
        "stablehlo.dynamic_reshape %x, {} : (tensor<1x4xf32>, tensor<2xi32>) -> tensor<2x2xf32>"
    )
    text = f"""func.func @f(%x: tensor<1x4xf32>) {{
  %c = stablehlo.constant dense<2> : tensor<2xi32>
  %c_0 = stablehlo.constant dense<[4, 1]> : tensor<2xi32>
  %0 = {statement.format("%c")}
  %1 = {statement.format("%c_0")}
  %2 = {statement.format("%c")}
  return
}}
"""
    assert check_agrees(text, tmp_path) is None
    assert [fault.line for fault in checked(text, tmp_path)] == [5]
