"""Running a saved failure again, in a process of its own: it may crash."""

from __future__ import annotations

import tempfile
from pathlib import Path

from irkit.testing.attempt import Outcome
from irkit.testing.fuzzing.failures import Failure
from irkit.testing.properties import properties
from irkit.testing.workers.worker import Worker, WorkerError

SECONDS = 1200.0


def replay(path: Path) -> Outcome:
    """How the property of a saved failure ends now.

    Raises :class:`~irkit.testing.fuzzing.failures.FailureFileError` and ``OSError``.
    """
    failure = Failure.load(path)
    name = properties([failure.property])[0].name if failure.property != "program" else "program"
    with tempfile.TemporaryDirectory(prefix="irkit-fuzz-") as folder:
        worker = Worker("irkit.testing.workers.trying", [folder])
        try:
            if name == "program":
                worker.ask({"task": "program", "case": failure.case}, SECONDS)
                return Outcome(name)
            question = {"task": "try", "property": name, "case": failure.case}
            answer = worker.ask(question, SECONDS)
        except WorkerError as error:
            return Outcome(name, "failed", str(error))
        finally:
            worker.close()
    return Outcome(name, answer["status"], answer["message"], answer["seconds"])
