"""Weight files that are hostile, damaged, or changed while they are read.

Each is given to ``irkit lower`` in a process of its own, and to :func:`irkit.lower`: one error that
names the file, status 2, and nothing under the output's name.
"""

from __future__ import annotations

import json
import os
import random
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from irkit import Builder, Value, lower
from irkit.errors import IRKitError
from tests.faults.case import Outcome, count
from tests.faults.process import loss, run
from tests.faults.weight_files import (
    DATA,
    HOSTILE_HEADERS,
    INDEXES,
    NPY,
    NPZ,
    TENSORS,
    WHOLE,
    _archive,
    _members,
    described,
    safetensors,
)

MEMORY = 3 << 30
"""Bytes of address space that a run may have; it starts with half a gigabyte."""


def forward(builder: Builder) -> dict[str, Value]:
    """Reads both tensors, with the shapes that the model, not the file, gives them."""
    a = builder.parameter("a", (20, 20), "f32")
    return {"y": a + a, "b": builder.parameter("b", (6,), "i32")}


# -- files that change while they are read ---------------------------------------------------------


def _rewrite(path: Path) -> None:
    """Another byte in the same place."""
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))


def _replace(path: Path) -> None:
    """The same bytes under the same name, in another file."""
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


CHANGES: dict[str, Callable[[Path], object]] = {
    "rewritten": _rewrite,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "longer": _append,
    "replaced": _replace,
    "touched": lambda path: os.utime(path),
    "removed": lambda path: path.unlink(),
}

CHANGED_FILES = ("w.safetensors", "w.npz", "m/1.safetensors", "m/model.safetensors.index.json")
FORMS = ("inline", "resource", "external")
POLICIES = ("buffered", "fixed-ops")


def changing(builder: Builder) -> dict[str, Value]:
    """Is half recorded when the file ``which`` names is changed as it says."""
    a = builder.parameter("a", (20, 20), "f32")
    change, name = Path("which").read_text().split()
    CHANGES[change](Path(name))
    return {"y": a + a, "b": builder.parameter("b", (6,), "i32")}


def _before_long() -> int:
    """A time of change that no clock is too coarse to tell from now."""
    return 1_600_000_000_000_000_000


def _right_weights(folder: Path) -> None:
    (folder / "w.safetensors").write_bytes(WHOLE)
    (folder / "w.npz").write_bytes(_archive(_members()))
    (folder / "m").mkdir()
    for number, name in enumerate(TENSORS):
        part = safetensors(*described({name: TENSORS[name]}))
        (folder / "m" / f"{number}.safetensors").write_bytes(part)
    shards = {name: f"{number}.safetensors" for number, name in enumerate(TENSORS)}
    index = json.dumps({"weight_map": shards})
    (folder / "m" / "model.safetensors.index.json").write_text(index)
    for path in folder.rglob("*"):
        os.utime(path, ns=(_before_long(), _before_long()))


# -- trials ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """A weight file in a folder of its own, and what the error says."""

    name: str
    put: Callable[[Path], Path]
    """Makes the file and gives its path."""
    words: str
    model: str = "forward"
    options: tuple[str, ...] = ("--constants", "inline")


def _bounded_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def in_a_process(fault: Fault) -> str | None:
    """What is lost when ``irkit lower`` meets the fault."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = fault.put(folder)
        before = {p.name for p in folder.iterdir()}
        model = f"{__name__}:{fault.model}"
        arguments = ["lower", model, "--weights", str(path), *fault.options, "-o", "out.mlir"]
        ended, left = run(folder, arguments, before=_bounded_memory)
        found = loss(ended, left, 2, fault.words)
        if found is None and name not in ended.err:
            found = f"does not name the file: {ended.err!r}"
        if found is None and len(ended.err) > 2000:
            found = f"an error of {len(ended.err)} characters"
        new = {p.name for p in folder.iterdir()} - before - {"other"}
        if found is None and new:
            found = f"left {sorted(new)}"
    return f"{fault.name}: {found}" if found else None


def by_the_api(fault: Fault) -> str | None:
    """What is lost when :func:`irkit.lower` meets the fault."""
    with tempfile.TemporaryDirectory() as name:
        path = fault.put(Path(name))
        out = Path(name) / "out.mlir"
        for policy in POLICIES:
            try:
                lower(forward, out, weights=path, constants="inline", policy=policy)
            except IRKitError as error:
                text = str(error)
                if fault.words not in text or "\n" in text or len(text) > 2000:
                    return f"{fault.name}: {policy}: {text[:300]!r}"
            else:
                return f"{fault.name}: {policy}: lowered"
            if out.exists() or any(".partial" in p.name for p in Path(name).iterdir()):
                return f"{fault.name}: {policy}: left a file"
    return None


def put_bytes(name: str, content: bytes, folder: Path) -> Path:
    """A file of these bytes."""
    path = folder / name
    path.write_bytes(content)
    return path


def header_faults() -> Iterator[Fault]:
    """Headers that say what is not so."""
    for name, (content, words) in HOSTILE_HEADERS.items():
        yield Fault(name, partial(put_bytes, "w.safetensors", content), words)


def numpy_faults() -> Iterator[Fault]:
    """Archives and headers of numpy's."""
    for name, (make, words) in NPZ.items():
        yield Fault(f"npz: {name}", lambda f, make=make: put_bytes("w.npz", make(), f), words)
    for name, (content, words) in NPY.items():
        yield Fault(f"npy: {name}", partial(put_bytes, "a.npy", content), words)


def index_faults() -> Iterator[Fault]:
    """What an index, or a folder, leads to."""
    for name, (put, words) in INDEXES.items():
        yield Fault(f"index: {name}", put, words)


def truncations(places: list[int]) -> Iterator[Fault]:
    """The first so many bytes of a right file."""
    for place in places:
        put = partial(put_bytes, "w.safetensors", WHOLE[:place])
        yield Fault(f"the first {place} bytes", put, "w.safetensors")


def structural_places() -> list[int]:
    """Where a part of the file ends, and one byte off."""
    start = len(WHOLE) - len(DATA)
    text = WHOLE[8:start]
    marks = [8 + i for i, c in enumerate(text) if c in b'{}[],:"']
    ends = {0, 1, 7, 8, 9, start, start + 1600, len(WHOLE), *marks}
    return sorted(p for e in ends for p in (e - 1, e, e + 1) if 0 <= p < len(WHOLE))


def change_faults() -> Iterator[Fault]:
    """A right file that is changed in the middle of a run."""
    for name in CHANGED_FILES:
        for change in CHANGES:
            for form in FORMS:
                for policy in POLICIES:
                    yield change_fault(name, change, form, policy)


def change_fault(name: str, change: str, form: str, policy: str) -> Fault:
    """One of them."""

    def put(folder: Path) -> Path:
        _right_weights(folder)
        (folder / "which").write_text(f"{change} {name}")
        opened = name if name.startswith("w.") else "m"
        return folder / opened

    words = Path(name).name
    options = ("--constants", form, "--policy", policy)
    return Fault(f"{name} {change}, {form}, {policy}", put, words, "changing", options)


def run_headers(number: int) -> Outcome:
    """Every hostile header in both ways."""
    faults = [*header_faults()]
    trials = (trial(fault) for fault in faults for trial in (in_a_process, by_the_api))
    return count("hostile safetensors headers", trials)


def run_numpy(number: int) -> Outcome:
    """Every hostile archive in both ways."""
    faults = [*numpy_faults()]
    trials = (trial(fault) for fault in faults for trial in (in_a_process, by_the_api))
    return count("hostile .npz and .npy files", trials)


def run_indexes(number: int) -> Outcome:
    """Every hostile index in both ways."""
    faults = [*index_faults()]
    trials = (trial(fault) for fault in faults for trial in (in_a_process, by_the_api))
    return count("indexes that lead elsewhere", trials)


def run_truncated(number: int) -> Outcome:
    """Each structural place by the API, some of them in processes."""
    places = structural_places()
    some = random.Random(0).sample(places, min(number, len(places)))

    def trials() -> Iterator[str | None]:
        yield from map(by_the_api, truncations(places))
        yield from map(in_a_process, truncations(some))

    return count("weights that end early", trials())


def run_changed(number: int) -> Outcome:
    """Every change of every file in every form."""
    return count("weights that change while they are read", map(in_a_process, change_faults()))
