"""``irkit-verify`` at tier 2 on large pairs: seconds, CPU seconds and peak memory of the process.

    python -m benchmarks.verify_scale --ops 1000000 --megabytes 4400 -o verify.json

The right side of each pair has other names and one dead operation more, so that only the graphs are
equal; a second right side differs in one operand, or in one digit, and must not be called equal.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import run
from benchmarks.read_speed import TYPE, write_constants, write_operations

DEAD = f"    %dead = stablehlo.sine %arg0 : {TYPE}\n"
DEAD_CONSTANT = "    %dead = stablehlo.constant dense<1> : tensor<i32>\n"


def renamed(source: Path, target: Path) -> None:
    """Numbered values become ``%v...``, and a dead operation comes first."""
    with source.open() as lines, target.open("w") as out:
        for number, line in enumerate(lines):
            out.write(line.replace(" %", " %v").replace("%varg0", "%arg0").replace("%vv", "%v"))
            if number == 1:
                out.write(DEAD)


def with_dead_constant(source: Path, target: Path) -> None:
    """Copies in blocks, a dead constant put before the first one."""
    with source.open("rb") as file, target.open("wb") as out:
        for _ in range(2):
            out.write(file.readline())
        out.write(DEAD_CONSTANT.encode())
        while block := file.read(1 << 20):
            out.write(block)


def with_another_digit(path: Path) -> None:
    """Changes the last digit of the last constant, in place."""
    with path.open("r+b") as file:
        start = max(0, file.seek(0, 2) - (1 << 16))
        file.seek(start)
        place = file.read().rindex(b'">') - 1
        file.seek(start + place)
        digit = file.read(1)
        file.seek(start + place)
        file.write(b"1" if digit != b"1" else b"2")


def with_another_operand(source: Path, target: Path) -> None:
    """As :func:`renamed`, but the last operation reads its first operand twice."""
    renamed(source, target)
    with target.open("r+b") as file:
        # Not all of it: a child's peak memory is never below its parent's.
        start = max(0, file.seek(0, 2) - (1 << 12))
        file.seek(start)
        lines = file.read().decode().rsplit("\n", 5)
        first, _, rest = lines[1].partition(", ")
        lines[1] = f"{first}, {first.split()[-1]} :{rest.partition(':')[2]}"
        file.seek(start)
        file.truncate()
        file.write("\n".join(lines).encode())


def measured(left: Path, right: Path, expected: int) -> dict[str, Any]:
    """One comparison; raises ``RuntimeError`` if its verdict is not the expected one."""
    code = "from irkit.cli.verify import main; main()"
    command = [sys.executable, "-c", code, str(left), str(right), "--tier", "graph"]
    done = run(command)
    if done.status != expected:
        raise RuntimeError(f"status {done.status}, expected {expected}: {done.errors}")
    return {
        "seconds": round(done.seconds, 2),
        "cpu_seconds": round(done.cpu_seconds, 2),
        "peak_mb": round(done.peak_bytes / 1e6, 1),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ops", type=int, default=1_000_000)
    parser.add_argument("--megabytes", type=int, default=440)
    parser.add_argument("-o", "--output", type=Path)
    chosen = parser.parse_args()
    results: dict[str, Any] = {"ops": chosen.ops, "megabytes": chosen.megabytes}
    with tempfile.TemporaryDirectory() as folder:
        left, right = Path(folder, "a.mlir"), Path(folder, "b.mlir")
        write_operations(left, chosen.ops)
        renamed(left, right)
        results["operations, equal"] = measured(left, right, 0)
        with_another_operand(left, right)
        results["operations, one operand differs"] = measured(left, right, 3)
        write_constants(left, chosen.megabytes)
        with_dead_constant(left, right)
        results["constants, equal"] = measured(left, right, 0)
        with_another_digit(right)
        results["constants, one digit differs"] = measured(left, right, 3)
    print(json.dumps(results, indent=2))
    if chosen.output:
        chosen.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
