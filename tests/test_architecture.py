"""What the layout promises: imports go one way, files stay small, and importing stays cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "dialects": {"dialects"},
    "passes": {"dialects", "passes"},
    "irkit": {"dialects", "passes", "irkit"},
}
HEAVY = ("jax", "jaxlib", "torch", "transformers", "iree", "matplotlib", "pydantic", "rich")


def imported(path: Path) -> set[str]:
    """Top-level packages named by any import in a file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        ours = imported(path) & {"dialects", "passes", "irkit", "tests", "benchmarks"}
        assert ours <= MAY_IMPORT[package], path


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_file_is_a_god(package: str) -> None:
    long = {
        str(path): lines
        for path in (ROOT / package).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 500
    }
    assert not long


def measured(statement: str) -> tuple[float, int, list[str]]:
    """CPU seconds and resident bytes of a fresh interpreter, and the heavy modules it loaded."""
    program = f"""
import resource, sys, time
{statement}
cpu = time.process_time()
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024
print(cpu, peak, *[name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    cpu, peak, *loaded = done.stdout.split()
    return float(cpu), int(peak), loaded


@pytest.mark.parametrize(
    ("statement", "seconds"),
    [
        ("import irkit", 0.4),
        ("import irkit; from irkit import Builder, hlo, lower, record, open_weights", 0.8),
    ],
    ids=["the package", "everything to lower with"],
)
def test_importing_is_cheap(statement: str, seconds: float) -> None:
    """At most 0.4 s for the package and 50 MB of resident memory for all that lowering needs.

    CPU time of the best of three, interpreter start included. Loading everything takes about
    0.3 s on a quiet machine; its bound leaves room for busy ones.
    """
    runs = [measured(statement) for _ in range(3)]
    assert min(cpu for cpu, _, _ in runs) <= seconds
    assert min(peak for _, peak, _ in runs) <= 50 << 20
    assert runs[0][2] == []


def test_every_public_name_is_there() -> None:
    import irkit

    assert set(irkit.__all__) <= set(dir(irkit))
    for name in irkit.__all__:
        assert getattr(irkit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        irkit.nothing  # noqa: B018
