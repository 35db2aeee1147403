"""Hostile and changing weight files; all of them in processes by ``python -m tests.faults``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irkit import lower
from irkit.errors import IRKitError
from irkit.input_file import inside
from irkit.weights import open_weights
from tests.faults import weights

_SLOW = {"16 MB of empty objects", "npz: 100,000 arrays", "npz: bomb in a header"}
FAULTS = {
    fault.name: fault
    for faults in (weights.header_faults, weights.numpy_faults, weights.index_faults)
    for fault in faults()
}


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - _SLOW))
def test_a_hostile_file_is_one_error(name: str) -> None:
    assert weights.by_the_api(FAULTS[name]) is None


@pytest.mark.parametrize(
    "name", ["wrong shape", "npz: lzma bomb", "index: pipe as .npz", "index: absolute"]
)
def test_a_hostile_file_is_one_line_and_leaves_nothing(name: str) -> None:
    assert weights.in_a_process(FAULTS[name]) is None


def test_no_part_of_a_file_is_taken_for_the_whole() -> None:
    places = weights.structural_places()
    lost = [weights.by_the_api(fault) for fault in weights.truncations(places[::4])]
    assert not [loss for loss in lost if loss]


@pytest.mark.parametrize("change", weights.CHANGES)
@pytest.mark.parametrize("name", weights.CHANGED_FILES)
def test_a_file_that_changes_is_noticed(
    name: str, change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for form, policy in (("external", "buffered"), ("inline", "fixed-ops")):
        folder = tmp_path / form
        folder.mkdir()
        monkeypatch.chdir(folder)
        path = weights.change_fault(name, change, form, policy).put(folder)
        with pytest.raises(IRKitError, match=Path(name).name):
            lower(weights.changing, "out.mlir", weights=path, constants=form, policy=policy)
        assert not Path("out.mlir").exists()


def test_files_that_stay_as_they_are_are_lowered(tmp_path: Path) -> None:
    weights._right_weights(tmp_path)
    texts = set()
    for name in ("w.safetensors", "w.npz", "m"):
        lower(weights.forward, tmp_path / "out", weights=tmp_path / name, constants="inline")
        texts.add((tmp_path / "out").read_bytes())
    assert len(texts) == 1


def test_the_cache_of_the_hub_is_read_and_nothing_else_outside(tmp_path: Path) -> None:
    """Its snapshots are links to blobs of the same repository."""
    repository = tmp_path / "models--someone--tiny"
    snapshot = repository / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    (repository / "blobs" / "ab").write_bytes(weights.WHOLE)
    (tmp_path / "secret").write_bytes(weights.WHOLE)
    link = snapshot / "model.safetensors"
    link.symlink_to("../../blobs/ab")
    with open_weights(snapshot) as source:
        assert source.info("b").dtype == np.int32
    link.unlink()
    link.symlink_to(tmp_path / "secret")
    with pytest.raises(IRKitError, match="link out of its folder"):
        open_weights(snapshot)
    (repository / "blobs" / "cd").symlink_to(tmp_path / "secret")
    assert inside(snapshot, "../../blobs/ab") is None
