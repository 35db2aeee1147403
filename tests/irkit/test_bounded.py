"""Promise P3: memory is a constant, the largest chunk, and the widest cut."""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest
from xdsl.ir import Block, Operation, Region, SSAValue

from irkit import Builder, BuildError, Policy, Value, hlo, record
from irkit.streaming.emitter import Emitter
from irkit.streaming.record import PARAMETER
from irkit.streaming.sweep import Sweep
from irkit.streaming.tape import ChunkedTape
from passes.bounded_cache import ENTRIES, BoundedCache
from passes.signature import SignatureTable

CHUNK = 7
POLICY = Policy(chunk_end="operations", operations=CHUNK, log="disk")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def no_collector():
    """Whatever is freed is freed by its last reference, not by the cyclic collector."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Watched:
    """Weak references to the xDSL objects of each operation, by its number."""

    def __init__(self) -> None:
        self.made: list[list[weakref.ref[object]]] = []

    def add(self, value: SSAValue) -> None:
        objects: list[object] = [value]
        if isinstance(value.owner, Operation):
            for inner in value.owner.walk():
                objects += [inner, *inner.results, *inner.regions]
                objects += [b for region in inner.regions for b in region.blocks]
        self.made.append([weakref.ref(o) for o in objects])

    def alive(self, up_to: int) -> list[object]:
        return [o for made in self.made[:up_to] for ref in made if (o := ref()) is not None]


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "policy",
    [
        POLICY,
        Policy(chunk_end="bytes", chunk_bytes=9000),
        Policy(chunk_end="scope", scope_pattern="s.*"),
        Policy(chunk_end="scope", scope_pattern="s.*", live_outs="declared"),
    ],
    ids=["operations", "bytes", "scope", "declared"],
)
@pytest.mark.parametrize("prune", [True, False], ids=["pruned", "unpruned"])
def test_no_xdsl_object_of_a_closed_chunk_stays(policy: Policy, prune: bool) -> None:
    watched = Watched()
    left: list[object] = []

    def forward(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        for number in range(12):
            begun = len(watched.made)
            with b.scope(f"s.{number}") as scope:
                w = b.parameter(f"w.{number}", (2,), "f32")
                watched.add(b.ssa(w))
                flag = hlo.reduce(x, 0.0, [0], "add") > 0
                watched.add(b.ssa(flag))
                assert watched.alive(len(watched.made))  # the chunk is open
                x = hlo.if_(flag, lambda x=x, w=w: hlo.add(x, w), lambda x=x: hlo.negate(x))
                watched.add(b.ssa(x))
                dead = hlo.while_([x], lambda v: hlo.is_finite(hlo.reduce(v, 0.0, [0], "add")),
                                  lambda v, x=x: hlo.multiply(v, x))  # fmt: skip
                watched.add(b.ssa(dead[0]))
                watched.add(b.ssa(hlo.sort(hlo.add(dead[0], dead[0]))))
                try:
                    hlo.if_(flag, lambda x=x: hlo.negate(x), lambda: b.constant(1))
                except BuildError:
                    pass
                else:
                    raise AssertionError
                del dead
                scope.returns(x)
            ended = len(watched.made) if policy.chunk_end == "scope" else begun - 2 * CHUNK
            left.extend(watched.alive(max(0, ended)))
        return x

    graph = record(forward, policy=policy, constants="external").to_compute_graph()
    graph = graph.pruned_to_outputs() if prune else graph
    assert graph.num_nodes > 0
    assert not left
    assert not watched.alive(len(watched.made))
    assert not any(isinstance(o, Operation | Block | Region) for o in vars(graph).values())
    watched.made.clear()


@pytest.mark.usefixtures("no_collector")
def test_no_xdsl_object_of_a_private_function_stays() -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        for number in range(5):
            f = b.function(f"f{number}", lambda b, v: [hlo.negate(v), hlo.abs(v)], [((2,), "f32")])
            x = f(x)[0]
        return x

    gc.freeze()
    try:
        graph = record(forward, policy=POLICY).to_compute_graph().pruned_to_outputs()
        assert graph.num_nodes == 5
        kept = [o for o in gc.get_objects() if isinstance(o, Operation | Block | Region)]
        # The chunk that would be next has no operation yet.
        assert all(isinstance(o, Block) and not o.ops for o in kept)
    finally:
        gc.unfreeze()


def test_sets_and_names_never_exceed_the_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of three values through 300 chunks, dead values leaving each."""
    live: list[int] = []
    names: list[int] = []
    visit, emit = Sweep.visit, Emitter.emit
    handles: list[Value] = []

    def visiting(self: Sweep, *arguments) -> None:
        visit(self, *arguments)
        live.append(len(self._live))

    def emitting(self: Emitter, *arguments) -> None:
        emit(self, *arguments)
        names.append(sum(not word & PARAMETER for word in self.names))

    monkeypatch.setattr(Sweep, "visit", visiting)
    monkeypatch.setattr(Emitter, "emit", emitting)

    def forward(b: Builder) -> Value:
        x = y = z = b.argument("x", (2,), "f32")
        for _ in range(700):
            handles.append(hlo.negate(x))  # leaves its chunk, for its handle lives on
            x, y, z = hlo.add(x, z), hlo.multiply(x, y), hlo.negate(y)
        return hlo.add(x, hlo.add(y, z))

    graph = record(forward, policy=POLICY).to_compute_graph().pruned_to_outputs()
    assert graph.to_stablehlo().text.count("\n") > 2000
    program = graph.streamed()
    assert len(live) == len(names) == program.tape.chunks == 401
    assert max(live) == max(names) == program.widest_cut == 3


def test_caches_stay_under_their_limits_when_nothing_repeats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BoundedCache.__init__, "__defaults__", (50, 1 << 20))
    monkeypatch.setattr(SignatureTable.__init__, "__defaults__", (50,))
    sizes: list[int] = []

    def forward(b: Builder) -> Value:
        total = b.constant(0.0)
        for number in range(400):
            row = b.constant(np.full((number + 1,), number, np.float32))
            cubed = hlo.reduce(
                hlo.slice(row, [0], [number + 1], [1]), float(number), [0],
                lambda a, c, n=number: hlo.add(a, hlo.multiply(c, b.constant(n + 0.25))),
            )  # fmt: skip
            total = hlo.add(total, cubed)
            tape = b._tape
            if isinstance(tape, ChunkedTape):
                caches = [b._memo, b._types, b._constants, tape._signatures._known,
                          tape._encoder._store._decoded]  # fmt: skip
                sizes.extend(map(len, caches))
        return total

    text = record(forward, policy=POLICY).to_compute_graph().to_stablehlo().text
    assert text == record(forward).to_compute_graph().to_stablehlo().text
    assert max(sizes) == 50 < ENTRIES


@pytest.mark.usefixtures("no_collector")
def test_large_constants_leave_with_their_chunk() -> None:
    count, size = 40, 1 << 20

    def forward(b: Builder) -> Value:
        total = b.constant(np.zeros(size // 4, np.float32))
        for number in range(count):
            array = np.arange(size // 4, dtype=np.float32) + number
            total = hlo.add(total, b.constant(array))
        return total

    policy = Policy(chunk_end="operations", operations=2, log="disk")
    tracemalloc.start()
    graph = record(forward, policy=policy).to_compute_graph().pruned_to_outputs()
    assert graph.num_nodes == 2 * count + 1
    held, peak = tracemalloc.get_traced_memory()
    graph.to_stablehlo().write_to(Discard())
    _, emission = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2 * size
    assert peak < 16 * size
    assert max(peak, emission) < 24 * size < count * size


def test_a_chunk_is_bounded_in_bytes_by_the_constants_it_holds() -> None:
    """However large, a constant fits; what follows it goes to the next chunk."""
    policy = Policy(chunk_end="bytes", chunk_bytes=1 << 16)

    def forward(b: Builder) -> Value:
        total = b.constant(np.zeros(1 << 16, np.float32))  # all equal: held as one element
        for number in range(10):
            total = hlo.add(total, b.constant(np.arange(1 << 16, dtype=np.float32) + number))
        return total

    graph = record(forward, policy=policy).to_compute_graph()
    assert graph.num_nodes == 21
    assert graph.streamed().tape.chunks == 11
    assert graph.to_stablehlo().text == record(forward).to_compute_graph().to_stablehlo().text


class Discard:
    def write(self, data: bytes) -> None: ...


PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from irkit import Policy, hlo, record

def resident():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) * 1024

class Discard:
    def write(self, data): pass

unique, first, last = sys.argv[1] == "unique", int(sys.argv[2]), int(sys.argv[3])
sizes = {}

def forward(b):
    x = b.argument("x", (2,), "f32")
    for number in range(last // 4):
        if number * 4 == first:
            sizes["first"] = resident()
        y = x * (number + 0.5 if unique else 2.0)
        hlo.exponential(y)
        x = hlo.negate(y)
    return x

policy = Policy(chunk_end="operations", operations=256, log="disk")
graph = record(forward, policy=policy).to_compute_graph().pruned_to_outputs()
assert graph.num_nodes == last // 4 * 3
sizes["swept"] = resident()
graph.to_stablehlo().write_to(Discard())
sizes["emitted"] = resident()
print(sizes["swept"] - sizes["first"], sizes["emitted"] - sizes["first"])
"""


@pytest.mark.parametrize(
    ("kind", "first", "last", "most"),
    [("same", 20_000, 100_000, 1 << 20), ("unique", 20_000, 40_000, 2 << 20)],
)
def test_memory_is_flat_in_the_length_of_the_program(kind, first, last, most) -> None:
    """Resident bytes of a fresh process, from an early operation to the sweep and the end."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind, str(first), str(last)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    swept, emitted = map(int, done.stdout.split())
    assert swept < most
    assert emitted < most
