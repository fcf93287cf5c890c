#pragma once

#include <initializer_list>
#include <span>

namespace autonet {

/// The values that a function reads during a call: written in braces, or a vector, array or span.
/// It refers to them, so it must not be kept.
template <typename T>
class List : public std::span<const T> {
 public:
  using std::span<const T>::span;
  /// The values of a span.
  List(std::span<const T> values) : std::span<const T>(values) {}
  /// Values in braces: sum(x, {0, 2}).
  List(std::initializer_list<T> values) : std::span<const T>(values.begin(), values.size()) {}
};

}  // namespace autonet
