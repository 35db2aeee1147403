"""``irkit lower``."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from irkit.cli.options import find_model, set_option
from irkit.interruption import doing
from irkit.policy import Policy, fixed_operations

if TYPE_CHECKING:
    from irkit.lowering import LoweringResult, Progress
    from irkit.models.registry import Forward, Model
    from irkit.policy import ConstantsForm
    from irkit.report import Report
    from irkit.weights import WeightSource


@click.command()
@click.argument("model")
@click.option(
    "--weights", type=click.Path(), help="A .safetensors, .npz or .npy file, or a folder with one."
)
@click.option(
    "--policy",
    help="A policy's name or file; `buffered` is the all-at-once reference. "
    "If not given: chunks of 256 operations.",
)
@click.option(
    "--constants",
    type=click.Choice(["argument", "inline", "resource", "external"]),
    help="How parameters are stored. If not given: the policy's form, else external with "
    "--weights, else argument.",
)
@click.option("--outputs", help="Comma-separated names of the outputs to keep; all by default.")
@set_option
@click.option("-o", "--output", default="-", help="File to write; - (default): standard output.")
@click.option("--report", type=click.Path(), help="Write what the run cost to this JSON file.")
@click.option("--label", help="What a picture calls this run; by default the policy's name.")
@click.option(
    "--verify",
    is_flag=True,
    help="Then read the output again, verify each operation, and compare it with what the buffered "
    "reference makes of the same model: exit status 1 unless it is valid and the same to the byte. "
    "Takes the time and memory of a buffered lowering and of `irkit check`.",
)
def lower(
    model: str,
    weights: str | None,
    policy: str | None,
    constants: str | None,
    outputs: str | None,
    overrides: tuple[str, ...],
    output: str,
    report: str | None,
    label: str | None,
    *,
    verify: bool,
) -> int:
    """Lower MODEL to StableHLO text.

    MODEL is a model's YAML file, the name of one that ships with irkit, a folder with a Hugging
    Face config.json, or package.module:function.
    """
    chosen = _policy(policy)
    kept = outputs.split(",") if outputs is not None else None
    form = cast("ConstantsForm | None", constants)
    if verify and output == "-":
        raise click.UsageError("--verify needs a file to read again: give one with -o")
    if report is None:
        done = _lower(model, overrides, weights, chosen, form, kept, output)
        return _verify(done, model, weights, outputs, overrides, output) if verify else 0
    from irkit.memory_sampler import MemorySampler
    from irkit.output_file import AtomicFile

    # Opened first: a report that can not be written must not be found out after an hour.
    with AtomicFile(report, digest=False) as file:
        started = time.perf_counter()
        with MemorySampler() as sampler:
            done = _lower(model, overrides, weights, chosen, form, kept, output)
        seconds = time.perf_counter() - started
        file.write(_report(done, started, seconds, sampler.samples, output, label).encode())
    return _verify(done, model, weights, outputs, overrides, output) if verify else 0


@dataclass(frozen=True)
class _Done:
    model: str
    began: float
    result: LoweringResult


def _verify(
    done: _Done,
    model: str,
    weights: str | None,
    outputs: str | None,
    overrides: tuple[str, ...],
    output: str,
) -> int:
    from irkit.verify.own_output import verify_output

    lowering = [model, "--constants", done.result.form]
    lowering += ["--weights", weights] if weights is not None else []
    lowering += ["--outputs", outputs] if outputs is not None else []
    for override in overrides:
        lowering += ["--set", override]
    return verify_output(Path(output), lowering, click.echo)


def _policy(text: str | None) -> Policy:
    if text is None:
        # Reading a policy file loads pydantic, which the plain case need not wait for.
        return fixed_operations()
    from irkit.policy_file import load_policy

    return load_policy(text)


def _lower(
    model: str,
    overrides: tuple[str, ...],
    weights: str | None,
    policy: Policy,
    constants: ConstantsForm | None,
    outputs: list[str] | None,
    output: str,
) -> _Done:
    from irkit.lowering import lower as lower_forward

    with doing(lambda: f"loading {model}"):
        found = find_model(model, overrides)
        if weights is not None and Path(weights).is_dir():
            _check_folder(found, Path(weights))
    forward: Any = getattr(found, "forward", found)
    name = str(getattr(found, "name", model))
    source = None
    if weights is not None:
        from irkit.weights import open_weights

        source = open_weights(weights)
    with ExitStack() as stack:
        began = time.perf_counter()
        progress = _progress(stack, name, source, constants or policy.constants_form)
        result = lower_forward(
            forward,
            output,
            policy=policy,
            weights=source,
            constants=constants,
            outputs=outputs,
            progress=progress,
        )
    return _Done(name, began, result)


def _check_folder(found: Model | Forward, folder: Path) -> None:
    """A folder with a config.json must be of the model that is lowered."""
    from irkit.models.registry import Model, check_against_folder

    if isinstance(found, Model):
        check_against_folder(found, folder)


def _progress(
    stack: ExitStack, name: str, weights: WeightSource | None, form: ConstantsForm | None
) -> Progress | None:
    if not sys.stderr.isatty():
        return None
    from irkit.cli.progress import TerminalProgress

    total = 0
    if weights is not None and form in ("inline", "resource"):
        total = sum(weights.info(tensor).nbytes for tensor in weights.names)
    return stack.enter_context(TerminalProgress(f"lowering {name}", total))


def _report(
    done: _Done,
    started: float,
    seconds: float,
    memory: list[tuple[float, int]],
    output: str,
    label: str | None,
) -> Report:
    from irkit.memory_sampler import peak_resident_bytes
    from irkit.report import Phase, Report, process_seconds

    result = done.result
    before = done.began - started
    phases = [Phase("load", 0.0, round(before, 6))]
    phases += [
        Phase(name, round(before + begin, 6), round(before + end, 6))
        for name, begin, end in result.phases
    ]
    # What is left is the disk's: the last blocks, the flush, the rename.
    phases.append(Phase("flush", phases[-1].end, round(seconds, 6)))
    return Report(
        label=label or result.policy,
        model=done.model,
        policy=result.policy,
        constants=result.form,
        output=output,
        process_seconds=round(process_seconds(), 3),
        wall_seconds=round(seconds, 6),
        cpu_seconds=round(time.process_time(), 6),
        peak_resident_bytes=peak_resident_bytes(),
        operations_recorded=result.ops_recorded,
        operations_pruned=result.ops_pruned,
        operations_emitted=result.ops_emitted,
        chunks=result.chunks,
        widest_cut=result.widest_cut,
        log_bytes=result.log_bytes,
        output_bytes=result.output_bytes,
        sha256=result.sha256,
        phases=phases,
        memory=memory,
    )
