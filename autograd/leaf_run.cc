#include "autograd/leaf_run.h"

#include <chrono>

namespace autonet::internal {
namespace {

Array bytes_of_memory(std::size_t bytes) {
  return Array::uninitialized({Shape{static_cast<Index>((bytes + 7) / 8)}, DType::f64});
}

constexpr Index kCopyPieces = 8;

/// True for an array whose numbers lie out of order, but each of them once.
bool worth_copying(const Array& array) {
  constexpr Index kLeastSize = 256;
  if (array.is_contiguous() || array.size() < kLeastSize) return false;
  for (int axis = 0; axis < array.rank(); ++axis) {
    if (array.stride(axis) == 0 && array.shape()[axis] > 1) return false;
  }
  return true;
}

std::byte* first_byte(Array& memory) {
  return static_cast<std::byte*>(memory.raw());
}

}  // namespace

LeafRun::LeafRun(Context& context, Index examples, std::vector<Inner> steps, std::size_t own_bytes,
                 std::vector<Array> sums, Collective* collective, std::vector<Array> rows)
    : leaves_(examples),
      share_{0, leaves_.parts},
      steps_(std::move(steps)),
      sums_(std::move(sums)),
      own_bytes_(own_bytes) {
  if (collective != nullptr) {
    share_ = share_of(leaves_, collective->rank(), collective->size());
    row_exchange_.emplace(*collective, leaves_, std::move(rows));
    sum_exchange_.emplace(*collective, leaves_, sums_);
  }
  for (const Array& sum : sums_) {
    sum_offsets_.push_back(own_bytes_);
    own_bytes_ += part_bytes(sum.type());
    parts_offsets_.push_back(parts_bytes_);
    parts_bytes_ += static_cast<std::size_t>(leaves_.parts) * part_bytes(sum.type());
  }
  for (Inner& step : steps_) {
    for (Place& input : step.inputs) {
      if (input.kind != Place::Kind::fixed || !worth_copying(input.array)) continue;
      copies_.push_back({input.array, Array::uninitialized(input.array.type())});
      input.array = copies_.back().to.borrowed();
    }
  }
  Worker worker;
  for (const Inner& step : steps_) {
    worker.inputs.emplace_back(step.inputs.size());
    worker.outputs.emplace_back(step.outputs.size());
  }
  worker.seconds.resize(steps_.size());
  workers_.assign(static_cast<size_t>(std::min<Index>(context.threads(), leaves_.parts)), worker);
}

void LeafRun::share_memory(std::span<const std::shared_ptr<LeafRun>> runs) {
  std::size_t own_bytes = 0;
  std::size_t parts_bytes = 0;
  for (const auto& run : runs) {
    own_bytes = std::max(own_bytes, run->own_bytes_);
    parts_bytes = std::max(parts_bytes, run->parts_bytes_);
  }
  const auto memory = std::make_shared<Memory>();
  memory->parts = bytes_of_memory(parts_bytes);
  for (const auto& run : runs) {
    run->memory_ = memory;
    for (size_t w = 0; w < run->workers_.size(); ++w) {
      if (w == memory->workers.size()) memory->workers.push_back(bytes_of_memory(own_bytes));
      run->workers_[w].memory = first_byte(memory->workers[w]);
    }
  }
}

Array LeafRun::at(const Place& place, Worker& worker, Index part, Index leaf) const {
  if (place.kind == Place::Kind::fixed) return place.array;
  if (place.kind == Place::Kind::sum) {
    // The first leaf of a part begins its sum, the others are added to it.
    const ArrayType& type = place.array.type();
    const bool first = leaf % leaves_.in_part == 0;
    std::byte* memory =
        first ? parts_of(place.sum) + static_cast<std::size_t>(part) * part_bytes(type)
              : worker.memory + sum_offsets_[place.sum];
    return Array::wrap(memory, type, nullptr);
  }
  const Array& whole = place.array;
  const Index begin = leaves_.first(leaf);
  const Index count = leaves_.first(leaf + 1) - begin;
  if (place.kind == Place::Kind::cut) return whole.slice(place.axis, begin, count);
  Array::Strides strides{};
  for (int axis = 0; axis < whole.rank(); ++axis) {
    strides[static_cast<size_t>(axis)] = whole.stride(axis);
  }
  const Array own = Array::wrap(worker.memory + place.offset, {Shape{}, whole.dtype()}, nullptr);
  return own.strided_view(whole.shape().with(place.axis, count), strides, 0);
}

std::byte* LeafRun::parts_of(std::size_t sum) const {
  return first_byte(memory_->parts) + parts_offsets_[sum];
}

void LeafRun::run_leaf(Context& own, Worker& worker, Index part, Index leaf, bool timed) {
  using Clock = std::chrono::steady_clock;
  auto before = timed ? Clock::now() : Clock::time_point();
  for (size_t k = 0; k < steps_.size(); ++k) {
    const Inner& step = steps_[k];
    std::vector<Array>& inputs = worker.inputs[k];
    std::vector<Array>& outputs = worker.outputs[k];
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = at(step.inputs[i], worker, part, leaf);
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      outputs[i] = at(step.outputs[i], worker, part, leaf);
    }
    if (step.op != nullptr) {
      step.op->forward(own, inputs, outputs[0]);
    } else {
      step.fused->forward(own, inputs, outputs);
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Place& place = step.outputs[i];
      if (place.kind != Place::Kind::sum || leaf % leaves_.in_part == 0) continue;
      Array total = at(place, worker, part, part * leaves_.in_part);
      add_to(total, outputs[i]);
    }
    if (timed) {
      const auto now = Clock::now();
      worker.seconds[k] += std::chrono::duration<double>(now - before).count();
      before = now;
    }
  }
}

void LeafRun::run(Context& context, std::span<double> seconds, bool exchange) {
  const bool timed = !seconds.empty();
  context.parallel_for(std::ssize(copies_) * kCopyPieces, [&](Index piece, int) {
    Copy& copy = copies_[static_cast<size_t>(piece / kCopyPieces)];
    const Index rows = copy.from.shape()[0];
    const Index first = rows * (piece % kCopyPieces) / kCopyPieces;
    const Index count = rows * (piece % kCopyPieces + 1) / kCopyPieces - first;
    copy.to.slice(0, first, count).copy_from(copy.from.slice(0, first, count));
  });
  context.for_leaves(false, share_.end - share_.first, [&](Index piece, int w, Context& own) {
    const Index part = share_.first + piece;
    Worker& worker = workers_[static_cast<size_t>(w)];
    for (Index i = 0; i < leaves_.in_part; ++i) {
      run_leaf(own, worker, part, part * leaves_.in_part + i, timed);
    }
  });
  if (sum_exchange_ && exchange) {
    row_exchange_->begin();
    std::vector<std::byte*> parts;
    for (size_t i = 0; i < sums_.size(); ++i) parts.push_back(parts_of(i));
    sum_exchange_->begin(context, parts);
  } else {
    for (size_t i = 0; i < sums_.size(); ++i) {
      add_in_tree(context, parts_of(i), leaves_.parts, sums_[i]);
    }
  }
  if (!timed) return;
  for (Worker& worker : workers_) {
    for (size_t k = 0; k < steps_.size(); ++k) {
      seconds[k] += worker.seconds[k] / static_cast<double>(workers_.size());
      worker.seconds[k] = 0.0;
    }
  }
}

void LeafRun::finish_rows() {
  if (row_exchange_) row_exchange_->finish();
}

void LeafRun::finish_sums() {
  if (sum_exchange_) sum_exchange_->finish();
}

std::size_t LeafRun::shared_bytes() const {
  std::size_t total = memory_->parts.type().bytes();
  for (const Array& worker : memory_->workers) total += worker.type().bytes();
  return total;
}

std::size_t LeafRun::more_bytes() const {
  std::size_t total = 0;
  for (const Copy& copy : copies_) total += copy.to.type().bytes();
  if (sum_exchange_) total += sum_exchange_->bytes();
  return total;
}

}  // namespace autonet::internal
