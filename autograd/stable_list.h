#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace autonet::internal {

/// A list whose elements stay where they are while it grows or is moved.
template <typename T>
class StableList {
 public:
  StableList() = default;
  StableList(StableList&& other) noexcept
      : blocks_(std::move(other.blocks_)), size_(std::exchange(other.size_, 0)) {}
  StableList& operator=(StableList&& other) noexcept {
    blocks_ = std::move(other.blocks_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return blocks_[i / kBlock][i % kBlock]; }
  const T& operator[](std::size_t i) const { return blocks_[i / kBlock][i % kBlock]; }
  T& back() { return (*this)[size_ - 1]; }

  /// Adds an element.
  T& append() {
    if (size_ == kBlock * blocks_.size()) {
      std::vector<T> block;
      block.reserve(kBlock);
      blocks_.push_back(std::move(block));
    }
    T& added = blocks_.back().emplace_back();
    ++size_;
    return added;
  }

 private:
  static constexpr std::size_t kBlock = 64;

  std::vector<std::vector<T>> blocks_;  // none grows beyond what it reserved
  std::size_t size_ = 0;
};

}  // namespace autonet::internal
