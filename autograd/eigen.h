#pragma once

#include <Eigen/Core>
#include <string>

#include "autograd/array.h"
#include "autograd/error.h"

namespace autonet {

template <typename T>
using EigenMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using EigenStrides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
template <typename T>
using EigenMap = Eigen::Map<EigenMatrix<T>, Eigen::Unaligned, EigenStrides>;

/// An array of two axes as an Eigen matrix over the same numbers, strides and all: writing to one
/// is seen in the other. An array of one axis is a column. The map must not outlive the array's
/// storage. Throws Error on other ranks, or if T is not the array's dtype.
template <typename T>
EigenMap<T> as_eigen(Array& array) {
  if (array.rank() != 1 && array.rank() != 2) {
    throw Error("as_eigen: needs one or two axes, got " + array.shape().str());
  }
  const bool matrix = array.rank() == 2;
  return EigenMap<T>(array.data<T>(), array.shape()[0], matrix ? array.shape()[1] : 1,
                     EigenStrides(array.stride(0), matrix ? array.stride(1) : 1));
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
