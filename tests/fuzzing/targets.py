"""What is fuzzed: each target takes any bytes, and raises where a promise is broken."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent

Run = Callable[[bytes], object]
Mutator = Callable[[bytes, int, int], bytes]
"""As libFuzzer calls it: data, the most bytes it may become, a seed."""


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of input."""

    name: str
    module: str
    """Of this package; it has the function ``run``."""
    function: str = "run"
    longest: int = 4096
    """Bytes of an input."""
    dictionary: Path | None = None
    mutator: Callable[[], Mutator] | None = None

    def load(self) -> Run:
        """The function to call with inputs."""
        return getattr(importlib.import_module(f"tests.fuzzing.{self.module}"), self.function)


def corpus(name: str) -> Path:
    """Inputs that reach much of the code, kept with the tests."""
    return FOLDER / "corpora" / name


def saved(name: str) -> Path:
    """Inputs that once failed."""
    return FOLDER / "regressions" / name


def _mlir() -> Mutator:
    from tests.fuzzing.mutators import mlir_mutator

    return mlir_mutator()


def _npz() -> Mutator:
    from tests.fuzzing.mutators import npz_mutator

    return npz_mutator()


def _safetensors() -> Mutator:
    from tests.fuzzing.mutators import safetensors_mutator

    return safetensors_mutator()


_ALL = (
    Target("reader", "reader", mutator=_mlir),
    Target("unregistered", "reader", "run_unregistered", mutator=_mlir),
    Target("safetensors", "weights", "run_safetensors", mutator=_safetensors),
    Target("index", "weights", "run_index"),
    Target("npz", "weights", "run_npz", mutator=_npz),
    Target("npy", "weights", "run_npy"),
    Target("policy", "specs", "run_policy", dictionary=FOLDER / "yaml.dict"),
    Target("model", "specs", "run_model", dictionary=FOLDER / "yaml.dict"),
    Target("program", "programs"),
    Target("record", "op_log", "run_record"),
    Target("template", "op_log", "run_template"),
    Target("spool", "op_log", "run_spool"),
)
TARGETS = {target.name: target for target in _ALL}
