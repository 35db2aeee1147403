"""What one operation holds while its chunk is open: the estimate behind policies in bytes.

    python -m benchmarks.held_bytes

Counts the allocations of recorded operations with 0, 1, 2 and 3 operands, handles kept and dropped.
The constants OPERATION_BYTES and OPERAND_BYTES of irkit/streaming/tape.py come from here.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

from irkit import Builder, Policy, Value, hlo, record

COUNT = 2_000


def held(make: Callable[[Builder, Value], Value], *, keep: bool) -> float:
    """Bytes held by each of ``COUNT`` equal operations in one open chunk."""
    found: list[float] = []

    def forward(b: Builder) -> Value:
        x = b.argument("x", (4,), "f32")
        first = make(b, x)
        handles: list[Value] = []
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(COUNT):
            value = make(b, x)
            if keep:
                handles.append(value)
        found.append((tracemalloc.get_traced_memory()[0] - before) / COUNT)
        return first

    policy = Policy(chunk_end="operations", operations=4_000)
    tracemalloc.start()
    record(forward, policy=policy).to_compute_graph().num_nodes  # noqa: B018 - runs the forward
    tracemalloc.stop()
    return found[0]


def main() -> None:
    """Prints bytes an operation, by operands."""
    makers: list[Callable[[Builder, Value], Value]] = [
        lambda b, x: b.constant(1.0),
        lambda b, x: hlo.negate(x),
        lambda b, x: hlo.add(x, x),
        lambda b, x: hlo.clamp(x, x, x),
    ]
    print("operands  handle dropped  handle kept   (bytes an operation)")
    for operands, make in enumerate(makers):
        print(f"{operands:8}  {held(make, keep=False):14.0f}  {held(make, keep=True):11.0f}")


if __name__ == "__main__":
    main()
