"""Lowers one model under several policies and compares each result with the buffered reference."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from irkit.own_process import own_environment, python_command
from irkit.spec_files import spec_names
from irkit.verify.bytes import compare_bytes, sha256_of
from irkit.verify.files import InputError

REFERENCE = "buffered"


def run_irkit(arguments: Sequence[str], accepted: Sequence[int] = (0,)) -> str:
    """Runs ``irkit`` in a process of its own, so that no state is shared; gives its output.

    Raises :class:`~irkit.verify.files.InputError` with its message where its status is none of
    those ``accepted``, or is not 0 though it gave no output.
    """
    done = subprocess.run(
        [*python_command("irkit"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=own_environment(),
    )
    # Python's status for a crash is 1, too.
    if done.returncode not in accepted or (done.returncode and not done.stdout):
        said = done.stderr.strip().removeprefix("irkit: ").removeprefix("error: ")
        raise InputError(f"irkit {arguments[0]}: {said or f'status {done.returncode}'}")
    return done.stdout


def kind_of_difference(left: Path, right: Path) -> str:
    """One line about two files with different bytes: the strongest tier at which they are equal,
    or why none up to the graph says so."""
    # What reads modules is not loaded where all bytes agree.
    from irkit.verify.checker import check
    from irkit.verify.options import Options
    from irkit.verify.pair import Pair
    from irkit.verify.verdict import Tier, Verdict

    try:
        report = check(Pair(left, right), Options(), tiers=range(Tier.NAMES, Tier.GRAPH + 1))
    except InputError as error:
        return f"no further tier could be tried: {error}"
    last = report.findings[-1]
    if report.verdict is Verdict.EQUAL:
        return f"the meaning is the same: {last.summary}, by tier {last.tier.shown}"
    return f"the meaning may differ: tier {last.tier.shown}: {last.verdict.value}: {last.summary}"


def compare_policies(
    model: str,
    policies: Sequence[str],
    options: Sequence[str],
    forms: Sequence[str | None],
    say: Callable[[str], object],
) -> int:
    """Says the SHA-256 of each policy's result in each constants form; 0 if all agree, else 1.

    Of a result with other bytes it is said what else is the same; it counts as different all the
    same: a policy must not change a byte. At most two results are on disk at a time, in the
    system's temporary folder. ``options`` are passed to ``irkit lower`` as they are.
    """
    chosen = policies or [name for name in spec_names("policies") if name != REFERENCE]
    width = max(map(len, (*chosen, REFERENCE)))
    different = 0
    with tempfile.TemporaryDirectory(prefix="irkit-verify-") as folder:
        for form in forms:
            common = ["lower", model, *options, *(["--constants", form] if form else [])]
            reference = Path(folder, "reference.mlir")
            run_irkit([*common, "--policy", REFERENCE, "-o", str(reference)])
            say(f"{form or 'default form'}:")
            say(f"  {REFERENCE:{width}}  {sha256_of(reference)}  reference")
            for policy in chosen:
                result = Path(folder, "result.mlir")
                run_irkit([*common, "--policy", policy, "-o", str(result)])
                found = compare_bytes(reference, result).difference
                verdict = "identical"
                if found is not None:
                    different += 1
                    verdict = (
                        f"DIFFERENT from byte {found.offset}, line {found.line}, "
                        f"column {found.column}: {found.right.line_start.strip()}"
                    )
                say(f"  {policy:{width}}  {sha256_of(result)}  {verdict}")
                if found is not None:
                    say(f"  {'':{width}}  {kind_of_difference(reference, result)}")
    return 1 if different else 0
