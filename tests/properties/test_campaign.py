"""A campaign whose workers die, grow, fail and are late."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from irkit.testing.case import Case
from irkit.testing.fuzzing import campaign as campaign_module
from irkit.testing.fuzzing import tally as tally_module
from irkit.testing.fuzzing.campaign import Campaign, Settings
from irkit.testing.fuzzing.failures import Failure
from irkit.testing.fuzzing.tally import Tally
from irkit.testing.properties import properties
from tests.properties.planting import plant_here

FAILS = """
from irkit.testing.properties import identity
from irkit.testing.properties.outcome import PropertyError

def check(case, witnesses):
    raise PropertyError("it is planted")

identity.check = check
"""
DIES = """
import os
from irkit.testing.properties import identity

identity.check = lambda case, witnesses: os._exit(7)
"""
FAILS_AND_DIES_SHRINKING = f"""{FAILS}
import os
from irkit.testing import shrinking

shrinking.shrink = lambda *arguments: os._exit(7)
"""
ONE_FAILS_WHILE_ONE_WAITS = """
import pathlib, time
from irkit.testing.properties import identity
from irkit.testing.properties.outcome import PropertyError

waits = pathlib.Path({waits!r})

def check(case, witnesses):
    if case.seed % 2:
        waits.touch()
        time.sleep(600)
    while not waits.exists():
        time.sleep(0.01)
    raise PropertyError("it is planted")

identity.check = check
"""


def run(save: Path, *names: str) -> Tally:
    """One program, of two steps."""
    campaign = Campaign(
        Settings(0, 0, save, [found for name in names for found in properties([name])]),
        lambda line: None,
    )
    campaign.run()
    return campaign.tally


def saved(save: Path, found: Sequence[str]) -> list[Failure]:
    return [Failure.load(save / name) for name in found]


def summary(save: Path) -> Any:
    (line,) = (save / "summary.jsonl").read_text().splitlines()
    return json.loads(line)


def test_a_property_that_ends_its_worker_has_failed_and_the_next_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_here(monkeypatch, tmp_path, DIES)
    tally = run(tmp_path, "identity", "inference")
    assert tally.tried["identity"].failed == tally.failures == tally.recycled == 1
    assert tally.tried["inference"].held == 1
    (first,) = saved(tmp_path, tally.found["identity: crash"].files)
    assert first.message == "trying: ended with status 7: "
    assert first.case == first.found == {"seed": 0, "size": 2, "kinds": None}


def test_a_few_failures_of_a_cause_are_saved_and_the_first_is_shrunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_here(monkeypatch, tmp_path, FAILS)
    monkeypatch.setattr(campaign_module, "SAVED", 2)
    tally = run(tmp_path, "identity", "identity", "identity")
    found = tally.found["identity: it is planted"]
    assert found.times == tally.tried["identity"].failed == 3
    assert found.files == ["failure-1-identity.json", "failure-2-identity.json"]
    cases = [Case.from_json(failure.case) for failure in saved(tmp_path, found.files)]
    assert [case.program.size for case in cases] == [0, 2]
    assert summary(tmp_path)["failures"]["identity: it is planted"]["files"] == found.files


def test_a_failure_that_cannot_be_shrunk_is_saved_as_it_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_here(monkeypatch, tmp_path, FAILS_AND_DIES_SHRINKING)
    tally = run(tmp_path, "identity")
    assert tally.recycled == 1
    (first,) = saved(tmp_path, tally.found["identity: it is planted"].files)
    assert (first.status, first.message) == ("failed", "it is planted")
    assert Case.from_json(first.case) == Case.random(0, 2)


@pytest.mark.parametrize("limit", ["MOST_RESIDENT", "MOST_PROGRAMS"])
def test_a_worker_that_has_grown_or_worked_long_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(campaign_module, limit, 0)
    tally = run(tmp_path, "inference")
    assert tally.tried["inference"].held == tally.recycled == 1


def test_a_large_program_is_not_tried_when_the_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_module, "FINISHED", 1)
    tally = run(tmp_path, "inference")
    assert (tally.programs, tally.steps, tally.tried["inference"].held) == (1, 2, 0)


def test_what_cannot_be_said_or_saved_ends_all_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = str(tmp_path / "waits")
    plant_here(monkeypatch, tmp_path, ONE_FAILS_WHILE_ONE_WAITS.format(waits=waits))
    started: set[psutil.Process] = set()
    before = {*psutil.Process().children()}
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 2:
            started.update({*psutil.Process().children()} - before)
            raise BrokenPipeError("nobody reads")

    settings = Settings(10, 0, tmp_path, properties(["identity", "inference"]), 12, jobs=2)
    with pytest.raises(BrokenPipeError, match="nobody reads"):
        Campaign(settings, say).run()
    assert len(started) == 2
    assert not any(process.is_running() for process in started)
    told = summary(tmp_path)
    assert told["interrupted"]
    assert told["failures"]["identity: it is planted"]["times"] == 2


def test_every_outcome_is_counted() -> None:
    tally = Tally(properties(["identity", "upstream"]))
    tally.program({"steps": 3, "kinds": ["add"], "names": ["stablehlo.add"]})
    tally.program({"steps": 2, "kinds": ["add", "abs"], "names": ["stablehlo.add"]})
    outcomes = ("held", "held", "failed", "witness", "not applicable")
    for status in outcomes:
        answer = {"property": "identity", "status": status, "message": "why", "seconds": 0.5}
        tally.outcome({**answer, "counts": {"lines": 2}})
    tally.too_large(tally_module.Property("upstream", "", 0))
    tally.unmade()
    told = tally.to_json()
    assert (tally.failures, told["programs"], told["programs_not_made"]) == (2, 2, 1)
    assert (told["steps"], told["largest"], told["kinds"]) == (5, 3, {"abs": 1, "add": 2})
    assert told["counts"] == {"lines": 10}
    assert told["properties"]["identity"] == {
        "held": 2,
        "failed": 1,
        "witness_crashed": 1,
        "too_large": 0,
        "not_applicable": {"why": 1},
        "seconds": 2.5,
    }
    assert told["properties"]["upstream"]["too_large"] == 1


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["identity"], []),
        (["refusal"], ["jaxlib is not installed: no witness for refusal"]),
        (
            ["upstream", "refusal"],
            [
                "jaxlib is not installed: no witness for upstream, refusal",
                "iree-opt is not installed: no witness for upstream in the form external",
            ],
        ),
    ],
)
def test_what_has_no_witness_is_said(
    monkeypatch: pytest.MonkeyPatch, names: list[str], missing: list[str]
) -> None:
    tally = Tally(properties(names))
    assert tally.unwitnessed() == []
    monkeypatch.setattr(tally_module, "has_jaxlib", lambda: False)
    monkeypatch.setattr(tally_module, "iree_opt", lambda: None)
    assert tally.unwitnessed() == missing
