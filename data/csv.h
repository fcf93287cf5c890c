#pragma once

#include <string>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// A table of text, its columns divided into inputs and what a model should say about them.
struct CsvTable {
  Index count = 0;                    // the number of rows, n, without the heading
  std::vector<std::string> features;  // the names of the columns of inputs
  std::vector<float> x;               // the inputs, [n,features]
  std::vector<std::string> labels;    // for classes: the texts of the label column, [n]
  std::vector<double> targets;        // in regression: the numbers of the columns named, [n,k]
  std::vector<Index> lines;           // the line on which each row begins, from 1
};

/// Reads a table whose first line names the columns (RFC 4180: fields in quotes may hold
/// separators, line ends and doubled quotes; it may be packed by gzip). The separator is the first
/// comma, semicolon or tab of the heading. Empty lines are skipped.
///
/// label: the names of the columns that are not inputs: one for classes, one or more if `real`, in
/// regression. All other columns must hold finite numbers.
///
/// Throws DataError naming file, line and column: for a column that is missing or occurs twice, a
/// field that is not a number, a row of another length than the heading, and unbalanced quotes.
CsvTable read_csv(const std::string& path, const std::vector<std::string>& label, bool real);

}  // namespace autonet::internal
