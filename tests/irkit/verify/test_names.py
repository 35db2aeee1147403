"""Equality up to SSA names: renamings are equal, everything else is not."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit.verify import lexer
from irkit.verify.files import InputError
from irkit.verify.names import NameDifference, UndecidedError, compare_up_to_names

PROGRAM = """\
module @m {
  func.func @main(%arg0: tensor<4xf32>, %arg1: tensor<f32>) -> tensor<f32> {
    %cst = stablehlo.constant dense<"0x00{}%arg1"> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) across dimensions = [0] : (tensor<4xf32>) -> tensor<f32>
     reducer(%arg2: tensor<f32>, %arg3: tensor<f32>)  {
      %3 = stablehlo.subtract %arg2, %arg3 : tensor<f32>
      stablehlo.return %3 : tensor<f32>
    }
    %1:2 = stablehlo.while(%iterArg = %cst, %iterArg_0 = %0) : tensor<f32>, tensor<f32>
    cond {
      %3 = stablehlo.compare  LT, %iterArg, %iterArg_0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %3 : tensor<i1>
    } do {
      stablehlo.return %iterArg_0, %iterArg : tensor<f32>, tensor<f32>
    }
    %2 = "stablehlo.case"(%arg1) ({
      %3 = stablehlo.add %1#0, %1#1 : tensor<f32>
      stablehlo.return %3 : tensor<f32>
    }, {
    ^bb0(%arg2: tensor<f32>):
      %3 = stablehlo.negate %arg2 {mhlo.x = "}"} : tensor<f32>
      stablehlo.return %3 : tensor<f32>
    }) : (tensor<f32>) -> tensor<f32>
    return %2 : tensor<f32>
  }
  func.func @f(%arg0: tensor<4xf32>) {
    return
  }
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x04000000"
    }
  }
#-}
"""
NAME = re.compile(r"%([a-zA-Z]\w*|\d+)")


@pytest.fixture(scope="module")
def compare(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("names")

    def run(left: str, right: str) -> NameDifference | None:
        (folder / "a").write_text(left)
        (folder / "b").write_text(right)
        return compare_up_to_names(folder / "a", folder / "b")

    return run


def renamed(text: str, new: dict[str, str]) -> str:
    pieces = text.split('"')
    for i in range(0, len(pieces), 2):
        pieces[i] = NAME.sub(lambda match: f"%{new.get(match[1], match[1])}", pieces[i])
    return '"'.join(pieces)


@given(st.randoms(use_true_random=False), st.sampled_from(["{}", "v{}", "x_{}", "$.{}"]))
@settings(max_examples=40, deadline=None)
def test_renamings_are_equal(compare, rng: random.Random, form: str):
    names = sorted({match[1] for match in NAME.finditer(PROGRAM)})
    numbers = list(range(len(names)))
    rng.shuffle(numbers)
    other = renamed(PROGRAM, {a: form.format(n) for a, n in zip(names, numbers, strict=True)})
    assert compare(PROGRAM, other) is None
    assert compare(other, PROGRAM) is None


RESULTS = """\
func.func @main(%arg0: tensor<2xui64>, %arg1: tensor<4xf32>) -> tensor<4xf32> {
  %output_state, %output = stablehlo.rng_bit_generator %arg0, algorithm = DEFAULT
  %0:2, %x = "a.b"(%output_state,
    %output) : (tensor<2xui64>, tensor<4xf32>) -> tensor<4xf32>
  return %output, %x, %0#1
}
"""


def test_names_of_several_results_are_defined_where_they_begin_a_line(compare):
    assert compare(RESULTS, RESULTS.replace("output", "o")) is None
    swapped = RESULTS.replace("return %output", "return %output_state")
    assert compare(RESULTS, swapped).left_line == 5
    # A line of operands begins with a name, too.
    operands = RESULTS.replace("    %output)", "    %output, %output)")
    assert compare(operands, operands.replace("output", "o")) is None


def test_siblings_may_reuse_names_that_the_other_side_does_not(compare):
    apart = PROGRAM.replace("%3 = stablehlo.compare", "%9 = stablehlo.compare").replace(
        "return %3 : tensor<i1>", "return %9 : tensor<i1>"
    )
    assert compare(PROGRAM, apart) is None


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("subtract %arg2, %arg3", "subtract %arg3, %arg2", 6),
        ("return %iterArg_0, %iterArg", "return %iterArg, %iterArg_0", 14),
        ("%1#0, %1#1", "%1#1, %1#0", 17),
        ("return %2", "return %0", 24),
        ("return %2", "return %arg1", 24),
        ("init: %cst", "init: %arg1", 4),
        ('%arg1">', '%arg2">', 3),
        ("%1:2", "%1:3", 9),
        ("0x04000000", "0x05000000", 34),
        ("  return\n", "  return %arg0\n", 27),
        ("@f", "@g", 26),
        ("#-}\n", "#-}", 37),
    ],
)
def test_what_is_no_renaming_is_different(compare, old: str, new: str, line: int):
    assert PROGRAM.count(old) >= 1
    found = compare(PROGRAM, PROGRAM.replace(old, new, 1))
    assert found is not None
    assert found.left_line == found.right_line == line
    assert found.reason


def test_two_values_may_not_become_one(compare):
    left = "f {\n  %0 = a.a\n  %1 = a.b\n  a.c %0, %1\n}\n"
    assert compare(left, left.replace("%0, %1", "%1, %1")) is not None
    assert compare(left.replace("%0, %1", "%1, %1"), left) is not None


def test_names_out_of_order_and_long_runs(compare):
    count = 3000
    left = "".join(f"%{i} = a.a\n" for i in range(count)) + f"a.b %7, %{count - 1}\n"
    right = "".join(f"%{count - i} = a.a\n" for i in range(count)) + f"a.b %{count - 7}, %1\n"
    shifted = "".join(f"%x_{i + 5} = a.a\n" for i in range(count)) + f"a.b %x_12, %x_{count + 4}\n"
    assert compare(left, right) is None
    assert compare(left, shifted) is None
    assert compare(left, shifted.replace("%x_12,", "%x_13,")) is not None


def test_a_run_of_names_takes_no_memory():
    from irkit.verify.renaming import RenamedScope

    scope = RenamedScope(region=True)
    for number in range(50_000):
        scope.define(b"%%%d" % number, b"%%c_%d" % (number + 3))
    runs = scope.left_to_right._runs[b"%"]
    assert len(runs) == 1
    assert not scope.left_to_right._single
    assert scope.left_to_right.get(b"%49999") == b"%c_50002"
    assert scope.left_to_right.get(b"%50000") is None
    assert scope.right_to_left.get(b"%c_2") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("module {\n", "2: a brace that is not closed"),
        ("module }\n", "1: a brace that was not opened"),
        ('a.a "x\n', "a string that does not end"),
        ("a.a %" + "x" * 5000, "a name of more than 4096 bytes"),
    ],
)
def test_what_is_no_program_is_bad_input(compare, text: str, words: str):
    with pytest.raises(InputError, match=words):
        compare(text, text)


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("a.a %1\n%1 = a.b\n", None, "a:1: %1 is read before"),
        ("%0 = a.a\n%0 = a.a\n", None, r"a:2: %0 \(or %0\) seems to be defined twice"),
        ("%0 = a.a\n%1 = a.a\n", "%0 = a.a\n%0 = a.a\n", r"2: %1 \(or %0\) seems to be defined"),
        # Whatever follows names that begin a line, it is no list of results.
        ('a.a\n%1, "x"\n', None, "a:2: %1 is read before"),
        ("a.a\n%1, ", None, "a:2: %1 is read before"),
        ("a.a\n%1 b.c\n", None, "a:2: %1 is read before"),
        (", ".join(f"%{k}" for k in range(10_001)) + " = a.a\n", None, "a:1: %0 is read before"),
        # A function may end within a line.
        ("f(%x: t) { a.b %x } f(%x: t) { a.b %x }\n", None, "a:1: %x .* seems to be defined twice"),
    ],
)
def test_what_can_not_be_followed_is_undecided(compare, left: str, right: str | None, words: str):
    with pytest.raises(UndecidedError, match=words):
        compare(left, left if right is None else right)


TYPED = """\
func.func @f(%a: tensor<f32>,
             %b: tensor<f32>) -> tensor<f32> { %0 = stablehlo.negate %a : tensor<f32>
  %1 = stablehlo.abs %a : tensor<f32>
  %2:2 = stablehlo.while(%i = %0,
    %j = %1) : tensor<f32>, tensor<f32>
  // Comments have no names and no braces: %9 = } {
  cond { stablehlo.return %i: tensor<f32>
  } do { stablehlo.return %j, %i: tensor<f32>
  }
  return %0: tensor<f32>
}
"""


def test_layouts_that_nobody_prints_are_followed(compare):
    assert compare(TYPED, TYPED.replace("%0", "%x").replace("%j", "%0").replace("%i", "%j")) is None
    for old, new in [("return %0", "return %1"), ("%j, %i:", "%i, %j:"), ("(%i = %0", "(%i = %1")]:
        assert TYPED.count(old) == 1
        assert compare(TYPED, TYPED.replace(old, new)) is not None


ANOTHER_VALUE = {
    "the braces of comments bound no scope": """
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  // {
  %0 = stablehlo.negate %x : tensor<2xf32>
  %1 = stablehlo.abs %x : tensor<2xf32>
  // }
  // %0 = {
  return %0 : tensor<2xf32>
  // }
}
""",
    "a name with a type behind it is read": """
func.func @f(%x: f32) -> f32 { %0 = stablehlo.negate %x : f32 %1 = stablehlo.abs %x : f32
  %2 = stablehlo.add %x, %x : f32
  return %0: f32
}
""",
}


@pytest.mark.parametrize("what", ANOTHER_VALUE)
def test_no_layout_hides_another_value(compare, what: str):
    left = ANOTHER_VALUE[what]
    for commented in ("// %0", "// %1"):
        right = left.replace("return %0", "return %1").replace("// %0", commented)
        assert compare(left, right) is not None


def test_a_definition_against_a_use(compare):
    found = compare("a.a(%0: t)\n", "a.a(%0, %1)\n")
    assert found is not None
    assert "one is defined here, the other read" in found.reason


@given(
    st.lists(
        st.sampled_from(
            ["%0", "%x#1", '"', '\\"', "\\\\", "{", "}", "\n  ", "abc", "A" * 70, "%", "/", "//"]
        ),
        max_size=30,
    ),
    st.integers(0, 200),
)
@settings(max_examples=80, deadline=None)
def test_pieces_are_the_text_however_it_is_read(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], padding: int
):
    path: Path = tmp_path_factory.getbasetemp() / "pieces"
    path.write_text("y" * padding + "".join(parts))
    sizes = lexer.READ_BYTES, lexer.PIECE_BYTES

    def read(block: int) -> list[lexer.Piece] | str:
        lexer.READ_BYTES = block
        try:
            return list(lexer.pieces(path))
        except InputError as error:
            return str(error)
        finally:
            lexer.READ_BYTES = sizes[0]

    whole = read(sizes[0])
    assert read(sizes[1] + 1) == whole
    if isinstance(whole, list):
        assert b"".join(piece.text for piece in whole) == path.read_bytes()


@pytest.mark.parametrize("run", ["", "{}", "{}\n", '"{}"', "// {}", "// {}\n", '"{}', "%x {}"])
@pytest.mark.parametrize("unit", ["a", "\\\\", "/", " "])
def test_runs_longer_than_a_piece_are_whole(tmp_path: Path, run: str, unit: str):
    """Whatever they are of, and wherever pieces and blocks of the file end in them."""
    for length in (lexer.PIECE_BYTES - 1, lexer.PIECE_BYTES, 3 * lexer.READ_BYTES + 1):
        text = run.format(unit * (length // len(unit)))
        path = tmp_path / "pieces"
        path.write_text(text)
        if run == '"{}':
            with pytest.raises(InputError, match="1: a string that does not end"):
                list(lexer.pieces(path))
            continue
        found = list(lexer.pieces(path))
        assert b"".join(piece.text for piece in found).decode() == text
        assert max(len(piece.text) for piece in found) <= lexer.PIECE_BYTES + 1


def test_runs_come_in_the_same_pieces_wherever_they_stand(tmp_path: Path):
    run = "b" * 100_000 + "\n" + " " * 100_000 + '"' + "c" * 100_000 + '"// ' + "d" * 100_000 + "\n"
    kept: list[list[bytes]] = []
    for before in (0, 1, 1000, lexer.READ_BYTES - 70_000):
        path = tmp_path / "pieces"
        path.write_text("{" * before + run)
        kept.append([piece.text for piece in lexer.pieces(path)][before:])
    assert all(found == kept[0] for found in kept)


def test_long_literals_are_compared_in_pieces(compare):
    hexed = "AB" * 400_000
    left = f'%cst = a.a dense<"0x{hexed}">\na.b %cst\n'
    assert compare(left, left.replace("%cst", "%c_long_name")) is None
    other = left.replace('AB">', 'AC">')
    found = compare(left, other.replace("%cst", "%0"))
    assert found is not None
    assert found.left_line == 1
