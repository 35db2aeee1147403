"""Processes that answer, die, are late, and end with the one that asks."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from irkit import Policy
from irkit.testing import Program, Step
from irkit.testing.case import Case
from irkit.testing.properties import identity, interpretation
from irkit.testing.properties.outcome import PropertyError
from irkit.testing.properties.witnesses import Witnesses
from irkit.testing.workers import lowering, trying, upstream
from irkit.testing.workers import worker as worker_module
from irkit.testing.workers.trying import Trying
from irkit.testing.workers.worker import Worker, WorkerError

ANSWERING = """
import atexit, os, pathlib, signal, subprocess, sys, threading, time
from irkit.testing.workers.serving import serve

def answer(question):
    match question["do"]:
        case "say":
            print("on standard output")
            return question["what"]
        case "exit":
            print("why it ends", file=sys.stderr, flush=True)
            os._exit(3)
        case "abort":
            os.kill(os.getpid(), signal.SIGKILL)
        case "sleep":
            time.sleep(question["seconds"])
        case "spin":
            while True:
                pass
        case "start":
            waiting = [sys.executable, "-c", "import time; time.sleep(600)"]
            return subprocess.Popen(waiting).pid
        case "remember":
            atexit.register(pathlib.Path(question["path"]).write_text, "ended")
        case "linger":
            threading.Thread(target=time.sleep, args=[600]).start()
        case "environment":
            return [os.environ.get(question["name"]), *sys.argv[1:]]

serve(answer)
"""
DEAF = "import sys\nsys.exit('will not listen')\n"
ADD = Case(
    Program((Step("add"), Step("negate")), (0,)), Policy(chunk_end="operations", operations=1),
    "argument", True, 0,
)  # fmt: skip


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "answering.py").write_text(ANSWERING)
    (folder / "deaf.py").write_text(DEAF)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


@pytest.fixture
def worker(modules: Path) -> Iterator[Worker]:
    made = Worker("answering", ["one", "two"], {"IRKIT_TOLD": "yes"})
    yield made
    made.close()


def gone(pid: int) -> bool:
    """Whether the process ends soon, or has done so."""
    try:
        psutil.Process(pid).wait(10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_it_is_started_with_the_first_question_and_kept(worker: Worker) -> None:
    assert worker.pid is None
    assert worker.ask({"do": "say", "what": ["ä", 1]}) == ["ä", 1]
    first = worker.pid
    assert worker.ask({"do": "environment", "name": "IRKIT_TOLD"}) == ["yes", "one", "two"]
    assert (worker.pid, worker.answered) == (first, 2)
    for _ in range(2):
        worker.restart()
        assert worker.pid is None
    assert worker.ask({"do": "say", "what": None}) is None
    assert worker.answered == 1
    assert worker.pid != first


@pytest.mark.parametrize(
    ("what", "message"),
    [("exit", "answering: ended with status 3: why it ends"), ("abort", "ended with signal 9: $")],
)
def test_one_that_dies_says_how_and_another_takes_its_place(
    worker: Worker, what: str, message: str
) -> None:
    with pytest.raises(WorkerError, match=message) as raised:
        worker.ask({"do": what})
    assert raised.value.kind == "crash"
    assert worker.ask({"do": "say", "what": 5}) == 5


def test_one_that_ends_before_it_has_read_the_question(modules: Path) -> None:
    deaf = Worker("deaf")
    with pytest.raises(WorkerError, match="deaf: ended with status 1: will not listen"):
        deaf.ask("x" * (1 << 20))
    deaf.close()


def test_one_that_is_late_is_killed_with_all_that_it_started(worker: Worker) -> None:
    child = worker.ask({"do": "start"})
    with pytest.raises(WorkerError, match=r"no answer within 0\.1 s of processor time") as raised:
        worker.ask({"do": "spin"}, 0.1)
    assert raised.value.kind == "timeout"
    assert gone(child)
    assert worker.ask({"do": "say", "what": "again"}) == "again"


def test_time_that_it_waits_for_others_counts_a_tenth(worker: Worker) -> None:
    assert worker.ask({"do": "sleep", "seconds": 1.2}, 0.5) is None
    with pytest.raises(WorkerError, match="no answer within"):
        worker.ask({"do": "sleep", "seconds": 60}, 0.05)


def test_killed_from_another_thread(worker: Worker) -> None:
    worker.kill()  # there is none yet
    child = worker.ask({"do": "start"})
    killing = threading.Timer(0.2, worker.kill)
    killing.start()
    with pytest.raises(WorkerError, match="ended with signal 9") as raised:
        worker.ask({"do": "sleep", "seconds": 60})
    killing.join()
    assert raised.value.kind == "crash"
    assert gone(child)


def test_an_interrupted_question_leaves_no_answer_behind(worker: Worker) -> None:
    assert worker.ask({"do": "say", "what": "ready"}) == "ready"
    first = worker.pid
    assert first is not None
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    interrupting = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1))
    interrupting.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            worker.ask({"do": "sleep", "seconds": 5})
    finally:
        interrupting.join()
        signal.signal(signal.SIGUSR1, before)
    assert gone(first)
    assert worker.ask({"do": "say", "what": "new"}) == "new"


def test_closing_lets_it_leave_in_order(worker: Worker, tmp_path: Path) -> None:
    end = tmp_path / "end"
    worker.ask({"do": "remember", "path": str(end)})
    worker.close()
    assert end.read_text() == "ended"
    worker.close()


def test_closing_kills_what_does_not_end(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_LAST_WORDS", 0.3)
    worker.ask({"do": "linger"})
    child, pid = worker.ask({"do": "start"}), worker.pid
    assert pid is not None
    begun = time.monotonic()
    worker.close()
    assert time.monotonic() - begun < 5
    assert gone(pid)
    assert gone(child)


# -- what the workers answer -------------------------------------------------------------------


def test_upstream_answers_of_each_text() -> None:
    dead = (
        "func.func @f(%arg0: tensor<f32>) {\n"
        "  %0 = stablehlo.negate %arg0 : tensor<f32>\n  return\n}"
    )
    whole, pruned, quiet, refused = upstream.answer(
        [
            {"text": dead},
            {"text": dead, "prune": True},
            {"text": dead, "quiet": True},
            {"text": "?"},
        ]
    )
    assert "stablehlo.negate" in whole["printed"]
    assert "stablehlo.negate" not in pruned["printed"]
    assert quiet == {"printed": ""}
    assert "error" in refused["refused"]


def test_lowering_answers_with_the_text_where_it_is_asked_for() -> None:
    digest = hashlib.sha256(ADD.text().encode()).hexdigest()
    question = {"case": ADD.to_json()}
    assert lowering.answer(question) == {"sha256": digest, "text": None}
    assert lowering.answer({**question, "text": True}) == {"sha256": digest, "text": ADD.text()}


@pytest.fixture
def attempts(tmp_path: Path) -> Iterator[Trying]:
    with Witnesses(tmp_path) as witnesses:
        yield Trying(witnesses)


def test_a_program_is_described(attempts: Trying) -> None:
    assert attempts.answer({"task": "program", "case": ADD.to_json()}) == {
        "steps": 2,
        "kinds": ["add", "negate"],
        "names": ["func.func", "stablehlo.add", "stablehlo.constant", "stablehlo.negate"],
    }


def test_of_a_large_program_the_operations_are_not_looked_up(
    attempts: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "_LOOKED_AT", 10)
    case = {"seed": 4, "size": 11, "kinds": ["add"]}
    found = attempts.answer({"task": "program", "case": case})
    assert found == {"steps": 11, "kinds": ["add"], "names": []}


def test_a_program_that_cannot_be_lowered_is_for_the_properties_to_find(
    attempts: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(case: Case) -> str:
        raise ZeroDivisionError("no text")

    monkeypatch.setattr(Case, "text", broken)
    case = ADD.to_json()
    found = attempts.answer({"task": "program", "case": case})
    assert found == {"steps": 2, "kinds": ["add", "negate"], "names": []}
    found = attempts.answer({"task": "try", "property": "printing", "case": case})
    assert found["status"] == "failed"
    assert found["message"].startswith("ZeroDivisionError (test_workers.py:")
    assert found["signature"].startswith("printing: ZeroDivisionError")
    assert found["case"] == case


def test_what_is_tried_says_what_it_met(attempts: Trying) -> None:
    question = {"task": "try", "property": "interpretation", "case": ADD.to_json()}
    for _ in range(2):
        found = attempts.answer(question)
        assert (found["status"], found["case"]) == ("held", None)
        assert found["counts"] == {"programs interpreted": 1, "outputs compared bit by bit": 1}
    assert found["resident"] > 1 << 20


def test_a_failure_is_shrunk_to_one_of_the_same_cause(
    attempts: Trying, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(case: Case, witnesses: Witnesses) -> None:
        kinds = case.program.kinds()
        if "negate" in kinds:
            raise PropertyError(f"{case.program.size} steps negate")
        if "add" in kinds:
            raise PropertyError("adds")

    monkeypatch.setattr(interpretation, "check", check)
    question = {"property": "interpretation", "case": ADD.to_json()}
    found = attempts.answer({"task": "try", **question})
    assert found["message"] == "2 steps negate"
    smaller = attempts.answer(
        {"task": "shrink", "signature": found["signature"], "seconds": 20, **question}
    )
    assert smaller["message"] == "1 steps negate"
    assert smaller["steps"] == 1
    assert Case.from_json(smaller["case"]).program == Program((Step("negate"),))


def test_judges_end_with_what_asks_them(tmp_path: Path) -> None:
    before = {*psutil.Process().children()}
    with Witnesses(tmp_path) as witnesses:
        identity.check(ADD, witnesses)
        (started,) = {*psutil.Process().children()} - before
    assert not started.is_running()
