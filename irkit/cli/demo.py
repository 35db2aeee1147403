"""``irkit demo``: the main job on a model that anybody can run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

SIZES = {
    "sequence": 64,
    "dtype": "bf16",
    "config.vocab_size": 8000,
    "config.hidden_size": 512,
    "config.intermediate_size": 1408,
    "config.num_hidden_layers": 12,
    "config.num_attention_heads": 8,
    "config.num_key_value_heads": 4,
}
"""A Llama of 44 million parameters."""

RUNS = (("streamed", "per-scope"), ("buffered", "buffered"))


@click.command()
@click.option("--keep", type=click.Path(), help="Keep weights, texts and reports in this folder.")
def demo(keep: str | None) -> int:
    """Lower a small Llama with generated weights, streamed and buffered, and compare.

    Each runs in a process of its own, so that each peak is its own. Exit status 0 if the two texts
    are identical, 1 if not.
    """
    if keep is not None:
        Path(keep).mkdir(parents=True, exist_ok=True)
        return _run(Path(keep))
    with tempfile.TemporaryDirectory(prefix="irkit-demo-") as folder:
        return _run(Path(folder))


def _run(folder: Path) -> int:
    from irkit.report import read_report
    from irkit.verify.bytes import compare_bytes
    from irkit.verify.policies import run_irkit

    def say(text: str) -> None:
        click.echo(text)
        sys.stdout.flush()

    model = ["llama-small"]
    for key, value in SIZES.items():
        model += ["--set", f"{key}={value}"]
    weights = folder / "weights"
    run_irkit(["weights", *model, "-o", str(weights), "--seed", "0"])
    size = sum(path.stat().st_size for path in weights.iterdir())
    say(f"weights    {size / 1e6:8,.0f} MB, generated")
    texts: list[Path] = []
    for label, policy in RUNS:
        text, report_path = folder / f"{label}.mlir", folder / f"{label}.json"
        stored = ["--weights", str(weights), "--constants", "inline"]
        written = ["-o", str(text), "--report", str(report_path), "--label", label]
        run_irkit(["lower", *model, *stored, "--policy", policy, *written])
        report = read_report(report_path)
        say(
            f"{label:10} {report.output_bytes / 1e6:8,.0f} MB of text, "
            f"peak {report.peak_resident_bytes / 1e6:6,.0f} MB, "
            f"{report.wall_seconds:5.2f} s, sha256 {report.sha256[:16]}..."
        )
        texts.append(text)
    found = compare_bytes(*texts)
    if found.difference is None:
        say(f"identical  {found.size:,} bytes, sha256 {found.sha256}")
        return 0
    say(f"DIFFERENT  from byte {found.difference.offset}, line {found.difference.line}")
    return 1
