// What ops say of batches: a call that treats examples one by one gives, for a part of them, the
// bits that it gives for all. Every call of every case of the op table, and of its rules.
#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <vector>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/op.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/table.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

/// y of the call on entries first … first + count - 1 of the inputs that have an axis.
Array part_of(Context& leaf, const Op& op, const std::vector<Array>& inputs,
              const std::vector<int>& axes, const ArrayType& y, Index first, Index count) {
  std::vector<Array> parts;
  for (size_t i = 0; i < inputs.size(); ++i) {
    parts.push_back(axes[i] < 0 ? inputs[i] : inputs[i].slice(axes[i], first, count));
  }
  Array result = Array::uninitialized({y.shape.with(0, count), y.dtype});
  op.forward(leaf, parts, result);
  return result;
}

void check_call(Context& context, Tape& tape, const Node& node, Var y,
                std::map<std::string, int>& checked) {
  std::vector<Array> inputs;
  for (int i = 0; i < node.input_count; ++i) {
    inputs.push_back(tape.var(tape.input(node, i)).value());
  }
  if (y.rank() == 0 || y.shape()[0] < 2 || y.shape().size() == 0) return;
  const Index examples = y.shape()[0];
  // All choices of inputs that vary with the example.
  for (unsigned varied = 1; varied < 1U << inputs.size(); ++varied) {
    std::vector<int> axes(inputs.size(), -1);
    bool fits = true;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if ((varied >> i & 1U) == 0) continue;
      fits = fits && inputs[i].rank() > 0 && inputs[i].shape()[0] == examples;
      axes[i] = 0;
    }
    if (!fits || node.op->batch_use(inputs, axes) != BatchUse::each) continue;
    const Array whole = y.value().contiguous();
    context.for_leaves(false, 1, [&](Index, int, Context& leaf) {
      for (Index n = 0; n < examples; ++n) {
        const Index count = std::min<Index>(1 + n % 2, examples - n);
        const Array part = part_of(leaf, *node.op, inputs, axes, y.type(), n, count);
        const Array expected = whole.slice(0, n, count).contiguous();
        INFO("entry " << n);
        CHECK(std::memcmp(part.raw(), expected.raw(), part.type().bytes()) == 0);
      }
    });
    ++checked[std::string(node.op->name())];
  }
}

}  // namespace

TEST_CASE("entries that a call treats one by one do not depend on their neighbours") {
  std::map<std::string, int> checked;
  for (const OpInfo& info : op_table()) {
    for (const OpCase& test : info.cases) {
      for (const DType dtype : {DType::f32, DType::f64}) {
        INFO(info.name << ": " << test.label << ", " << name_of(dtype));
        Context context;
        Tape tape(context);
        std::vector<Var> inputs;
        std::vector<Var> real;
        for (size_t i = 0; i < test.inputs.size(); ++i) {
          inputs.push_back(tape.variable(sample(test.inputs[i], 12, i).to(dtype)));
          if (test.inputs[i].kind != InputSpec::Kind::integer) real.push_back(inputs.back());
        }
        const Var y = test.record(inputs);
        if (!real.empty() && y.dtype() == dtype) {
          const InputSpec bar{y.shape()};
          vjp(y, real, tape.variable(sample(bar, 13, 0).to(dtype)));
        }
        const Index size = tape.size();
        for (Index id = 0; id < size; ++id) {
          const Node node = tape.node(id);
          if (node.op != nullptr) check_call(context, tape, node, tape.var(id), checked);
        }
      }
    }
  }
  for (const std::string name :
       {"conv2d", "matmul", "max_pool2d", "pool_select", "pool_spread", "relu", "add", "gate",
        "log_softmax", "sum", "gather_patches", "scatter_patches"}) {
    CAPTURE(name);
    CHECK(checked[name] > 0);
  }
}

}  // namespace autonet
