#include "autonet/autograd/accumulate.h"

#include <algorithm>

#include "autograd/leaves.h"
#include "autograd/walk.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

// The same for any number of threads, and large enough that the cost of starting a piece is small.
constexpr Index kPiece = 1 << 15;

template <typename T>
void add_pieces(Context& context, std::span<const Array> terms, Array& y) {
  const Index size = y.size();
  if (size == 1) {
    T sum = *terms[0].data<T>();
    for (const Array& term : terms.subspan(1)) sum += *term.data<T>();
    *y.data<T>() = sum;
    return;
  }
  const Index pieces = (size + kPiece - 1) / kPiece;
  T* sum = y.data<T>();
  context.parallel_for(pieces, [&](Index piece, int) {
    const Index begin = piece * kPiece;
    const Index end = std::min(size, begin + kPiece);
    for (const Array& term : terms) {
      const bool first = &term == terms.data();
      const T* numbers = term.data<T>();
      const internal::Walk<1> walk(y.shape(), {&term});
      walk.runs(begin, end, [&](Index at, Index length, const std::array<Index, 1>& offset) {
        const T* x = numbers + offset[0];
        T* to = sum + at;
        const Index step = walk.inner_stride(0);
        if (first) {
          for (Index i = 0; i < length; ++i) to[i] = x[i * step];
        } else if (step == 1) {
          for (Index i = 0; i < length; ++i) to[i] += x[i];
        } else {
          for (Index i = 0; i < length; ++i) to[i] += x[i * step];
        }
      });
    }
  });
}

class Accumulate : public Op {
 public:
  std::string_view name() const override { return "accumulate"; }
  int arity() const override { return kVariadic; }

  ArrayType infer(std::span<const ArrayType> inputs) const override {
    for (const ArrayType& type : inputs) {
      if (type != inputs[0]) {
        throw Error(text::concat("accumulate: terms differ in type: ", inputs[0], " and ", type));
      }
    }
    return inputs[0];
  }

  void forward(Context& context, std::span<const Array> inputs, Array& y) const override {
    y.dtype() == DType::f32 ? add_pieces<float>(context, inputs, y)
                            : add_pieces<double>(context, inputs, y);
  }

  BatchUse batch_use(std::span<const Array> inputs, std::span<int> axes) const override {
    return internal::each_along_first_axis(inputs, axes);
  }
  std::optional<Array> complex_step(Context&, std::span<const Array>, int,
                                    const Array& u) const override {
    return u;
  }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return ybar; }
};

}  // namespace

Var accumulate(std::span<const Var> terms) {
  if (terms.size() == 1) return terms[0];
  if (terms.empty()) throw Error("accumulate: needs at least one term");
  static const std::shared_ptr<const Op> kAccumulate = std::make_shared<Accumulate>();
  return terms[0].tape().record(kAccumulate, terms);
}

}  // namespace autonet
