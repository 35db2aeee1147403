"""What a comparison may use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class SerialExecutor(Executor):
    """Runs each piece of work when it is submitted, in the caller's thread."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
            if not isinstance(error, Exception):
                raise
        return future


@dataclass(frozen=True)
class Options:
    """Settings of the tiers."""

    seed: int = 0
    """Of the trials' inputs."""
    trials: int = 32
    assume_real: bool = False
    """Whether floating-point numbers may be reordered as real numbers (tier 3)."""
    seconds: float | None = None
    """What is left of the time; None for no limit."""
    max_ulps: int = 0
    """Units in the last place that outputs may be apart."""
    jobs: int = 1
    """Into how many pieces work is cut for the executor."""
    executor: Executor = field(default_factory=SerialExecutor)
    """Runs independent work; what is submitted can be pickled."""

    def using(self, executor: Executor) -> Options:
        """The same settings with another executor."""
        return replace(self, executor=executor)
