"""One run: workers that make programs from seeds, try every property, and shrink what fails."""

from __future__ import annotations

import itertools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from irkit import __version__
from irkit.testing.fuzzing.failures import Failure
from irkit.testing.fuzzing.sizes import LARGEST, random_size
from irkit.testing.fuzzing.tally import Found, Tally
from irkit.testing.properties import Property
from irkit.testing.workers.worker import Json, Worker, WorkerError

SEEDS = 1_000_000_000
"""Programs of one seed, before those of the next begin."""
MOST_RESIDENT = 1 << 30
"""Bytes of a worker after which another takes its place."""
MOST_PROGRAMS = 500
"""Programs after which another takes its place in any case."""
SAVED = 3
"""Failures of one cause that are written; the rest are counted."""
FINISHED = 400
"""Steps up to which a program that has been begun is tried with every property, whatever the time
is."""
SHRINKING = 60.0
"""Seconds for making one failure smaller."""


@dataclass(frozen=True)
class Settings:
    """What a run tries."""

    minutes: float
    """Until no other program is begun; each job tries one."""
    seed: int
    save: Path
    properties: Sequence[Property]
    largest: int = LARGEST
    jobs: int = 1
    kinds: Sequence[str] | None = None
    """Kinds of steps; all if None."""


class Campaign:
    """A run; :meth:`run` ends when its time is over or it is stopped."""

    def __init__(self, settings: Settings, say: Callable[[str], object]) -> None:
        self.settings = settings
        self.tally = Tally(settings.properties)
        self._say = say
        self._numbers = itertools.count()
        self._stop = threading.Event()
        self._begun = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._begun

    def run(self) -> None:
        """Tries programs until the time is over. The summary is written whatever ends it.

        Raises ``OSError`` where a failure or the summary cannot be written, and what ``say`` does.
        """
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._begun = time.monotonic()
        finished = False
        try:
            with ThreadPoolExecutor(self.settings.jobs, "irkit-fuzz") as threads:
                try:
                    jobs = [threads.submit(self._job) for _ in range(self.settings.jobs)]
                    for job in as_completed(jobs):
                        job.result()
                    finished = True
                finally:
                    self._stop.set()
        finally:
            self._append(started, finished=finished)

    def _append(self, started: str, *, finished: bool) -> None:
        settings = self.settings
        line = {
            "irkit": __version__,
            "started": started,
            "seconds": round(self.elapsed, 1),
            "seed": settings.seed,
            "largest_asked": settings.largest,
            "jobs": settings.jobs,
            "interrupted": not finished,
            **self.tally.to_json(),
        }
        with (settings.save / "summary.jsonl").open("a") as out:
            out.write(json.dumps(line) + "\n")

    def _job(self) -> None:
        with tempfile.TemporaryDirectory(prefix="irkit-fuzz-") as folder:
            worker = Worker("irkit.testing.workers.trying", [folder])
            watcher = threading.Thread(target=self._end_with_run, args=[worker], daemon=True)
            watcher.start()
            try:
                self._program(worker, next(self._numbers))
                while not self._is_over():
                    self._program(worker, next(self._numbers))
            finally:
                worker.close()

    def _end_with_run(self, worker: Worker) -> None:
        """Who stops the run does not wait for the program that is being tried."""
        self._stop.wait()
        worker.kill()

    def _is_over(self) -> bool:
        return self._stop.is_set() or self.elapsed >= self.settings.minutes * 60

    def _program(self, worker: Worker, number: int) -> None:
        settings = self.settings
        seed = settings.seed * SEEDS + number
        case = {"seed": seed, "size": random_size(seed, settings.largest), "kinds": settings.kinds}
        described = self._ask(worker, {"task": "program", "case": case}, case)
        if described is None:
            return
        self.tally.program(described)
        for property_ in settings.properties:
            if self._stop.is_set() or (self._is_over() and described["steps"] > FINISHED):
                return
            if described["steps"] > property_.most:
                self.tally.too_large(property_)
                continue
            question = {"task": "try", "property": property_.name, "case": case}
            answer = self._ask(worker, question, case)
            if answer is None:
                continue
            self.tally.outcome(answer)
            if answer["status"] in ("failed", "witness"):
                self._failed(worker, answer, case)
            if answer["resident"] > MOST_RESIDENT:
                self._restart(worker)
        if worker.answered > MOST_PROGRAMS * (len(settings.properties) + 1):
            self._restart(worker)

    def _restart(self, worker: Worker) -> None:
        worker.restart()
        self.tally.restarted()

    def _ask(self, worker: Worker, question: Json, case: Json) -> Json | None:
        """The answer; none where the worker ended, which is a failure."""
        try:
            return worker.ask(question, 120 + 0.02 * case["size"])
        except WorkerError as error:
            if self._stop.is_set():
                return None
            self.tally.restarted()
            name = question.get("property", "program")
            answer = {
                "property": name,
                "status": "failed",
                "message": str(error),
                "signature": f"{name}: {error.kind}",
                "seconds": 0.0,
                "case": case,
            }
            if name == "program":
                self.tally.unmade()
            else:
                self.tally.outcome(answer)
            self._failed(worker, answer, case, shrink=False)
            return None

    def _failed(self, worker: Worker, answer: Json, case: Json, *, shrink: bool = True) -> None:
        signature = answer["signature"]
        found = self.tally.met(signature, answer["message"], SAVED)
        if found is None:
            return
        failed = answer["status"] == "failed"
        smaller, message = answer["case"], answer["message"]
        if shrink and failed and found.times == 1:
            question = {
                "task": "shrink",
                "property": answer["property"],
                "signature": signature,
                "seconds": SHRINKING,
                "case": smaller,
            }
            try:
                shrunk = worker.ask(question, 10 * SHRINKING)
                smaller, message = shrunk["case"], shrunk["message"]
            except WorkerError:
                self.tally.restarted()
        self._save(
            found, Failure(answer["property"], answer["status"], message, signature, smaller, case)
        )

    def _save(self, found: Found, failure: Failure) -> None:
        kind = "failure" if failure.status == "failed" else "judge-crash"
        path = failure.save(self.settings.save, kind)
        found.files.append(path.name)
        self._say(f"{path}: {failure.property}: {' '.join(failure.message.split())[:300]}")
