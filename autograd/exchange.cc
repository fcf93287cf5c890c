#include "autograd/exchange.h"

namespace autonet {

bool Collective::any(bool here) {
  std::vector<std::byte> flags(static_cast<size_t>(size()), std::byte{0});
  flags[static_cast<size_t>(rank())] = std::byte{here};
  std::vector<std::size_t> offsets(flags.size() + 1);
  for (size_t r = 0; r < offsets.size(); ++r) offsets[r] = r;
  gather(flags.data(), offsets);
  return std::ranges::count(flags, std::byte{0}) < std::ssize(flags);
}

}  // namespace autonet

namespace autonet::internal {

Share share_of(const Leaves& leaves, int rank, int size) {
  return {leaves.parts * rank / size, leaves.parts * (rank + 1) / size};
}

Share examples_of(const Leaves& leaves, const Share& parts) {
  return {leaves.first(parts.first * leaves.in_part), leaves.first(parts.end * leaves.in_part)};
}

RowExchange::RowExchange(Collective& collective, const Leaves& leaves, std::vector<Array> arrays)
    : collective_(collective), arrays_(std::move(arrays)) {
  for (const Array& array : arrays_) {
    const std::size_t row = array.type().bytes() / static_cast<std::size_t>(leaves.batch);
    std::vector<std::size_t>& offsets = offsets_.emplace_back();
    for (int r = 0; r < collective.size(); ++r) {
      const Share rows = examples_of(leaves, share_of(leaves, r, collective.size()));
      offsets.push_back(static_cast<std::size_t>(rows.first) * row);
    }
    offsets.push_back(array.type().bytes());
  }
}

void RowExchange::begin() {
  for (size_t i = 0; i < arrays_.size(); ++i) {
    running_.push_back(collective_.begin(static_cast<std::byte*>(arrays_[i].raw()), offsets_[i]));
  }
}

void RowExchange::finish() {
  for (const int exchange : running_) collective_.finish(exchange);
  running_.clear();
}

SumExchange::SumExchange(Collective& collective, const Leaves& leaves, std::vector<Array> sums)
    : collective_(collective), leaves_(leaves), sums_(std::move(sums)) {
  for (const Array& sum : sums_) {
    sum_offsets_.push_back(node_bytes_);
    node_bytes_ += part_bytes(sum.type());
  }
  for (int r = 0; r < collective.size(); ++r) {
    offsets_.push_back(nodes_.size() * node_bytes_);
    if (r == collective.rank()) own_begin_ = nodes_.size();
    const Share share = share_of(leaves, r, collective.size());
    for (Index part = share.first; part < share.end;) {
      // The widest node of the tree that begins here and ends within the share.
      Index width = 1;
      while (part % (2 * width) == 0 && part + 2 * width <= share.end) width *= 2;
      nodes_.push_back({part, width});
      part += width;
    }
    if (r == collective.rank()) own_end_ = nodes_.size();
  }
  offsets_.push_back(nodes_.size() * node_bytes_);
  const auto numbers = static_cast<Index>(offsets_.back() / sizeof(double));
  memory_ = Array::uninitialized({Shape{numbers}, DType::f64});
}

Array SumExchange::sum_of(std::size_t node, std::size_t sum) {
  std::byte* memory = static_cast<std::byte*>(memory_.raw()) + node * node_bytes_;
  return Array::wrap(memory + sum_offsets_[sum], sums_[sum].type(), nullptr);
}

void SumExchange::begin(Context& context, std::span<std::byte* const> parts) {
  for (size_t i = 0; i < sums_.size(); ++i) {
    const std::size_t step = part_bytes(sums_[i].type());
    for (size_t n = own_begin_; n < own_end_; ++n) {
      Array sum = sum_of(n, i);
      add_in_tree(context, parts[i] + static_cast<std::size_t>(nodes_[n].first) * step,
                  nodes_[n].width, sum);
    }
  }
  running_ = collective_.begin(static_cast<std::byte*>(memory_.raw()), offsets_);
}

/// Adds the nodes from `next` on that make up `width` parts. Returns the node that holds the sum.
std::size_t SumExchange::add_nodes(Index width, std::size_t& next, std::size_t sum) {
  if (nodes_[next].width == width) return next++;
  const std::size_t left = add_nodes(width / 2, next, sum);
  const std::size_t right = add_nodes(width / 2, next, sum);
  Array total = sum_of(left, sum);
  add_to(total, sum_of(right, sum));
  return left;
}

void SumExchange::finish() {
  if (running_ < 0) return;
  collective_.finish(running_);
  running_ = -1;
  for (size_t i = 0; i < sums_.size(); ++i) {
    std::size_t next = 0;
    sums_[i].copy_from(sum_of(add_nodes(leaves_.parts, next, i), i));
  }
}

}  // namespace autonet::internal
