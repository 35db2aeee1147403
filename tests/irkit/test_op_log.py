"""The op log: what is written comes back, or there is an error; never something else."""

from __future__ import annotations

import errno
import io
import os
import runpy
import subprocess
import sys
import textwrap
import tracemalloc
from array import array
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit import Builder, LogError, Policy, RecordingError, Value, hlo, record
from irkit.streaming import record as record_module
from irkit.streaming.nested_names import NestedNames, RegionNames
from irkit.streaming.op_log import OpLog
from irkit.streaming.program import StreamedProgram
from irkit.streaming.record import ARGUMENT, DEAD, FLAG, HEAD_BYTES, PARAMETER, ChunkRecord
from irkit.streaming.spool import OVERHEAD, Spool
from irkit.streaming.template import Template, TemplateStore
from tests.irkit.refusals import text_of

LIMITS = st.sampled_from([0, 1, 64, 1 << 20])
WORDS = st.integers(0, 2**64 - 1)


# -- the spool -------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=80)), LIMITS)
def test_a_spool_gives_back_what_it_took(records: list[bytes], limit: int) -> None:
    spool = Spool(limit)
    offsets = [spool.append(data) for data in records]
    assert list(spool) == records
    assert [spool.read(offset) for offset in offsets] == records
    backward = []
    offset = spool.size
    while offset > 0:
        offset = spool.previous_offset(offset)
        backward.append(offset)
    assert backward == offsets[::-1]
    assert spool.size == sum(map(len, records)) + OVERHEAD * len(records)
    for offset, data in zip(offsets, records, strict=True):
        spool.rewrite(offset, data[::-1])
    assert list(spool) == [data[::-1] for data in records]
    spool.close()
    spool.close()


def flip(spool: Spool, bit: int) -> None:
    """Damages one bit of what is stored."""
    (byte,) = spool.storage.read(bit // 8, 1)
    spool.storage.write(bit // 8, bytes([byte ^ (1 << bit % 8)]))


def read_all(spool: Spool) -> list[bytes]:
    """Every record, read forward and backward."""
    found = list(spool)
    offset = spool.size
    while offset > 0:
        offset = spool.previous_offset(offset)
        found.append(spool.read(offset))
    return found


def test_any_flipped_bit_is_an_error_and_never_another_record() -> None:
    # Equal lengths: a wrong one leads from the end of one record to the beginning of another.
    records = [bytes([i] * 4) for i in range(20)]
    spool = Spool(1 << 20)
    for data in records:
        spool.append(data)
    good = read_all(spool)
    for bit in range(8 * spool.size):
        flip(spool, bit)
        with pytest.raises(LogError, match=r"the op log is damaged|truncated"):
            read_all(spool)
        flip(spool, bit)
    assert read_all(spool) == good


@pytest.mark.parametrize("limit", [0, 1 << 20])
def test_any_truncation_is_an_error(limit: int) -> None:
    for length in range(3 * (4 + OVERHEAD)):
        spool = Spool(limit)
        for _ in range(3):
            spool.append(b"abcd")
        spool.storage.truncate(length)
        with pytest.raises(LogError, match="the op log is truncated at byte"):
            read_all(spool)


def test_offsets_outside_of_the_spool_are_errors() -> None:
    spool = Spool(100)
    spool.append(b"abc")
    for offset in (-1, 1, 2, spool.size, 1 << 40):
        with pytest.raises(LogError, match="the op log"):
            spool.read(offset)
    with pytest.raises(LogError, match="nothing at byte -4"):
        spool.previous_offset(0)


def test_a_forked_process_may_read_and_not_write() -> None:
    body = """
        import os, sys
        from irkit.errors import LogError
        from irkit.streaming.spool import Spool
        spool = Spool(0)
        offset = spool.append(b"parent")
        child = os.fork()
        if not child:
            try:
                spool.append(b"child")
            except LogError as error:
                print(spool.read(offset), error)
            sys.exit()
        os.waitpid(child, 0)
        print(os.getpid(), list(spool))
    """
    command = [sys.executable, "-c", textwrap.dedent(body)]
    ran = subprocess.run(command, capture_output=True, check=True, text=True)
    child, parent = ran.stdout.splitlines()
    number, records = parent.split(" ", 1)
    assert child == (
        f"b'parent' the op log can not be written: it is that of process {number}, which forked "
        "this one; record the forward anew here"
    )
    assert (records, ran.stderr) == ("[b'parent']", "")


def test_a_disk_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(LogError, match=r"can not be created in .*none: No such file"):
        Spool(0, tmp_path / "none")
    spool = Spool(0, tmp_path)
    offset = spool.append(b"x" * 10_000)
    monkeypatch.setattr("os.pread", refuse)
    with pytest.raises(LogError, match=r"^the op log can not be read: Input/output error$"):
        spool.read(offset)
    monkeypatch.undo()
    monkeypatch.setattr("os.pwrite", refuse)
    with pytest.raises(LogError, match=r"^the op log can not be written: Input/output error$"):
        spool.append(b"x" * 10_000)


def test_a_file_that_was_cut_is_an_error() -> None:
    """By somebody else: the log still counts on what it wrote."""
    spool = Spool(0)
    offsets = [spool.append(b"x" * 5000) for _ in range(4)]
    assert not spool.storage.in_memory
    file = spool.storage._file
    assert file is not None
    os.truncate(file.fileno(), offsets[1] + 100)
    assert spool.read(offsets[0]) == b"x" * 5000
    with pytest.raises(LogError):
        spool.read(offsets[1])


@pytest.mark.parametrize("data", [[[[1], []]], [[["x"], [[[None], []]]]]])
def test_names_that_are_no_text_are_refused(data: object) -> None:
    with pytest.raises(TypeError, match="a name must be text"):
        NestedNames.from_json(data)


def test_a_machine_of_another_byte_order_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert record_module.__file__ is not None
    monkeypatch.setattr(sys, "byteorder", "big")
    with pytest.raises(ImportError, match="irkit's op log needs a little-endian machine"):
        runpy.run_path(record_module.__file__, run_name="irkit.streaming.record")


def test_a_closed_spool_says_so() -> None:
    for limit in (0, 100):
        spool = Spool(limit)
        offset = spool.append(b"abc")
        spool.close()
        with pytest.raises(LogError, match="can not be read"):
            spool.read(offset)
        with pytest.raises(LogError, match="can not be written"):
            spool.append(b"abc")
        with pytest.raises(LogError, match="can not be truncated: it is closed"):
            spool.storage.truncate(1)


def test_a_record_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("irkit.streaming.spool.LONGEST", 10)
    spool = Spool(100)
    spool.append(b"a" * 10)
    with pytest.raises(
        LogError, match=r"a record of 11 bytes is too long .* use builder\.parameter"
    ):
        spool.append(b"a" * 11)


def test_beyond_its_limit_a_spool_is_a_private_unnamed_file(tmp_path: Path) -> None:
    spool = Spool(1000, tmp_path)
    for _ in range(1000 // (88 + OVERHEAD)):
        spool.append(b"a" * 88)
    assert spool.storage.in_memory
    spool.append(b"b" * 88)
    assert not spool.storage.in_memory
    assert list(tmp_path.iterdir()) == []  # nothing to clean up, whatever happens to the process
    assert len(list(spool)) == 11
    assert not Spool(0, tmp_path).storage.in_memory


def test_memory_is_bounded_by_the_limit() -> None:
    spool = Spool(1 << 16)
    block = bytes(1 << 12)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(1 << 10):
        spool.append(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spool.size > 1 << 22
    assert peak - before < 1 << 18


# -- records ---------------------------------------------------------------------------------------

RECORDS = st.builds(
    ChunkRecord,
    first_word=WORDS,
    templates=st.lists(WORDS).map(lambda x: array("Q", x)),
    operations=st.lists(st.integers(0, 2**32 - 1)).map(lambda x: array("I", x)),
    operands=st.lists(st.integers(0, 2**32 - 1)).map(lambda x: array("I", x)),
    live_ins=st.lists(WORDS).map(lambda x: array("Q", x)),
    live_outs=st.lists(WORDS).map(lambda x: array("Q", x)),
    scope=st.text(),
)


@given(RECORDS)
def test_records_come_back(record_: ChunkRecord) -> None:
    data = record_.encode()
    assert ChunkRecord.decode(data) == record_
    for end in (0, 5, HEAD_BYTES - 1, len(data) - 1):
        with pytest.raises(LogError, match="a record of the op log"):
            ChunkRecord.decode(data[:end])
    with pytest.raises(LogError, match="wrong length"):
        ChunkRecord.decode(data + b"\0")


def test_flags_are_no_part_of_the_numbers_they_mark() -> None:
    assert len({ARGUMENT, PARAMETER, FLAG}) == 3
    assert ARGUMENT & PARAMETER == ARGUMENT & FLAG == PARAMETER & FLAG == 0
    record_ = ChunkRecord(3, array("Q", [PARAMETER | 7]), array("I", [0 | DEAD]))
    length = len(record_.encode())
    record_.operations[0] ^= DEAD
    assert len(record_.encode()) == length


# -- templates -------------------------------------------------------------------------------------

REGIONS = st.recursive(
    st.builds(RegionNames, st.lists(st.text()).map(tuple), st.just(())),
    lambda inner: st.builds(
        RegionNames, st.lists(st.text()).map(tuple), st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=5,
)
TEMPLATES = st.builds(
    Template,
    pieces=st.lists(st.text()).map(tuple),
    holes=st.lists(st.integers(-50, 50)).map(tuple),
    operands=st.integers(0, 100),
    results=st.integers(0, 100),
    removable=st.booleans(),
    suggestion=st.none() | st.text(),
    nested=st.none() | st.builds(NestedNames, st.lists(REGIONS, max_size=3).map(tuple)),
)


@settings(max_examples=50)
@given(st.lists(TEMPLATES, max_size=6), LIMITS)
def test_templates_come_back(templates: list[Template], limit: int) -> None:
    store = TemplateStore(Spool(limit))
    offsets = [store.add(template) for template in templates]
    assert store.bytes_written >= len(templates) * OVERHEAD
    for _ in range(2):
        assert [store.get(offset) for offset in offsets] == templates
    store.close()


@pytest.mark.parametrize("data", [b"", b"3", b"[1,2]", b"{", b"\xff", b"null"])
def test_a_template_that_does_not_read_is_an_error(data: bytes) -> None:
    spool = Spool(100)
    store = TemplateStore(spool)
    offset = spool.append(data)
    with pytest.raises(LogError, match="a template of the op log does not read back"):
        store.get(offset)


def test_decoded_templates_are_bounded_in_number_and_bytes() -> None:
    store = TemplateStore(Spool(0))
    long = Template(("x" * 500_000,), (), 0, 1, True, None, None)
    offsets = [store.add(long) for _ in range(40)]
    tracemalloc.start()
    for offset in offsets:
        assert store.get(offset) == long
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 12 << 20


# -- the log in a lowering -------------------------------------------------------------------------


def forward(b: Builder) -> Value:
    x = b.argument("x", (2,), "f32")
    for number in range(12):
        y = hlo.add(x, b.constant([number + 0.5, 1.0]))
        hlo.negate(y)
        x = hlo.if_(hlo.reduce(y, 0.0, [0], "add") > 1, lambda y=y: y, lambda x=x: hlo.negate(x))
    return x


POLICY = Policy(chunk_end="operations", operations=5)


def program() -> StreamedProgram:
    graph = record(forward, policy=POLICY).to_compute_graph().pruned_to_outputs()
    return graph.streamed()


def written(streamed: StreamedProgram) -> str:
    out = io.BytesIO()
    streamed.write(out, "main")
    return out.getvalue().decode()


def spools(streamed: StreamedProgram) -> list[Spool]:
    return [streamed.log._records, streamed.log.templates._spool]


@pytest.mark.parametrize("swept", [False, True], ids=["before the sweep", "after it"])
@pytest.mark.parametrize("which", [0, 1], ids=["records", "templates"])
def test_a_damaged_log_never_gives_another_text(which: int, swept: bool) -> None:
    """One flipped bit: an error, or, where it is not read again, the right text."""
    expected = text_of(forward)
    size = spools(program())[which].size
    rng = np.random.default_rng(which)
    errors = 0
    for bit in rng.choice(8 * size, 25, replace=False):
        streamed = program()
        if swept:
            streamed.sweep()
        streamed.log.templates._decoded.clear()
        flip(spools(streamed)[which], int(bit))
        try:
            text = written(streamed)
        except LogError:
            errors += 1
        else:
            assert text == expected
    assert errors >= 15


def test_a_truncated_log_gives_no_text() -> None:
    for which in (0, 1):
        streamed = program()
        streamed.log.templates._decoded.clear()
        spools(streamed)[which].storage.truncate(spools(streamed)[which].size - 5)
        with pytest.raises(LogError, match="truncated"):
            written(streamed)


@pytest.mark.parametrize("limit", [None, 0, 1, 1 << 10, 1 << 20])
def test_where_the_log_lives_changes_nothing(limit: int | None, tmp_path: Path) -> None:
    place: dict[str, Any] = {"log": "disk"} if limit is None else {"log_memory_limit": limit}
    policy = Policy(chunk_end="operations", operations=3, log_directory=tmp_path, **place)
    assert text_of(forward, policy) == text_of(forward)


def test_a_log_that_fails_ends_the_recording_even_if_the_forward_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A chunk that was lost must not be missing from a text that looks whole."""
    real = OpLog.append
    calls: list[None] = []

    def full(self: OpLog, chunk: ChunkRecord) -> None:
        calls.append(None)
        if len(calls) == 3:
            raise LogError("the op log can not be written: No space left on device")
        real(self, chunk)

    monkeypatch.setattr(OpLog, "append", full)

    def careless(b: Builder) -> Value:
        x = b.argument("x", (), "f32")
        for _ in range(60):
            try:
                x = hlo.negate(x)
            except LogError:
                continue
            except RecordingError:
                break
        return x

    with pytest.raises(RecordingError, match=r"can not go on after: the op log can not be written"):
        record(careless, policy=POLICY).to_compute_graph().to_stablehlo()
    assert len(calls) == 3


def test_a_function_that_was_lost_ends_the_recording_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Spool, data: bytes) -> int:
        if b"func.func private" in data:
            raise LogError("the op log can not be written: No space left on device")
        return append(self, data)

    append = Spool.append
    monkeypatch.setattr(Spool, "append", full)

    def careless(b: Builder) -> Value:
        with suppress(LogError):
            b.function("f", lambda _, y: y, [((), "f32")])
        return b.constant(1)

    with pytest.raises(RecordingError, match="can not go on after: the op log can not be written"):
        record(careless, policy=POLICY).to_compute_graph().to_stablehlo()
