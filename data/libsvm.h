#pragma once

#include <string>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// The examples of a LIBSVM file.
struct LibsvmTable {
  Index count = 0;              // the number of examples, n
  Index features = 0;           // the number of features of each
  std::vector<float> x;         // the inputs, [n,features]; features that a line leaves out are 0
  std::vector<double> targets;  // the first number of each line, [n]
  std::vector<Index> lines;     // the line of each example, from 1
};

/// Reads the text form of LIBSVM: on each line the label, then INDEX:VALUE with indices from 1 that
/// increase. What follows a # is ignored; the file may be packed by gzip.
///
/// features: the number of features; 0: the largest index of the file.
///
/// Throws DataError naming file, line and column: for what is not a finite number, an index out of
/// order or above `features`, and inputs of more than 2^32 numbers.
/// Source: C.-C. Chang, C.-J. Lin, "LIBSVM: a library for support vector machines", README.
LibsvmTable read_libsvm(const std::string& path, Index features = 0);

}  // namespace autonet::internal
