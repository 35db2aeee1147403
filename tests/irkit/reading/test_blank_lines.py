"""Blank lines and comments, which may be any number, are read over and still counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialects.reader import ReadError, parse_module
from irkit.reading.check import check_file
from irkit.reading.condense import BLOCK_BYTES
from irkit.reading.lines import Lines
from irkit.reading.pattern import end_of_blanks

MODULE = """\
module {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<5xf32>
  }
}
"""


@pytest.mark.parametrize(
    "filling",
    ["\n", " \t\r\n", '// a comment, } and "\n', "\n// one\n  // two\n", "  // \x1c é \v\n"],
    ids=["empty", "blanks", "comments", "both", "characters"],
)
@pytest.mark.parametrize("before", [0, 1, 2], ids=["first", "in the module", "in the function"])
def test_an_error_after_them_has_its_line(tmp_path: Path, filling: str, before: int) -> None:
    lines = MODULE.splitlines(keepends=True)
    many = filling * (3 * BLOCK_BYTES // len(filling.encode()) + 7)
    text = "".join([*lines[:before], many, *lines[before:]])
    path = tmp_path / "m.mlir"
    path.write_text(text, newline="")
    (found,) = check_file(path)
    assert found.line == 3 + many.count("\n")
    with pytest.raises(ReadError) as error:
        parse_module(text.encode(), "m.mlir")
    place = error.value.diagnostic
    assert (place.line, place.column) == (found.line, found.column)


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("", ""),
        ("x\n", ""),
        (" \n\t\n  x\n", " \n\t\n  "),
        ("// a\n\n  // b\n%0 // c\n", "// a\n\n  // b\n"),
        ("/ /\n", ""),
        ("// the last line has no end", ""),
        ("\x1c\n", ""),
    ],
)
def test_blank_lines(text: str, blank: str) -> None:
    assert text[: end_of_blanks(text)] == blank


def test_lines_are_counted_over_pieces() -> None:
    pieces = ["a\n", "\n// x\n", "\n \n  b\n\n", "// y\n", "c"]
    lines = Lines(iter(pieces), "m.mlir")
    seen: list[tuple[int, str]] = []
    while lines.skip_blank():
        seen.append((lines.number, lines.rest().strip()))
        lines.advance(1)
    expected = [(n, t.strip()) for n, t in enumerate("".join(pieces).split("\n"), 1)]
    assert seen == [(n, t) for n, t in expected if t and not t.startswith("//")]
