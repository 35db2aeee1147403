"""The simulated processes that run a program together: taking turns, meeting, and passing on.

Every process is a thread, but one runs at a time: it gives up its turn only where it must wait for
others, and the next one in the order of their ids takes over. So a run is deterministic, needs no
locks, and notices when no process can go on.

https://github.com/openxla/stablehlo/blob/main/docs/spec.md#parallel-execution
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.process_groups import ProcessId
from irkit.interpreter.random_bits import threefry_bits
from irkit.interpreter.values import Array

ResultT = TypeVar("ResultT")


class Process:
    """A process of the grid of replicas and partitions; by itself it is the whole grid."""

    def __init__(
        self,
        replica_id: int = 0,
        partition_id: int = 0,
        grid: ProcessGrid | None = None,
        *,
        seed: int = 0,
    ) -> None:
        self.replica_id = replica_id
        self.partition_id = partition_id
        self.grid = ProcessGrid(1, 1) if grid is None else grid
        number = replica_id * self.grid.num_partitions + partition_id
        # 2**40 blocks of random numbers are before the next process's first.
        self._random_state = np.array([seed % 2**64, number << 40], np.uint64)

    @property
    def id(self) -> ProcessId:
        """Replica and partition."""
        return self.replica_id, self.partition_id

    def random_bits(self, shape: Sequence[int]) -> Array:
        """The next random ``uint64`` numbers, which follow from the seed and the process alone."""
        self._random_state, bits = threefry_bits(self._random_state, shape, np.dtype(np.uint64))
        return bits


class DeadlockError(EvaluationError):
    """Processes that wait for each other, or for what nobody sends."""


class _AbandonedError(Exception):
    """Ends a process after another one failed."""


@dataclass(eq=False)
class _Turn:
    """A process of a running grid."""

    process: Process
    ready: Callable[[], bool]
    waits_for: str = "its start"
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    finished: bool = False


@dataclass
class _Meeting:
    """What the members of a group brought along, until all have it."""

    brought: dict[ProcessId, Sequence[Array]] = field(
        default_factory=dict[ProcessId, Sequence[Array]]
    )
    left: int = 0


class ProcessGrid:
    """``num_replicas`` times ``num_partitions`` processes.

    ``infeed`` is a queue that all of them read, in the order in which they get their turns;
    ``outfeed`` lists what they wrote, with the process.
    """

    def __init__(
        self,
        num_replicas: int,
        num_partitions: int,
        *,
        infeed: Iterable[Sequence[Array]] = (),
    ) -> None:
        if num_replicas < 1 or num_partitions < 1:
            raise ValueError(
                f"a grid has at least one process, got {num_replicas} replicas of "
                f"{num_partitions} partitions"
            )
        self.num_replicas = num_replicas
        self.num_partitions = num_partitions
        self.infeed: deque[Sequence[Array]] = deque(infeed)
        self.outfeed: list[tuple[ProcessId, Sequence[Array]]] = []
        self._turns: list[_Turn] = []
        self._failure: BaseException | None = None
        self._meetings: dict[Hashable, _Meeting] = {}
        self._visits: dict[tuple[ProcessId, Hashable], int] = {}
        self._mail: dict[Hashable, deque[Sequence[Array]]] = {}

    @property
    def process_ids(self) -> list[ProcessId]:
        """Row by row: all partitions of the first replica, then of the next."""
        return [(r, p) for r in range(self.num_replicas) for p in range(self.num_partitions)]

    # -- running ---------------------------------------------------------------------------

    def run(
        self, program: Callable[[Process], ResultT], *, seed: int = 0
    ) -> Mapping[ProcessId, ResultT]:
        """Runs a function as every process and gives what each returned.

        Raises the first error of a process, :class:`DeadlockError` where none can go on, and
        :class:`EvaluationError` where something was sent that nobody received.
        """
        results: dict[ProcessId, ResultT] = {}
        for replica, partition in self.process_ids:
            process = Process(replica, partition, self, seed=seed)
            self._turns.append(_Turn(process, ready=lambda: True))
        threads = [
            threading.Thread(target=self._run_one, args=(turn, program, results), daemon=True)
            for turn in self._turns
        ]
        for thread in threads:
            thread.start()
        self._turns[0].go.release()
        for thread in threads:
            thread.join()
        self._turns.clear()
        if self._failure is not None:
            raise self._failure
        self._check_mail()
        return {id: results[id] for id in self.process_ids}

    def _run_one(
        self,
        turn: _Turn,
        program: Callable[[Process], ResultT],
        results: dict[ProcessId, ResultT],
    ) -> None:
        turn.go.acquire()
        try:
            if self._failure is None:
                results[turn.process.id] = program(turn.process)
        except _AbandonedError:
            pass
        except BaseException as error:
            # Whatever it is, the thread that called run() raises it.
            self._failure = self._failure or error
        turn.finished = True
        self._pass_on(turn)

    def _pass_on(self, current: _Turn) -> None:
        """Gives the turn to the next process that can go on."""
        start = self._turns.index(current) + 1
        others = [turn for turn in self._turns[start:] + self._turns[:start] if not turn.finished]
        if not others:
            return
        able = next((turn for turn in others if self._failure or turn.ready()), None)
        if able is None:
            self._failure = self._deadlock([turn for turn in self._turns if not turn.finished])
            able = others[0]
        able.go.release()

    def wait(self, process: Process, ready: Callable[[], bool], waits_for: str) -> None:
        """Lets other processes run until ``ready``.

        Raises :class:`DeadlockError` where that cannot become true. ``waits_for`` tells why.
        """
        if ready():
            return
        turn = next((turn for turn in self._turns if turn.process is process), None)
        if turn is None:
            raise DeadlockError(f"the only process waits for {waits_for}")
        turn.ready, turn.waits_for = ready, waits_for
        self._pass_on(turn)
        turn.go.acquire()
        if self._failure is not None:
            raise _AbandonedError

    def _deadlock(self, waiting: Sequence[_Turn]) -> DeadlockError:
        lines = (f"process {turn.process.id} waits for {turn.waits_for}" for turn in waiting)
        return DeadlockError("no process can go on: " + "; ".join(lines))

    # -- meeting ---------------------------------------------------------------------------

    def meet(
        self, process: Process, group: Sequence[ProcessId], what: Hashable, values: Sequence[Array]
    ) -> list[Sequence[Array]]:
        """Waits for the whole group and gives what each member brought, in the group's order.

        ``what`` tells meetings of the same group apart; of those with one ``what`` the first of
        each member is one meeting, the second another.
        """
        kind = (what, tuple(group))
        visit = self._visits.get((process.id, kind), 0)
        self._visits[process.id, kind] = visit + 1
        meeting = self._meetings.setdefault((kind, visit), _Meeting())
        meeting.brought[process.id] = tuple(values)

        def complete() -> bool:
            return len(meeting.brought) == len(group)

        missing = [id for id in group if id not in meeting.brought]
        self.wait(process, complete, f"{', '.join(map(str, missing))} in {what}")
        meeting.left += 1
        if meeting.left == len(group):
            del self._meetings[kind, visit]
        return [meeting.brought[id] for id in group]

    # -- passing on ------------------------------------------------------------------------

    def send(self, channel: Hashable, values: Sequence[Array]) -> None:
        """Puts values at the end of a channel."""
        self._mail.setdefault(channel, deque()).append(tuple(values))

    def receive(self, process: Process, channel: Hashable) -> Sequence[Array]:
        """Waits for the values at the front of a channel, and takes them away."""
        self.wait(process, lambda: bool(self._mail.get(channel)), f"something sent on {channel}")
        return self._mail[channel].popleft()

    def _check_mail(self) -> None:
        unread = [channel for channel, queue in self._mail.items() if queue]
        if unread:
            raise EvaluationError(
                f"what was sent on {', '.join(map(str, unread))} was never received"
            )
