"""The type of tokens, which order operations that have effects, and rows about it."""

from __future__ import annotations

from xdsl.ir import ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition

from dialects.stablehlo.signature import Row, row


@irdl_attr_definition
class TokenType(ParametrizedAttribute, TypeAttribute):
    """``!stablehlo.token``."""

    name = "stablehlo.token"


def takes_token(id: str) -> Row:
    """The last operand is a token."""
    return row(
        id,
        lambda s: len(s.operand_types) > 0 and isinstance(s.operand_types[-1], TokenType),
        lambda s: f"the last operand must be a token, got ({', '.join(map(str, s.operand_types))})",
    )


def token_result(id: str) -> Row:
    """The only result is a token."""
    return row(
        id,
        lambda s: [*map(type, s.result_types)] == [TokenType],
        lambda s: f"the result must be a token, got ({', '.join(map(str, s.result_types))})",
    )
