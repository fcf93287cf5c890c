#pragma once

#include <Eigen/Core>

#include "autonet/autograd/array.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {

/// A row-major Eigen matrix of any size.
template <typename T>
using EigenMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
/// The distances between rows and between columns, known at run time.
using EigenStrides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
/// An Eigen matrix over the numbers of an Array.
template <typename T>
using EigenMap = Eigen::Map<EigenMatrix<T>, Eigen::Unaligned, EigenStrides>;

/// An array of two axes as an Eigen matrix over the same numbers, with the array's strides: writing
/// to one changes the other. An array of one axis is a column. The map must not outlive the array's
/// storage. Throws Error for other ranks, or if T is not the array's dtype.
template <typename T>
EigenMap<T> as_eigen(Array& array) {
  if (array.rank() != 1 && array.rank() != 2) {
    throw Error(text::concat("as_eigen: needs one or two axes, got ", array.shape()));
  }
  const bool matrix = array.rank() == 2;
  return EigenMap<T>(array.data<T>(), array.shape()[0], matrix ? array.shape()[1] : 1,
                     EigenStrides(array.stride(0), matrix ? array.stride(1) : 1));
}

/// The same for reading.
template <typename T>
Eigen::Map<const EigenMatrix<T>, Eigen::Unaligned, EigenStrides> as_eigen(const Array& array) {
  Array same = array;  // a handle on the same numbers
  const EigenMap<T> map = as_eigen<T>(same);
  return {map.data(), map.rows(), map.cols(), EigenStrides(map.outerStride(), map.innerStride())};
}

/// An Eigen vector, matrix or map as an array [rows, columns] over the same numbers, without a
/// copy: writing to one changes the other. It must not outlive the matrix.
template <typename Derived>
Array view(Eigen::PlainObjectBase<Derived>& matrix) {
  using T = typename Derived::Scalar;
  const Index rows = matrix.rows();
  const Index columns = matrix.cols();
  const Array numbers = Array::wrap(matrix.data(), {{rows * columns}, dtype_of<T>()}, nullptr);
  const Array::Strides strides = {matrix.rowStride(), matrix.colStride()};
  return numbers.strided_view({rows, columns}, strides, 0);
}

/// A copy of an Eigen vector, matrix or expression as an array [rows, columns].
template <typename Derived>
Array from_eigen(const Eigen::MatrixBase<Derived>& matrix) {
  using T = typename Derived::Scalar;
  Array array = Array::uninitialized({{matrix.rows(), matrix.cols()}, dtype_of<T>()});
  as_eigen<T>(array) = matrix;
  return array;
}

}  // namespace autonet
