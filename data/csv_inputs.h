#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/csv_reader.h"
#include "data/mapped_file.h"

namespace autonet::internal {

/// What is known of the table that a model was trained on.
struct CsvColumns {
  Index count = 0;                         // the numbers of an input
  std::vector<std::string> features = {};  // the names of the inputs' columns; empty: not known
  std::vector<std::string> label = {};     // the columns that are not inputs
};

/// The names of the columns of the table that are not `label`. Reads no more than the heading,
/// unless the file is packed. Throws DataError if it cannot be read.
std::vector<std::string> csv_features(const std::string& path,
                                      const std::vector<std::string>& label);

/// The inputs in a table, row by row, for a trained model. A file that is not packed is not held in
/// memory.
///
/// If the first line holds something else than numbers, it is the heading. The columns are then
/// found by the names of CsvColumns::features, in any order; where these are not known, all
/// columns but the labels are inputs, in the order of the file. Columns of labels are not read.
/// Without a heading, the columns are the inputs in the order of the features.
class CsvInputs {
 public:
  /// Throws DataError, naming both numbers of columns or the column that is missing or not known.
  CsvInputs(const std::string& path, const CsvColumns& columns);

  /// Appends the numbers of the next row; false at the end of the file. Throws DataError naming
  /// line and column for what is not a finite number, and for a row of another length.
  bool next(std::vector<float>& numbers);

 private:
  void find_columns(const CsvColumns& columns);

  std::string path_;
  std::string unpacked_;             // the text, if the file is packed
  std::unique_ptr<MappedFile> map_;  // else the file
  std::unique_ptr<CsvReader> reader_;
  std::vector<std::string> names_;   // of the columns in the file, for errors
  std::vector<size_t> columns_;      // the column of each number of an input
  std::vector<std::string> fields_;  // the current row
  bool waiting_ = false;             // fields_ is a row that next() has not given yet
  size_t freed_ = 0;                 // the place in the file up to which memory was given back
};

}  // namespace autonet::internal
