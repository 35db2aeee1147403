"""Reading and printing large modules, beside jaxlib's MLIR in the same run.

    python -m benchmarks.read_speed --ops 1000000 --megabytes 4400 -o read.json

Two modules are made: one of many one-line operations, one of few with constants of hexadecimal
digits. Each is checked, formatted and pruned by irkit, and parsed and printed by jaxlib, every time
in a process of its own: seconds and CPU seconds, interpreter start and imports included, and peak
memory. ``--skip-upstream-above`` leaves jaxlib out for files that its memory would not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import run

UPSTREAM = """
import sys
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
with make_ir_context():
    module = ir.Module.parse(open(sys.argv[1]).read())
    if sys.argv[2] == "fmt":
        open(sys.argv[3], "w").write(str(module))
"""
OPERATIONS = ("add", "multiply", "maximum", "subtract")
TYPE = "tensor<8x16xf32>"


def write_operations(path: Path, count: int) -> None:
    """A function of ``count`` elementwise operations, each on its line."""
    with path.open("w") as file:
        file.write(f"module {{\n  func.func public @main(%arg0: {TYPE}) -> {TYPE} {{\n")
        file.write(f"    %0 = stablehlo.abs %arg0 : {TYPE}\n")
        for i in range(1, count):
            name = OPERATIONS[i % 4]
            file.write(f"    %{i} = stablehlo.{name} %{i - 1}, %{max(0, i - 7)} : {TYPE}\n")
        file.write(f"    return %{count - 1} : {TYPE}\n  }}\n}}\n")


def write_constants(path: Path, megabytes: int, each: int = 44) -> None:
    """A function of constants of ``each`` MB of digits, which it reads one after the other."""
    count = max(1, megabytes // each)
    elements = each * 1_000_000 // 8
    type_ = f"tensor<{elements}xf32>"
    digits = os.urandom(1 << 20).hex().upper().encode()
    with path.open("wb") as file:
        file.write(f"module {{\n  func.func public @main() -> {type_} {{\n".encode())
        for i in range(count):
            name = f"%cst_{i - 1}" if i else "%cst"
            file.write(f'    {name} = stablehlo.constant dense<"0x'.encode())
            left = elements * 8
            while left:
                file.write(digits[:left])
                left -= min(left, len(digits))
            file.write(f'"> : {type_}\n'.encode())
        previous = "%cst"
        for i in range(1, count):
            file.write(
                f"    %{i - 1} = stablehlo.add {previous}, %cst_{i - 1} : {type_}\n".encode()
            )
            previous = f"%{i - 1}"
        file.write(f"    return {previous} : {type_}\n  }}\n}}\n".encode())


def measured(command: list[str], operations: int, size: int) -> dict[str, Any]:
    """One process; microseconds are for each operation, of CPU time."""
    result = run(command)
    if result.status:
        return {"failed": result.errors.splitlines()[-1:] or [f"status {result.status}"]}
    return {
        "seconds": round(result.seconds, 2),
        "cpu_seconds": round(result.cpu_seconds, 2),
        "cpu_us_per_op": round(result.cpu_seconds / operations * 1e6, 2),
        "mb_per_second": round(size / result.seconds / 1e6, 1),
        "peak_mb": round(result.peak_bytes / 1e6, 1),
    }


def compare(path: Path, operations: int, *, upstream: bool) -> dict[str, Any]:
    """irkit's commands and jaxlib on one file; whether the printed files are the same."""
    size = path.stat().st_size
    irkit = [sys.executable, "-m", "irkit"]
    ours, theirs = path.with_suffix(".ours"), path.with_suffix(".theirs")
    figures: dict[str, Any] = {"bytes": size, "operations": operations}
    commands = {
        "irkit check": [*irkit, "check", str(path)],
        "irkit fmt": [*irkit, "fmt", str(path), "-o", str(ours)],
        "irkit prune": [*irkit, "prune", str(path), "-o", str(path.with_suffix(".pruned"))],
    }
    if upstream:
        start = [sys.executable, "-c", UPSTREAM, str(path)]
        commands["jaxlib parse"] = [*start, "parse"]
        commands["jaxlib parse and print"] = [*start, "fmt", str(theirs)]
    for name, command in commands.items():
        figures[name] = measured(command, operations, size)
        print(f"  {name:24} {figures[name]}", flush=True)
    if upstream and theirs.exists():
        figures["same bytes"] = run(["cmp", str(ours), str(theirs)]).status == 0
        print(f"  same bytes: {figures['same bytes']}")
    for suffix in (".ours", ".theirs", ".pruned"):
        path.with_suffix(suffix).unlink(missing_ok=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ops", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--megabytes", type=int, nargs="*", default=[440])
    parser.add_argument("--skip-upstream-above", type=int, default=1000, metavar="MB")
    parser.add_argument("--folder", type=Path, help="Where the files are made.")
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "module.mlir"
        for count in options.ops:
            print(f"{count} operations")
            write_operations(path, count)
            figures[f"{count} operations"] = compare(path, count, upstream=True)
        for megabytes in options.megabytes:
            print(f"{megabytes} MB of constants")
            write_constants(path, megabytes)
            upstream = megabytes <= options.skip_upstream_above
            key = f"{megabytes} MB of constants"
            figures[key] = compare(path, 2 * max(1, megabytes // 44), upstream=upstream)
        start = run([sys.executable, "-m", "irkit", "check", "--help"])
    print(f"start of irkit alone: {start.cpu_seconds:.2f} s")
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
