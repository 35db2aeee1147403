"""Tier 2: equal where the graphs of values are, and never where an output could differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dialects.func import FuncOp
from dialects.long_literal import LongLiteral
from dialects.reader import parse_module
from irkit.testing.mutations import mutants, pruned, variants
from irkit.verify.graph.attributes import bytes_digest
from irkit.verify.graph.divergence import match
from irkit.verify.graph.module import ModuleDigests, module_digests
from irkit.verify.graph.operations import UnreadableGraphError
from irkit.verify.graph.streamed import streamed_digests
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.tiers.graph import judge
from irkit.verify.verdict import Verdict


def digests(text: str) -> ModuleDigests:
    parsed = parse_module(text)
    return module_digests(parsed.module, parsed.resources)


def main(body: str, results: str = "tensor<f32>", arguments: str = "%x: tensor<f32>") -> str:
    return f"func.func @main({arguments}) -> ({results}) {{\n{body}\n}}"


ADD = main("%0 = stablehlo.add %x, %x : tensor<f32>\nreturn %0 : tensor<f32>")

EQUAL = {
    "names": (ADD, ADD.replace("%0", "%sum").replace("%x", "%y")),
    "dead code": (ADD, ADD.replace("return", "%1 = stablehlo.sine %0 : tensor<f32>\nreturn")),
    "duplicates": (
        main(
            "%0 = stablehlo.sine %x : tensor<f32>\n%1 = stablehlo.add %0, %0 : tensor<f32>\n"
            "return %1 : tensor<f32>"
        ),
        main(
            "%0 = stablehlo.sine %x : tensor<f32>\n%2 = stablehlo.sine %x : tensor<f32>\n"
            "%1 = stablehlo.add %0, %2 : tensor<f32>\nreturn %1 : tensor<f32>"
        ),
    ),
    "a splat and its elements": (
        main(
            "%0 = stablehlo.constant dense<1.0> : tensor<2xf32>\nreturn %0 : tensor<2xf32>",
            "tensor<2xf32>",
        ),
        main(
            "return %0 : tensor<2xf32>".join(
                ['%0 = stablehlo.constant dense<"0x0000803F0000803F"> : tensor<2xf32>\n', ""]
            ),
            "tensor<2xf32>",
        ),
    ),
    "a resource and its elements": (
        main(
            "%0 = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>\nreturn %0 : tensor<2xf32>",
            "tensor<2xf32>",
        ),
        main(
            "%0 = stablehlo.constant dense_resource<w> : tensor<2xf32>\nreturn %0 : tensor<2xf32>",
            "tensor<2xf32>",
        )
        + '\n{-#\n  dialect_resources: {\n    builtin: {\n      w: "0x040000000000803F00000040"\n'
        "    }\n  }\n#-}\n",
    ),
    "defaults": tuple(
        main(
            f"%0 = stablehlo.custom_call @f(%x){more} : (tensor<f32>) -> tensor<f32>\n"
            "return %0 : tensor<f32>"
        )
        for more in (" {has_side_effect = false}", "")
    ),
    "names of private functions": (
        main("%0 = call @f(%x) : (tensor<f32>) -> tensor<f32>\nreturn %0 : tensor<f32>")
        + ADD.replace("@main", "private @f"),
        main("%0 = call @g(%x) : (tensor<f32>) -> tensor<f32>\nreturn %0 : tensor<f32>")
        + ADD.replace("@main", "private @g")
        + ADD.replace("@main", "private @unused"),
    ),
    "names of private globals": tuple(
        f'util.global private @{name} = #flow.parameter.named<"m"::"k"> : tensor<f32>\n'
        + main(f"%w = util.global.load @{name} : tensor<f32>\nreturn %w : tensor<f32>")
        for name in ("a", "b")
    ),
}

NOT_EQUAL = {
    "sizes of a result": tuple(
        main(
            f"%0 = stablehlo.iota dim = 0 : tensor<{n}xf32>\nreturn %0 : tensor<?xf32>".replace(
                "tensor<?xf32>", f"tensor<{n}xf32>"
            ),
            f"tensor<{n}xf32>",
        )
        for n in (4, 9)
    ),
    "an intermediate type": tuple(
        main(
            f"%0 = stablehlo.convert %x : (tensor<f32>) -> tensor<{t}>\n"
            f"%1 = stablehlo.convert %0 : (tensor<{t}>) -> tensor<f32>\nreturn %1 : tensor<f32>"
        )
        for t in ("f16", "bf16")
    ),
    "the bits of a zero": tuple(
        main(f"%0 = stablehlo.constant dense<{zero}> : tensor<f32>\nreturn %0 : tensor<f32>")
        for zero in ("0.0", "-0.0")
    ),
    "order of operands": tuple(
        main(
            f"%0 = stablehlo.subtract {pair} : tensor<f32>\nreturn %0 : tensor<f32>",
            arguments="%x: tensor<f32>, %y: tensor<f32>",
        )
        for pair in ("%x, %y", "%y, %x")
    ),
    "order of effects": tuple(
        main(
            "\n".join(
                f"stablehlo.custom_call @{f}(%x) {{has_side_effect = true}} : (tensor<f32>) -> ()"
                for f in order
            )
            + "\nreturn",
            "",
        )
        for order in ("fg", "gf")
    ),
    "number of effects": tuple(
        main(
            "stablehlo.custom_call @f(%x) {has_side_effect = true} : (tensor<f32>) -> ()\n" * n
            + "return",
            "",
        )
        for n in (1, 2)
    ),
    "numbers drawn once and twice": (
        main(
            "%s = stablehlo.constant dense<> : tensor<0xi64>\n"
            '%0 = "stablehlo.rng"(%x, %x, %s) <{rng_distribution = #stablehlo<rng_distribution '
            "UNIFORM>}> : (tensor<f32>, tensor<f32>, tensor<0xi64>) -> tensor<f32>\n"
            "%1 = stablehlo.add %0, %0 : tensor<f32>\nreturn %1 : tensor<f32>"
        ),
        main(
            "%s = stablehlo.constant dense<> : tensor<0xi64>\n"
            + "".join(
                f'%{n} = "stablehlo.rng"(%x, %x, %s) <{{rng_distribution = '
                "#stablehlo<rng_distribution UNIFORM>}> : "
                "(tensor<f32>, tensor<f32>, tensor<0xi64>) -> tensor<f32>\n"
                for n in (0, 2)
            )
            + "%1 = stablehlo.add %0, %2 : tensor<f32>\nreturn %1 : tensor<f32>"
        ),
    ),
    "what a private function does": tuple(
        main("%0 = call @f(%x) : (tensor<f32>) -> tensor<f32>\nreturn %0 : tensor<f32>")
        + ADD.replace("@main", "private @f").replace("stablehlo.add", op)
        for op in ("stablehlo.add", "stablehlo.multiply")
    ),
    "a captured value and an argument": tuple(
        main(
            "%0:2 = stablehlo.while(%i = %x, %j = %x) : tensor<f32>, tensor<f32>\n"
            "cond {\n%p = stablehlo.compare LT, %i, %i : (tensor<f32>, tensor<f32>) -> tensor<i1>\n"
            f"stablehlo.return %p : tensor<i1>\n}} do {{\nstablehlo.return {back} : tensor<f32>, "
            "tensor<f32>\n}\nreturn %0#0 : tensor<f32>"
        )
        for back in ("%i, %j", "%x, %j", "%j, %i")[:2]
    ),
}


@pytest.mark.parametrize("what", EQUAL)
def test_the_same_graph(what: str) -> None:
    left, right = EQUAL[what]
    assert digests(left) == digests(right)


@pytest.mark.parametrize("what", NOT_EQUAL)
def test_another_graph(what: str) -> None:
    left, right = NOT_EQUAL[what]
    assert digests(left) == digests(left)
    assert digests(left) != digests(right)


def test_where_two_graphs_part() -> None:
    right = ADD.replace("return", "%1 = stablehlo.sine %0 : tensor<f32>\nreturn").replace(
        "return %0", "return %1"
    )
    left_module, right_module = parse_module(ADD).module, parse_module(right).module
    matched = match(left_module, right_module)
    assert [op.name for op in matched.left] == ["func.return"]
    assert [op.name for op in matched.right] == ["stablehlo.sine", "func.return"]
    assert [(a.name, b.name) for a, b in matched.pairs] == [("stablehlo.add", "stablehlo.add")]


def test_a_value_read_before_its_definition_is_told() -> None:
    module = parse_module(
        main(
            "%0 = stablehlo.sine %x : tensor<f32>\n%1 = stablehlo.sine %0 : tensor<f32>\n"
            "return %1 : tensor<f32>"
        )
    ).module
    function = module.body.block.first_op
    assert isinstance(function, FuncOp)
    first = function.body.block.first_op
    assert first is not None
    first.detach()
    function.body.block.add_op(first)
    with pytest.raises(UnreadableGraphError, match="before it is defined"):
        module_digests(module)


def verdict(folder: Path, left: str, right: str) -> tuple[Verdict, str]:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    found = judge(Pair(*files), Options())
    return found.verdict, found.summary


def test_verdicts(tmp_path: Path) -> None:
    assert verdict(tmp_path, *EQUAL["dead code"])[0] is Verdict.EQUAL
    undecided, said = verdict(tmp_path, *NOT_EQUAL["an intermediate type"])
    assert undecided is Verdict.UNDECIDED
    assert "a.mlir:2 (stablehlo.convert)" in said
    different, said = verdict(tmp_path, *NOT_EQUAL["sizes of a result"])
    assert different is Verdict.DIFFERENT
    assert "tensor<4xf32>" in said
    assert "tensor<9xf32>" in said
    missing, said = verdict(tmp_path, ADD, ADD.replace("@main", "@other"))
    assert missing is Verdict.DIFFERENT
    assert "@main" in said


def test_what_is_too_large_to_be_held_is_told_apart_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By functions, for no more is known where operations are not kept."""
    left = ADD + ADD.replace("@main", "@other")
    cases = {
        "@other": ADD + ADD.replace("@main", "@other").replace("add", "subtract"),
        "what stands beside the functions": f"module attributes {{a.b = 1 : i32}} {{\n{left}\n}}",
    }
    for limit in ("MOST_OPERATIONS", "LARGEST_WHOLE"):
        with monkeypatch.context() as patched:
            patched.setattr(f"irkit.verify.tiers.graph.{limit}", 3)
            for said, right in cases.items():
                found, summary = verdict(tmp_path, left, right)
                assert found is Verdict.UNDECIDED
                expected = f"the graphs of {said} differ; the files are too large to be held"
                assert summary == f"{expected} and say where"
            assert verdict(tmp_path, left, left.replace("%0", "%1"))[0] is Verdict.EQUAL


PROGRAM = """
func.func @main(%a: tensor<4xf32>, %b: tensor<4xf32>, %i: tensor<i32>)
    -> (tensor<4xf32>, tensor<i32>) {
  %c = stablehlo.constant dense<[1.0, 2.0, -0.0, 0.5]> : tensor<4xf32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0:2 = stablehlo.while(%n = %i, %v = %a) : tensor<i32>, tensor<4xf32>
  cond {
    %p = stablehlo.compare LT, %n, %one, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %m = stablehlo.add %n, %one : tensor<i32>
    %w = stablehlo.multiply %v, %b : tensor<4xf32>
    %t = stablehlo.transpose %w, dims = [0] : (tensor<4xf32>) -> tensor<4xf32>
    stablehlo.return %m, %t : tensor<i32>, tensor<4xf32>
  }
  stablehlo.custom_call @log(%a) {has_side_effect = true} : (tensor<4xf32>) -> ()
  stablehlo.custom_call @log(%b) {has_side_effect = true} : (tensor<4xf32>) -> ()
  %s = stablehlo.reduce(%0#1 init: %zero) applies stablehlo.add across dimensions = [0]
    : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
  %r = stablehlo.broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<4xf32>
  %d = stablehlo.dot_general %a, %b, contracting_dims = [0] x [0]
    : (tensor<4xf32>, tensor<4xf32>) -> tensor<f32>
  %e = stablehlo.broadcast_in_dim %d, dims = [] : (tensor<f32>) -> tensor<4xf32>
  %g = stablehlo.add %r, %e : tensor<4xf32>
  %h = stablehlo.subtract %g, %c : tensor<4xf32>
  return %h, %0#0 : tensor<4xf32>, tensor<i32>
}
"""


def test_no_mutant_is_equal() -> None:
    module = pruned(parse_module(PROGRAM).module)
    base = module_digests(module)
    tried = 0
    for what, mutant in mutants(module):
        tried += 1
        assert module_digests(mutant) != base, what
    assert tried > 50


@pytest.mark.parametrize("seed", range(5))
def test_every_variant_is_equal(seed: int) -> None:
    module = pruned(parse_module(PROGRAM).module)
    base = module_digests(module)
    for what, variant in variants(module, seed):
        assert module_digests(variant) == base, what


@pytest.mark.parametrize("what", [*EQUAL, *NOT_EQUAL])
def test_files_are_compared_as_they_are_read(tmp_path: Path, what: str) -> None:
    found, _ = verdict(tmp_path, *{**EQUAL, **NOT_EQUAL}[what])
    assert (found is Verdict.EQUAL) == (what in EQUAL)


def streamed(folder: Path, text: str) -> ModuleDigests:
    (folder / "m.mlir").write_text(text)
    return streamed_digests(folder / "m.mlir")


def test_statements_have_the_digests_of_operations(tmp_path: Path) -> None:
    found, expected = streamed(tmp_path, PROGRAM), digests(PROGRAM)
    assert found.functions == expected.functions
    assert found.signatures == expected.signatures
    assert found.attributes == expected.attributes


def hexadecimal(data: bytes, more: str = "") -> str:
    type_ = f"tensor<{len(data) // 4}xf32>"
    return main(
        f'{more}%0 = stablehlo.constant dense<"0x{data.hex()}"> : {type_}\nreturn %0 : {type_}',
        type_,
    )


def listed(data: bytes) -> str:
    type_ = f"tensor<{len(data) // 4}xf32>"
    numbers = ", ".join(f"{number:.9e}" for number in np.frombuffer(data, np.float32))
    return main(f"%0 = stablehlo.constant dense<[{numbers}]> : {type_}\nreturn %0 : {type_}", type_)


def test_long_literals_are_compared_without_being_held(tmp_path: Path) -> None:
    data = np.arange(3000, dtype=np.float32).tobytes()
    base = streamed(tmp_path, hexadecimal(data))
    other = data[:-1] + bytes([data[-1] ^ 1])
    dead = '%d = stablehlo.constant dense<"0x' + other.hex() + '"> : tensor<3000xf32>\n'
    assert streamed(tmp_path, hexadecimal(data, dead)) == base
    assert streamed(tmp_path, hexadecimal(other)) != base
    assert streamed(tmp_path, listed(data)) == base
    assert digests(hexadecimal(data)).functions == base.functions
    equal = np.ones(3000, np.float32).tobytes()
    splat = main(
        "%0 = stablehlo.constant dense<1.0> : tensor<3000xf32>\nreturn %0 : tensor<3000xf32>",
        "tensor<3000xf32>",
    )
    assert streamed(tmp_path, hexadecimal(equal)) == streamed(tmp_path, splat)


@pytest.mark.parametrize(
    "statement",
    [
        'stablehlo.constant dense<"0x{}"> : tensor<3000xf32>',
        'stablehlo.constant {{a.b = dense<"0x{}"> : tensor<3000xf32>}} dense<1.0> : '
        "tensor<3000xf32>",
        'stablehlo.constant {{a.b = dense<"0x01{more}"> : tensor<3001xi8>}} dense<"0x{}"> : '
        "tensor<3000xf32>",
        'stablehlo.negate %x {{a.b = dense<"0x{}"> : tensor<3000xf32>}} : tensor<3000xf32>',
        'stablehlo.negate %x {{a.b = "0x{}"}} : tensor<3000xf32>',
        '"stablehlo.if"(%p) ({{\nstablehlo.return %x : tensor<3000xf32>\n}}, {{\n'
        '%c = stablehlo.constant dense<"0x{}"> : tensor<3000xf32>\n'
        "stablehlo.return %c : tensor<3000xf32>\n}}) : (tensor<i1>) -> tensor<3000xf32>",
    ],
)
@pytest.mark.parametrize("first", ["a splat", "none", "equal"])
def test_every_long_literal_counts(tmp_path: Path, statement: str, first: str) -> None:
    """In whatever place of whichever statement of its pattern."""
    type_ = "tensor<3000xf32>"
    data = np.arange(3000, dtype=np.float32)
    others = {"a splat": np.ones_like(data), "none": data[::-1], "equal": data}
    literals = [array.tobytes().hex() for array in (others[first], data, -data, data)]
    made = "".join(
        f"%{number} = {statement.format(literal, more='0203' * 1500)}\n"
        for number, literal in enumerate(literals)
    )
    returned = [
        streamed(
            tmp_path, main(f"{made}return %{n} : {type_}", type_, f"%p: tensor<i1>, %x: {type_}")
        )
        for n in range(len(literals))
    ]
    assert returned[1] != returned[2]
    assert (returned[0] == returned[1]) <= (first == "equal")
    assert returned[0] != returned[2]
    assert returned[1] == returned[3]


def test_a_reader_that_keeps_no_digests_cannot_tell_literals_apart() -> None:
    literal = LongLiteral(0, 0, 8000, "00" * 16, repeats=False, valid=True)
    with pytest.raises(ValueError, match="not asked for digests"):
        bytes_digest(literal)


def test_a_private_function_known_by_name_counts(tmp_path: Path) -> None:
    """Where a name is all that a call has, what it stands for is compared besides."""
    left, right = NOT_EQUAL["what a private function does"]
    assert streamed(tmp_path, left).functions == streamed(tmp_path, right).functions
    assert streamed(tmp_path, left) != streamed(tmp_path, right)


def resource(data: bytes, more: str = "") -> str:
    type_ = f"tensor<{len(data) // 4}xf32>"
    body = f"{more}%0 = stablehlo.constant dense_resource<w> : {type_}\nreturn %0 : {type_}"
    blob = f'w: "0x04000000{data.hex().upper()}"'
    section = f"dialect_resources: {{\n builtin: {{\n {blob}\n }}\n }}"
    return f"{main(body, type_)}\n{{-#\n {section}\n#-}}\n"


@pytest.mark.parametrize("held", [0, 1, 3])
def test_a_resource_of_another_size_is_no_splat(tmp_path: Path, held: int) -> None:
    """IREE runs such a module with whatever it finds behind the one element."""
    one = np.float32(1).tobytes()
    splat = main(
        "%0 = stablehlo.constant dense<1.0> : tensor<2xf32>\nreturn %0 : tensor<2xf32>",
        "tensor<2xf32>",
    )
    whole = resource(one * 2)
    assert verdict(tmp_path, splat, whole)[0] is Verdict.EQUAL
    other = whole.replace((one * 2).hex().upper(), (one * held).hex().upper())
    assert verdict(tmp_path, splat, other)[0] is not Verdict.EQUAL
    assert verdict(tmp_path, whole, other)[0] is not Verdict.EQUAL


def test_long_resources_are_compared(tmp_path: Path) -> None:
    data = np.arange(3000, dtype=np.float32).tobytes()
    other = data[:-1] + bytes([data[-1] ^ 1])
    dead = "%d = stablehlo.constant dense<2> : tensor<i32>\n"
    assert streamed(tmp_path, resource(data)) == streamed(tmp_path, resource(data, dead))
    assert streamed(tmp_path, resource(data)) != streamed(tmp_path, resource(other))
    assert verdict(tmp_path, resource(data), hexadecimal(data))[0] is Verdict.EQUAL
    assert verdict(tmp_path, resource(other), hexadecimal(data))[0] is not Verdict.EQUAL


def test_effects_are_what_an_operation_says_of_itself() -> None:
    """A custom call without side effects may be doubled, one with them not."""
    call = "stablehlo.custom_call @f(%x) {has_side_effect = FLAG} : (tensor<f32>) -> tensor<f32>"
    once = f"%0 = {call}\n%1 = stablehlo.add %0, %0 : tensor<f32>\nreturn %1 : tensor<f32>"
    twice = once.replace("%1 =", f"%2 = {call}\n%1 =").replace("%0, %0", "%0, %2")
    for flag in ("true", "false"):
        same = digests(main(once.replace("FLAG", flag))) == digests(
            main(twice.replace("FLAG", flag))
        )
        assert same == (flag == "false")


@pytest.mark.parametrize("what", EQUAL)
def test_each_right_pair_has_wrong_twins(what: str) -> None:
    left, right = EQUAL[what]
    parsed = parse_module(left)
    twins = list(mutants(pruned(parsed.module)))
    assert twins
    for how, twin in twins:
        assert module_digests(twin, parsed.resources) != digests(right), how
