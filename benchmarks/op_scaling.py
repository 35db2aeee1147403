"""Time and memory of programs of many operations, beside jaxlib's bindings in the same run.

    python -m benchmarks.op_scaling --operations 10000 100000 1000000 10000000 -o scaling.json

The program repeats a block of ten operations (elementwise, broadcast, reduction, transposition,
comparison, constant), two of them dead. Each measurement is a process of its own: seconds from the
first builder call until the file is on disk, imports not counted, and the peak resident memory of
the process. jaxlib builds, verifies and prints the same program; where both print it, dead
operations included, the files are compared byte for byte.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BLOCK = 10
"""Operations in the repeated block."""


def peak_bytes() -> int:
    """Peak resident memory of this process (VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


def run_irkit(operations: int, out: Path, chunk: int, prune: bool) -> dict[str, float]:
    """Streams the program through chunks of ``chunk`` operations, with the log on disk."""
    from irkit import Policy, hlo, record
    from irkit.output_file import AtomicFile

    def forward(b):
        x = b.argument("x", (8, 16), "f32")
        for _ in range(operations // BLOCK):
            zero = b.constant(0.0)
            total = hlo.reduce(x, zero, dimensions=[1], body="add")
            wide = hlo.broadcast_in_dim(total, (8, 16), [0])
            shifted = hlo.subtract(x, wide)
            turned = hlo.transpose(shifted, [1, 0])
            dead = hlo.exponential(turned)
            hlo.multiply(dead, dead)
            back = hlo.transpose(turned, [1, 0])
            above = hlo.compare(back, x, "GT")
            x = hlo.select(above, back, wide)
        return x

    policy = Policy(chunk_end="operations", operations=chunk, log="disk")
    start, cpu = time.perf_counter(), time.process_time()
    graph = record(forward, policy=policy).to_compute_graph()
    if prune:
        graph = graph.pruned_to_outputs()
    with AtomicFile(out, digest=False) as file:
        graph.to_stablehlo().write_to(file)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_bytes": peak_bytes()}


def run_jaxlib(operations: int, out: Path) -> dict[str, float]:
    """The same program through upstream's Python bindings, unpruned."""
    from jax._src.interpreters.mlir import make_ir_context
    from jaxlib.mlir import ir
    from jaxlib.mlir.dialects import func, stablehlo

    with make_ir_context(), ir.Location.unknown():
        start, cpu = time.perf_counter(), time.process_time()
        f32 = ir.F32Type.get()
        matrix = ir.RankedTensorType.get([8, 16], f32)
        turned_type = ir.RankedTensorType.get([16, 8], f32)
        scalar = ir.RankedTensorType.get([], f32)
        row = ir.RankedTensorType.get([8], f32)
        module = ir.Module.create()
        module.operation.attributes["sym_name"] = ir.StringAttr.get("main")
        zero_value = ir.DenseElementsAttr.get_splat(scalar, ir.FloatAttr.get(f32, 0.0))
        swap = ir.DenseI64ArrayAttr.get([1, 0])
        rows = ir.DenseI64ArrayAttr.get([0])
        columns = ir.DenseI64ArrayAttr.get([1])
        greater = stablehlo.ComparisonDirectionAttr.get("GT")
        with ir.InsertionPoint(module.body):
            main = func.FuncOp("main", ([matrix], [matrix]), visibility="public")
            name = {"irkit.name": ir.StringAttr.get("x")}
            main.attributes["arg_attrs"] = ir.ArrayAttr.get([ir.DictAttr.get(name)])
        with ir.InsertionPoint(main.add_entry_block()):
            x = main.arguments[0]
            for _ in range(operations // BLOCK):
                zero = stablehlo.constant(zero_value)
                reduction = stablehlo.ReduceOp([row], [x], [zero], columns)
                body = reduction.regions[0].blocks.append(scalar, scalar)
                with ir.InsertionPoint(body):
                    stablehlo.return_([stablehlo.add(*body.arguments)])
                wide = stablehlo.broadcast_in_dim(matrix, reduction.result, rows)
                shifted = stablehlo.subtract(x, wide)
                turned = stablehlo.transpose(shifted, swap)
                dead = stablehlo.exponential(turned)
                stablehlo.multiply(dead, dead)
                back = stablehlo.transpose(turned, swap)
                above = stablehlo.compare(back, x, greater)
                x = stablehlo.select(above, back, wide)
            func.return_([x])
        if not module.operation.verify():
            raise RuntimeError("jaxlib does not verify its own program")
        with out.open("w") as file:
            module.operation.print(file=file)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        assert str(turned_type)
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_bytes": peak_bytes()}


def measured(arguments: list[str]) -> dict[str, float]:
    """One measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.op_scaling", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    """Measures each size with both and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--chunk", type=int, default=1024)
    parser.add_argument("--jaxlib-up-to", type=int, default=10_000_000)
    parser.add_argument("-o", "--out", type=Path)
    parser.add_argument("--one", choices=["irkit", "irkit-unpruned", "jaxlib"])
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.one:
        count = options.operations[0]
        if options.one == "jaxlib":
            found = run_jaxlib(count, options.file)
        else:
            found = run_irkit(count, options.file, options.chunk, options.one == "irkit")
        json.dump(found, sys.stdout)
        return
    rows: list[dict[str, object]] = []
    print(f"{'operations':>10}  {'':14} {'us/op':>7} {'CPU us/op':>9} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for count in options.operations:
            for what in ("irkit", "jaxlib"):
                if what == "jaxlib" and count > options.jaxlib_up_to:
                    continue
                common = ["--operations", str(count), "--chunk", str(options.chunk)]
                file = Path(folder) / what
                found = measured([*common, "--one", what, "--file", str(file)])
                rows.append({"operations": count, "what": what, **found})
                print(
                    f"{count:>10}  {what:14} {found['seconds'] / count * 1e6:7.2f} "
                    f"{found['cpu_seconds'] / count * 1e6:9.2f} {found['peak_bytes'] / 1e6:8.1f}",
                    flush=True,
                )
            if count <= 1_000_000 and count <= options.jaxlib_up_to:
                whole = Path(folder) / "irkit-unpruned"
                measured([*common, "--one", "irkit-unpruned", "--file", str(whole)])
                same = filecmp.cmp(whole, Path(folder) / "jaxlib", shallow=False)
                print(f"{count:>10}  unpruned text {'identical' if same else 'DIFFERENT'}")
                rows[-1]["unpruned_text_identical"] = same
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
