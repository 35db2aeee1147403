"""Byte comparison: the first difference is found, wherever it is, and its place is right."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit.verify import checker
from irkit.verify.bytes import compare_bytes, sha256_of
from irkit.verify.files import BLOCK_BYTES, InputError
from irkit.verify.options import Options
from irkit.verify.pair import Pair


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("bytes")
    return folder / "a", folder / "b"


@given(
    st.lists(st.sampled_from([b"\n", b"%0 = add\n", b"x" * 99]), max_size=30),
    st.lists(st.sampled_from([b"\n", b"%0 = add\n", b"x" * 99]), max_size=30),
    st.lists(st.sampled_from([b"\n", b"%0 = add\n", b"x" * 99]), max_size=5),
)
@settings(max_examples=100, deadline=None)
def test_agrees_with_the_plain_definition(
    files: tuple[Path, Path], common: list[bytes], left: list[bytes], right: list[bytes]
):
    a, b = b"".join(common + left), b"".join(common + right)
    files[0].write_bytes(a)
    files[1].write_bytes(b)
    found = compare_bytes(*files)
    if a == b:
        assert found.difference is None
        assert (found.size, found.sha256) == (len(a), hashlib.sha256(a).hexdigest())
        return
    offset = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    offset = min(len(a), len(b)) if offset is None else offset
    assert found.difference is not None
    assert found.difference.offset == offset
    assert found.difference.line == a[:offset].count(b"\n") + 1
    assert found.difference.column == offset - (a[:offset].rfind(b"\n") + 1) + 1
    assert found.difference.left.ended == (offset == len(a))
    assert found.difference.right.ended == (offset == len(b))


@pytest.mark.parametrize(
    "offset", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES - 1]
)
def test_differences_at_the_edges_of_blocks(files: tuple[Path, Path], offset: int):
    a = bytearray(b"%0 = stablehlo.constant\n" + b"A" * (3 * BLOCK_BYTES - 24))
    b = bytearray(a)
    b[offset] ^= 1
    files[0].write_bytes(a)
    files[1].write_bytes(b)
    difference = compare_bytes(*files).difference
    assert difference is not None
    assert difference.offset == offset
    for side, data in ((difference.left, a), (difference.right, b)):
        shown = side.excerpt[side.caret :]
        assert shown.startswith(data[offset : offset + 3].decode().split("\n")[0])


@pytest.mark.parametrize("size", [0, BLOCK_BYTES - 1, BLOCK_BYTES, 2 * BLOCK_BYTES])
def test_a_prefix_differs_where_it_ends(files: tuple[Path, Path], size: int):
    files[0].write_bytes(b"x" * size)
    files[1].write_bytes(b"x" * (size + 1))
    difference = compare_bytes(*files).difference
    assert difference is not None
    assert difference.offset == size
    assert (difference.left.ended, difference.right.ended) == (True, False)


def test_the_operation_is_shown_from_the_start_of_a_long_line(files: tuple[Path, Path]):
    start = b'module {\n  %cst = stablehlo.constant dense<"0x'
    files[0].write_bytes(start + b"00" * BLOCK_BYTES + b'01">')
    files[1].write_bytes(start + b"00" * BLOCK_BYTES + b'0\x02">')
    difference = compare_bytes(*files).difference
    assert difference is not None
    assert difference.line == 2
    assert difference.left.line_start.startswith("  %cst = stablehlo.constant")
    assert difference.left.excerpt[difference.left.caret] == "1"
    assert difference.right.excerpt[difference.right.caret :].startswith("\\x02")


def test_digest(files: tuple[Path, Path]):
    data = bytes(range(256)) * 9000
    files[0].write_bytes(data)
    assert sha256_of(files[0]) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "question",
    [
        checker.check,
        lambda pair, options: checker.check(pair, options, tiers=range(2, 3)),
        lambda pair, options: checker.check(pair, options, tiers=range(4, 5)),
        lambda pair, _: checker.check_pruned(pair),
        lambda pair, _: [sha256_of(path) for path in (pair.left, pair.right)],
    ],
)
def test_what_can_be_read_once_only_is_refused(
    tmp_path: Path, question: Callable[[Pair, Options], object]
):
    """Else the second tier would find two empty pipes, and they are equal."""
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_text("module {}")
    for pair in (Pair(pipe, file), Pair(file, pipe), Pair(pipe, pipe)):
        with pytest.raises(InputError, match="pipe: is not a regular file, and is read more than"):
            question(pair, Options())


def test_what_fails_while_it_is_read_is_named():
    """Nothing is mapped at the beginning of a process's memory."""
    with pytest.raises(InputError, match="/proc/self/mem: can not be read: Input/output error"):
        sha256_of(Path("/proc/self/mem"))


def test_what_can_not_be_read_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="none: can not be read: No such file"):
        compare_bytes(tmp_path / "none", tmp_path / "none")
    with pytest.raises(InputError, match="is a folder"):
        compare_bytes(tmp_path, tmp_path)
