#include "data/hdf5.h"

#include "data/file_bytes.h"

namespace autonet::internal {
namespace {

const Hdf5Reader* reader = nullptr;

const Hdf5Reader& reader_for(const std::string& path) {
  if (reader == nullptr) {
    fail_reading(path,
                 "this program does not read HDF5 files: it was built without libhdf5 (Debian: "
                 "libhdf5-dev), or does not call use_hdf5()");
  }
  return *reader;
}

}  // namespace

void set_hdf5_reader(const Hdf5Reader* chosen) {
  reader = chosen;
}

Array read_hdf5(const std::string& path, const std::string& dataset) {
  return reader_for(path).read(path, dataset);
}

bool has_hdf5(const std::string& path, const std::string& dataset) {
  return reader_for(path).has(path, dataset);
}

}  // namespace autonet::internal
