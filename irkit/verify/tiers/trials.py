"""Tier 4, trials: both modules are run on seeded inputs by the reference interpreter."""

from __future__ import annotations

from collections.abc import Sequence

from irkit.interpreter.errors import EvaluationError
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.trials.counterexample import counterexample, exceeds
from irkit.verify.trials.inputs import NoInputsError, trial_inputs
from irkit.verify.trials.outcome import difference
from irkit.verify.trials.report import difference_finding
from irkit.verify.trials.side import Draw, Side
from irkit.verify.verdict import Finding, Json, Tier, Verdict

Trial = tuple[str, int]
"""A function's name and the number of a trial."""


def judge(pair: Pair, options: Options) -> Finding:
    """Runs every public function of both modules ``options.trials`` times.

    A difference is a fact, and is shown on inputs made as simple as can be; no difference proves
    nothing. Trials are spread over ``options.executor``.
    """
    left, right = (Side(module) for module in pair.modules)
    names = sorted(left.signatures())
    if left.signatures() != right.signatures() or not names:
        said = "the modules have not the same public functions with a body, or none"
        return Finding(Tier.TRIALS, Verdict.UNDECIDED, said)
    trials: list[Trial] = [(name, n) for n in range(options.trials) for name in names]
    jobs = [
        options.executor.submit(_first_difference, pair, batch, options.seed, options.max_ulps)
        for batch in _batches(trials, options.jobs)
    ]
    failed: list[Trial] = []
    try:
        for job in jobs:
            found = job.result()
            if found is not None:
                failed.append(found)
    except (EvaluationError, NoInputsError) as error:
        return Finding(Tier.TRIALS, Verdict.UNDECIDED, f"the programs cannot be tried: {error}")
    effects = sorted({*left.effects(), *right.effects()})
    if not failed and effects:
        ran = f"the same results in {len(trials)} trials"
        said = f"{ran}, but the effects of {', '.join(effects)} are not compared"
        return Finding(Tier.TRIALS, Verdict.UNDECIDED, said)
    if not failed:
        said = f"no difference in {len(trials)} trials (seed {options.seed})"
        details: dict[str, Json] = {"trials": len(trials), "seed": options.seed}
        return Finding(Tier.TRIALS, Verdict.NO_DIFFERENCE, said, details)
    # The first in the order of the trials, so that the number of jobs does not matter.
    name, number = min(failed, key=trials.index)
    inputs = trial_inputs(left.functions()[name], options.seed, number)
    draw = Draw(options.seed, number)
    found = counterexample(left, right, name, inputs, draw, options.max_ulps)
    return difference_finding(Tier.TRIALS, found)


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
        if exceeds(difference(*outputs), most_ulps) is not None:
            return name, number
    return None
