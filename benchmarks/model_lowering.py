"""Peak memory and time of lowering a model, streamed beside buffered and beside JAX.

    python -m benchmarks.model_lowering --weights out/tinyllama-1.1b -o out/bench

Each row is a process measured from outside, imports included; of those that take about a second the
median of several. Files that must be equal are
compared byte for byte. With ``--jax``, JAX lowers the same shape in the same run.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import Run, run

IRKIT = [sys.executable, "-m", "irkit"]


def lower(options: argparse.Namespace, policy: str, form: str, out: Path) -> Run:
    """One ``irkit lower``; with weights inline its report is written beside the output."""
    command = [
        *IRKIT,
        "lower",
        options.model,
        *("--weights", str(options.weights), "--policy", policy, "--constants", form),
        *("--set", f"dtype={options.dtype}", "-o", str(out)),
    ]
    if form == "inline":
        command += ["--report", str(out.with_suffix(".json"))]
    return measured(command, times(options, form))


def jax(options: argparse.Namespace, constants: str, out: Path, *more: str) -> Run:
    """JAX on the same shape."""
    command = [
        *(sys.executable, "-m", "benchmarks.jax_llama", "--model", options.model),
        *("--weights", str(options.weights), "--constants", constants, "-o", str(out)),
        *more,
    ]
    return measured(command, times(options, "external" if constants == "abstract" else "inline"))


def measured(command: list[str], times: int) -> Run:
    """The run of median length; every one must end well."""
    runs: list[Run] = []
    for _ in range(times):
        done = run(command)
        if done.status:
            raise SystemExit(f"exit status {done.status}: {done.errors}")
        runs.append(done)
    return sorted(runs, key=lambda done: done.seconds)[times // 2]


def times(options: argparse.Namespace, form: str) -> int:
    """How often a run is repeated: those of a second, several times."""
    return options.repeat if form == "external" else 1


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="tinyllama-1.1b")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--dtype", default="bf16")
    parser.add_argument("--policies", nargs="+", default=["per-scope", "buffered"])
    parser.add_argument("--forms", nargs="+", default=["inline", "external"])
    parser.add_argument("--jax", action="store_true")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each short command")
    parser.add_argument("--keep", action="store_true", help="keep the lowered files")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/bench"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []

    def show(what: str, form: str, done: Run, file: Path) -> None:
        rows.append(
            {"what": what, "constants": form, "dtype": options.dtype}
            | {"output_bytes": file.stat().st_size, **asdict(done)}
        )
        print(
            f"{what:28} {form:10} {done.seconds:8.2f} s {done.cpu_seconds:8.2f} CPU s "
            f"{done.peak_bytes / 1e6:9.1f} MB peak {file.stat().st_size / 1e6:9.1f} MB written",
            flush=True,
        )

    for form in options.forms:
        first: Path | None = None
        for policy in options.policies:
            file = options.out / f"{options.model}-{options.dtype}-{form}-{policy}.mlir"
            show(f"irkit {policy}", form, lower(options, policy, form, file), file)
            if first is None:
                first = file
                continue
            same = filecmp.cmp(first, file, shallow=False)
            print(f"{'':28} {'identical' if same else 'DIFFERENT'}: {first.name} {file.name}")
            if not options.keep:
                file.unlink()
        if options.jax and form in ("inline", "external"):
            constants = "embedded" if form == "inline" else "abstract"
            file = options.out / f"jax-{options.dtype}-{constants}.mlir"
            show(f"JAX {constants}", form, jax(options, constants, file), file)
            if form == "inline":
                show(
                    "JAX embedded, as_text()",
                    form,
                    jax(options, constants, file, "--as-text"),
                    file,
                )
            if not options.keep:
                file.unlink()
        if first is not None and not options.keep:
            first.unlink()
    (options.out / f"{options.model}-{options.dtype}.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
