// einsum: against sums written out, and error texts.
#include "autonet/ops/einsum.h"

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "tests/ops/hand_values.h"

namespace autonet {

TEST_CASE_FIXTURE(Fixture, "einsum of matrices, vectors and batches") {
  const Var a = of({2, 2}, {1, 2, 3, 4});
  const Var b = of({2, 2}, {5, 6, 7, 8});
  const Var u = of({2}, {10, 20});
  CHECK(numbers(einsum("ij,jk->ik", a, b)) == Numbers{19, 22, 43, 50});
  CHECK(numbers(einsum("ij,jk->ki", a, b)) == Numbers{19, 43, 22, 50});
  CHECK(numbers(einsum("ij,kj->ik", a, b)) == Numbers{17, 23, 39, 53});
  CHECK(numbers(einsum("ij,j->i", a, u)) == Numbers{50, 110});
  CHECK(einsum("ij,ij->", a, b).item() == 70);
  CHECK(numbers(einsum("ij,ij->i", a, b)) == Numbers{17, 53});
  CHECK(numbers(einsum("i,j->ij", u, u)) == Numbers{100, 200, 200, 400});
  CHECK(numbers(einsum("ij,ik->j", a, b)) == Numbers{56, 82});  // k, of b alone, is summed first
  CHECK(numbers(grad(sum(einsum("ij,jk->ik", a, b)), a)) == Numbers{11, 15, 11, 15});
}

TEST_CASE_FIXTURE(Fixture, "einsum equals the sum written out, over permuted batches") {
  const Var a = counted({2, 3, 4});  // i, b, k
  const Var b = counted({4, 2, 3});  // k, j, b
  const Array y = einsum("ibk,kjb->bji", a, b).value();
  REQUIRE(y.shape() == Shape{3, 2, 2});
  for (Index batch = 0; batch < 3; ++batch) {
    for (Index j = 0; j < 2; ++j) {
      for (Index i = 0; i < 2; ++i) {
        double expected = 0;
        for (Index k = 0; k < 4; ++k) {
          expected += a.value().at({i, batch, k}) * b.value().at({k, j, batch});
        }
        CHECK(y.at({batch, j, i}) == expected);
      }
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "einsum of one array: trace, diagonal, transpose and sums") {
  const Var a = counted({3, 3});  // 0 to 8
  CHECK(einsum("ii->", {a}).item() ==
        a.value().at({0, 0}) + a.value().at({1, 1}) + a.value().at({2, 2}));
  const Numbers diagonal{a.value().at({0, 0}), a.value().at({1, 1}), a.value().at({2, 2})};
  CHECK(numbers(einsum("ii->i", {a})) == diagonal);
  CHECK(numbers(einsum("ij->ji", {a})) == numbers(swap_axes(a, 0, 1)));
  CHECK(numbers(einsum("ij->j", {a})) == numbers(sum(a, {0})));
  CHECK(numbers(grad(einsum("ii->", {a}), a)) == Numbers{1, 0, 0, 0, 1, 0, 0, 0, 1});
  const Var cube = counted({2, 2, 2});
  CHECK(einsum("iii->", {cube}).item() == cube.value().at({0, 0, 0}) + cube.value().at({1, 1, 1}));
}

TEST_CASE_FIXTURE(Fixture, "einsum of three arrays, with a diagonal, equals the sum written out") {
  const Var a = counted({2, 3, 2});
  const Var b = counted({3, 4});
  const Var c = counted({2, 4, 3});
  const Array y = einsum("iji,jk,ikl->lj", {a, b, c}).value();
  REQUIRE(y.shape() == Shape{3, 3});
  for (Index l = 0; l < 3; ++l) {
    for (Index j = 0; j < 3; ++j) {
      double expected = 0;
      for (Index i = 0; i < 2; ++i) {
        for (Index k = 0; k < 4; ++k) {
          expected += a.value().at({i, j, i}) * b.value().at({j, k}) * c.value().at({i, k, l});
        }
      }
      CHECK(y.at({l, j}) == expected);
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "einsum refuses formulas that do not fit") {
  const Var a = counted({2, 3});
  const Var b = counted({3, 2});
  const auto text = [&](std::string_view formula) {
    try {
      einsum(formula, a, b);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(text("ij,jk") ==
        "einsum: needs a formula like \"ij,jk->ik\"; formula \"ij,jk\", arrays [2,3], [3,2]");
  CHECK(text("ij->ji").starts_with("einsum: the formula has 1 inputs, and 2 arrays are given"));
  CHECK(text("ij,jk,kl->il").starts_with("einsum: the formula has 3 inputs"));
  CHECK(text("ij,j2->i").starts_with("einsum: an axis is named by a letter, not by \"2\""));
  CHECK(text("ii,jk->ik").starts_with("einsum: axis \"i\" has lengths 2 and 3"));
  CHECK(text("ij,jk->kk").starts_with("einsum: \"kk\" names an axis twice"));
  CHECK(text("ijk,jk->i").starts_with("einsum: \"ijk\" names 3 axes of an array of 2"));
  CHECK(text("ij,ij->i").starts_with("einsum: axis \"i\" has lengths 2 and 3"));
  CHECK(text("ij,jk->il").starts_with("einsum: axis \"l\" of the output is in no input"));
}

}  // namespace autonet
