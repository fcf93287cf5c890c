#include "train/prepare_batch.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "data/augment.h"
#include "data/mapped_file.h"
#include "data/mixup.h"
#include "train/check_examples.h"

namespace autonet::internal {
namespace {

template <typename From, typename To>
void copy_rows(const From* source, Index size, std::span<const Index> rows, Array& to) {
  To* target = to.data<To>();
  for (const Index row : rows) {
    if constexpr (std::is_same_v<From, To>) {
      target = std::copy_n(source + row * size, size, target);
    } else {
      target = std::transform(source + row * size, source + (row + 1) * size, target,
                              [](From number) { return static_cast<To>(number); });
    }
  }
}

/// Copies these rows of numbers, `size` in each, into an input of a program.
template <typename From>
void copy_rows(const From* source, Index size, std::span<const Index> rows, Array& to) {
  to.dtype() == DType::f32 ? copy_rows<From, float>(source, size, rows, to)
                           : copy_rows<From, double>(source, size, rows, to);
}

/// The same for the rows of an array.
void gather(const Array& from, std::span<const Index> rows, Array& to) {
  const Array source = from.contiguous();
  const Index size = source.size() / source.shape()[0];
  source.dtype() == DType::f32 ? copy_rows(source.data<float>(), size, rows, to)
                               : copy_rows(source.data<double>(), size, rows, to);
}

/// Writes 1 for the class of each label and 0 for the others to targets [n,classes].
template <typename T>
void write_one_hot(const Array& labels, std::span<const Index> rows, Array& targets) {
  const Index classes = targets.shape()[1];
  targets.fill(0.0);
  T* target = targets.data<T>();
  for (const Index row : rows) {
    const double label = labels.at({row});
    if (!(label >= 0.0 && label < static_cast<double>(classes)) || label != std::floor(label)) {
      throw Error(text::concat("running the model: label ", label, " of example ", row,
                               " is none of the ", classes, " classes"));
    }
    target[static_cast<Index>(label)] = T{1};
    target += classes;
  }
}

}  // namespace

std::vector<Index> epoch_order(Index count, bool shuffle, std::uint64_t seed, Index epoch) {
  if (shuffle) {
    return permutation(count, seed, stream_of("shuffle") + static_cast<std::uint64_t>(epoch));
  }
  std::vector<Index> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

ArrayType target_type(const Model& model, Index n, Model::Mode mode) {
  const bool mixed = mode == Model::Mode::training && model.data().augment.mixup > 0.0;
  const bool labels = model.classes() > 0 && !mixed;
  return {labels ? Shape{n} : Shape{n, model.outputs()}, model.training().precision};
}

PreparedBatch empty_batch(const Model& model, Index n, Model::Mode mode) {
  return {.inputs = Array::uninitialized({model.batch_shape(n), model.training().precision}),
          .targets = Array::uninitialized(target_type(model, n, mode))};
}

void prepare_batch(const Model& model, Context& context, const Examples& examples,
                   std::span<const Index> indices, const std::optional<BatchChanges>& changes,
                   PreparedBatch& batch) {
  check_shapes(model, examples, "running the model");
  batch.rows.clear();
  for (const Index index : indices) {
    if (index < 0 || index >= examples.count()) {
      throw Error(text::concat("running the model: index ", index, " is outside the ",
                               examples.count(), " examples"));
    }
    batch.rows.push_back(examples.row(index));
  }
  Array& targets = batch.targets;
  if (model.classes() == 0 || targets.rank() == 1) {
    gather(examples.y.numbers(), batch.rows, targets);
  } else {
    targets.dtype() == DType::f32
        ? write_one_hot<float>(examples.y.numbers(), batch.rows, targets)
        : write_one_hot<double>(examples.y.numbers(), batch.rows, targets);
  }

  const AugmentSettings& settings = model.data().augment;
  ExampleRange needed{0, std::ssize(indices)};
  // Where examples are mixed, those that are needed may read any other.
  if (batch.needed && !(changes && settings.mixup > 0.0)) needed = *batch.needed;
  const auto first = static_cast<size_t>(needed.first);
  const auto count = static_cast<size_t>(needed.count);
  const std::span<const Index> rows = std::span<const Index>(batch.rows).subspan(first, count);
  Array inputs = batch.inputs.slice(0, needed.first, needed.count);
  const Index size = model.input_shape().size();
  if (examples.bytes == nullptr) {
    gather(examples.x, rows, inputs);
  } else {
    copy_rows(examples.bytes, size, rows, inputs);
  }
  if (examples.file != nullptr) {
    check_rows(model, inputs, rows, "running the model");
    examples.file->have_read(std::ssize(rows), size * examples.number_bytes());
  }
  if (!changes) return;
  augment(context, settings, changes->seed, changes->epoch, indices.subspan(first, count), inputs);
  if (settings.mixup > 0.0) {
    const Mixing mixing =
        draw_mixing(settings.mixup, std::ssize(rows), changes->seed, changes->step);
    mix(mixing, batch.inputs);
    mix(mixing, targets);
  }
}

}  // namespace autonet::internal
