#include "autonet/ops/elementwise.h"

#include <algorithm>
#include <memory>

#include "autograd/leaves.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/reduce.h"
#include "autonet/text/concat.h"
#include "ops/complex_step.h"
#include "ops/families.h"
#include "ops/functions.h"

namespace autonet::internal {
namespace {

template <typename F>
FunctionRow row_for(std::size_t position) {
  FunctionRow row{.name = F::kName,
                  .function = cpu::Function(position),
                  .inputs = F::kInputs,
                  .chooses_by_sign = F::kChoosesBySign};
  if constexpr (F::kInputs == 1) {
    row.linear = {F::kLinear};
    if constexpr (requires { F::xbar; }) {
      row.vjp[0] = [](std::span<const Var> in, Var y, Var ybar, double c) {
        return F::xbar(in[0], y, ybar, c);
      };
    }
    row.value = [](std::span<const Complex> in, double c) { return F::value(in[0], Complex(c)); };
  } else {
    row.linear = {F::kLinearInA, F::kLinearInB};
    row.chooses_by_order = F::kChoosesByOrder;
    if constexpr (requires { F::abar; }) {
      row.vjp[0] = [](std::span<const Var> in, Var y, Var ybar, double c) {
        return F::abar(in[0], in[1], y, ybar, c);
      };
    }
    if constexpr (requires { F::bbar; }) {
      row.vjp[1] = [](std::span<const Var> in, Var y, Var ybar, double c) {
        return F::bbar(in[0], in[1], y, ybar, c);
      };
    }
    row.value = [](std::span<const Complex> in, double c) {
      return F::value(in[0], in[1], Complex(c));
    };
  }
  return row;
}

template <typename... F>
const std::vector<FunctionRow>& rows_for(FunctionList<F...>) {
  static const std::vector<FunctionRow> kRows = [] {
    std::size_t position = 0;
    return std::vector<FunctionRow>{row_for<F>(position++)...};
  }();
  return kRows;
}

/// y = f(x) or y = f(a, b), element by element with NumPy's broadcasting.
class Elementwise : public Op {
 public:
  Elementwise(const FunctionRow& row, double c) : row_(row), c_(c) {}
  const FunctionRow& row() const { return row_; }
  double constant() const { return c_; }

  std::string_view name() const override { return row_.name; }
  int arity() const override { return row_.inputs; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    if (in.size() == 1) return in[0];
    if (in[0].dtype != in[1].dtype) {
      throw Error(text::concat(row_.name, ": a is ", name_of(in[0].dtype), " but b is ",
                               name_of(in[1].dtype), "; a ", in[0].shape, ", b ", in[1].shape));
    }
    if (in[0].shape == in[1].shape) return in[0];
    return {broadcast_shapes(in[0].shape, in[1].shape, std::string(row_.name).c_str()),
            in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    if (in.size() == 1) return cpu::map(context, row_.function, in[0], y, c_);
    if (in[0].shape() == y.shape() && in[1].shape() == y.shape()) {
      return cpu::map(context, row_.function, in[0], in[1], y, c_);
    }
    cpu::map(context, row_.function, in[0].broadcast_to(y.shape()), in[1].broadcast_to(y.shape()),
             y, c_);
  }
  Var vjp(int i, std::span<const Var> in, Var y, Var ybar) const override {
    const auto input = static_cast<size_t>(i);
    return sum_to(row_.vjp[input](in, y, ybar, c_), in[input].shape());
  }
  bool differentiable(int i) const override { return row_.vjp[static_cast<size_t>(i)] != nullptr; }
  bool linear_in(int i) const override { return row_.linear[static_cast<size_t>(i)]; }
  std::optional<Array> complex_step(Context&, std::span<const Array> in, int i,
                                    const Array& u) const override {
    std::vector<ArrayType> types;
    for (const Array& x : in) types.push_back(x.type());
    const ArrayType y = infer(types);
    std::vector<std::vector<double>> numbers;
    for (const Array& x : in) numbers.push_back(x.broadcast_to(y.shape).to_vector());
    const std::vector<double> along = u.broadcast_to(y.shape).to_vector();
    return array_of(y, [&](size_t k) {
      std::array<Complex, 2> z;
      for (size_t j = 0; j < in.size(); ++j) z[j] = numbers[j][k];
      z[static_cast<size_t>(i)] += Complex(0.0, kComplexStep * along[k]);
      return row_.value(z, c_).imag() / kComplexStep;
    });
  }
  std::uint64_t choices(Context&, std::span<const Array> in) const override {
    if (row_.chooses_by_sign) return fingerprint_of_signs(in[0]);
    if (!row_.chooses_by_order) return 0;
    const Shape shape = broadcast_shapes(in[0].shape(), in[1].shape(), "choices");
    const std::vector<double> a = in[0].broadcast_to(shape).to_vector();
    const std::vector<double> b = in[1].broadcast_to(shape).to_vector();
    return fingerprint_of_signs(
        array_of({shape, DType::f64}, [&](size_t k) { return a[k] - b[k]; }));
  }
  BatchUse batch_use(std::span<const Array> in, std::span<int> axes) const override {
    return each_along_first_axis(in, axes);
  }
  std::string attributes() const override { return c_ == 0.0 ? "" : text::concat("c ", c_); }

 private:
  const FunctionRow& row_;
  double c_;
};

}  // namespace

const FunctionRow& find_function(std::string_view name) {
  const std::vector<FunctionRow>& rows = rows_for(ElementwiseFunctions());
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const FunctionRow& row) { return row.name == name; });
  if (found == rows.end()) {
    throw Error(text::concat("elementwise function ", name,
                             " is in no list; add it at the end of the header that defines it"));
  }
  return *found;
}

std::optional<double> constant_of(const FunctionRow& row, const Op& op) {
  const auto* function = dynamic_cast<const Elementwise*>(&op);
  return function != nullptr && &function->row() == &row ? std::optional(function->constant())
                                                         : std::nullopt;
}

namespace {

/// The function without a constant: one op that all its calls share.
const std::shared_ptr<const Op>& without_constant(const FunctionRow& row) {
  static const std::vector<std::shared_ptr<const Op>> kOps = [] {
    std::vector<std::shared_ptr<const Op>> ops;
    for (const FunctionRow& each : rows_for(ElementwiseFunctions())) {
      ops.push_back(std::make_shared<Elementwise>(each, 0.0));
    }
    return ops;
  }();
  return kOps[static_cast<size_t>(row.function)];
}

}  // namespace

Var record_function(const FunctionRow& row, std::initializer_list<Var> inputs, double c) {
  Tape& tape = inputs.begin()->tape();
  if (c == 0.0 && !std::signbit(c)) return tape.record(without_constant(row), inputs);
  return tape.record(std::make_shared<Elementwise>(row, c), inputs);
}

std::vector<OpInfo> elementwise_ops() {
  std::vector<OpInfo> table = table_of(ElementwiseFunctions());
  for (OpInfo& composite : table_of(CompositeActivations())) table.push_back(std::move(composite));
  return table;
}

}  // namespace autonet::internal
