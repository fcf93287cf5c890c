// A routine that is wrong in one row of a batch, in both precisions alike: whichever row it is, the
// check fails. Calls that mix rows are left alone.
#include <doctest/doctest.h>

#include <functional>

#include "autonet/check/check_grad.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/dropout.h"
#include "autonet/ops/index.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "tests/check/spoilt_op.h"

namespace autonet {
namespace {

constexpr Index kImages = 16;
constexpr Index kFeatures = 5;

std::vector<Array> points_of(Index images) {
  return {sample({{images, kFeatures}}, 2, 1), sample({{kFeatures, 4}}, 2, 2)};
}

/// Checks f on 3 images, and on larger batches as other uses.
CheckReport check_with_uses(const Recording& f, const std::vector<Index>& batches) {
  CheckGradOptions options;
  for (const Index batch : batches)
    options.uses.push_back({"batch of " + std::to_string(batch), f, points_of(batch)});
  const std::vector<std::string> names{"x0", "x1"};
  return check_grad(f, points_of(3), names, options);
}

/// Changes the numbers of one row of a result that has as many rows as a large batch.
SpoiltOp::Spoil wrong_row(Index wrong, const std::function<double(Index k, double)>& changed) {
  return [=](std::span<const Array>, Array& y) {
    if (y.rank() == 0 || y.shape()[0] <= 8) return;
    const Index length = y.size() / y.shape()[0];
    change(y, [&](Index k, double number) {
      return k / length == wrong ? changed(k % length, number) : number;
    });
  };
}

TEST_CASE("a call of any kind that is wrong in one row is found, whichever row it is") {
  struct Case {
    const char* what;
    std::function<Recording(Index wrong)> f;
    const char* finding;  // "" where another claim may find it first
  };
  const auto factor = [](Index, double number) { return 1.0001 * number; };
  const auto last_number = [](Index k, double number) { return k == 3 ? 0.5 * number : number; };
  // The sum over the rows loses one if there are more than 8.
  const auto without = [](Index wrong) {
    return [wrong](std::span<const Array> in, Array& y) {
      const Array x = in[0].to(DType::f64).contiguous();
      if (x.shape()[0] <= 8) return;
      const double* const lost = x.data<double>() + wrong * y.size();
      change(y, [&](Index k, double number) { return number - lost[k]; });
    };
  };
  const std::vector<Case> cases{
      {"an elementwise function is off by a factor",
       [&](Index wrong) -> Recording {
         return [=](Tape&, auto in) {
           return sum(spoilt(exp(matmul(in[0], in[1])), wrong_row(wrong, factor), false));
         };
       },
       "rows, batch of 16: exp: row "},
      {"one number of a row of a relu is off",
       [&](Index wrong) -> Recording {
         return [=](Tape&, auto in) {
           return sum(tanh(
               spoilt(relu(matmul(in[0], in[1]) + 9.0), wrong_row(wrong, last_number), false)));
         };
       },
       ""},
      {"a matrix product is off by a factor",
       [&](Index wrong) -> Recording {
         return [=](Tape&, auto in) {
           return sum(
               tanh(spoilt(matmul(in[0], in[1]), wrong_row(wrong, factor), false, "matmul")));
         };
       },
       ""},
      {"a column sum loses a row",
       [&](Index wrong) -> Recording {
         return [=](Tape&, auto in) {
           return sum(tanh(spoilt(sum(matmul(in[0], in[1]), {0}), without(wrong), false, "sum")));
         };
       },
       "rules, batch of 16: the rule of sum, input 0"},
  };
  for (const Case& one : cases) {
    for (Index wrong = 0; wrong < kImages; ++wrong) {
      INFO(std::string(one.what) << ", row " << wrong);
      const CheckReport report = check_with_uses(one.f(wrong), {kImages});
      CHECK_MESSAGE(report.verdict == Verdict::failed, report);
      REQUIRE(!findings(report).empty());
      CHECK_MESSAGE(findings(report)[0].starts_with(one.finding), findings(report)[0]);
    }
  }
}

/// The claim of that name.
const ClaimCheck& claim(const CheckReport& report, const std::string& name) {
  for (const ClaimCheck& check : report.claims)
    if (check.name == name) return check;
  FAIL("there is no claim " << name);
  return report.claims[0];
}

TEST_CASE("the claim names the row, in the batch in which it is wrong") {
  const Recording f = [](Tape&, std::span<const Var> in) {
    return sum(spoilt(exp(matmul(in[0], in[1])),
                      wrong_row(9, [](Index, double number) { return -number; }), false));
  };
  const CheckReport report = check_with_uses(f, {kImages, 8, 11});
  CHECK(claim(report, "rows, batch of 8").verdict == Verdict::passed);
  for (const char* name : {"rows, batch of 16", "rows, batch of 11"}) {
    CAPTURE(std::string(name));
    CHECK(claim(report, name).verdict == Verdict::failed);
    CHECK(claim(report, name).details.starts_with("exp: row 9 of 1"));
  }
}

TEST_CASE("a row that another row has overwritten is found") {
  const Recording f = [](Tape&, std::span<const Var> in) {
    return sum(spoilt(
        exp(matmul(in[0], in[1])),
        [](std::span<const Array>, Array& y) {
          if (y.shape()[0] > 8) y.slice(0, 7, 1).copy_from(y.slice(0, 6, 1));
        },
        false));
  };
  const CheckReport report = check_with_uses(f, {kImages});
  CHECK(claim(report, "rows, batch of 16").verdict == Verdict::failed);
  CHECK(claim(report, "rows, batch of 16").details.starts_with("exp: row 7 of 16"));
}

TEST_CASE("calls that mix rows, or have other arrays with as many rows, pass") {
  // A matrix with as many rows as the batch has images, which is not cut into rows.
  const Recording square = [](Tape& tape, std::span<const Var> in) {
    const Var w = tape.constant(sample({{4, kImages}}, 2, 3).to(in[0].dtype()));
    const Var v = tape.constant(sample({{kImages, 3}}, 2, 4).to(in[0].dtype()));
    return sum(tanh(matmul(tanh(matmul(matmul(in[0], in[1]), w)), v)));
  };
  const Recording normalized = [](Tape&, std::span<const Var> in) {
    const Var x = matmul(in[0], in[1]);
    const Var centred = x - mean(x, {0});
    return sum(tanh(centred / sqrt(mean(centred * centred, {0}) + 0.1)));
  };
  const Recording softmaxes = [](Tape&, std::span<const Var> in) {
    return sum(tanh(softmax(matmul(in[0], in[1]))));
  };
  const Recording summed = [](Tape&, std::span<const Var> in) {
    return sum(tanh(cumulative_sum(matmul(in[0], in[1]), 0)));
  };
  // Few numbers in a row, so that the masks of most rows are alike.
  const Recording dropped = [](Tape& tape, std::span<const Var> in) {
    const Var step = tape.constant(Array::scalar(1.0, DType::f64));
    return sum(tanh(dropout(sum(matmul(in[0], in[1]), {1}, true), step, 0.1, 1, 1)));
  };
  for (const auto& [name, f] :
       std::vector<std::pair<std::string, Recording>>{{"square", square},
                                                      {"normalized", normalized},
                                                      {"softmax", softmaxes},
                                                      {"cumulative sum", summed},
                                                      {"dropout", dropped}}) {
    const std::string& what = name;  // Clang 14 cannot capture the name of a part
    CAPTURE(what);
    const CheckReport report = check_with_uses(f, {kImages, 4, 13});
    CHECK_MESSAGE(report.passed(), report);
    CHECK(claim(report, "rows, batch of 16").compared > 0);
  }
}

}  // namespace
}  // namespace autonet
