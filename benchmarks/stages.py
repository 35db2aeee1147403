"""Where the time of a streamed lowering goes, stage by stage, and what chunk sizes cost.

    python -m benchmarks.stages --operations 100000

Prints CPU microseconds an operation: for each chunk size the whole, then each stage on its own as
the time spent inside it (the rest is the builder: inference by memo, the operation, its handle).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.op_scaling import run_irkit
from irkit.op_construction import release_block
from irkit.streaming import tape
from irkit.streaming.emitter import Emitter
from irkit.streaming.encode import Encoder
from irkit.streaming.sweep import Sweep
from passes.prune import PrunePass
from passes.verify import VerifyPass

STAGES: dict[str, tuple[Any, str]] = {
    "prune the region": (PrunePass, "run"),
    "verify the region": (VerifyPass, "run"),
    "encode": (Encoder, "encode"),
    "let the region go": (tape, "release_block"),
    "backward sweep": (Sweep, "visit"),
    "name and fill": (Emitter, "emit"),
}


def timed(operations: int, chunk: int) -> tuple[float, Counter[str]]:
    """CPU seconds of the whole, and inside each stage."""
    inside: Counter[str] = Counter()
    depth: Counter[str] = Counter()
    originals = {name: getattr(owner, method) for name, (owner, method) in STAGES.items()}

    def watch(name: str, function: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            depth[name] += 1
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                depth[name] -= 1
                if not depth[name]:
                    inside[name] += time.process_time() - start

        return watched

    for name, (owner, method) in STAGES.items():
        setattr(owner, method, watch(name, originals[name]))
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = run_irkit(operations, Path(folder) / "out.mlir", chunk, True)
    finally:
        for name, (owner, method) in STAGES.items():
            setattr(owner, method, originals[name])
    return found["cpu_seconds"], inside


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1, 16, 256, 1024, 4096])
    options = parser.parse_args()
    assert release_block is tape.release_block
    run_irkit(1_000, Path("/dev/null"), 256, True)
    scale = 1e6 / options.operations
    print("chunk size   CPU us/op")
    with tempfile.TemporaryDirectory() as folder:
        for chunk in options.chunks:
            found = run_irkit(options.operations, Path(folder) / "out.mlir", chunk, True)
            print(f"{chunk:10}   {found['cpu_seconds'] * scale:9.2f}")
    whole, inside = timed(options.operations, 1024)
    print(f"\nstage (chunks of 1024)   CPU us/op, of {whole * scale:.2f}")
    for name in STAGES:
        print(f"{name:24} {inside[name] * scale:9.2f}")
    print(f"{'builder and the rest':24} {(whole - sum(inside.values())) * scale:9.2f}")


if __name__ == "__main__":
    main()
