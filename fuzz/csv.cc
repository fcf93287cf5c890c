// A table of text with a column of classes, also read with targets and as inputs of a trained
// model.
#include "data/csv.h"
#include "data/csv_inputs.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  try {
    autonet::internal::read_csv(path, {"y"}, false);
  } catch (const autonet::DataError&) {
    // It may still be a table of regression.
  }
  try {
    autonet::internal::CsvInputs rows(path, {.count = 2, .features = {}, .label = {"y", "z"}});
    std::vector<float> numbers;
    while (rows.next(numbers)) numbers.clear();
  } catch (const autonet::DataError&) {
    // It may still be a table of regression.
  }
  autonet::internal::read_csv(path, {"y", "z"}, true);
})
