#pragma once

#include <vector>

#include "exchange/call.h"

namespace autonet::exchange {

// Axes and layouts, for several families of operators.

/// The axis as a number in [0, rank). Throws ModelError outside.
int axis_of(const Call& c, Index axis, int rank);
/// The same for several axes, in rising order.
std::vector<int> axes_of(const Call& c, const std::vector<Index>& axes, int rank);

/// [N,C,…] as [N,…,C], and back.
Var channels_last(Var x);
Var channels_first(Var x);

/// x as a matrix: the axes before `axis` joined, and those from it on.
Var as_matrix(Var x, int axis);

/// Input 1 of a function of two arrays. In versions before 7 an attribute says whether it is
/// stretched, and from which axis of input 0 on it lies.
Var second_of(const Call& c);

/// 0, 1, …, length - 1.
Var counting(Tape& tape, Index length, DType dtype);

/// x with axis `axis` first, and back to where it was.
Var axis_first(Var x, int axis);
Var axis_back(Var x, int axis);

/// The elements of x with these numbers along one axis, as NumPy's take(); each in [0, length).
Var take(Var x, int axis, List<Index> places);

/// The shape with these lengths. Throws NotSupported for more than six axes.
Shape shape_of(const Call& c, const std::vector<Index>& lengths);

/// A vector [C] as [C,1,…], to be stretched over [N,C,…] with `rank` axes.
Var per_channel(Var vector, int rank);

/// f(0), f(1), …, f(n - 1) as an f64 array of rank 1.
/// Throws NotSupported for more than 2^28.
template <typename F>
Array array_from(Index n, F f) {
  if (n > (Index{1} << 28)) throw NotSupported(text::concat("a list of ", n, " numbers"));
  Array array = Array::uninitialized({Shape{n}, DType::f64});
  for (Index i = 0; i < n; ++i) array.data<double>()[i] = static_cast<double>(f(i));
  return array;
}

}  // namespace autonet::exchange
