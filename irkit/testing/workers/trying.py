"""Tries properties on cases, and shrinks those that fail."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

from irkit.testing.attempt import attempt
from irkit.testing.case import Case
from irkit.testing.program import Program
from irkit.testing.properties import Property, properties
from irkit.testing.properties.witnesses import Witnesses
from irkit.testing.workers.serving import serve
from irkit.testing.workers.worker import Json
from irkit.verify.options import SerialExecutor

_OPERATION = re.compile(r"(?:= |^ *|\")((?:stablehlo|func|util|call)(?:\.[\w-]+)?)[ (\"]", re.M)
_LOOKED_AT = 5_000
"""Steps up to which the text of a program is searched for the names of its operations."""


class Trying:
    """Answers about one case after the other."""

    def __init__(self, witnesses: Witnesses) -> None:
        self._witnesses = witnesses
        self._asked: Json = None
        self._case: Case | None = None

    def answer(self, question: Json) -> Json:
        """``{"task": ...}``: ``program``, what the case consists of; ``try``, a property;
        ``shrink``, a smaller case that fails likewise."""
        case = self._of(question)
        match question["task"]:
            case "program":
                return self._described(case)
            case "shrink":
                return self._shrunk(case, question)
            case _:
                found = properties([question["property"]])[0]
                return self._outcome(found, case)

    def _of(self, question: Json) -> Case:
        asked = question["case"]
        if self._case is None or asked != self._asked:
            if "program" in asked:
                self._case = Case.from_json(asked)
            else:
                self._case = Case.random(asked["seed"], asked["size"], asked.get("kinds"))
            self._asked = asked
        return self._case

    def _described(self, case: Case) -> Json:
        program = case.program
        names: list[str] = []
        if program.size <= _LOOKED_AT:
            whole = replace(case, prune=False, form="argument")
            # A program that cannot be lowered is for the properties to find.
            text = SerialExecutor().submit(whole.text)
            if text.exception() is None:
                names = sorted(set(_OPERATION.findall(text.result())))
        return {"steps": program.size, "kinds": sorted(program.kinds()), "names": names}

    def _outcome(self, property_: Property, case: Case) -> Json:
        self._witnesses.counts.clear()
        outcome = attempt(property_, case, self._witnesses)
        return {
            **outcome.to_json(),
            "signature": outcome.signature,
            "counts": dict(self._witnesses.counts),
            "resident": _resident(),
            "case": case.to_json() if outcome.status in ("failed", "witness") else None,
        }

    def _shrunk(self, case: Case, question: Json) -> Json:
        from irkit.testing.shrinking import shrink

        wanted = question["signature"]
        property_ = properties([question["property"]])[0]

        def fails(program: Program) -> bool:
            outcome = attempt(property_, replace(case, program=program), self._witnesses)
            return outcome.status == "failed" and outcome.signature == wanted

        smaller = replace(case, program=shrink(case.program, fails, question["seconds"]))
        outcome = attempt(property_, smaller, self._witnesses)
        return {
            "case": smaller.to_json(),
            "message": outcome.message,
            "steps": smaller.program.size,
        }


def _resident() -> int:
    """Bytes of memory of this process."""
    import psutil

    return psutil.Process().memory_info().rss


if __name__ == "__main__":
    with Witnesses(Path(sys.argv[1])) as judges:
        serve(Trying(judges).answer)
