"""Bytes a second turned into hexadecimal text on one core, beside the standard library.

    python -m benchmarks.hex_speed --megabytes 512 -o hex.json

The bytes are random, come in blocks of 1 MiB as weights do, and the text is thrown away. Best of
several runs; CPU seconds of the process.
"""

from __future__ import annotations

import argparse
import binascii
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dialects.hex_text import HexWriter

BLOCK_BYTES = 1 << 20


class Nowhere:
    """A sink that forgets."""

    def write(self, data: memoryview) -> None:
        """Does nothing."""


def hex_writer(block: memoryview, times: int) -> None:
    writer = HexWriter(Nowhere())
    for _ in range(times):
        writer.feed(block)
    writer.flush()


def hexlify(block: memoryview, times: int) -> None:
    for _ in range(times):
        binascii.hexlify(block)


def hexlify_upper(block: memoryview, times: int) -> None:
    for _ in range(times):
        binascii.hexlify(block).upper()


CONVERSIONS: dict[str, Callable[[memoryview, int], None]] = {
    "HexWriter": hex_writer,
    "binascii (lower case)": hexlify,
    "binascii, upper()": hexlify_upper,
}


def bytes_a_second(convert: Callable[[memoryview, int], None], megabytes: int, runs: int) -> float:
    """The best rate of some runs."""
    block = memoryview(np.random.default_rng(0).bytes(BLOCK_BYTES))
    times = max(1, megabytes * 1_000_000 // BLOCK_BYTES)
    best = 0.0
    for _ in range(runs):
        start = time.process_time()
        convert(block, times)
        best = max(best, times * BLOCK_BYTES / (time.process_time() - start))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args()
    rates: dict[str, float] = {}
    for name, convert in CONVERSIONS.items():
        rates[name] = bytes_a_second(convert, options.megabytes, options.runs)
        print(f"{name:22} {rates[name] / 1e9:6.2f} GB/s of bytes")
    if options.out:
        options.out.write_text(json.dumps({"bytes_a_second": rates}, indent=1))


if __name__ == "__main__":
    main()
