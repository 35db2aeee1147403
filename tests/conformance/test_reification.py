"""Upstream's programs that compute shapes are run beside irkit's terms."""

from __future__ import annotations

from tests.conformance.reification import asks_for_shapes, reification_fault

ASKED = """
// CHECK-SAME: (%[[ARG0:.*]]: tensor<?x4xf32>, %[[ARG1:.*]]: tensor<?x4xf32>
func.func @f(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) -> tensor<2xindex> {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
  // CHECK: %[[LEFT:.*]] = tensor.dim %[[ARG0]], %[[C0]] : tensor<?x4xf32>
  // CHECK: %[[RIGHT:.*]] = tensor.dim %[[ARG1]], %[[C0]] : tensor<?x4xf32>
  // CHECK: %[[SUM:.*]] = arith.addi %[[LEFT]], %[[RIGHT]] : index
  // CHECK: %[[RES:.*]] = tensor.from_elements %[[SUM]], %[[C4]] : tensor<2xindex>
  // CHECK: return %[[RES]] : tensor<2xindex>
  %0 = stablehlo.concatenate %a, %b, dim = 0
    : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = "hlo_test_infer.reify_return_type_shapes"(%0) : (tensor<?x4xf32>) -> tensor<2xindex>
  func.return %1 : tensor<2xindex>
}
"""


def test_equal_shapes_have_no_fault() -> None:
    assert asks_for_shapes(ASKED)
    assert reification_fault(ASKED) is None


def test_other_shapes_are_told() -> None:
    for old, new in (
        ("arith.addi", "arith.muli"),
        ("%[[LEFT]], %[[RIGHT]] :", "%[[LEFT]], %[[LEFT]] :"),
        ("%[[SUM]], %[[C4]] :", "%[[C4]], %[[SUM]] :"),
        ("constant 4", "constant 5"),
    ):
        assert old in ASKED
        fault = reification_fault(ASKED.replace(old, new))
        assert fault is not None
        assert fault.startswith("reified ")


def test_a_comparison_of_few_shapes_is_none() -> None:
    fault = reification_fault(ASKED.replace("arith.addi", "arith.subi"))
    assert fault is not None
    nothing = reification_fault(ASKED.replace("constant 4", "constant 0"))
    assert nothing == "only 0 shapes could be compared"


def test_programs_without_a_computation_do_not_ask() -> None:
    assert not asks_for_shapes(ASKED.replace("CHECK", "NOTE"))
    assert not asks_for_shapes(ASKED.replace("reify_return_type_shapes", "get_return_types"))
