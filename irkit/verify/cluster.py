"""Sending work to a Dask cluster, with the interface of ``concurrent.futures``."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, cast

from irkit.errors import IRKitError

CONNECT_SECONDS = 10


class ClusterError(IRKitError):
    """A cluster that cannot be reached, or the package for it is missing."""


@contextmanager
def cluster_executor(address: str) -> Generator[Executor]:
    """An executor of the cluster whose scheduler listens at ``address`` (``tcp://host:port``).

    The workers need irkit and the files under judgement at the same paths. Raises
    :class:`ClusterError`.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError(
            "--scheduler needs the package distributed: pip install 'irkit[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        executor = cast(Executor, cast(Any, client).get_executor())
        try:
            yield executor
        finally:
            # What has not begun is cancelled; nobody waits for the rest.
            executor.shutdown(wait=False)
