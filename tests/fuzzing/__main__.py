"""``python -m tests.fuzzing TARGET --minutes N --corpus DIR``: coverage-guided fuzzing.

Needs atheris (the extra ``fuzz``). New inputs that reach new code go to ``--corpus``, what fails to
``--found``: one input for each kind of failure, with its traceback beside it. The run goes on after
a failure, and its exit status is 1 if there was one.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import resource
import sys
from pathlib import Path

from tests.fuzzing.attempts import Attempts
from tests.fuzzing.targets import TARGETS, corpus, saved

_PACKAGES = ("dialects", "passes", "irkit")
_BESIDE = ("irkit.cli", "irkit.interpreter", "irkit.verify", "irkit.hlo", "irkit.testing")
"""Packages that no target reaches."""

MEMORY = 4 << 30
"""Bytes of address space; a target that needs more fails with ``MemoryError``."""


def main() -> int:
    """Runs libFuzzer in this process."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--corpus", type=Path, help="default: out/fuzzing/TARGET")
    parser.add_argument("--found", type=Path, help="default: out/fuzzing/TARGET-found")
    parser.add_argument("--seeds", type=Path, nargs="*", default=[], help="more folders of inputs")
    parser.add_argument("--merge", action="store_true", help="only minimise: SEEDS into CORPUS")
    given = parser.parse_args()
    own = given.corpus or Path("out/fuzzing") / given.target
    found = given.found or own.with_name(f"{own.name}-found")
    own.mkdir(parents=True, exist_ok=True)
    target = TARGETS[given.target]

    import atheris

    with atheris.instrument_imports(include=list(_PACKAGES)):
        _import_all()
        run = target.load()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    attempts = Attempts(run, found)
    folders = [own, *given.seeds]
    if not given.merge:
        folders += [
            folder for folder in (corpus(target.name), saved(target.name)) if folder.exists()
        ]
    options = [
        f"-max_total_time={round(60 * given.minutes)}",
        f"-max_len={target.longest}",
        f"-seed={given.seed}",
        # Attempts has its own limits, after which the run goes on.
        "-timeout=0",
        "-rss_limit_mb=0",
        "-print_final_stats=1",
    ]
    if given.merge:
        options.append("-merge=1")
    if target.dictionary is not None:
        options.append(f"-dict={target.dictionary}")
    mutate = target.mutator() if target.mutator else None
    atheris.Setup([sys.argv[0], *options, *map(str, folders)], attempts, custom_mutator=mutate)
    attempts.at_exit()
    atheris.Fuzz()
    return 0


def _import_all() -> None:
    """Imports what would else be imported, without being watched, in the middle of a run."""
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.startswith(_BESIDE) and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


if __name__ == "__main__":
    sys.exit(main())
