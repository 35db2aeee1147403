"""The README's tables are those of the recorded figures, and every test that they name exists."""

from __future__ import annotations

import ast

from tests.reliability.table import README, ROOT, findings, readme_with, rows, section


def test_the_readme_has_the_tables() -> None:
    assert README.read_text() == readme_with(section())


def test_nothing_was_lost() -> None:
    assert rows()
    assert [row.what for row in rows() if row.lost] == []


def test_every_finding_has_a_test() -> None:
    assert findings()
    for finding in findings():
        path, _, name = finding.test.partition("::")
        tree = ast.parse((ROOT / path).read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in names, finding.test
