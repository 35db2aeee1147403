"""Peak memory and time of lowering a model, streamed beside buffered and beside JAX.

    python -m benchmarks.model_lowering --weights out/tinyllama-1.1b -o out/bench

Each row is a process measured from outside, imports included. Commands that take about a second run
in turn, eleven times each, and the median is shown with the extremes. Files that must be equal are
compared byte for byte. With ``--jax``, JAX lowers the same shape in the same run.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measure import Run, run


@dataclass(frozen=True)
class Job:
    """A command, what it is called in the table, and the file that it writes."""

    what: str
    command: list[str]
    file: Path


def jobs(options: argparse.Namespace, form: str) -> list[Job]:
    """``irkit lower`` under each policy, then JAX where it is wanted."""
    found: list[Job] = []
    for policy in options.policies:
        file = options.out / f"{options.model}-{options.dtype}-{form}-{policy}.mlir"
        command = [
            *(sys.executable, "-m", "irkit", "lower", options.model, "--policy", policy),
            *("--weights", str(options.weights), "--constants", form),
            *("--set", f"dtype={options.dtype}", "-o", str(file)),
        ]
        if form == "inline":
            command += ["--report", str(file.with_suffix(".json"))]
        found.append(Job(f"irkit {policy}", command, file))
    if options.jax:
        ways = {"inline": [("embedded",), ("embedded", "--as-text")], "external": [("abstract",)]}
        for constants, *more in ways.get(form, []):
            name = " ".join(["JAX", constants, *more])
            file = options.out / f"{name.replace(' ', '-')}-{options.dtype}.mlir"
            command = [
                *(sys.executable, "-m", "benchmarks.jax_llama", "--model", options.model),
                *("--weights", str(options.weights), "--constants", constants, *more),
                *("-o", str(file)),
            ]
            found.append(Job(name, command, file))
    return found


def in_turn(commands: list[list[str]], rounds: int) -> list[list[Run]]:
    """Runs the commands one after the other, ``rounds`` times; every run must end well."""
    runs: list[list[Run]] = [[] for _ in commands]
    for _ in range(rounds):
        for command, done in zip(commands, runs, strict=True):
            done.append(run(command))
            if done[-1].status:
                raise SystemExit(f"exit status {done[-1].status}: {done[-1].errors}")
    return runs


def shown(runs: list[Run]) -> tuple[Run, str]:
    """The run of median length, and the seconds of all as text."""
    ordered = sorted(runs, key=lambda done: done.seconds)
    middle = ordered[len(ordered) // 2]
    if len(ordered) == 1:
        return middle, f"{middle.seconds:.2f} s"
    return middle, f"{middle.seconds:.2f} s ({ordered[0].seconds:.2f}-{ordered[-1].seconds:.2f})"


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="tinyllama-1.1b")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--dtype", default="bf16")
    parser.add_argument("--policies", nargs="+", default=["per-scope", "buffered"])
    parser.add_argument("--forms", nargs="+", default=["inline", "external"])
    parser.add_argument("--jax", action="store_true")
    parser.add_argument("--repeat", type=int, default=11, help="rounds of the short commands")
    parser.add_argument("--keep", action="store_true", help="keep the lowered files")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/bench"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    for form in options.forms:
        wanted = jobs(options, form)
        rounds = options.repeat if form == "external" else 1
        for job, runs in zip(wanted, in_turn([j.command for j in wanted], rounds), strict=True):
            done, seconds = shown(runs)
            size = job.file.stat().st_size
            rows.append({"what": job.what, "constants": form, "output_bytes": size, **asdict(done)})
            print(
                f"{job.what:24} {form:10} {seconds:20} {done.peak_bytes / 1e6:9.1f} MB peak "
                f"{size / 1e6:9.2f} MB written",
                flush=True,
            )
        first, *others = [job.file for job in wanted if job.what.startswith("irkit ")]
        for other in others:
            same = filecmp.cmp(first, other, shallow=False)
            print(f"{'identical' if same else 'DIFFERENT'}: {first.name} {other.name}")
        if not options.keep:
            for job in wanted:
                job.file.unlink()
    (options.out / f"{options.model}-{options.dtype}.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
