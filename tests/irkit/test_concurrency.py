"""Builders beside each other, after a fork, after an error, and values that belong to another."""

from __future__ import annotations

import gc
import hashlib
import io
import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from xdsl.dialect_interfaces.op_asm import OpAsmDialectInterface
from xdsl.dialects.builtin import Builtin

import irkit
from dialects.module_text import module_text
from dialects.reader import parse_module
from irkit import Builder, BuildError, LogError, Policy, RecordingError, Value, hlo
from irkit.output_file import BLOCK_BYTES, AtomicFile

POLICIES = {
    "buffered": Policy(),
    "operations": Policy(chunk_end="operations", operations=5, log="disk"),
    "bytes": Policy(chunk_end="bytes", chunk_bytes=6000),
    "declared": Policy(chunk_end="scope", scope_pattern="s.*", live_outs="declared"),
}

pytestmark = pytest.mark.filterwarnings(r"ignore:os\.fork\(\) was called:RuntimeWarning")


def forward(seed: int, step: Callable[[], object] = lambda: None) -> Callable[[Builder], Value]:
    """A program with constants, regions, scopes and a function; ``step`` is called between."""

    def record(b: Builder) -> Value:
        x = b.argument("x", (seed + 2,), "f32")
        double = b.function("double", lambda _, y: y + y, [((seed + 2,), "f32")])
        for number in range(8):
            with b.scope(f"s.{number}") as scope:
                step()
                x = x * (seed + number / 8)
                x = x + b.constant(np.arange(seed + 2, dtype=np.float32) + number)
                step()
                (x,) = hlo.while_(
                    [x],
                    lambda v: hlo.reduce(v, 0.0, [0], "add") < float(seed),
                    lambda v, x=x: (step(), hlo.multiply(v, x))[1],
                )  # fmt: skip
                (x,) = double(x)
                hlo.negate(x)
                scope.returns(x)
        return x

    return record


def text(seed: int, policy: Policy, step: Callable[[], object] = lambda: None) -> bytes:
    out = io.BytesIO()
    irkit.lower(forward(seed, step), out, policy=policy)
    return out.getvalue()


@pytest.fixture(scope="module")
def alone() -> dict[tuple[int, str], bytes]:
    """Each text as it is made when nothing else runs."""
    return {(s, n): text(s, p) for s in (1, 2) for n, p in POLICIES.items()}


class Turns:
    """Lets two threads go on in turn: each step of one is followed by one of the other."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._turn = 0
        self._ended: set[int] = set()

    def step(self, who: int) -> None:
        with self._condition:
            self._turn = 1 - who
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._turn == who or 1 - who in self._ended, 20)

    def end(self, who: int) -> None:
        with self._condition:
            self._ended.add(who)
            self._condition.notify_all()


@pytest.mark.parametrize("first", POLICIES)
@pytest.mark.parametrize("second", ["buffered", "operations"])
def test_two_threads_write_what_each_writes_alone(
    first: str, second: str, alone: dict[tuple[int, str], bytes]
) -> None:
    turns = Turns()
    found: dict[int, bytes] = {}

    def run(who: int, name: str) -> None:
        try:
            found[who] = text(who + 1, POLICIES[name], lambda: turns.step(who))
        finally:
            turns.end(who)

    threads = [threading.Thread(target=run, args=(w, n)) for w, n in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {0: alone[1, first], 1: alone[2, second]}


def test_many_threads_as_they_come(alone: dict[tuple[int, str], bytes]) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    found: list[bool] = []
    try:
        jobs = [*alone, *alone]
        threads = [
            threading.Thread(
                target=lambda k=k: found.append(text(k[0], POLICIES[k[1]]) == alone[k])
            )
            for k in jobs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(interval)
    assert found == [True] * len(jobs)


def _digest(key: tuple[int, str]) -> str:
    return hashlib.sha256(text(key[0], POLICIES[key[1]])).hexdigest()


def test_two_processes_write_what_each_writes_alone(alone: dict[tuple[int, str], bytes]) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        digests = pool.map(_digest, list(alone), chunksize=1)
    assert digests == [hashlib.sha256(data).hexdigest() for data in alone.values()]


RESOURCES = """\
module {{
  func.func @main() -> tensor<4xi8> {{
    %c = stablehlo.constant dense_resource<w> : tensor<4xi8>
    return %c : tensor<4xi8>
  }}
}}

{{-#
  dialect_resources: {{
    builtin: {{
      w: "0x01000000{data}"
    }}
  }}
#-}}
"""


def test_xdsls_table_of_resources_is_not_used() -> None:
    """It is one for the process: a second module with the same key would get another."""
    table = Builtin.get_interface(OpAsmDialectInterface)
    assert table is not None
    before = dict(table._blob_storage)
    for data in ("01020304", "05060708", "01020304"):
        source = RESOURCES.format(data=data)
        parsed = parse_module(source.encode(), "x.mlir")
        assert module_text(parsed.module, parsed.resources) == source
    weights = {"w": np.arange(4, dtype=np.int8)}
    for policy in (None, POLICIES["operations"]):
        for _ in range(2):
            made = irkit.record(
                lambda b: b.parameter("w"), policy=policy, weights=weights, constants="resource"
            )
            assert 'w: "0x0100000000010203"' in made.to_compute_graph().to_stablehlo().text
    assert table._blob_storage == before


# -- after a fork ----------------------------------------------------------------------------------


def in_fork(act: Callable[[], object]) -> str:
    """What ``act`` gives or raises in a forked process that then ends as any other."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: there are threads
        child = os.fork()
    if child == 0:
        try:
            said = repr(act())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode()[:4000])
        gc.collect()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    assert os.waitpid(child, 0)[1] == 0
    return said


@pytest.mark.parametrize("blocks", [0, 3], ids=["no thread yet", "a thread writes"])
def test_a_forked_process_can_not_touch_the_output(tmp_path: Path, blocks: int) -> None:
    path = tmp_path / "out"
    file = AtomicFile(path)
    data = b"p" * (BLOCK_BYTES * blocks + 100)
    file.write(data)

    def use() -> None:
        with file:
            file.write(b"c" * (BLOCK_BYTES * 8))

    def finish() -> None:
        with file:
            pass

    def forget() -> None:
        with file:
            raise ValueError

    words = f"out: is written by process {os.getpid()}, which forked this one"
    assert words in in_fork(use)
    assert words in in_fork(finish)
    assert in_fork(forget) == "ValueError: "
    assert len(list(tmp_path.iterdir())) == 1, "the partial file is there"
    file.commit()
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("policy", POLICIES)
def test_irkit_works_after_a_fork(policy: str, alone: dict[tuple[int, str], bytes]) -> None:
    """Also in the middle of a recording, which then goes on in both processes or says why not."""
    digest = hashlib.sha256(alone[1, policy]).hexdigest()
    said: list[str] = []

    def fork() -> None:
        if len(said) < 3:
            said.append(in_fork(lambda: _digest((1, policy))))

    assert text(1, POLICIES[policy], fork) == alone[1, policy]
    assert said == [repr(digest)] * 3


def test_a_forked_process_reads_the_op_log_and_does_not_change_it() -> None:
    graph = irkit.record(forward(1), policy=POLICIES["operations"]).to_compute_graph()
    program = graph.pruned_to_outputs().streamed()
    refused = in_fork(program.sweep)
    assert refused.startswith("LogError: the op log can not be written: it is that of process")
    program.sweep()
    expected = io.BytesIO()

    def write() -> str:
        out = io.BytesIO()
        program.write(out, "main")
        return hashlib.sha256(out.getvalue()).hexdigest()

    there = in_fork(write)
    program.write(expected, "main")
    assert there == repr(hashlib.sha256(expected.getvalue()).hexdigest())
    assert issubclass(LogError, irkit.IRKitError)
    program.close()


def test_recording_on_in_a_forked_process_is_refused_and_harms_nothing() -> None:
    """With the log on disk, which the two processes share."""
    policy = Policy(chunk_end="operations", operations=3, log="disk")
    said: list[str] = []
    parent = os.getpid()

    def record(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        for number in range(40):
            x = hlo.negate(x)
            if number == 20:

                def go_on(x: Value = x) -> None:
                    for _ in range(40):
                        x = hlo.negate(x)

                said.append(in_fork(go_on))
        return x

    out = io.BytesIO()
    irkit.lower(record, out, policy=policy)
    assert out.getvalue().count(b"stablehlo.negate") == 40
    assert said == [
        f"LogError: the op log can not be written: it is that of process {parent}, which forked "
        "this one; record the forward anew here"
    ]


# -- a forward that raises -------------------------------------------------------------------------


class OnPurposeError(Exception):
    pass


def _fail() -> Value:
    raise OnPurposeError


def in_region(b: Builder, x: Value) -> object:
    return hlo.while_([x], lambda v: hlo.reduce(v, 0.0, [0], "add") < 1.0, lambda v: _fail())


def in_nested_region(b: Builder, x: Value) -> object:
    flag = hlo.reduce(x, 0.0, [0], "add") < 1.0
    return hlo.if_(flag, lambda: hlo.if_(flag, _fail, lambda: x), lambda: x)


def in_scope(b: Builder, x: Value) -> object:
    with b.scope("s.2"), b.scope("inner"):
        hlo.negate(x)
        return _fail()


def in_function(b: Builder, x: Value) -> object:
    return b.function("f", lambda _, y: _fail(), [((2,), "f32")])


def between(b: Builder, x: Value) -> object:
    return _fail()


def open_files() -> list[str]:
    """What the descriptors of this process lead to, the one of the asking itself left out."""
    links = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return sorted(link for link in links if not link.endswith("/fd"))


@contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    gc.collect()
    files = {str(path) for path in folder.rglob("*")}
    opened, threads = open_files(), threading.active_count()
    yield
    gc.collect()
    assert {str(path) for path in folder.rglob("*")} == files
    assert open_files() == opened
    assert threading.active_count() == threads


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fails", [in_region, in_nested_region, in_scope, in_function, between])
def test_a_forward_that_raises_leaves_nothing_and_its_builder_says_so(
    tmp_path: Path, policy: str, fails: Callable[[Builder, Value], object]
) -> None:
    kept: list[tuple[Builder, Value]] = []

    def broken(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        for number in range(12):
            with b.scope(f"s.{number}") as scope:
                x = x * (number + 0.5)
                scope.returns(x)
        kept.append((b, x))
        fails(b, x)
        return x

    with nothing_left(tmp_path), pytest.raises(OnPurposeError):
        irkit.lower(broken, tmp_path / "x.mlir", policy=POLICIES[policy])
    builder, x = kept[0]
    uses: list[Callable[[], object]] = [
        lambda: hlo.negate(x),
        lambda: x + 1.0,
        lambda: builder.constant(1.0),
        lambda: builder.argument("y", (2,), "f32"),
        lambda: builder.parameter("w", (2,), "f32"),
        lambda: builder.scope("s"),
        lambda: builder.function("g", lambda _, y: y, [((2,), "f32")]),
        lambda: in_region(builder, x),
    ]
    for use in uses:
        with pytest.raises(RecordingError, match="this builder's recording has ended"):
            use()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fails", [in_region, in_nested_region, in_scope, in_function])
def test_a_forward_that_catches_goes_on_as_if_nothing_was_tried(
    policy: str, fails: Callable[[Builder, Value], object]
) -> None:
    def record(b: Builder, *, trying: bool) -> Value:
        x = b.argument("x", (2,), "f32")
        for number in range(9):
            with b.scope(f"s.{number}") as scope:
                x = x * (number + 0.5)
                if trying and number == 4 and fails is not in_scope:
                    with pytest.raises(OnPurposeError):
                        fails(b, x)
                scope.returns(x)
        if trying and fails is in_scope:
            with pytest.raises(OnPurposeError):
                fails(b, x)
        return x

    outs = [io.BytesIO(), io.BytesIO()]
    for out, trying in zip(outs, (True, False), strict=True):
        irkit.lower(lambda b, t=trying: record(b, trying=t), out, policy=POLICIES[policy])
    assert outs[0].getvalue() == outs[1].getvalue()


# -- values of another builder ---------------------------------------------------------------------


@pytest.mark.parametrize("policy", [None, POLICIES["operations"]], ids=["buffered", "streamed"])
def test_values_of_another_builder_are_refused_by_name(policy: Policy | None) -> None:
    ended: list[Value] = []

    def first(b: Builder) -> Value:
        ended.extend([b.argument("mine", (2,), "f32"), b.parameter("weight", (2,), "f32")])
        return hlo.add(*ended)

    irkit.lower(first, io.BytesIO(), policy=policy)
    mine, weight = ended

    def second(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        flag = b.argument("flag", (), "i1")
        call = b.function("f", lambda _, y: y, [((2,), "f32")])
        words = "Value(tensor<2xf32>) belongs to another builder"
        cases: list[tuple[Callable[[], object], str]] = [
            (lambda: hlo.add(x, mine), "stablehlo.add: operand 1, argument 'mine'"),
            (lambda: x * weight, "stablehlo.multiply: operand 1, parameter 'weight'"),
            (
                lambda: hlo.sort([x, mine]),
                "stablehlo.sort: operand 1, argument 'mine'",
            ),
            (
                lambda: hlo.if_(flag, lambda: mine, lambda: x),
                "stablehlo.if: a result of its region, argument 'mine'",
            ),
            (lambda: call(mine), "call @f: operand 0, argument 'mine'"),
            (lambda: b.scope("s").returns(x, weight), "scope 's': live-out 1, parameter 'weight'"),
            (
                lambda: b.function("g", lambda inner, y: {"out": x}, [((2,), "f32")]),
                "function @g: output 'out', argument 'x'",
            ),
            (
                lambda: b.function("g", lambda inner, y: hlo.add(y, -x), [((2,), "f32")]),
                "stablehlo.add: operand 1, result of stablehlo.negate",
            ),
        ]
        for use, name in cases:
            with pytest.raises(BuildError) as info:
                use()
            assert f": {name}, {words}" in str(info.value)
        return x

    text = io.BytesIO()
    irkit.lower(second, text, policy=policy)
    assert b"stablehlo.add" not in text.getvalue()
    with pytest.raises(BuildError, match=r"output 'y', argument 'mine', .* belongs to another"):
        irkit.lower(lambda b: {"y": mine}, io.BytesIO(), policy=policy)


def test_a_value_of_a_builder_that_ended_does_not_revive_it() -> None:
    kept: list[Value] = []

    def record(b: Builder) -> Value:
        kept.append(b.argument("mine", (2,), "f32"))
        return kept[0]

    irkit.lower(record, io.BytesIO())

    def other(b: Builder) -> Value:
        with pytest.raises(RecordingError, match=r"stablehlo\.add: .*recording has ended"):
            hlo.add(kept[0], b.argument("x", (2,), "f32"))
        return b.constant(1.0)

    irkit.lower(other, io.BytesIO())
