"""Processes for independent work, which do not outlive the question."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Generator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def process_pool(jobs: int) -> Generator[Executor]:
    """An executor of ``jobs`` processes, at most two a processor.

    At the end of the block they are killed, whatever they are doing: leaving the block early, as
    when time is over, must not wait for work that nobody asks for any more.
    """
    before = set(multiprocessing.active_children())
    # Spawned, not forked: whoever calls this may have threads.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, 2 * (os.cpu_count() or 1)), mp_context=context)
    try:
        yield pool
    finally:
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
        # The pool notices, and what it still has to do fails.
        pool.shutdown(wait=True, cancel_futures=True)
