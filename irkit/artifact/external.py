"""The ``external`` form: IREE globals whose values are runtime parameters."""

from __future__ import annotations

import re

from xdsl.dialects.builtin import StringAttr
from xdsl.utils.exceptions import VerifyException

from dialects.util import GlobalOp, LoadOp, ParameterAttr, suggested_name
from irkit.artifact.form import ArtifactError, Parameter

SCOPE = "model"
"""The parameter scope: ``iree-run-module --parameters=model=model.safetensors``."""

_TAKEN = re.compile(r".*(_\d+|\$)\Z|arg\d+\Z|(c|cst|iterArg|main)\Z", re.DOTALL)


def symbol_of(parameter: Parameter) -> str:
    """The global's symbol: the tensor's name, with a ``$`` after it where the value that loads it
    could otherwise get a name that some other value is given, or the symbol be ``@main``.

    No private function has the name of a parameter, nor one that ends in ``$``; see
    :class:`~irkit.builder.Builder`.
    """
    name = parameter.name
    return f"{name}$" if _TAKEN.match(suggested_name(name)) else name


def load_name(parameter: Parameter) -> str:
    """What the load suggests for its result."""
    return suggested_name(symbol_of(parameter))


def global_op(parameter: Parameter) -> GlobalOp:
    """``util.global private @w = #flow.parameter.named<"model"::"w"> : type``.

    Raises ``ArtifactError`` for a name that IREE can not print back.
    """
    if not parameter.name:
        raise ArtifactError("a tensor without a name can not be an external parameter")
    try:
        value = ParameterAttr(StringAttr(SCOPE), StringAttr(parameter.name), parameter.type)
    except VerifyException as error:
        raise ArtifactError(f"constants='external': {error}") from None
    return GlobalOp(
        properties={
            "sym_name": StringAttr(symbol_of(parameter)),
            "sym_visibility": StringAttr("private"),
            "type": parameter.type,
            "initial_value": value,
        }
    )


def load_op(parameter: Parameter) -> LoadOp:
    """``util.global.load @w : type``."""
    return LoadOp.of(symbol_of(parameter), parameter.type)
