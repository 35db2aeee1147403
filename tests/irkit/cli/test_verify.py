"""``irkit-verify`` on files: what it says and what it returns."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

PROGRAM = """\
module @m {
  func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
    %0 = stablehlo.negate %arg0 : tensor<4xf32>
    %1 = stablehlo.add %0, %arg0 : tensor<4xf32>
    return %1 : tensor<4xf32>
  }
}
"""


@pytest.fixture
def pair(tmp_path: Path):
    def write(left: str, right: str) -> tuple[Path, Path]:
        (tmp_path / "a.mlir").write_text(left)
        (tmp_path / "b.mlir").write_text(right)
        return tmp_path / "a.mlir", tmp_path / "b.mlir"

    return write


def test_identical(irkit_verify, pair):
    ran = irkit_verify(*pair(PROGRAM, PROGRAM))
    digest = hashlib.sha256(PROGRAM.encode()).hexdigest()
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"identical: {len(PROGRAM)} bytes, sha256 {digest}\n"


def test_the_first_difference_is_shown_on_both_sides(irkit_verify, pair):
    left, right = pair(PROGRAM, PROGRAM.replace("add", "sub"))
    ran = irkit_verify(left, right)
    offset = PROGRAM.index("add")
    assert ran.status == 1
    lines = ran.out.splitlines()
    assert lines[0] == f"bytes differ: first at offset {offset}, line 4, column 20"
    assert lines[1] == f"  {left}:4: %1 = stablehlo.add %0, %arg0 : tensor<4xf32>"
    assert lines[2][lines[3].index("^")] == "a"
    assert lines[4] == f"  {right}:4: %1 = stablehlo.sub %0, %arg0 : tensor<4xf32>"
    assert lines[5][lines[6].index("^")] == "s"
    assert lines[7].startswith(f"different up to SSA names, too: {left}:4 and {right}:4: ")


def test_equal_up_to_names(irkit_verify, pair):
    files = pair(PROGRAM, PROGRAM.replace("%0", "%minus").replace("%1", "%0"))
    ran = irkit_verify(*files)
    assert ran.status == 0
    assert ran.out.startswith("bytes differ: first at offset")
    assert ran.out.endswith("equal up to SSA names\n")
    assert irkit_verify(*files, "--tier", "bytes").status == 1


def test_a_file_that_ends_early(irkit_verify, pair):
    ran = irkit_verify(*pair(PROGRAM, PROGRAM[:-2]), "--tier", "bytes")
    assert ran.status == 1
    assert "^ the file ends here" in ran.out.splitlines()[-1]


def test_undecided(irkit_verify, pair):
    ran = irkit_verify(*pair("a.a %1\n", "a.a %2\n"))
    assert ran.status == 3
    assert "undecided up to SSA names" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/no/a", "/no/b"], "/no/a: can not be read: No such file or directory"),
        (["/", "/"], "/: is a folder"),
        (["a"], "two files are compared, 1 given"),
        ([], "two files are compared, 0 given"),
        (["a", "b", "--weights", "w"], "need --model"),
        (["--model", "m", "--tier", "names"], "--tier names is for files"),
        (["--model", "no-such-model", "--policies", "fixed-ops"], "no-such-model"),
    ],
)
def test_bad_input(irkit_verify, arguments: list[str], words: str):
    ran = irkit_verify(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.startswith("irkit-verify: error: ")
    assert ran.err.count("\n") == 1


def test_a_name_defined_twice_is_bad_input(irkit_verify, pair):
    ran = irkit_verify(*pair("%0 = a.a\n%0 = a.a\n", "%0 = a.a\n%1 = a.a\n"))
    assert ran.status == 2
    assert "a.mlir:2: %0 defined twice" in ran.err


def test_help_documents_the_statuses(irkit_verify):
    out = irkit_verify("--help").out
    assert "undecided" in out
    assert "bad input" in out
