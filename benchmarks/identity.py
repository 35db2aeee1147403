"""One text for each model and artifact form, whatever the policy, chunk size and hash seed.

    python -m benchmarks.identity --sizes 50 --hash-seeds 0 1 2

Lowers every small model under every shipped policy and under random chunk sizes, in each form, and
compares the SHA-256 of the outputs with the buffered reference's. Each hash seed is a process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

MODELS = ("llama-small", "llama-small-kv", "gpt2-small", "bert-small", "whisper-small",
          "whisper-small-decoder")  # fmt: skip
FORMS = ("argument", "inline", "resource", "external")


class Sha256:
    """A file that only hashes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Takes the bytes."""
        self._hash.update(data)

    def hexdigest(self) -> str:
        """Of everything written."""
        return self._hash.hexdigest()


def policies(sizes: int, seed: int) -> Iterator[object]:
    """The shipped policies, then ``sizes`` random ones."""
    from irkit import Policy
    from irkit.spec_files import spec_names

    yield from spec_names("policies")
    rng = random.Random(seed)
    for _ in range(sizes):
        operations = int(2 ** rng.uniform(0, 9))
        kept = (
            {"log": "disk"} if rng.random() < 0.5 else {"log_memory_limit": rng.randrange(1 << 20)}
        )
        yield Policy(name="random", chunk_end="operations", operations=operations, **kept)


def digests(model_name: str, form: str, sizes: int, seed: int, weights: Path) -> dict[str, int]:
    """SHA-256 of the texts, with how many settings gave each."""
    from irkit import lower
    from irkit.models.registry import load_model

    model = load_model(model_name)
    found: dict[str, int] = {}
    for policy in policies(sizes, seed):
        out = Sha256()
        source = None if form == "argument" else weights
        lower(model.forward, out, policy=policy, weights=source, constants=form, name=model.name)
        found[out.hexdigest()] = found.get(out.hexdigest(), 0) + 1
    return found


def generate(model_name: str, folder: Path) -> Path:
    """Random weights of a model."""
    from irkit.models.registry import load_model
    from irkit.weights.generate import write_random_safetensors

    path = folder / f"{model_name}.safetensors"
    if not path.exists():
        write_random_safetensors(path, load_model(model_name).tensors(), seed=0)
    return path


def table(models: list[str], forms: list[str], sizes: int, folder: Path) -> dict[str, object]:
    """All digests of this process."""
    return {
        f"{model} {form}": digests(model, form, sizes, seed, generate(model, folder))
        for model in models
        for seed, form in enumerate(forms)
    }


def in_process(hash_seed: str, arguments: list[str]) -> dict[str, dict[str, int]]:
    """The table of a process with its own hash seed."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.identity", "--child", *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    """Prints a line for each model and form; exit status 1 if any has two texts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--forms", nargs="+", default=list(FORMS))
    parser.add_argument("--sizes", type=int, default=50)
    parser.add_argument("--hash-seeds", nargs="+", default=["0", "1", "2"])
    parser.add_argument("--weights", type=Path, help="folder of the generated weights")
    parser.add_argument("--child", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.weights or Path(temporary)
        if options.child:
            json.dump(table(options.models, options.forms, options.sizes, folder), sys.stdout)
            return
        for model in options.models:
            generate(model, folder)
        arguments = ["--models", *options.models, "--forms", *options.forms]
        arguments += ["--sizes", str(options.sizes), "--weights", str(folder)]
        total: dict[str, dict[str, int]] = {}
        for hash_seed in options.hash_seeds:
            for key, found in in_process(hash_seed, arguments).items():
                counts = total.setdefault(key, {})
                for digest, count in found.items():
                    counts[digest] = counts.get(digest, 0) + count
    for key, counts in total.items():
        texts = ", ".join(f"{count} x {digest[:16]}" for digest, count in counts.items())
        print(f"{key:34} {'one text' if len(counts) == 1 else 'DIFFERENT'}: {texts}")
    if any(len(counts) != 1 for counts in total.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
