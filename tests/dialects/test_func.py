"""Functions, calls and returns, beside upstream."""

from __future__ import annotations

import pytest
from programs import our_refusals, our_text, upstream_generic, upstream_refusal, upstream_text
from xdsl.dialects.builtin import TensorType, f32
from xdsl.ir import Block, Region

from dialects.func import FuncOp, ReturnOp
from dialects.module_text import module_text

T = "tensor<4xf32>"
GENERIC = '"func.func"() <{{{}}}> ({{ "func.return"() : () -> () }}) : () -> ()'
CALL = 'func.func @f() {{ "func.call"() {} : () -> () return }}'
ACCEPTED = [
    f"func.func @f(%x: {T}) -> {T} {{ return %x : {T} }}",
    f"func.func public @f(%x: {T} {{a.b = 1, c.d}}, %y: {T}) -> {T} {{ return %y : {T} }}",
    f'func.func @f(%x: {T}) -> ({T} {{jax.result_info = "r"}}) {{ func.return %x : {T} }}',
    f"func.func @f(%x: {T}) -> ({T}, {T} {{a.b}}) {{ return {{k = 2}} %x, %x : {T}, {T} }}",
    "func.func @f() -> () { return }",
    "func.func private @f() attributes {no_inline, b = 1 : i8, a = [2]} { return }",
    f"func.func private @f({T}, {T} {{a.b = 1}}) -> ({T} {{c.d}})",
    "func.func nested @f()",
    'func.func @"a name"() { call @"a name"() : () -> () return }',
    f"""
    func.func @f(%x: {T}) -> {T} {{
      %0:2 = call @g(%x) {{a = 1}} : ({T}) -> ({T}, {T})
      %1 = "stablehlo.while"(%0#1) ({{
      ^bb0(%a: {T}):
        %c = stablehlo.constant dense<true> : tensor<i1>
        stablehlo.return %c : tensor<i1>
      }}, {{
      ^bb0(%a: {T}):
        %2:2 = func.call @g(%a) : ({T}) -> ({T}, {T})
        stablehlo.return %2#0 : {T}
      }}) : ({T}) -> {T}
      return %1 : {T}
    }}
    func.func private @g(%x: {T}) -> ({T}, {T}) {{ return %x, %x : {T}, {T} }}
    """,
    'func.func @f(%x: tensor<f32> loc("a":1:2)) { return loc(unknown) } loc(#l)\n'
    '#l = loc("f"("a":1:2))',
]
REFUSED = [
    (f"func.func @f(%x: {T} {{a}}) {{ return }}", "argument attribute a of @f needs a dialect"),
    (f"func.func private @f() -> ({T} {{b = 1}})", "result attribute b of @f needs a dialect"),
    (f"func.func @f({T})", "@f has no body, so it must be private or nested"),
    (f"func.func @f() -> {T} {{ return }}", "returns (), but @f declares (tensor<4xf32>)"),
    ("func.func @f() { }", "the body of a function is empty"),
    ("func.func @f() { stablehlo.constant dense<1> : tensor<i32> }", "is not a terminator"),
    ("func.func @f() { return }\nfunc.func @f() { return }", "the symbol @f is defined twice"),
    ("func.func @f() { call @g() : () -> () return }", "there is no function @g"),
    (
        f"func.func @f() {{ %0 = call @g() : () -> {T} return }} func.func private @g()",
        f"@g is () -> (), called as () -> ({T})",
    ),
    (f"func.func @f(%x: {T}, {T}) {{ return }}", "either every argument has a name or none"),
    (f"func.func @f(%x: {T}, %x: {T}) {{ return }}", "%x is already defined"),
    (GENERIC.format('sym_name = "f"'), "func.func: the property function_type is missing"),
    (GENERIC.format("function_type = () -> ()"), "func.func: the property sym_name is missing"),
    (GENERIC.format('function_type = "x", sym_name = "f"'), "func.func: function_type: "),
    (CALL.format(""), "func.call: the property callee is missing"),
    (CALL.format('<{callee = "f"}>'), "func.call: callee: "),
    ("func.func @f() { return return }", "must be the last operation of its block"),
    ("func.func f() { return }", "expect symbol name"),
    ("func.func @f() -> { return }", "type expected"),
    ("func.func @f() attributes {sym_name = 1} { return }", "sym_name"),
    (
        f'"func.func"() <{{function_type = ({T}) -> (), sym_name = "f"}}> '
        '({ "func.return"() : () -> () }) : () -> ()',
        "the body of @f takes ()",
    ),
    (
        f'"func.func"() <{{function_type = ({T}) -> (), sym_name = "f", arg_attrs = []}}> '
        f'({{ ^bb0(%x: {T}): "func.return"() : () -> () }}) : () -> ()',
        "@f has 1 arguments, but 0 dictionaries",
    ),
    (
        f"func.func @f(%x: {T}) {{ %0 = stablehlo.optimization_barrier %x : {T} "
        "func.return %y : tensor<f32> }\nfunc.func @g(%y: tensor<f32>) { return }",
        "%y is used, but not defined",
    ),
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_functions_print_as_upstream_prints_them(text: str) -> None:
    expected = upstream_text(text)
    assert our_refusals(text) == []
    assert our_text(text) == expected
    assert our_text(upstream_generic(text)) == expected


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_wrong_functions_are_refused(text: str, message: str) -> None:
    refusals = our_refusals(text)
    assert any(message in refusal for refusal in refusals), refusals
    assert upstream_refusal(text) is not None


def test_a_return_must_stand_in_a_function() -> None:
    text = f"""func.func @f(%x: {T}) {{
      %0 = "stablehlo.while"(%x) ({{
      ^bb0(%a: {T}): func.return %a : {T}
      }}, {{
      ^bb0(%a: {T}): stablehlo.return %a : {T}
      }}) : ({T}) -> {T}
      return
    }}"""
    assert "func.return: must stand in func.func, not in stablehlo.while" in our_refusals(text)
    assert upstream_refusal(text) is not None


def test_a_function_can_be_made_from_its_body() -> None:
    from xdsl.dialects.builtin import ModuleOp, StringAttr

    block = Block(arg_types=[TensorType(f32, [4])])
    block.add_op(ReturnOp.create(operands=block.args))
    function = FuncOp.of(
        "main",
        Region(block),
        [TensorType(f32, [4])],
        argument_attributes=[{"irkit.name": StringAttr("x")}],
    )
    function.verify()
    text = module_text(ModuleOp([function]))
    assert f'func.func public @main(%arg0: {T} {{irkit.name = "x"}}) -> {T} {{' in text
    assert upstream_text(text) == text
