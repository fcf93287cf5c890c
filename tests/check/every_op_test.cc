// The whole check, order two, on every case of every op in the table.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "autonet/check/check_grad.h"
#include "autonet/ops/table.h"

namespace autonet {
namespace {

constexpr std::uint64_t kSeed = 31;

// Ops that have cases in which y does not depend on an input: x - x and x / x, or only its sign or
// place matters, or it is cut away.
const std::set<std::string> kFlat{"sign", "gate", "pool_select", "pool_spread",
                                  "pad",  "sub",  "div"};

struct Case {
  std::vector<Array> points;  // the inputs that have a derivative
  std::vector<std::string> names;
  Recording f;

  Case(const OpCase& test, std::uint64_t stream) {
    std::vector<Array> inputs;
    std::vector<bool> real;
    for (size_t i = 0; i < test.inputs.size(); ++i) {
      inputs.push_back(sample(test.inputs[i], kSeed, stream * 16 + i));
      real.push_back(test.inputs[i].kind != InputSpec::Kind::integer);
      if (!real.back()) continue;
      points.push_back(inputs.back());
      names.push_back("x" + std::to_string(i));
    }
    f = [record = test.record, inputs, real](Tape& tape, std::span<const Var> xs) {
      std::vector<Var> in;
      size_t next = 0;
      for (size_t i = 0; i < inputs.size(); ++i) {
        in.push_back(real[i] ? xs[next++] : tape.constant(inputs[i].to(xs[0].dtype())));
      }
      return record(in);
    };
  }
};

}  // namespace

TEST_CASE("every op passes the whole check and has a complex step") {
  CAPTURE(kSeed);
  std::uint64_t stream = 0;
  for (const OpInfo& op : op_table()) {
    for (const OpCase& op_case : op.cases) {
      INFO(std::string(op.name), ": ", op_case.label);
      const Case test(op_case, ++stream);
      if (test.points.empty()) continue;  // one_hot, dropout_mask
      const CheckReport report =
          check_grad(test.f, test.points, test.names, {.seed = kSeed, .order = 2});
      // sign has slope zero, and linear ops have no second derivative: that is not a failure.
      CHECK_MESSAGE(report.verdict != Verdict::failed, report);
      for (const TensorCheck& tensor : report.tensors) {
        const bool flat = tensor.zeros == tensor.total;
        if (flat) CHECK(kFlat.contains(std::string(op.name)));
        CHECK_MESSAGE(tensor.verdict == (flat ? Verdict::inconclusive : Verdict::passed),
                      to_text(report));
        CHECK(tensor.complex_error <= 1e-13);
      }
      for (const ClaimCheck& claim : report.claims) {
        // Everywhere else differences are compared, and agree to 8 digits.
        if (claim.name == "differences") CHECK(claim.worst <= 1e-8);
      }
      for (const RuleCheck& rule : report.rules) {
        CHECK_MESSAGE(rule.against != "differences", rule.op);
        CHECK(rule.kinks == 0);
      }
      for (const TensorCheck& tensor : report.second[0].tensors) {
        CHECK_MESSAGE(!(tensor.complex_error > 1e-12), to_text(report));
      }
    }
  }
}

}  // namespace autonet
