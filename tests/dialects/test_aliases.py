"""Aliases, comments and what stands before a module, beside upstream."""

from __future__ import annotations

import pytest
from programs import our_text, upstream_text

from dialects.reader import ReadError, parse_module

LONG_TUPLE = f"tuple<{', '.join(['i1'] * 17)}>"
MODULES = {
    "of attributes and types": """
        #x = 3 : i32
        !t = tensor<4xf32>
        // a comment
        #y = [#x, #x]
        func.func @f(%a: !t) -> !t attributes {a.b = #y} { return %a : !t }""",
    "after their use of others": """
        #map = affine_map<(d0, d1) -> (d1, d0)>
        module { func.func @f() attributes {a.c = #map, a.b = #map1} { return } }
        #map2 = affine_map<() -> ()>""".replace("#map1", "affine_map<(d0)[s0] -> (d0 - s0)>"),
    "maps and sets": """
        module attributes {a.a = affine_map<(d0)[s0] -> (d0 mod 2, d0 floordiv 3, d0 ceildiv 4)>,
          a.b = affine_map<(d0)[s0] -> (-d0, d0 - 1, d0 - s0 * 3, (d0 + 1) mod 5, s0 * -2)>,
          a.f = affine_map<(d0)[s0] -> (d0 + s0 * 3)>,
          a.c = affine_set<(d0)[s0] : (d0 - s0 >= 0, d0 - 3 == 0)>, a.d = affine_map<() -> (7)>,
          a.e = [affine_map<(d0) -> (d0)>, {x = affine_map<(d0) -> (d0)>}]} {}""",
    "long tuples": f"""
        module attributes {{a.t = {LONG_TUPLE}, a.z = affine_set<(d0) : (d0 >= 0)>}} {{
          func.func private @f({LONG_TUPLE}, tuple<i1>) -> {LONG_TUPLE}
          func.func private @g(tensor<2xi1>) -> tuple<{LONG_TUPLE}>
        }}""",
    "short tuples": f"module attributes {{a.t = {LONG_TUPLE.replace('i1, i1, ', '', 1)}}} {{}}",
    "locations": """
        #loc1 = loc("a":1:2)
        module { func.func @f(%a: tensor<f32> loc("x")) -> tensor<f32> {
          %0 = stablehlo.abs %a : tensor<f32> loc(#loc2)
          return %0 : tensor<f32> loc(#loc1)
        } loc(unknown) } loc(#loc1)
        #loc2 = loc("foo"(#loc1))""",
    "only comments": "// nothing\n  // at all",
    "only aliases": "#x = 1 : i32\n!t = i1",
}


@pytest.mark.parametrize("text", MODULES.values(), ids=MODULES)
def test_aliases_print_as_upstream_prints_them(text: str) -> None:
    expected = upstream_text(text)
    assert our_text(text) == expected
    assert our_text(expected) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#x = 1 : i32\n#x = 2 : i32", "#x"),
        ("module attributes {a.b = #x} {}", "undefined symbol alias '#x'"),
        ('module attributes {a.b = loc("x")} {}', "a location is not kept"),
        ('module attributes {a.b = #foo.b<1, "x">} {}', "of the unknown dialect 'foo'"),
        ("func.func private @f(!foo.t<3>)", "type 'foo.t' of the unknown dialect 'foo'"),
        ("func.func private @f(!stablehlo.foobar)", "'stablehlo' has no type 'foobar'"),
    ],
)
def test_what_is_no_attribute_is_refused(text: str, message: str) -> None:
    with pytest.raises(ReadError, match=r"^<input>:\d+:\d+: ") as caught:
        parse_module(text)
    assert message in str(caught.value)
