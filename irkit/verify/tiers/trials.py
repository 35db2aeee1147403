"""Tier 4, trials: both modules are run on seeded inputs by the reference interpreter."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from irkit.interpreter.errors import EvaluationError
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.trials.counterexample import counterexample
from irkit.verify.trials.inputs import NoInputsError, trial_inputs
from irkit.verify.trials.outcome import difference
from irkit.verify.trials.report import difference_finding
from irkit.verify.trials.side import Draw, Side
from irkit.verify.trials.slicing import AFFORDABLE, sliced, work
from irkit.verify.verdict import Finding, Json, Tier, Verdict

Trial = tuple[str, int]
"""A function's name and the number of a trial."""


def judge(pair: Pair, options: Options) -> Finding:
    """Runs every public function of both modules ``options.trials`` times.

    A difference is a fact, and is shown on inputs made as simple as can be; no difference proves
    nothing. Trials are spread over ``options.executor``. Modules whose shapes make a run long are
    tried at smaller ones where they allow that; a difference there has to show at their own.
    """
    left, right = (Side(module) for module in pair.modules)
    names = sorted(left.signatures())
    if left.signatures() != right.signatures() or not names:
        said = "the modules have not the same public functions with a body, or none"
        return Finding(Tier.TRIALS, Verdict.UNDECIDED, said)
    trials: list[Trial] = [(name, n) for n in range(options.trials) for name in names]
    try:
        if max(work(side.parsed.module) for side in (left, right)) > AFFORDABLE:
            found = _at_smaller_shapes(pair, trials, options)
            if found is not None:
                return found
        failed = _failed(pair, trials, options)
        if failed is not None:
            return _difference(left, right, failed, options)
    except (EvaluationError, NoInputsError) as error:
        return Finding(Tier.TRIALS, Verdict.UNDECIDED, f"the programs cannot be tried: {error}")
    return _nothing_found(left, right, len(trials), options, "")


def _failed(pair: Pair, trials: Sequence[Trial], options: Options) -> Trial | None:
    """The first trial, in their order, in which the sides differ."""
    jobs = [
        options.executor.submit(_first_difference, pair, batch, options.seed, options.max_ulps)
        for batch in _batches(trials, options.jobs)
    ]
    # Whichever job finds one, the first in the order of the trials counts.
    failed = [found for job in jobs if (found := job.result()) is not None]
    return min(failed, key=trials.index, default=None)


def _difference(left: Side, right: Side, failed: Trial, options: Options) -> Finding:
    name, number = failed
    inputs = trial_inputs(left.functions()[name], options.seed, number)
    draw = Draw(options.seed, number)
    found = counterexample(left, right, name, inputs, draw, options.max_ulps)
    return difference_finding(Tier.TRIALS, found)


def _nothing_found(left: Side, right: Side, trials: int, options: Options, sizes: str) -> Finding:
    effects = sorted({*left.effects(), *right.effects()})
    if effects:
        ran = f"the same results in {trials} trials{sizes}"
        said = f"{ran}, but the effects of {', '.join(effects)} are not compared"
        return Finding(Tier.TRIALS, Verdict.UNDECIDED, said)
    said = f"no difference in {trials} trials{sizes} (seed {options.seed})"
    details: dict[str, Json] = {"trials": trials, "seed": options.seed}
    return Finding(Tier.TRIALS, Verdict.NO_DIFFERENCE, said, details)


def _at_smaller_shapes(pair: Pair, trials: Sequence[Trial], options: Options) -> Finding | None:
    """The finding of trials at smaller shapes; none where the modules do not allow any."""
    found = sliced(*pair.modules)
    if found is None:
        return None
    texts, sizes = found
    shown = ", ".join(f"{size} -> {small}" for size, small in sizes.items())
    with tempfile.TemporaryDirectory(prefix="irkit-verify-") as folder:
        smaller = Pair(Path(folder, "left.mlir"), Path(folder, "right.mlir"))
        smaller.left.write_text(texts[0])
        smaller.right.write_text(texts[1])
        failed = _failed(smaller, trials, options)
    left, right = (Side(module) for module in pair.modules)
    if failed is None:
        return _nothing_found(left, right, len(trials), options, f" at smaller shapes ({shown})")
    whole = _failed(pair, [failed], options)
    if whole is None:
        said = (
            f"@{failed[0]} gives different outputs at smaller shapes ({shown}), "
            "which the same trial at the modules' own does not show"
        )
        return Finding(Tier.TRIALS, Verdict.UNDECIDED, said)
    return _difference(left, right, whole, options)


def _batches(trials: Sequence[Trial], jobs: int) -> list[Sequence[Trial]]:
    return [batch for start in range(jobs) if (batch := trials[start::jobs])]


def _first_difference(
    pair: Pair, trials: Sequence[Trial], seed: int, most_ulps: int
) -> Trial | None:
    """The first of the trials in which the sides differ. Runs where the executor says."""
    left, right = (Side(module) for module in pair.modules)
    types = left.functions()
    for name, number in trials:
        inputs = trial_inputs(types[name], seed, number)
        draw = Draw(seed, number)
        outputs = [side.run(name, inputs, draw) for side in (left, right)]
        if difference(outputs[0], outputs[1], most_ulps) is not None:
            return name, number
    return None
