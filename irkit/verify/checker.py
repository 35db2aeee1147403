"""Runs the tiers, cheapest and strongest first, until one decides."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.time_limit import OutOfTimeError, time_limit
from irkit.verify.verdict import Finding, Tier, Verdict

EQUAL, DIFFERENT, BAD_INPUT, UNDECIDED = 0, 1, 2, 3
"""Exit statuses."""

LARGEST_HELD = 32 << 20
"""Bytes of a file that rules, trials and the solver hold as a whole."""

Judge = Callable[[Pair, Options], Finding]


@dataclass(frozen=True)
class Report:
    """What all tiers found; the last word is that of the tier that decided."""

    pair: Pair
    findings: tuple[Finding, ...]
    required: Tier
    pruned: bool = False
    """Whether the question was if the right is the left pruned, not if they mean the same."""
    replay: tuple[str, ...] = ()
    """Commands that show the difference again."""

    @property
    def decisive(self) -> Finding | None:
        """The finding that the verdict rests on, if there is one."""
        decided = (Verdict.EQUAL, Verdict.DIFFERENT)
        for wanted in (decided, (Verdict.NO_DIFFERENCE,)):
            for finding in self.findings:
                if finding.verdict in wanted:
                    return finding
        return None

    @property
    def verdict(self) -> Verdict:
        """What is known of the pair."""
        return Verdict.UNDECIDED if self.decisive is None else self.decisive.verdict

    @property
    def status(self) -> int:
        """The exit status: equality counts only with evidence of the required tier or better."""
        found = self.decisive
        if found is None:
            return UNDECIDED
        if found.verdict is Verdict.DIFFERENT:
            return DIFFERENT
        return EQUAL if found.tier <= self.required else UNDECIDED


def check(
    pair: Pair,
    options: Options,
    *,
    tiers: range | None = None,
    required: Tier = Tier.GRAPH,
    told: Callable[[Finding], object] | None = None,
) -> Report:
    """Compares two files.

    ``tiers`` are those to run (all by default), ``required`` the weakest whose word makes the
    status 0. ``told`` is called with each finding as it is made. Raises
    :class:`~irkit.verify.files.InputError` for input that has no meaning.
    """
    findings: list[Finding] = []
    for finding in _findings(pair, options, tiers or range(len(Tier))):
        findings.append(finding)
        if told is not None:
            told(finding)
        if finding.verdict in (Verdict.EQUAL, Verdict.DIFFERENT):
            break
    return Report(pair, tuple(findings), required)


def check_pruned(
    pair: Pair, seconds: float | None = None, told: Callable[[Finding], object] | None = None
) -> Report:
    """Whether the right is the left with nothing left out but what may be; see
    :mod:`irkit.verify.pruned`.

    Raises as :func:`check` does.
    """
    from irkit.verify.pruned import judge_pruned

    try:
        finding = _timed(Tier.GRAPH, lambda: judge_pruned(pair), seconds)
    except OutOfTimeError:
        finding = _out_of_time(Tier.GRAPH, seconds)
    if told is not None:
        told(finding)
    return Report(pair, (finding,), Tier.GRAPH, pruned=True)


def _findings(pair: Pair, options: Options, tiers: range) -> Iterator[Finding]:
    end = None if options.seconds is None else time.monotonic() + options.seconds
    for number in tiers:
        tier = Tier(number)
        left = None if end is None else max(0.0, end - time.monotonic())
        given = replace(options, seconds=left)
        try:
            yield _timed(tier, lambda tier=tier, given=given: _judge(tier)(pair, given), left)
        except OutOfTimeError:
            yield _out_of_time(tier, options.seconds)
            return


def _timed(tier: Tier, judge: Callable[[], Finding], seconds: float | None) -> Finding:
    started = time.monotonic()
    with time_limit(seconds):
        try:
            finding = judge()
        except RecursionError:
            said = "regions or values are nested too deeply to be followed"
            finding = Finding(tier, Verdict.UNDECIDED, said)
        except MemoryError:
            finding = Finding(tier, Verdict.UNDECIDED, "out of memory")
    return replace(finding, seconds=time.monotonic() - started)


def _out_of_time(tier: Tier, seconds: float | None) -> Finding:
    said = f"out of time: {seconds or 0:g} s were given (--timeout)"
    return Finding(tier, Verdict.UNDECIDED, said)


def _judge(tier: Tier) -> Judge:
    # A tier's packages are imported when it is reached.
    return importlib.import_module(f"irkit.verify.tiers.{tier.name.lower()}").judge
