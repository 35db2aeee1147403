"""Regions: captures, nesting, and what an error inside of one leaves."""

from __future__ import annotations

from irkit import Builder, Value, hlo, record
from tests.irkit.refusals import WAYS, recorded, refused, text_of
from tests.witness import upstream

HERE = __file__


@WAYS
def test_what_was_refused_or_raised_in_a_region_leaves_no_trace(policy) -> None:
    """A caught error must not change the program: neither a half-made region nor its reads stay."""

    def wrong(b: Builder, flag: Value, x: Value, kind: str) -> None:
        def raises() -> Value:
            inner = hlo.add(x, x)
            hlo.if_(x > 0, lambda: hlo.multiply(inner, x), lambda: x)
            raise LookupError

        def fine() -> Value:
            return hlo.multiply(x, x)

        try:
            match kind:
                case "second branch raises":
                    hlo.if_(flag, fine, raises)
                case "first branch raises":
                    hlo.if_(flag, raises, fine)
                case "results differ":
                    hlo.if_(flag, fine, lambda: b.constant(1))
                case "wrong return":
                    hlo.if_(flag, fine, lambda: 3)
                case "no return":
                    hlo.if_(flag, fine, lambda: None)
                case "arity":
                    hlo.while_([x], lambda v, w: flag, lambda v: v)
                case "while types":
                    hlo.while_([x], lambda v: flag, lambda v: b.constant(1))
        except (LookupError, ValueError, TypeError):
            pass
        else:
            raise AssertionError(kind)

    kinds = [
        "second branch raises",
        "first branch raises",
        "results differ",
        "wrong return",
        "no return",
        "arity",
        "while types",
    ]

    def forward(b: Builder, errors: bool) -> list[Value]:
        x, flag = b.argument("x", (), "f32"), b.argument("flag", (), "i1")
        hlo.negate(x)
        kept = []
        for kind in kinds:
            dead = hlo.negate(x)  # nothing that is kept reads it
            if errors:
                wrong(b, flag, dead, kind)
            kept.append(hlo.multiply(x, x))
        return kept

    graphs = [recorded(lambda b, e=e: forward(b, e), policy) for e in (False, True)]
    assert graphs[0].to_stablehlo().text == graphs[1].to_stablehlo().text
    pruned = [graph.pruned_to_outputs().to_stablehlo().text for graph in graphs]
    assert pruned[0] == pruned[1]
    assert "negate" not in pruned[0]


def test_regions_return_values_and_nothing_else() -> None:
    def forward(b: Builder) -> Value:
        flag = b.argument("flag", (), "i1")
        x = b.argument("x", (), "f32")
        for bad in (3, None, "x", [x, 3]):
            with refused(HERE, "stablehlo.if: the callable of a region returned", "must return"):
                hlo.if_(flag, lambda bad=bad: bad, lambda: x)
        return x

    recorded(forward)


# -- regions ---------------------------------------------------------------------------------------


@WAYS
def test_captures_and_nested_regions(policy) -> None:
    """Read in regions: arguments, parameters, earlier chunks' values, the enclosing region's."""

    def forward(b: Builder) -> Value:
        x, flag = b.argument("x", (2,), "f32"), b.argument("flag", (), "i1")
        w = b.parameter("w", (2,), "f32")
        early = hlo.negate(x)
        for _ in range(4):
            hlo.negate(early)

        def outer() -> Value:
            own = hlo.add(early, w)

            def inner() -> Value:
                return hlo.multiply(hlo.add(own, x), early)

            # Captured by a region and an operand of the same operation.
            return hlo.while_(
                [own],
                lambda v: hlo.if_(flag, lambda: flag, lambda: flag),
                lambda v: hlo.if_(flag, inner, lambda: own),
            )[0]

        once = hlo.if_(flag, outer, lambda: early)
        count = b.constant(2)
        return hlo.while_(
            [count, once],
            lambda n, v: hlo.compare(n, count, "LT"),
            lambda n, v: (n + count, hlo.add(v, once)),
        )[1]

    text = text_of(forward, policy)
    assert text == text_of(forward)
    assert upstream.printed(text) == text


def test_values_of_a_closed_region_are_refused_outside_of_it() -> None:
    leaked: list[Value] = []

    def leak(value: Value) -> Value:
        leaked.append(value)
        return value

    def forward(b: Builder) -> Value:
        x, flag = b.argument("x", (), "f32"), b.argument("flag", (), "i1")

        def second() -> Value:
            with refused(HERE, "was made inside a region that is closed; return it from there"):
                hlo.negate(leaked[0])
            return x

        hlo.if_(flag, lambda: leak(hlo.negate(x)), second)
        hlo.while_([x], lambda v: hlo.is_finite(leak(v)), lambda v: leak(hlo.negate(v)))
        assert len(leaked) == 3
        for value in leaked:
            with refused(HERE, "was made inside a region that is closed"):
                hlo.add(value, x)
            with refused(HERE, "closed"), b.scope("s") as scope:
                scope.returns(value)
        with refused(HERE, "closed"):
            b.function("f", lambda fb, y: y, [((), "f32")])(leaked[0])
        return x

    recorded(forward)
    with refused(HERE, "was made inside a region that is closed", located=False):
        record(lambda b: leaking_forward(b, leaked))


def leaking_forward(b: Builder, leaked: list[Value]) -> Value:
    x = b.argument("x", (), "i1")
    leaked.clear()
    hlo.if_(x, lambda: leaked.append(hlo.not_(x)) or x, lambda: x)
    return leaked[0]


@WAYS
def test_a_handle_may_die_while_a_region_reads_the_value(policy) -> None:
    def forward(b: Builder) -> Value:
        x, flag = b.argument("x", (), "f32"), b.argument("flag", (), "i1")
        box = [hlo.negate(x)]
        for _ in range(3):
            x = hlo.add(x, x)

        def branch() -> Value:
            inner = hlo.multiply(box[0], x)
            box.clear()
            return hlo.if_(flag, lambda: hlo.negate(inner), lambda: inner)

        return hlo.if_(flag, branch, lambda: x)

    assert text_of(forward, policy) == text_of(forward)
