"""No module remembers what could change a byte: state lives in objects that a run makes.

Names of modules are bound once, when the module is imported. What functions keep beside that is a
cache of a pure function, and each is in a list below with what makes it harmless.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("irkit", "dialects", "passes")
MUTATING = frozenset(
    (
        "add", "append", "appendleft", "clear", "discard", "extend", "insert", "keep", "pop",
        "popitem", "register", "remove", "setdefault", "sort", "reverse", "update",
    )
)  # fmt: skip

CACHES = {
    "dialects/attribute_text.py": "text of an immutable attribute",
    "dialects/dense.py": "the product of a shape",
    "dialects/element_storage.py": "numpy's type and size of an element type",
    "dialects/float_text.py": "digits of a number in a format",
    "dialects/hex_text.py": "a table of two digits for each byte",
    "dialects/quant/scales.py": "the range of an element type",
    "irkit/hlo/linear_algebra.py": "a type from types",
    "irkit/hlo/reducers.py": "functions by name, and a scalar type from a type",
    "irkit/hlo/reduction.py": "immutable properties from dimensions",
    "irkit/hlo/result_types.py": "a type from a type and a shape",
    "irkit/interpreter/registry.py": "the modules that define operations, imported once",
    "irkit/operation_page.py": "a file of the package, read once",
    "irkit/specification.py": "a file of the package, read once",
    "irkit/testing/parameters.py": "types and arrays from a seed",
    "irkit/testing/strategies.py": "strategies, which hold nothing that was drawn",
    "irkit/types.py": "a type from a shape and a dtype",
    "irkit/verify/rules/evaluation.py": "numbers from operations, each a function of its operands",
}
"""Files whose functions have ``functools`` caches, and what those hold: it depends on the arguments
alone."""

CHANGED: dict[tuple[str, str], str] = {
    ("irkit/cli/address_space.py", "os"): "the environment, for a BLAS that irkit does not use",
    ("irkit/cli/options.py", "sys"): "sys.path, for a model in the current folder",
    ("irkit/interpreter/registry.py", "_TABLE"): "operations, entered once as modules are imported",
}
"""Module-level names that functions change, by file: why no byte depends on that."""


@cache
def trees() -> list[tuple[str, ast.Module]]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in paths]


def bound(tree: ast.Module) -> set[str]:
    """Names that the module binds to data, or imports."""
    names: set[str] = set()
    for node in tree.body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ClassDef):
            names.add(node.name)
        for target in targets:
            names.update(n.id for n in ast.walk(target) if isinstance(n, ast.Name))
    return names


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    """The outermost functions, methods included."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
        else:
            waiting.extend(ast.iter_child_nodes(node))


def local(function: ast.AST) -> set[str]:
    """Names that are local anywhere in the function."""
    names: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
            names.update([node.name] if node.name else [])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node is not function:
            names.add(node.name)
    return names


def root(node: ast.expr) -> str | None:
    """``a`` of ``a.b[c].d``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def changes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Module-level names that functions rebind or change, with the line."""
    names = bound(tree)
    for function in functions(tree):
        own = local(function)
        for node in ast.walk(function):
            changed: list[ast.expr] = []
            if isinstance(node, ast.Global):
                yield from ((name, node.lineno) for name in node.names)
            elif isinstance(node, ast.Assign | ast.Delete):
                changed = [t for t in node.targets if not isinstance(t, ast.Name)]
            elif isinstance(node, ast.AugAssign | ast.AnnAssign):
                changed = [node.target] if not isinstance(node.target, ast.Name) else []
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                # hlo.sort(x) calls a function of a module.
                of_module = isinstance(node.func.value, ast.Name) and node.func.value.id == "hlo"
                if node.func.attr in MUTATING and not of_module:
                    changed = [node.func.value]
            for target in changed:
                for inner in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                    name = root(inner)
                    if name in names and name not in own:
                        yield name, node.lineno


def test_functions_change_nothing_of_a_module() -> None:
    found = {
        (path, name): f"{path}:{line}: {name}"
        for path, tree in trees()
        for name, line in changes(tree)
    }
    assert {key: found[key] for key in found.keys() - CHANGED.keys()} == {}
    assert CHANGED.keys() <= found.keys(), "an entry that is needed no longer"


def test_every_cache_is_of_a_pure_function() -> None:
    found = {
        path
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if "cache" in (text := ast.unparse(decorator)) and "cached_property" not in text
    }
    assert found == CACHES.keys()


@pytest.mark.parametrize(
    "text",
    [
        "seen = {}\ndef f(x):\n    seen[x] = 1",
        "seen = []\ndef f(x):\n    seen.append(x)",
        "n = 0\ndef f():\n    global n\n    n += 1",
        "class C:\n    made = []\n    def f(self):\n        C.made.append(self)",
        "import m\ndef f():\n    m.state.table['x'] = 1",
        "class C:\n    n = 0\ndef f():\n    C.n += 1",
        "s = set()\ndef f():\n    def g():\n        s.add(1)\n    return g",
        "t = {}\nf = lambda x: t.setdefault(x, 1)",
    ],
)
def test_a_change_is_found(text: str) -> None:
    assert list(changes(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "seen = {}\ndef f(seen, x):\n    seen[x] = 1",
        "t = {'a': 1}\nt['b'] = 2\ndef f(x):\n    return t[x]",
        "class C:\n    def __init__(self):\n        self.made = []\n        self.made.append(1)",
    ],
)
def test_what_is_no_change_is_not(text: str) -> None:
    assert not list(changes(ast.parse(text)))
