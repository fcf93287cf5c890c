#include "autograd/accumulate.h"

#include <algorithm>

#include "autograd/error.h"
#include "autograd/tape.h"

namespace autonet {
namespace {

// Kept at this size whatever the number of threads; enough numbers that a piece repays its start.
constexpr Index kPiece = 1 << 15;

template <typename T>
void add_pieces(Context& context, std::span<const Array> terms, Array& y) {
  const Index size = y.size();
  const Index pieces = (size + kPiece - 1) / kPiece;
  T* sum = y.data<T>();
  context.parallel_for(pieces, [&](Index piece, int) {
    const Index begin = piece * kPiece;
    const Index end = std::min(size, begin + kPiece);
    for (size_t t = 0; t < terms.size(); ++t) {
      const T* x = terms[t].data<T>();
      if (t == 0) {
        for (Index i = begin; i < end; ++i) sum[i] = x[i];
      } else {
        for (Index i = begin; i < end; ++i) sum[i] += x[i];
      }
    }
  });
}

/// Slow and general: any strides.
template <typename T>
void add_strided(const Array& x, Array& y, bool first) {
  std::array<Index, Shape::kMaxRank> position{};
  T* sum = y.data<T>();
  const int rank = y.rank();
  const Index inner = rank == 0 ? 1 : y.shape()[rank - 1];
  const Index step = rank == 0 ? 0 : x.stride(rank - 1);
  for (Index done = 0; done < y.size(); done += inner) {
    Index offset = 0;
    for (int axis = 0; axis + 1 < rank; ++axis) {
      offset += position[static_cast<size_t>(axis)] * x.stride(axis);
    }
    const T* from = x.data<T>() + offset;
    T* to = sum + done;
    for (Index i = 0; i < inner; ++i) to[i] = first ? from[i * step] : to[i] + from[i * step];
    for (int axis = rank - 2; axis >= 0; --axis) {
      if (++position[static_cast<size_t>(axis)] < y.shape()[axis]) break;
      position[static_cast<size_t>(axis)] = 0;
    }
  }
}

class Accumulate : public Op {
 public:
  std::string_view name() const override { return "accumulate"; }

  ArrayType infer(std::span<const ArrayType> inputs) const override {
    if (inputs.empty()) throw Error("accumulate: needs at least one term");
    for (const ArrayType& type : inputs) {
      if (type != inputs[0]) {
        throw Error("accumulate: terms differ in type: " + inputs[0].shape.str() + " " +
                    name_of(inputs[0].dtype) + " and " + type.shape.str() + " " +
                    name_of(type.dtype));
      }
    }
    return inputs[0];
  }

  void forward(Context& context, std::span<const Array> inputs, Array& y) const override {
    const bool contiguous =
        std::ranges::all_of(inputs, [](const Array& x) { return x.is_contiguous(); });
    const bool f32 = y.dtype() == DType::f32;
    if (contiguous)
      return f32 ? add_pieces<float>(context, inputs, y) : add_pieces<double>(context, inputs, y);
    for (size_t t = 0; t < inputs.size(); ++t) {
      f32 ? add_strided<float>(inputs[t], y, t == 0) : add_strided<double>(inputs[t], y, t == 0);
    }
  }

  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return ybar; }
};

}  // namespace

Var accumulate(std::span<const Var> terms) {
  if (terms.size() == 1) return terms[0];
  if (terms.empty()) throw Error("accumulate: needs at least one term");
  return terms[0].tape().record(std::make_shared<Accumulate>(), terms);
}

}  // namespace autonet
