"""The judge shares no code with what it judges."""

from __future__ import annotations

import subprocess
import sys


def test_comparing_loads_nothing_that_records_prunes_or_emits():
    code = (
        "import sys, irkit.verify.bytes, irkit.verify.names, irkit.verify.policies\n"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in "
        "('irkit', 'dialects', 'passes', 'xdsl', 'numpy')))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == str(
        [
            "irkit",
            "irkit.errors",
            "irkit.spec_files",
            "irkit.verify",
            "irkit.verify.bytes",
            "irkit.verify.files",
            "irkit.verify.lexer",
            "irkit.verify.names",
            "irkit.verify.policies",
            "irkit.verify.renaming",
        ]
    )
