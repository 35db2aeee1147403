"""Long hexadecimal literals: judged while they pass by, printed from file to file."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from dialects.long_literal import LONGEST_HELD
from irkit.reading.condense import CondensedText
from irkit.reading.events import Statement
from irkit.reading.module_reader import ModuleReader
from irkit.reading.rewrite import format_file
from tests.irkit.reading.two_readers import check_agrees, checked, rewriting_agrees
from tests.witness import upstream

RANDOM = np.random.default_rng(0).bytes(6000).hex()


def program(literal: str, type_: str) -> str:
    return f"""module {{
  func.func public @main() -> {type_} {{
    %cst = stablehlo.constant dense<"0x{literal}"> : {type_}
    return %cst : {type_}
  }}
}}
"""


@pytest.mark.parametrize(
    ("literal", "type_"),
    [
        (RANDOM, "tensor<1500xf32>"),
        (RANDOM.upper(), "tensor<30x50xf32>"),
        ("3F800000" * 1500, "tensor<1500xi32>"),
        ("00" * 6000, "tensor<1500xf32>"),
        ("0000803f" * 1500, "tensor<1500xf32>"),
        ("0000803f" * 1500, "tensor<750xf64>"),
        ("0000803f" * 1500, "tensor<750xcomplex<f32>>"),
        ("803f" * 3001, "tensor<3001xbf16>"),
        ("0000803f00000040" * 750, "tensor<1500xf32>"),
        ("01" * 6000, "tensor<6000xi1>"),
        ("0100" * 3000, "tensor<6000xi1>"),
        (RANDOM[: LONGEST_HELD + 1] + "0", "tensor<2049xi8>"),
        (RANDOM[:LONGEST_HELD], "tensor<2048xi8>"),
    ],
)
def test_they_are_printed_as_upstream_does(tmp_path: Path, literal: str, type_: str) -> None:
    text = (
        program(literal, type_).replace("%cst", "%c") if "xi" in type_ else program(literal, type_)
    )
    assert checked(text, tmp_path) == []
    assert rewriting_agrees(text, tmp_path) is None
    source, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    source.write_text(text)
    format_file(source, out)
    assert out.read_text() == upstream.printed(text)


@pytest.mark.parametrize(
    ("literal", "message"),
    [
        (RANDOM + "0", "expected hex digits after `0x`"),
        (RANDOM + "0g", "expected hex digits after `0x`"),
        (RANDOM[:5000] + "G" + RANDOM, "expected hex digits after `0x`"),
        (RANDOM + "00", "6001 bytes for tensor<1500xf32>, which has 1500 elements of 4 bytes"),
        (RANDOM[:-2], "5999 bytes for tensor<1500xf32>, which has 1500 elements of 4 bytes"),
    ],
)
def test_what_is_wrong_with_one_has_its_place(tmp_path: Path, literal: str, message: str) -> None:
    (fault,) = checked(program(literal, "tensor<1500xf32>"), tmp_path)
    assert (fault.line, fault.column, fault.message) == (3, 37, message)
    assert 'dense<"0x..."> : tensor' in fault.snippet


def test_a_fault_behind_one_has_the_column_of_the_file(tmp_path: Path) -> None:
    text = program(RANDOM, "tensor<1500xf32>").replace("xf32>\n    return", "xf33>\n    return")
    assert check_agrees(text, tmp_path) is not None  # The snippet is shortened, nothing else.
    (fault,) = checked(text, tmp_path)
    assert fault.column == text.splitlines()[2].index("1500xf33") + 6


def test_a_string_that_looks_like_one_is_kept(tmp_path: Path) -> None:
    text = f"""func.func @f() {{
  stablehlo.custom_call @g() {{backend_config = "0x{RANDOM}"}} : () -> ()
  stablehlo.custom_call @g() {{backend_config = "0x{RANDOM[::-1]}"}} : () -> ()
  return
}}
"""
    assert checked(text, tmp_path) == []
    assert rewriting_agrees(text, tmp_path) is None


def test_resources_are_streamed(tmp_path: Path) -> None:
    text = f"""module {{
  func.func @f() -> tensor<1500xf32> {{
    %cst = stablehlo.constant dense_resource<w> : tensor<1500xf32>
    return %cst : tensor<1500xf32>
  }}
}}
{{-#
  dialect_resources: {{
    builtin: {{
      w: "0x04000000{RANDOM}"
    }}
  }}
#-}}
"""
    assert checked(text, tmp_path) == []
    assert rewriting_agrees(text, tmp_path) is None
    (fault,) = checked(text.replace("0x04", "0x03"), tmp_path)
    assert "power of two" in fault.message


def test_digest_and_place_are_those_of_the_digits(tmp_path: Path) -> None:
    path = tmp_path / "m.mlir"
    path.write_text(program(RANDOM, "tensor<1500xf32>"))
    with path.open("rb", buffering=0) as file:
        reader = ModuleReader(file, "m", digest=True)  # type: ignore[arg-type]
        (constant,) = [e for e in reader if isinstance(e, Statement) and e.signature.results]
    (literal,) = constant.literals
    assert literal.digest == sha256(RANDOM.upper().encode()).digest()
    assert path.read_text()[literal.offset :][: literal.digits] == RANDOM


@pytest.mark.parametrize("block", [1, 7, 4096, 1 << 18])
def test_blocks_may_end_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    text = program(RANDOM, "tensor<1500xf32>") * 2
    path = tmp_path / "m.mlir"
    path.write_text(text)
    monkeypatch.setattr("irkit.reading.condense.BLOCK_BYTES", block)
    with path.open("rb") as file:
        condensed = CondensedText(file, "m")
        pieces = "".join(condensed)
    assert len(condensed.literals) == 2
    for literal in condensed.literals.values():
        pieces = pieces.replace(literal.stand_in, f"0x{RANDOM}")
    assert pieces == text


PEAK = """
import re, sys
from irkit.reading import check_file
from irkit.reading.rewrite import format_file, prune_file
path, what = sys.argv[1:]
{"check": lambda: print(*check_file(path)),
 "fmt": lambda: format_file(path, "/dev/null"),
 "prune": lambda: prune_file(path, "/dev/null")}[what]()
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.parametrize("what", ["check", "fmt", "prune"])
def test_memory_does_not_grow_with_literals(tmp_path: Path, what: str) -> None:
    path = tmp_path / "big.mlir"
    count = 9_000
    before, after = program("HERE", f"tensor<{count * 1500}xf32>").encode().split(b"HERE")
    with path.open("wb") as file:
        file.write(before)
        for _ in range(count):
            file.write(RANDOM.encode())
        file.write(after)
    assert path.stat().st_size > 100_000_000
    ran = subprocess.run(
        [sys.executable, "-c", PEAK, str(path), what], capture_output=True, check=True, text=True
    )
    *faults, kibibytes = ran.stdout.split()
    assert faults == []
    assert int(kibibytes) < 80 << 10


def alike(*statements: str, type_: str = "tensor<1500xf32>") -> str:
    """Statements of one pattern; the last is followed by another kind of statement."""
    lines = "".join(f"    %{k} = {text}\n" for k, text in enumerate(statements))
    names = ", ".join(f"%{k}" for k in range(len(statements)))
    types = ", ".join([type_] * len(statements))
    return (
        f"module {{\n  func.func public @main(%arg0: {type_}) -> ({types}) {{\n{lines}"
        f"    return {names} : {types}\n  }}\n}}\n"
    )


SPLAT, OTHER_SPLAT = "0000803f" * 1500, "00000040" * 1500
PAIRS = "0000803f00000040" * 750
REVERSED = bytes(reversed(bytes.fromhex(RANDOM))).hex()


@pytest.mark.parametrize("first", [RANDOM, SPLAT])
@pytest.mark.parametrize(
    "statement",
    [
        'stablehlo.constant dense<"0x{}"> : tensor<1500xf32>',
        'stablehlo.constant dense<"0x{}"> : tensor<1500xf32> loc("0x{}":1:2)',
        'stablehlo.constant {{a.b = dense<"0x{}"> : tensor<1500xf32>}} dense<1.0> : '
        "tensor<1500xf32>",
        'stablehlo.constant {{a.b = "0x{}"}} dense<"0x{}"> : tensor<1500xf32>',
        'stablehlo.negate %arg0 {{a.b = dense<"0x{}"> : tensor<1500xf32>}} : tensor<1500xf32>',
        'stablehlo.negate %arg0 {{a.b = "0x{}"}} : tensor<1500xf32>',
    ],
)
def test_each_statement_keeps_its_own(tmp_path: Path, statement: str, first: str) -> None:
    """Whatever the first statement of a pattern had in that place."""
    literals = [first, RANDOM, REVERSED, SPLAT, OTHER_SPLAT, PAIRS, RANDOM]
    text = alike(*(statement.format(literal, literal) for literal in literals))
    assert checked(text, tmp_path) == []
    assert rewriting_agrees(text, tmp_path) is None
    source, out = tmp_path / "m.mlir", tmp_path / "out.mlir"
    source.write_text(text)
    format_file(source, out)
    assert out.read_text() == upstream.printed(text)


def test_a_location_may_be_one(tmp_path: Path) -> None:
    """A statement without a literal is not taken for one like it that has one."""
    plain = "stablehlo.constant dense<1.0> : tensor<1500xf32>"
    located = f'{plain} loc("0x{RANDOM}":1:2)'
    text = alike(located, located, plain, located, plain, plain)
    assert checked(text, tmp_path) == []
    assert rewriting_agrees(text, tmp_path) is None
