"""Inputs of a run from files: read only where they are what the function takes."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dialects.func import FuncOp
from dialects.reader import parse_module
from irkit.interpreter.inputs import InputError, read_inputs
from tests.faults import weight_files, weights

TYPES = "tensor<20x20xf32>, %b: tensor<6xi32>"


def entry(types: str = TYPES) -> FuncOp:
    text = f"func.func @main(%a: {types}) {{\n  return\n}}\n"
    (found,) = parse_module(text).module.body.block.ops
    assert isinstance(found, FuncOp)
    return found


def test_arrays_are_those_that_numpy_wrote(tmp_path: Path) -> None:
    a, b = weights.TENSORS.values()
    np.savez_compressed(tmp_path / "x.npz", a=np.asfortranarray(a), b=b)
    np.save(tmp_path / "a.npy", np.asfortranarray(a))
    np.save(tmp_path / "b.npy", b)
    for paths in (["x.npz"], ["a.npy", "b.npy"]):
        found = read_inputs([tmp_path / path for path in paths], entry())
        for one, other in zip(found, (a, b), strict=True):
            assert isinstance(one, np.ndarray)
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)


@pytest.mark.parametrize(
    "name", sorted(weights.NPZ.keys() - {"100,000 arrays", "bomb in a header", "lzma bomb"})
)
def test_hostile_archives_are_one_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    path.write_bytes(weights.NPZ[name][0]())
    if name == "name that goes up":  # Names lead nowhere here: one array is missing.
        assert not (tmp_path.parent.parent / "a.npy").exists()
    with pytest.raises(InputError) as caught:
        read_inputs([path], entry())
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 2000


@pytest.mark.parametrize("name", sorted(weights.NPY.keys() - {"column-major", "big-endian"}))
def test_hostile_arrays_are_one_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(weights.NPY[name][0])
    with pytest.raises(InputError, match=r"a\.npy"):
        read_inputs([path], entry("tensor<20x20xf32>"))
    assert not Path("ran").exists()


def test_an_archive_is_not_inflated_for_an_argument_that_it_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w") as member,
    ):
        member.write(weight_files._npy(weight_files._array("'|i1'", f"({1 << 26},)")))
        for _ in range(1 << 6):
            member.write(bytes(1 << 20))
    content = bytearray(out.getvalue())
    # Inflating it would end in an error of its own.
    content[2000:3000] = bytes(1000)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.npz: 'a' has the shape \[67108864\]"):
        read_inputs([path], entry("tensor<20xi8>"))


def test_an_archive_that_claims_more_than_it_holds_is_told(tmp_path: Path) -> None:
    """The archive's directory and the array's header agree; the bytes are fewer, and unharmed."""
    path = tmp_path / "x.npz"
    held = weight_files._npy(weight_files._array("'|i1'", "(20,)")) + bytes(7)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", held)
    content = path.read_bytes()
    size, claimed = (number.to_bytes(4, "little") for number in (len(held), len(held) + 13))
    directory = content.index(b"PK\x01\x02")
    path.write_bytes(content[:directory] + content[directory:].replace(size * 2, size + claimed, 1))
    with pytest.raises(InputError, match=r"x\.npz: 'a': ends after 7 of 20 bytes"):
        read_inputs([path], entry("tensor<20xi8>"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npy")
    with pytest.raises(InputError, match="not a regular file"):
        read_inputs([tmp_path / "x.npy"], entry())
