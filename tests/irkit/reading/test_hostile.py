"""Input that nobody would write: one clear error each, soon, and without a traceback."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dialects.diagnostics import ReadError
from irkit.reading.endings import MOST_FAULTS
from irkit.reading.rewrite import format_file
from tests.irkit.reading.two_readers import checked

T = "tensor<4xf32>"
HEAD = f"module {{\n  func.func public @main(%x: {T}) -> {T} {{\n"
TAIL = f"    return %x : {T}\n  }}\n}}\n"
SECONDS = 10
MIB = 1 << 20


def body(text: str | bytes) -> bytes:
    return HEAD.encode() + (text.encode() if isinstance(text, str) else text) + TAIL.encode()


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        (body("x" * (5 * MIB)), 3, 1, "a line of more than 4 MiB"),
        (body("// " + "x" * (5 * MIB) + "\n"), 3, 1, "a line of more than 4 MiB"),
        (body("    %0 = stablehlo.constant dense<[" + "1.0, " * MIB), 3, 1, "a line of more"),
        (b'"' * (5 * MIB), 1, 1, "a line of more than 4 MiB"),
        (b'"0x' * (2 * MIB), 1, 1, "a line of more than 4 MiB"),
        (body("%" * MIB + "\n"), 3, 1, "Expected suffix identifier"),
        (b"{" * MIB, 1, 1, "Could not parse"),
        (body("{\n" * MIB), 3, 1, "block definition"),
        (b"module {\n" * 100_000, 129, 1, "nested too deeply"),
        (b"\n" * (8 * MIB) + b"~", 8 * MIB + 1, 1, ""),
        (body(f"    %0 = stablehlo.abs %x {{a.b = {'[' * 100_000}"), 3, None, "nested too deeply"),
        (body('    "stablehlo.if"(%x) ({\n' * 100_000), None, None, "nested too deeply"),
        (body(f"    %0 = stablehlo.abs %x : tensor<{'9' * 40}xf32>\n"), 3, 36, "64 bits"),
        (body(f"    %{'a' * MIB} = stablehlo.abs %y : {T}\n"), 3, MIB + 23, "%y is used"),
        (body(f"    %0 = stablehlo.abs %x {{a.b = {'9' * MIB}}} : {T}\n"), 3, 34, "4000 digits"),
        (body(b"    %0 = stablehlo.abs %\xff : t\n"), 3, 25, "byte 0xff is not UTF-8"),
        (body("    %0 = stablehlo.abs\0 %x : t\n"), 3, 23, "Unexpected character"),
        (body('    %0 = stablehlo.abs %x {a.b = "c} : t\n'), 3, 34, "string"),
        (body('    %0 = stablehlo.constant dense<"0x' + "AB" * MIB), 3, 35, "string"),
        (body(f"    %0 = stablehlo.abs %x : {T}\n  }}\n}}\n"), None, None, ""),
        (f"{HEAD}    %0 = stablehlo.abs %x : {T}\n  }}\n}}\n", 3, 10, "not a terminator"),
        (f"{HEAD}    %0 = stablehlo.abs %x", 3, 26, ""),
        (HEAD, None, None, ""),
        (body(f"    %x = stablehlo.abs %x : {T}\n"), 3, 5, "already defined"),
        (body(f"    %0 = foo.bar %x : {T}\n"), 3, 10, "unknown operation 'foo.bar'"),
    ],
    ids=range(25),
)
def test_each_is_one_error_with_its_place(
    tmp_path: Path, text: str | bytes, line: int | None, column: int | None, message: str
) -> None:
    start = time.process_time()
    fault = checked(text, tmp_path)[0]
    assert time.process_time() - start < SECONDS
    assert message in fault.message
    assert line in (None, fault.line)
    assert column in (None, fault.column)
    assert fault.snippet.endswith("^")
    assert len(fault.with_snippet()) < 1000
    path = tmp_path / "m.mlir"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if "terminator" not in message:
        with pytest.raises(ReadError):
            format_file(path, tmp_path / "out.mlir")
        assert not (tmp_path / "out.mlir").exists()


@pytest.mark.parametrize(
    "text",
    [
        body(f"    %0 = stablehlo.bogus %x : {T}\n" * 20_000),
        body(f"    stablehlo.custom_call @f(%zz) : ({T}) -> ()\n" * 20_000),
    ],
)
def test_errors_without_end_come_to_one(tmp_path: Path, text: bytes) -> None:
    start = time.process_time()
    assert 0 < len(checked(text, tmp_path)) <= MOST_FAULTS + 1
    assert time.process_time() - start < SECONDS


def test_line_ends_of_other_systems_are_read(tmp_path: Path) -> None:
    text = body(f"    %0 = stablehlo.abs %x : {T}\n" * 1).replace(b"\n", b"\r\n")
    assert checked(text, tmp_path) == []
