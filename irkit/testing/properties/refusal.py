"""P4: a program with one field changed is refused by irkit and upstream, or by neither."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from xdsl.dialects.builtin import ModuleOp

from dialects.module_text import module_text
from dialects.reader import ParsedModule, check_module, parse_module
from irkit.testing.case import Case
from irkit.testing.mutations import mutants
from irkit.testing.properties.known_differences import known_difference
from irkit.testing.properties.outcome import NotApplicableError, PropertyError, WitnessError
from irkit.testing.properties.witnesses import Witnesses
from irkit.testing.workers.worker import Json

MOST = 24
"""Mutants of one program."""


def check(case: Case, witnesses: Witnesses) -> None:
    """Both judge the generic text of each mutant; differences that are known are counted."""
    form = "inline" if case.form == "external" else case.form
    parsed = parse_module(replace(case, form=form).text())
    chosen = random.Random(case.seed)
    tried = [(what, _text(mutant, parsed)) for what, mutant in sample(chosen, parsed.module)]
    if not tried:
        raise NotApplicableError("has no field to change")
    for (what, text), theirs in zip(tried, _upstream(tried, witnesses), strict=True):
        ours = [fault.message for fault in check_module(text)]
        witnesses.counts["mutants tried"] += 1
        if theirs is None:
            witnesses.counts["mutants that crash upstream"] += 1
            continue
        refused = theirs.get("refused")
        if bool(ours) == (refused is not None):
            witnesses.counts["mutants refused by both" if ours else "mutants valid for both"] += 1
            continue
        reason = known_difference(what, ours[0] if ours else None, refused)
        if reason is None:
            raise PropertyError(_disagreement(what, ours, refused))
        witnesses.counts[f"known difference: {reason}"] += 1


def sample(chosen: random.Random, module: ModuleOp) -> list[tuple[str, ModuleOp]]:
    """Up to ``MOST`` mutants, each as likely as any other."""
    kept: list[tuple[str, ModuleOp]] = []
    for number, mutant in enumerate(mutants(module)):
        if number < MOST:
            kept.append(mutant)
        elif (place := chosen.randrange(number + 1)) < MOST:
            kept[place] = mutant
    return kept


def _text(mutant: ModuleOp, parsed: ParsedModule) -> str:
    return module_text(mutant, parsed.resources, generic=True)


def _upstream(tried: Sequence[tuple[str, str]], witnesses: Witnesses) -> list[Json | None]:
    """Upstream's answer on each text; none where it crashed."""
    try:
        return [*witnesses.upstream([text for _, text in tried], quiet=True)]
    except WitnessError:
        if len(tried) == 1:
            return [None]
        half = len(tried) // 2
        return _upstream(tried[:half], witnesses) + _upstream(tried[half:], witnesses)


def _disagreement(what: str, ours: Sequence[str], theirs: str | None) -> str:
    if ours:
        return f"{what}: irkit refuses what upstream takes: {ours[0]}"
    return f"{what}: upstream refuses what irkit takes: {' '.join((theirs or '').split())[:1000]}"
