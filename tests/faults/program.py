"""The forward that the faults befall: layers of operations, a weight and a loop each."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from irkit import Builder, Value, hlo

LAYERS = 12
OPERATIONS = 40
"""Of a layer, those in its loop not counted."""
SHAPE = (256, 512)


def forward(builder: Builder) -> dict[str, Value]:
    """Every other operation is dead."""
    x = builder.argument("x", SHAPE, "f32")
    for layer in range(LAYERS):
        with builder.scope(f"layers.{layer}") as scope:
            x = x + builder.parameter(f"w.{layer}")
            for number in range(OPERATIONS // 2):
                hlo.negate(x)
                x = x * (layer + number / 8)
            start = builder.constant(0)
            _, x = hlo.while_([start, x], lambda i, _: i < 3, lambda i, y: (i + 1, hlo.tanh(y)))
            scope.returns(x)
    return {"x": x}


def write_weights(path: Path) -> None:
    """The forward's weights, 6 MiB, as ``.npz``."""
    rng = np.random.default_rng(0)
    arrays = {f"w.{n}": rng.standard_normal(SHAPE, np.float32) for n in range(LAYERS)}
    np.savez(path, **arrays)  # pyright: ignore[reportArgumentType]


# -- forwards in whose middle something happens to the folder that they run in ---------------------


def _in_the_middle(happens: Callable[[], object]) -> Callable[[Builder], dict[str, Value]]:
    def interrupted(builder: Builder) -> dict[str, Value]:
        scopes = 0

        def count(name: str) -> None:
            nonlocal scopes
            scopes += 1
            if scopes == LAYERS // 2:
                happens()

        builder.on_scope = count
        return forward(builder)

    return interrupted


def _wait() -> None:
    Path("waiting").touch()
    while not Path("go").exists():
        time.sleep(0.005)


removing = _in_the_middle(lambda: shutil.rmtree("gone"))
"""``gone`` is removed."""

moving = _in_the_middle(lambda: Path("gone").rename("moved"))
"""``gone`` becomes ``moved``."""

waiting = _in_the_middle(_wait)
"""``waiting`` is made, and ``go`` waited for."""


def waiting_at_the_end(builder: Builder) -> dict[str, Value]:
    """As ``waiting``, when all is recorded."""
    outputs = forward(builder)
    _wait()
    return outputs


def other(builder: Builder) -> Value:
    """Another text."""
    return builder.argument("x", SHAPE, "f32") + 1.0


# -- forwards that need much memory ----------------------------------------------------------------


def large_constants(builder: Builder) -> Value:
    """Constants nearly as large as a chunk of 1 MiB, none like another."""
    size = (1 << 18) - (1 << 12)
    x = builder.argument("x", (size,), "f32")
    for number in range(24):
        x = x + builder.constant(np.arange(size, dtype=np.float32) + number)
    return x


def unlike_regions(builder: Builder) -> Value:
    """Regions of 40 operations and a constant each, none like another, which fill every cache."""
    x = builder.argument("x", (2,), "f32")
    flag = builder.argument("flag", (), "i1")
    for number in range(300):

        def body(number: int = number, x: Value = x) -> Value:
            for inner in range(40):
                x = x * (number + inner / 64)
            return x

        (x,) = _results(hlo.if_(flag, body, lambda x=x: x))
    return x


def many_operations(builder: Builder) -> Value:
    """None like another, and a fifth of them dead."""
    x = builder.argument("x", (2,), "f32")
    for number in range(3000):
        hlo.exponential(x)
        x = hlo.negate(x * (number + 0.5))
    return x


def _results(found: Value | tuple[Value, ...]) -> tuple[Value, ...]:
    return (found,) if isinstance(found, Value) else found


def much_of_its_own(builder: Builder) -> Value:
    """The forward itself holds 64 MiB."""
    held = bytearray(64 << 20)
    held[:: 1 << 12] = b"x" * (1 << 14)
    return many_operations(builder)


def patient(builder: Builder) -> Value:
    """Waits, and is short."""
    _wait()
    return other(builder)
