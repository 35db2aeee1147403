"""Hostile text: one error with its place, the documented status, in bounded time and memory.

``python -m tests.faults --only text streams`` takes every text through every command.
"""

from __future__ import annotations

import re

import pytest

from tests.faults.hostile_text import GROUPS, Hostile, Stream
from tests.faults.text import COMMANDS, Attempt, attempt, loss, trials, warm

QUICK = ("encodings", "unfinished", "numbers of 10^6 digits", "constants", "aliases", "sizes")
MEGABYTES = 512
EVERYWHERE = (
    ("nested 10^5 deep", "lists"),
    ("many", "results by a huge number"),
    ("sizes", "an integer of 10^17 bits"),
    ("encodings", "no UTF-8"),
    ("unfinished", "a function"),
    ("order", "a use before the definition"),
    ("aliases", "that double a type"),
)

RUN = (
    ("sizes", f"an iota of {2**50} elements", rf"tensor<{2**50}xf32> \({2**52} bytes\)"),
    ("sizes", f"an iota of {2**63 - 1} elements", rf"tensor<{2**63 - 1}xf32> "),
    ("sizes", "an iota of 2^50 elements, which a value says", r"dynamic_iota: .* 8\.00 PiB"),
    ("sizes", "a splat of 2 dimensions that overflow", r"\(18446744073709551616 bytes\)"),
    ("nested 10^5 deep", "calls", "func.call: calls or regions are nested too deeply"),
)


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm()


@pytest.mark.parametrize("group", QUICK)
def test_it_is_refused_or_valid(group: str) -> None:
    for _, title, ended, lost in trials(("check",), (group,)):
        assert lost is None, f"{title}: {lost}"
        assert ended.megabytes < MEGABYTES, title


@pytest.mark.parametrize(("group", "name"), EVERYWHERE)
def test_every_command_refuses_it(group: str, name: str) -> None:
    data = GROUPS[group][name].make()
    for title, command in COMMANDS.items():
        ended = attempt(command, data)
        readable = ended.status == 0 and title in ("generic", "fmt", "parse")
        assert readable or loss(title, command, ended, False) is None, f"{title}: {ended}"


@pytest.mark.parametrize(("group", "name", "message"), RUN)
def test_what_is_valid_and_cannot_be_run_has_a_place(group: str, name: str, message: str) -> None:
    command = COMMANDS["run"]
    ended = attempt(command, GROUPS[group][name].make())
    assert ended.status == command.refuses
    assert loss("run", command, ended, False) is None, ended
    assert re.search(message, ended.said)


def test_a_million_debug_locations_are_read_over() -> None:
    data = GROUPS["many"]["10^6 locations"].make()
    ended = attempt(COMMANDS["pruned"], data)
    assert loss("pruned", COMMANDS["pruned"], ended, True) is None, ended


@pytest.mark.parametrize("command", ["check", "fmt", "prune"])
def test_a_line_without_end_is_not_held(command: str) -> None:
    stream = Stream("// ", b"x" * (1 << 20), 64)
    ended = attempt(COMMANDS[command], stream)
    assert loss(command, COMMANDS[command], ended, False) is None, ended
    assert ended.megabytes < MEGABYTES


def test_a_loss_is_seen() -> None:
    """The judge itself: a status, a place and a file that are not as promised."""
    valid = GROUPS["names of 10^6 characters"]["of a value"].make()
    bare = Attempt(2, "irkit: error: out of memory\n", 0.1, 100, ())
    assert "no place" in str(loss("run", COMMANDS["run"], bare, True))
    ended = attempt(COMMANDS["check"], valid)
    assert loss("check", COMMANDS["check"], ended, True) is None
    assert "status 0" in str(loss("check", COMMANDS["check"], ended, False))
    assert isinstance(GROUPS["order"]["two blocks of one name"], Hostile)
