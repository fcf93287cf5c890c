// A table of text with a column of classes, also read with targets.
#include "data/csv.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  try {
    autonet::internal::read_csv(path, {"y"}, false);
  } catch (const autonet::DataError&) {
    // It may still be a table of regression.
  }
  autonet::internal::read_csv(path, {"y", "z"}, true);
})
