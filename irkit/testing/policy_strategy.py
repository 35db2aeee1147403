"""A Hypothesis strategy of policies; see :mod:`irkit.testing`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from irkit.policy import ConstantsForm, Policy

PATTERNS = ("part.*", "**", "*.inner", "layers.*", "part.*.**", "nothing")
"""Of scopes: some match those of random programs, nested ones or not, and one matches none."""

_FEW = st.integers(1, 40)


def policies(
    *, declared: bool = False, forms: Sequence[ConstantsForm | None] = (None,)
) -> st.SearchStrategy[Policy]:
    """Policies of every end of chunks, log place and limit; small chunks more often.

    ``forms`` are the constants forms to choose from (None: the policy has none), those that allow
    it with a threshold. ``declared`` gives policies that want live-outs declared, which only
    ``programs(declares=True)`` do.
    """
    return _policies(declared, tuple(forms))


@st.composite
def _policies(draw: st.DrawFn, declared: bool, forms: tuple[ConstantsForm | None, ...]) -> Policy:
    settings: dict[str, Any] = draw(_declared_chunks() if declared else _chunks())
    form = draw(st.sampled_from(forms))
    if form is not None:
        settings["constants_form"] = form
    if form in ("resource", "external"):
        settings["constants_threshold"] = draw(st.sampled_from((0, 1, 16, 512)))
    return Policy(name="random", **settings)


def _declared_chunks() -> st.SearchStrategy[dict[str, Any]]:
    return st.just({"chunk_end": "scope", "scope_pattern": "part.*", "live_outs": "declared"}).map(
        dict
    )


@st.composite
def _chunks(draw: st.DrawFn) -> dict[str, Any]:
    end = draw(st.sampled_from(("operations", "bytes", "scope", "never")))
    settings: dict[str, Any] = {"chunk_end": end}
    if end == "never":
        return settings
    if end == "operations":
        settings["operations"] = draw(_FEW)
    elif end == "bytes":
        settings["chunk_bytes"] = draw(st.integers(1, 1 << 15))
    else:
        settings["scope_pattern"] = draw(st.sampled_from(PATTERNS))
    if end != "operations" and draw(st.booleans()):
        settings["max_operations"] = draw(_FEW)
    log = draw(st.sampled_from(("default", "disk", "memory")))
    if log == "disk":
        settings["log"] = "disk"
    elif log == "memory":
        settings["log_memory_limit"] = draw(st.sampled_from((0, 1, 1 << 8, 1 << 12, 1 << 16)))
    return settings
