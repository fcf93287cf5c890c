#include "ops/fusion.h"

#include <algorithm>
#include <optional>

#include "autograd/leaves.h"
#include "autonet/ops/activation.h"
#include "ops/cpu/columns.h"
#include "ops/cpu/correlate.h"
#include "ops/cpu/pool.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

/// The sum of an array over all axes but the last, image by image as the images are finished.
template <typename T>
class ImageSums {
 public:
  ImageSums(Context& context, const Array& y)
      : columns_(y.shape()[y.rank() - 1]),
        images_(y.shape()[0]),
        rows_(y.size() / std::max<Index>(1, columns_ * images_)),
        parts_(reinterpret_cast<T*>(
            context.joint_scratch(static_cast<size_t>(images_ * columns_) * sizeof(T)))) {}

  void add(Index n, const void* image) {
    cpu::sum_columns(static_cast<const T*>(image), rows_, columns_, parts_ + n * columns_);
  }
  void finish(Context& context, Array& sum) {
    internal::sum_over_leaves(context, images_, images_ * columns_, sum,
                              [&](Context&, Index first, Index count, Array& of_leaf) {
                                cpu::add_parts(parts_ + first * columns_, count, columns_,
                                               of_leaf.data<T>());
                              });
  }

 private:
  Index columns_, images_, rows_;
  T* parts_;
};

/// Op::batch_use of a joined call on examples along axis 0: of each output `each`, or with a sum
/// over all but the channels `sum` of the last one. `outputs` hold `whole`, and still do where the
/// sum is not made leaf by leaf.
void set_uses(Index examples, std::optional<Index> summed_channels, std::span<BatchUse> outputs) {
  if (summed_channels && !internal::cuts_sum(examples, *summed_channels)) return;
  std::ranges::fill(outputs, BatchUse::each);
  if (summed_channels) outputs.back() = BatchUse::sum;
}

/// conv2d or matmul [+ bias] [+ relu | + gate] [+ max_pool2d | + sum over all but the channels].
struct Product : FusedOp {
  enum class Then { nothing, pool, sum };

  std::optional<internal::ConvCall> conv;  // none: matmul
  ArrayType y;
  std::optional<size_t> bias;  // which input
  bool relu = false;
  std::optional<size_t> gate;
  Then then = Then::nothing;
  internal::PoolCall pool;
  bool keep = true;  // y itself is an output

  void forward(Context& context, std::span<const Array> in, std::span<Array> out) const override {
    y.dtype == DType::f32 ? forward_of<float>(context, in, out)
                          : forward_of<double>(context, in, out);
  }

  void batch_use(std::span<const Array> in, std::span<int> axes,
                 std::span<BatchUse> outputs) const override {
    std::ranges::fill(outputs, BatchUse::whole);
    if (axes[0] != 0 || axes[1] != -1 || (bias && axes[*bias] != -1)) return;
    if (gate && axes[*gate] != 0) return;
    if (conv && !cpu::alike_for_leaves(in[0], in[1], conv->window, y, conv->options.exact)) return;
    const Index channels = y.shape[y.shape.rank() - 1];
    set_uses(in[0].shape()[0], then == Then::sum ? std::optional(channels) : std::nullopt, outputs);
  }

 private:
  void correlate(Context& context, std::span<const Array> in, Array& whole,
                 const cpu::Following& following) const {
    cpu::correlate(context, in[0], in[1], conv->window, whole, following, conv->options.exact);
  }

  template <typename T>
  void forward_of(Context& context, std::span<const Array> in, std::span<Array> out) const {
    cpu::Following following;
    if (bias) following.bias = &in[*bias];
    following.relu = relu;
    if (gate) following.gate = &in[*gate];
    // With the product's own shape: the call after it may have read it under another.
    const ArrayType type{y.shape.with(0, in[0].shape()[0]), y.dtype};
    Array whole = Array::wrap(keep ? out[0].raw() : nullptr, type, nullptr);
    if (!conv) {
      cpu::matmul(context, in[0], in[1], whole, following);
      if (then == Then::sum && out[1].size() > 0) {
        const Index columns = out[1].size();
        const T* rows = out[0].data<T>();
        internal::sum_over_leaves(context, type.shape[0], type.shape.size(), out[1],
                                  [&](Context& own, Index first, Index count, Array& sum) {
                                    cpu::sum_columns(own, rows + first * columns, count, columns,
                                                     sum.data<T>());
                                  });
      }
      return;
    }
    if (then == Then::nothing) {
      return correlate(context, in, whole, following);
    }
    if (then == Then::pool) {
      Array& pooled = out.back();
      const Index size = pooled.size() / std::max<Index>(1, pooled.shape()[0]);
      const auto each = [&](Index n, void* image, std::byte* scratch) {
        cpu::max_pool_image(static_cast<const T*>(image), type.shape, pooled.shape(), pool.kernel,
                            pool.window, pooled.data<T>() + n * size,
                            reinterpret_cast<T*>(scratch));
      };
      const FunctionRef<Index, void*, std::byte*> each_image(each);
      following.each_image = &each_image;
      following.scratch_bytes = static_cast<size_t>(y.shape[3]) * sizeof(T);
      return correlate(context, in, whole, following);
    }
    ImageSums<T> sums(context, out[0]);
    const auto each = [&](Index n, void* image, std::byte*) { sums.add(n, image); };
    const FunctionRef<Index, void*, std::byte*> each_image(each);
    following.each_image = &each_image;
    correlate(context, in, whole, following);
    sums.finish(context, out[1]);
  }
};

/// pool_spread + gate by the pooled array [+ sum over all but the channels].
struct GatedSpread : FusedOp {
  internal::PoolCall pool;
  bool sum = false;

  void forward(Context& context, std::span<const Array> in, std::span<Array> out) const override {
    out[0].dtype() == DType::f32 ? forward_of<float>(context, in, out)
                                 : forward_of<double>(context, in, out);
  }

  void batch_use(std::span<const Array> in, std::span<int> axes,
                 std::span<BatchUse> outputs) const override {
    std::ranges::fill(outputs, BatchUse::whole);
    if (internal::each_along_first_axis(in, axes) != BatchUse::each) return;
    const Shape& x = in[0].shape();
    set_uses(x[0], sum ? std::optional(x[3]) : std::nullopt, outputs);
  }

 private:
  template <typename T>
  void forward_of(Context& context, std::span<const Array> in, std::span<Array> out) const {
    cpu::SpreadOptions options;
    options.gated = true;
    if (!sum) {
      return cpu::pool_spread(context, in[0], in[1], pool.kernel, pool.window, out[0], options);
    }
    ImageSums<T> sums(context, out[0]);
    const auto each = [&](Index n, void* image) { sums.add(n, image); };
    const FunctionRef<Index, void*> each_image(each);
    options.each_image = &each_image;
    cpu::pool_spread(context, in[0], in[1], pool.kernel, pool.window, out[0], options);
    sums.finish(context, out[1]);
  }
};

/// The product that the first call is, or nothing. The gradient of a kernel, which is made by
/// leaves of the batch, is none. A product that ends in a pooling or a sum cannot
/// be extended.
std::optional<Product> open_product(const PlannedCall& call) {
  if (call.op != nullptr) {
    Product product;
    product.conv = internal::as_conv2d(*call.op);
    product.y = call.outputs[0].type();
    const bool fits = product.conv ? !internal::sums_over_images(call.inputs, product.conv->window,
                                                                 product.y.shape)
                                   : internal::is_matmul(*call.op) && call.inputs[0].rank() == 2 &&
                                         call.inputs[1].rank() == 2;
    return fits ? std::optional(product) : std::nullopt;
  }
  const auto* product = dynamic_cast<const Product*>(call.fused);
  if (product == nullptr || product->then != Product::Then::nothing) return std::nullopt;
  return *product;
}

/// True if the next call is y = a > 0 ? u : 0 and its input 1, u, is the output of the first.
bool is_gate(const FusionSite& site) {
  return site.next.op != nullptr && internal::as_function<internal::Gate>(*site.next.op) == 0.0 &&
         site.positions == 2U && site.next.inputs[0].is_contiguous() &&
         site.next.inputs[0].size() == site.next.outputs[0].size();
}

/// True if the next call is a sum of [..., K] over all axes but the last.
bool is_sum_to_channels(const FusionSite& site) {
  const auto* axes = site.next.op == nullptr ? nullptr : internal::as_sum(*site.next.op);
  return axes != nullptr && axes->size() >= 2 && !axes->back() &&
         std::all_of(axes->begin(), axes->end() - 1, [](bool reduced) { return reduced; }) &&
         site.next.inputs[0].shape() == site.first.outputs.back().shape();
}

using Joined = std::shared_ptr<const FusedOp>;

Joined join_bias(const FusionSite& site) {
  auto product = open_product(site.first);
  if (!product || site.keep || product->relu || product->gate || product->bias) return nullptr;
  if (site.next.op == nullptr || !internal::as_function<internal::Add>(*site.next.op) ||
      site.positions > 2U) {
    return nullptr;
  }
  const size_t other = site.positions == 1U ? 1 : 0;
  const Array& bias = site.next.inputs[other];
  const Shape& y = product->y.shape;
  if (site.next.outputs[0].shape() != y || bias.shape() != Shape{y[y.rank() - 1]} ||
      !bias.is_contiguous() || site.next.inputs[1 - other].shape() != y) {
    return nullptr;
  }
  product->bias = site.first.inputs.size();
  return std::make_shared<Product>(*product);
}

Joined join_relu(const FusionSite& site) {
  auto product = open_product(site.first);
  if (!product || site.keep || product->relu || product->gate) return nullptr;
  if (site.next.op == nullptr || !internal::as_function<internal::Relu>(*site.next.op)) {
    return nullptr;
  }
  product->relu = true;
  return std::make_shared<Product>(*product);
}

Joined join_gate(const FusionSite& site) {
  auto product = open_product(site.first);
  if (!product || site.keep || product->relu || product->bias || product->gate || !is_gate(site)) {
    return nullptr;
  }
  product->gate = site.first.inputs.size();
  return std::make_shared<Product>(*product);
}

Joined join_pool(const FusionSite& site) {
  auto product = open_product(site.first);
  const auto pool = site.next.op == nullptr ? std::nullopt : internal::as_max_pool2d(*site.next.op);
  if (!product || !pool || !product->conv || product->gate ||
      site.next.inputs[0].shape() != product->y.shape) {
    return nullptr;
  }
  product->then = Product::Then::pool;
  product->pool = *pool;
  product->keep = site.keep;
  return std::make_shared<Product>(*product);
}

Joined join_sum(const FusionSite& site) {
  if (!site.keep || !is_sum_to_channels(site)) return nullptr;
  if (const auto* spread = dynamic_cast<const GatedSpread*>(site.first.fused)) {
    if (spread->sum) return nullptr;
    auto joined = std::make_shared<GatedSpread>(*spread);
    joined->sum = true;
    return joined;
  }
  auto product = open_product(site.first);
  if (!product || !product->gate || site.next.inputs[0].rank() != product->y.shape.rank()) {
    return nullptr;
  }
  product->then = Product::Then::sum;
  return std::make_shared<Product>(*product);
}

Joined join_spread_gate(const FusionSite& site) {
  const auto pool =
      site.first.op == nullptr ? std::nullopt : internal::as_pool_spread(*site.first.op);
  if (!pool || site.keep || !is_gate(site) || site.next.ids[0] != site.first.ids[0]) return nullptr;
  auto joined = std::make_shared<GatedSpread>();
  joined->pool = *pool;
  return joined;
}

}  // namespace

std::span<const Fusion> internal::fusions() {
  static const Fusion kFusions[] = {
      {"product + bias", join_bias},
      {"product + relu", join_relu},
      {"product + gate", join_gate},
      {"convolution + max-pooling", join_pool},
      {"pool_spread + gate", join_spread_gate},
      {"product or pool_spread, gated + sum", join_sum},
  };
  return kFusions;
}

}  // namespace autonet
