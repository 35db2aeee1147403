"""The generic form of whole modules: printed as upstream prints it, and read back."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import our_text, upstream_generic
from test_naming import BODIES, Statement, function

from dialects.module_text import module_text
from dialects.reader import parse_module
from tests.witness import iree

PROGRAMS = {
    "nothing": "module attributes {a.b = 1 : i32} { module @x {} }",
    "short forms": """
        func.func @f(%a: tensor<2xf32> {a.b}, %b: tensor<f32>) -> (tensor<f32> {c.d = 1 : i8}) {
          %0 = stablehlo.reduce(%a init: %b) applies stablehlo.add across dimensions = [0]
            : (tensor<2xf32>, tensor<f32>) -> tensor<f32>
          return %0 : tensor<f32>
        }
        func.func private @g(tensor<2xf32>)""",
    "several results": """
        func.func @f(%a: tensor<2xui64>) {
          %0, %1 = stablehlo.rng_bit_generator %a, algorithm = DEFAULT
            : (tensor<2xui64>) -> (tensor<2xui64>, tensor<2xui32>)
          %2:2 = stablehlo.optimization_barrier %0, %1 : tensor<2xui64>, tensor<2xui32>
          return
        }""",
    "properties and attributes": """
        func.func @f(%a: tensor<4xf32>) {
          %0 = stablehlo.custom_call @foo(%a) {a.b, has_side_effect = false, backend_config = ""}
            : (tensor<4xf32>) -> tensor<4xf32>
          %1 = stablehlo.exponential %0 {x.y = [1, 2.0]} : tensor<4xf32>
          return
        }""",
    "a module in a region": """
        func.func @f(%p: tensor<i1>) {
          "stablehlo.if"(%p) ({
            builtin.module { func.func @g(%q: tensor<i1>) { func.return } }
            stablehlo.return
          }, { stablehlo.return }) : (tensor<i1>) -> ()
          return
        }""",
    "aliases": """
        #map = affine_map<(d0, d1) -> (d1, d0)>
        func.func @f() attributes {a.b = #map, a.c = affine_map<(d0) -> (d0 + 1)>} { return }""",
}


def generic_text(text: str) -> str:
    parsed = parse_module(text)
    return module_text(parsed.module, parsed.resources, generic=True)


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_the_generic_form_is_upstreams(text: str) -> None:
    generic = generic_text(text)
    assert generic.rstrip("\n") == upstream_generic(text).rstrip("\n")
    assert our_text(generic) == our_text(text)
    assert generic_text(generic) == generic


def test_the_tool_prints_it_alike() -> None:
    texts = [*PROGRAMS.values()]
    assert iree.printed(texts, "-mlir-print-op-generic") == [*map(generic_text, texts)]


@settings(max_examples=60, deadline=None)
@given(st.lists(BODIES, min_size=1, max_size=3))
def test_counters_run_on_through_all_regions(bodies: list[list[Statement]]) -> None:
    text = "".join(function(b).replace("@f", f"@f{i}") for i, b in enumerate(bodies))
    generic = generic_text(text)
    assert generic.rstrip("\n") == upstream_generic(text).rstrip("\n")
    assert our_text(generic) == our_text(text)


def test_no_name_is_given_twice() -> None:
    text = function([("while", 1, [("float",)], [("float",)]), ("pair",)])
    generic = generic_text(text + text.replace("@f", "@g"))
    defined = [line.split(" = ")[0].strip() for line in generic.splitlines() if " = " in line]
    numbered = [name for name in defined if name.startswith("%")]
    assert len(set(numbered)) == len(numbered) > next(count(5))
