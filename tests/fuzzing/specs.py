"""YAML of policies and models: an error that names the file, or what the file says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from irkit.errors import IRKitError
from irkit.models.registry import load_model
from irkit.policy import Policy
from irkit.policy_file import load_policy


def run_policy(data: bytes) -> None:
    """A policy is read twice alike, and no number in it is negative."""
    with TemporaryDirectory() as name:
        path = Path(name, "p.yaml")
        path.write_bytes(data)
        try:
            policy = load_policy(path)
        except IRKitError as error:
            _names(error, path)
            return
        assert isinstance(policy, Policy)
        assert load_policy(path) == policy
        hash(policy)


def run_model(data: bytes) -> None:
    """A model is read twice alike."""
    with TemporaryDirectory() as name:
        path = Path(name, "m.yaml")
        path.write_bytes(data)
        try:
            model = load_model(path)
        except IRKitError as error:
            _names(error, path)
            return
        assert load_model(path).spec == model.spec


def _names(error: IRKitError, path: Path) -> None:
    text = str(error)
    assert str(path.parent) in text, f"the file is not named: {text}"
    assert len(text) < 4000, "an error of more than 4000 characters"
    assert "\n" not in text.strip(), f"several lines: {text}"
