"""Whole modules, beside upstream."""

from __future__ import annotations

import pytest
from programs import our_refusals, our_text, upstream_refusal, upstream_text

from dialects.module_text import module_text, used_resources, write_module
from dialects.reader import parse_module

MODULES = {
    "empty": "module {}",
    "named": "module @jit_f attributes {mhlo.num_partitions = 1 : i32, b.c = [1, 2.0]} {}",
    "quoted name": 'module @"jit f" {}',
    "nested": "module @a { module @b {} module attributes {x.y} { func.func @f() { return } } }",
    "implied": "func.func @f() { return }\nfunc.func @g() { call @f() : () -> () return }",
    "values outside of functions": """
        module {
          %0 = stablehlo.constant dense<1> : tensor<i32>
          func.func @f() { %1 = stablehlo.constant dense<1> : tensor<i32> return }
          module { %2 = stablehlo.constant dense<1> : tensor<i32> }
          module { module { %3 = stablehlo.constant dense<1> : tensor<i32> } }
        }""",
    "values in a nested module": """
        module { module { %0 = stablehlo.constant dense<1> : tensor<i32> }
                 func.func @f() { %1 = stablehlo.constant dense<1> : tensor<i32> return } }""",
    "a module in a region": """
        func.func @f(%a: tensor<2xf32>, %p: tensor<i1>) -> tensor<2xf32> {
          %c = stablehlo.constant dense<1> : tensor<i32>
          %0 = "stablehlo.if"(%p) ({
            builtin.module { func.func @f(%b: tensor<2xf32>) {
              %d = stablehlo.constant dense<1> : tensor<i32>
              func.return } }
            stablehlo.return %a : tensor<2xf32>
          }, { stablehlo.return %a : tensor<2xf32> }) : (tensor<i1>) -> tensor<2xf32>
          return %0 : tensor<2xf32>
        }""",
    "a labelled block": "func.func @f() { ^bb0: return }",
    "attributes": """module attributes {
        a.a = "a\\22\\0A", a.b = dense<[1, 2]> : tensor<2xi8>, a.c = @f::@g, a.d = {x = 1, y},
        a.e = f32,
        a.f = array<i1: true, false>, a.g = -1 : index, a.h = 1.0e-3 : f16, a.i, a.j = true
    } {}""",
    "resources": """
        func.func @f(%a: tensor<1xf32> {q.q = dense_resource<last> : tensor<1xf32>}) {
          %0 = stablehlo.constant {z = dense_resource<b> : tensor<1xf32>, d = [
            dense_resource<e> : tensor<1xf32>]} dense_resource<c> : tensor<1xf32>
          %1 = stablehlo.constant dense_resource<unknown> : tensor<1xf32>
          return
        }
        {-# dialect_resources: { builtin: {
          b: "0x04000000abcdef01", c: "0x04000000ABCDEF02", e: "0x0400000003",
          unused: "0x0400000004", last: "0x1000000005"
        } }, external_resources: { tool: { x: "y", z: true } } #-}
    """,
    "a resource of no elements": """
        func.func @f() {
          %0 = stablehlo.constant dense_resource<empty> : tensor<0xf64>
          return
        }
        {-# dialect_resources: { builtin: { empty: "0x08000000" } } #-}
    """,
}


@pytest.mark.parametrize("text", MODULES.values(), ids=MODULES)
def test_modules_print_as_upstream_prints_them(text: str) -> None:
    expected = upstream_text(text)
    assert our_text(text) == expected
    assert our_text(expected) == expected


@pytest.mark.parametrize(
    ("region", "message"), [("", "0 blocks"), ("^bb0(%a: i32):", "no arguments")]
)
def test_a_module_is_a_list_of_operations(region: str, message: str) -> None:
    text = f'"builtin.module"() ({{{region}}}) : () -> ()'
    assert upstream_refusal(text) is not None
    assert message in our_refusals(text)[0]


def test_every_module_of_a_process_is_read_alike() -> None:
    text = MODULES["resources"]
    assert [our_text(text) for _ in range(3)] == [upstream_text(text)] * 3


def test_resources_stay_out_of_the_text_unless_they_are_given() -> None:
    parsed = parse_module(MODULES["resources"])
    assert "{-#" not in module_text(parsed.module)
    assert used_resources(parsed.module)[0] == ("builtin", "last")


def test_the_text_comes_in_pieces() -> None:
    pieces: list[str] = []
    module = parse_module(MODULES["implied"]).module
    write_module(module, pieces.append)
    assert len(pieces) > 5
    assert "".join(pieces) == module_text(module)
