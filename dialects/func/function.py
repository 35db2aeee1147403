"""``func.func``: a named function, or the declaration of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FunctionType, StringAttr, UnitAttr
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.traits import IsolatedFromAbove, SymbolOpInterface
from xdsl.utils.exceptions import VerifyException

from dialects.asm import AsmPrinter
from dialects.attribute_text import attribute_text, dictionary_text, symbol_or_string

Attributes = Mapping[str, Attribute]
_SHOWN = ("sym_name", "sym_visibility", "function_type", "arg_attrs", "res_attrs")


@irdl_op_definition
class FuncOp(IRDLOperation):
    """A function of one or more blocks; without a body, a declaration."""

    name = "func.func"

    sym_name = prop_def(StringAttr)
    function_type = prop_def(FunctionType)
    sym_visibility = opt_prop_def(StringAttr)
    arg_attrs = opt_prop_def(ArrayAttr[DictionaryAttr])
    res_attrs = opt_prop_def(ArrayAttr[DictionaryAttr])
    no_inline = opt_prop_def(UnitAttr)
    body = region_def()

    traits = traits_def(IsolatedFromAbove(), SymbolOpInterface())

    @staticmethod
    def of(
        name: str,
        body: Region,
        results: Sequence[Attribute],
        *,
        visibility: str | None = "public",
        argument_attributes: Sequence[Attributes] = (),
        result_attributes: Sequence[Attributes] = (),
    ) -> FuncOp:
        """A function whose argument types are those of the body's first block."""
        arguments = [argument.type for argument in body.blocks[0].args]
        return FuncOp.create(
            properties=function_properties(
                name,
                FunctionType.from_lists(arguments, results),
                visibility,
                argument_attributes,
                result_attributes,
            ),
            regions=[body],
        )

    @property
    def symbol(self) -> str:
        """The name without ``@``."""
        return self.sym_name.data

    @property
    def is_declaration(self) -> bool:
        """Whether there is no body."""
        return not self.body.blocks

    def verify_(self) -> None:
        """The first block's arguments and the attribute lists fit the type; see MLIR's ``FuncOp``.

        Raises ``VerifyException`` with the offending types or numbers.
        """
        type_ = self.function_type
        for what, given, types in (
            ("argument", self.arg_attrs, type_.inputs),
            ("result", self.res_attrs, type_.outputs),
        ):
            if given is not None and len(given) != len(types):
                raise VerifyException(
                    f"func.func: @{self.symbol} has {len(types)} {what}s, "
                    f"but {len(given)} dictionaries of {what} attributes"
                )
            for name in (name for dictionary in given or () for name in dictionary.data):
                if "." not in name:
                    raise VerifyException(
                        f"func.func: the {what} attribute {name} of @{self.symbol} needs a "
                        "dialect's name before it"
                    )
        if self.is_declaration:
            if self.sym_visibility is None or self.sym_visibility.data == "public":
                raise VerifyException(
                    f"func.func: @{self.symbol} has no body, so it must be private or nested"
                )
            return
        arguments = tuple(argument.type for argument in self.body.blocks[0].args)
        if arguments != type_.inputs.data:
            raise VerifyException(
                f"func.func: the body of @{self.symbol} takes ({', '.join(map(str, arguments))}), "
                f"but its type is {type_}"
            )

    # -- syntax ----------------------------------------------------------------------------

    def print_asm(self, p: AsmPrinter) -> None:
        """Writes ``func.func public @main(%arg0: t {...}) -> t {``, the body, and ``}``."""
        visibility = f" {self.sym_visibility.data}" if self.sym_visibility else ""
        p.write(f"{self.name}{visibility} @{symbol_or_string(self.symbol)}({self._arguments(p)})")
        p.write(self._results())
        p.write(p.attr_dict(self, _SHOWN, keyword=True))
        if not self.is_declaration:
            p.write(" ")
            p.region(self.body)

    def _arguments(self, p: AsmPrinter) -> str:
        types = self.function_type.inputs.data
        shown = _with_attributes(types, self.arg_attrs)
        if not self.is_declaration:
            names = map(p.name, self.body.blocks[0].args)
            shown = [f"{name}: {text}" for name, text in zip(names, shown, strict=True)]
        return ", ".join(shown)

    def _results(self) -> str:
        types = self.function_type.outputs.data
        if not types:
            return ""
        shown = _with_attributes(types, self.res_attrs)
        bare = len(types) == 1 and shown[0] == attribute_text(types[0])
        if bare and not isinstance(types[0], FunctionType):
            return f" -> {shown[0]}"
        return f" -> ({', '.join(shown)})"

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        visibility = parser.parse_optional_visibility_keyword()
        name = parser.parse_symbol_name().data
        position = parser.pos
        arguments: list[Parser.Argument] = []
        inputs: list[Attribute] = []
        argument_attributes: list[Attributes] = []

        def parse_argument() -> None:
            argument = parser.parse_optional_argument()
            if argument is not None:
                arguments.append(argument)
            inputs.append(parser.parse_type() if argument is None else argument.type)
            argument_attributes.append(parser.parse_optional_attr_dict())
            parser.parse_optional_location()

        parser.parse_comma_separated_list(parser.Delimiter.PAREN, parse_argument)
        if arguments and len(arguments) != len(inputs):
            parser.raise_error("either every argument has a name or none", position, parser.pos)
        outputs: list[Attribute] = []
        result_attributes: list[Attributes] = []

        def parse_result() -> None:
            outputs.append(parser.parse_type())
            result_attributes.append(parser.parse_optional_attr_dict())

        if parser.parse_optional_punctuation("->") is not None:
            listed = parser.parse_optional_comma_separated_list(
                parser.Delimiter.PAREN, parse_result
            )
            if listed is None:
                outputs.append(parser.parse_type())
        dictionary = parser.parse_optional_attr_dict_with_keyword(_SHOWN)
        entries = dict(dictionary.data) if dictionary else {}
        start = parser.pos
        body = parser.parse_optional_region(arguments or None)
        if body is not None and body.first_block is None:
            parser.raise_error("the body of a function is empty", start)
        body = body or Region()
        properties = function_properties(
            name,
            FunctionType.from_lists(inputs, outputs),
            visibility.data if visibility else None,
            argument_attributes,
            result_attributes,
        )
        if "no_inline" in entries:
            properties["no_inline"] = entries.pop("no_inline")
        return cls.create(properties=properties, attributes=entries, regions=[body])


def function_properties(
    name: str,
    type_: FunctionType,
    visibility: str | None,
    argument_attributes: Sequence[Attributes],
    result_attributes: Sequence[Attributes],
) -> dict[str, Attribute]:
    """A function's properties; the lists of dictionaries only where one is not empty."""
    properties: dict[str, Attribute] = {"sym_name": StringAttr(name), "function_type": type_}
    if visibility is not None:
        properties["sym_visibility"] = StringAttr(visibility)
    for key, dictionaries in (("arg_attrs", argument_attributes), ("res_attrs", result_attributes)):
        if any(dictionaries):
            properties[key] = ArrayAttr(DictionaryAttr(dict(d)) for d in dictionaries)
    return properties


def _with_attributes(
    types: Sequence[Attribute], dictionaries: ArrayAttr[DictionaryAttr] | None
) -> list[str]:
    """The types' texts, each with its ``{...}`` if that is not empty."""
    given = dictionaries.data if dictionaries is not None else ()
    texts = [attribute_text(t) for t in types]
    for i, dictionary in enumerate(given):
        if dictionary.data:
            texts[i] += f" {dictionary_text(dictionary.data)}"
    return texts
