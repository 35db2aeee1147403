"""A limit on address space that is too little even to start with."""

from __future__ import annotations

import contextlib
import os
import resource

from irkit.errors import IRKitError

START_BYTES = 148 << 20
"""What the interpreter, numpy and irkit take, measured (tests/faults/memory.py)."""


_ARENA_MAX = -8
"""``M_ARENA_MAX`` of ``mallopt``."""


class AddressSpaceError(IRKitError):
    """The process is not allowed the memory that importing takes."""


def check_address_space() -> None:
    """To be called before numpy is imported, which would end the process, or say nothing clear.

    Under a limit numpy's BLAS, which irkit does not use, is kept from taking 40 MiB a core, and the
    C library from setting 64 MiB aside for each thread.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with contextlib.suppress(OSError, AttributeError):  # only glibc has it
        import ctypes

        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
    if limit < START_BYTES:
        raise AddressSpaceError(
            f"the limit on address space (RLIMIT_AS, `ulimit -v`) is {limit / 2**20:.1f} MiB; "
            f"irkit takes {START_BYTES >> 20} MiB before it has read a line"
        )
