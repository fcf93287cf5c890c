#include "autonet/ops/dropout.h"

#include <algorithm>
#include <memory>

#include "autograd/philox.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/text/concat.h"
#include "ops/families.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

std::uint64_t key_of(std::uint64_t seed, std::uint64_t stream) {
  return seed ^ (stream * 0x9E3779B97F4A7C15ULL);
}

template <typename T>
void draw(Context& context, std::uint64_t key, std::uint64_t step, double rate, Array& y) {
  const auto threshold = static_cast<std::uint32_t>(std::min(rate * 0x1p32, 0x1p32 - 1.0));
  const T kept = static_cast<T>(1.0 / (1.0 - rate));
  T* mask = y.data<T>();
  const Index size = y.size();
  constexpr Index kPiece = 1 << 14;
  context.parallel_for((size + kPiece - 1) / kPiece, [&](Index piece, int) {
    // Each block gives four numbers. The counter is (position, step), the key is the seed and
    // the op's stream.
    for (Index i = piece * kPiece; i < std::min(size, (piece + 1) * kPiece); i += 4) {
      const auto block = static_cast<std::uint64_t>(i / 4);
      const auto words = internal::philox(
          {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
           static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)},
          {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
      for (Index k = 0; k < std::min<Index>(4, size - i); ++k) {
        mask[i + k] = words[static_cast<size_t>(k)] < threshold ? T{0} : kept;
      }
    }
  });
}

class DropoutMask : public Op {
 public:
  DropoutMask(const ArrayType& type, double rate, std::uint64_t seed, std::uint64_t stream)
      : type_(type), rate_(rate), seed_(seed), stream_(stream) {}
  internal::MaskCall call() const { return {rate_, key_of(seed_, stream_)}; }

  std::string_view name() const override { return "dropout_mask"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    if (in[0].shape.size() != 1) {
      throw Error("dropout: step must be a scalar, got " + in[0].shape.str());
    }
    return type_;
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    const auto step = static_cast<std::uint64_t>(std::max(0.0, in[0].item()));
    const std::uint64_t key = key_of(seed_, stream_);
    y.dtype() == DType::f32 ? draw<float>(context, key, step, rate_, y)
                            : draw<double>(context, key, step, rate_, y);
  }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return ybar; }  // never called
  bool differentiable(int) const override { return false; }
  std::string attributes() const override { return text::concat("rate ", rate_); }

 private:
  ArrayType type_;
  double rate_;
  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace

std::optional<internal::MaskCall> internal::as_dropout_mask(const Op& op) {
  return call_of<DropoutMask>(op);
}

Var dropout_mask(Var step, const ArrayType& type, double rate, std::uint64_t seed,
                 std::uint64_t stream) {
  if (!(rate >= 0.0 && rate < 1.0)) {
    throw Error(text::concat("dropout: rate must be at least 0 and below 1, got ", rate));
  }
  return step.tape().record(std::make_shared<DropoutMask>(type, rate, seed, stream), {step});
}

Var dropout(Var x, Var step, double rate, std::uint64_t seed, std::uint64_t stream) {
  return x * dropout_mask(step, x.type(), rate, seed, stream);
}

namespace internal {

std::vector<OpInfo> dropout_ops() {
  const Shape odd{3, 7};
  const InputSpec step{{}, 0, 5, InputSpec::Kind::integer};
  return {
      {"dropout_mask",
       "0 with probability rate, else 1 / (1 - rate)",
       {{"rate 0.3",
         {step},
         [=](auto in) {
           return dropout_mask(in[0], {odd, in[0].dtype()}, 0.3, 1, 2);
         }}}},
      {"dropout",
       "y = x · mask",
       {{"rate 0.5", {{odd}, step}, [](auto in) { return dropout(in[0], in[1], 0.5, 1, 2); }}}},
  };
}

}  // namespace internal
}  // namespace autonet
