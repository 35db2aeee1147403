"""Tier 5, SMT: whether any inputs make outputs differ, asked of a solver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irkit.interpreter.errors import EvaluationError
from irkit.verify.graph.module import ModuleDigester, difference_beside_bodies
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.trials.counterexample import counterexample
from irkit.verify.trials.outcome import difference
from irkit.verify.trials.report import difference_finding
from irkit.verify.trials.side import Draw, Side
from irkit.verify.verdict import Finding, Tier, Verdict

if TYPE_CHECKING:
    from irkit.verify.smt.query import Answer

SECONDS = 60.0
"""For a query, where no time is given."""


def judge(pair: Pair, options: Options) -> Finding:
    """Asks one question an output, spread over ``options.executor``.

    Equal if no inputs make any output differ. A model is replayed by the interpreter: outputs that
    differ are a fact; otherwise it was about functions of which the solver knows nothing.
    """
    try:
        from irkit.verify.smt.query import ask
    except ImportError:
        said = "tier 5 needs the package z3-solver: pip install 'irkit[verify]'"
        return Finding(Tier.SMT, Verdict.UNDECIDED, said)
    left, right = (ModuleDigester(m.module, m.resources) for m in pair.modules)
    beside = difference_beside_bodies(left, right)
    if beside is not None:
        return Finding(Tier.SMT, Verdict.UNDECIDED, beside)
    outputs = [
        (name, place)
        for name, function in left.functions().items()
        # A function without results may have effects, which are not translated.
        for place in range(len(function.function_type.outputs)) or (None,)
    ]
    seconds = SECONDS if options.seconds is None else min(SECONDS, options.seconds)
    share = max(1, int(1000 * seconds * options.jobs / max(1, len(outputs))))
    jobs = [options.executor.submit(ask, pair, *output, share) for output in outputs]
    answers: list[Answer] = [job.result() for job in jobs]
    models = [answer for answer in answers if answer.status == "sat"]
    for answer in models:
        found = _replayed(pair, answer, options.max_ulps)
        if found is not None:
            return found
    if models:
        said = "the solver's counterexample is none for the interpreter"
        return Finding(Tier.SMT, Verdict.UNDECIDED, said)
    unknown = [answer for answer in answers if answer.status != "unsat"]
    if unknown:
        first = unknown[0]
        output = "" if first.output is None else f"output {first.output} of "
        said = f"{output}@{first.function}: {first.status}"
        return Finding(Tier.SMT, Verdict.UNDECIDED, said)
    count = sum(place is not None for _, place in outputs)
    said = f"no inputs make any of {count} outputs differ (Z3; all NaNs count as one number)"
    return Finding(Tier.SMT, Verdict.EQUAL, said, {"outputs": count})


def _replayed(pair: Pair, answer: Answer, most_ulps: int) -> Finding | None:
    """The finding if the interpreter agrees that the model is a counterexample."""
    left, right = (Side(module) for module in pair.modules)
    draw = Draw(0, 0)
    try:
        outputs = [side.run(answer.function, answer.inputs, draw) for side in (left, right)]
    except EvaluationError:
        return None
    if difference(outputs[0], outputs[1], most_ulps) is None:
        return None
    found = counterexample(left, right, answer.function, answer.inputs, draw, most_ulps)
    return difference_finding(Tier.SMT, found)
