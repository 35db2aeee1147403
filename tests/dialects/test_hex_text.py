"""Hexadecimal text, whatever the sizes in which the bytes come."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.hex_text import BLOCK_BYTES, HexWriter


class Pieces:
    """A sink that remembers the sizes of what it was given."""

    def __init__(self) -> None:
        self.text = b""
        self.largest = 0

    def write(self, data: memoryview) -> None:
        self.text += bytes(data)
        self.largest = max(self.largest, len(data))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 7), max_size=40))
def test_any_sizes_of_feeds_give_the_same_text(data: bytes, sizes: list[int]) -> None:
    out = io.BytesIO()
    writer = HexWriter(out)
    rest = memoryview(data)
    for size in sizes:
        writer.feed(rest[:size])
        rest = rest[size:]
    writer.feed(rest)
    writer.flush()
    assert out.getvalue() == data.hex().upper().encode()


def test_every_pair_of_bytes() -> None:
    data = b"".join(pair.to_bytes(2, "little") for pair in range(1 << 16))
    out = io.BytesIO()
    HexWriter(out).feed(data)
    assert out.getvalue() == data.hex().upper().encode()


def test_large_feeds_are_written_in_bounded_pieces() -> None:
    data = bytes(range(256)) * (3 * BLOCK_BYTES // 256) + b"\xab"
    out = Pieces()
    writer = HexWriter(out)
    writer.feed(bytearray(data))
    assert out.text == data[:-1].hex().upper().encode()
    writer.flush()
    writer.flush()
    assert out.text == data.hex().upper().encode()
    assert out.largest == 2 * BLOCK_BYTES
