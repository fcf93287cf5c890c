#include "data/table.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "text/suggest.h"

namespace autonet::internal {

// One row for each reader: the function that gives its data sets, defined in the reader's file.
#define AUTONET_READERS(ROW) \
  ROW(digits_sets)           \
  ROW(usps_sets)             \
  ROW(usps_h5_sets)          \
  ROW(idx_sets)              \
  ROW(cifar_sets)            \
  ROW(svhn_sets)             \
  ROW(norb_sets)

#define AUTONET_DECLARE(sets) std::vector<DatasetInfo> sets();
AUTONET_READERS(AUTONET_DECLARE)

std::vector<std::string> digit_names() {
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
}

const std::vector<DatasetInfo>& dataset_table() {
  static const std::vector<DatasetInfo> kTable = [] {
    std::vector<DatasetInfo> table;
#define AUTONET_APPEND(sets) \
  for (const DatasetInfo& info : sets()) table.push_back(info);
    AUTONET_READERS(AUTONET_APPEND)
    return table;
  }();
  return kTable;
}

std::string published_name(const DatasetFile& file) {
  return file.name + (file.gzipped ? ".gz" : "");
}

const DatasetInfo& find_dataset(std::string_view name) {
  std::vector<std::string> known;
  for (const DatasetInfo& info : dataset_table()) {
    if (info.name == name) return info;
    known.push_back(info.name);
  }
  throw ModelError(
      text::concat("unknown data set \"", name, "\"", text::did_you_mean(name, known)));
}

}  // namespace autonet::internal
