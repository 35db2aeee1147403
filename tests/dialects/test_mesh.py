"""Channels, meshes and the replica groups along their axes, beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import our_text, refusal, upstream_accepts, upstream_text
from hypothesis import given, settings
from hypothesis import strategies as st

ACCEPTED = [
    "#stablehlo.channel_handle<type=3, handle= -5>",
    '#stablehlo.mesh<axes = [<name = "a\\22b", size = 2>, '
    '#stablehlo.mesh_axis<size = 3, name = "b c">], device_ids = dense<[0, 1]> : tensor<2xi64>>',
    '#stablehlo.mesh<axes=[<name = "\\C3\\A9\\0A", size = 2>], '
    "device_ids=dense<1> : tensor<2xindex>>",
    '#stablehlo.mesh_axis<name = "a", size = -2>',
    '#stablehlo.axis_ref<sub_axis_info = (1)2, name = "x">',
    '#stablehlo.axis_ref<name = "x">',
    "#stablehlo.replica_group_mesh_axes<axes = [], mesh = @m>",
    '#stablehlo.replica_group_mesh_axes<mesh = @m, axes = ["x"]>',
    '#stablehlo.replica_group_mesh_axes<mesh = #stablehlo.mesh<axes=[<name = "x", size = 2>]>, '
    'axes = [#stablehlo.axis_ref<name = "x", sub_axis_info = (2)4>]>',
]
REFUSED = [
    "#stablehlo.channel_handle<handle = 9223372036854775808, type = 0>",
    "#stablehlo.channel_handle<handle = -9223372036854775809, type = 0>",
    "#stablehlo.channel_handle<handle = 1>",
    "#stablehlo.channel_handle<handle = 1, type = 1, type = 1>",
    "#stablehlo.channel_handle<handle = 1, type = 1,>",
    "#stablehlo.channel_handle<>",
    "#stablehlo.mesh<axes=[]>",
    '#stablehlo.mesh<axes=[<name = "a">]>',
    '#stablehlo.mesh<axes=["a"]>',
    '#stablehlo.mesh<axes=[<name = "a", size = 2>], device_ids=dense<1.0> : tensor<2xf32>>',
    '#stablehlo.mesh<axes=[<name = "a", size = 2>], device_ids=[1]>',
    "#stablehlo.mesh_axis<name = a, size = 2>",
    '#stablehlo.axis_ref<name = "x", sub_axis_info = 1>',
    "#stablehlo.replica_group_mesh_axes<mesh = @m::@n, axes = []>",
    "#stablehlo.replica_group_mesh_axes<mesh = 3, axes = []>",
    "#stablehlo.replica_group_mesh_axes<mesh = @m, axes = 3>",
    '#stablehlo.replica_group_mesh_axes<mesh = #stablehlo.mesh<axes=[<name = "x", size = 2>]>, '
    'axes = [#stablehlo.axis_ref<name = "y">]>',
    '#stablehlo.replica_group_mesh_axes<mesh = #stablehlo.mesh<axes=[<name = "x", size = 2>]>, '
    'axes = ["x"]>',
]


def module(attribute: str) -> str:
    return f"module attributes {{a.b = {attribute}}} {{func.func private @m()}}"


@pytest.mark.parametrize("attribute", ACCEPTED)
def test_text_is_upstreams(attribute: str) -> None:
    assert our_text(module(attribute)) == upstream_text(module(attribute))


@pytest.mark.parametrize("attribute", REFUSED)
def test_wrong_attributes_are_refused(attribute: str) -> None:
    assert "error" in refusal(module(attribute))
    assert not upstream_accepts(module(attribute))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters='"\\')),
)
def test_any_numbers_and_names_print_as_upstream(first: int, second: int, name: str) -> None:
    for attribute in (
        f"#stablehlo.channel_handle<handle = {first}, type = {second}>",
        f'#stablehlo.axis_ref<name = "{name}", sub_axis_info = ({first}){second}>',
    ):
        assert our_text(module(attribute)) == upstream_text(module(attribute))
