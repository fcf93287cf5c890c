#include "data/hdf5.h"

#include "autonet/data/use_hdf5.h"
#include "data/table.h"
#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

#include "tests/data/samples.inc"

const std::string kFile(reinterpret_cast<const char*>(kHdf5), sizeof kHdf5);

/// False, with a message, if this build does not read HDF5.
bool built() {
#ifdef AUTONET_HAVE_HDF5
  use_hdf5();
#endif
  const ScratchFolder folder;
  const std::string path = folder.write("a.h5", kFile);
  const bool missing = contains(data_error([&] { read_hdf5(path, "x"); }), "without libhdf5");
  if (missing) MESSAGE("SKIPPED: built without libhdf5");
  return !missing;
}

TEST_CASE("datasets of real and whole numbers are read") {
  if (!built()) return;
  const ScratchFolder folder;
  const std::string path = folder.write("a.h5", kFile);
  const Array x = read_hdf5(path, "x");
  CHECK(x.shape() == Shape{2, 3});
  CHECK(x.dtype() == DType::f32);
  CHECK(x.to_vector() == std::vector<double>{0, 1, 2, 3, 4, 5});
  CHECK(read_hdf5(path, "y").to_vector() == std::vector<double>{1, 0});
  CHECK(has_hdf5(path, "g/t"));
  CHECK_FALSE(has_hdf5(path, "g/x"));
  CHECK_FALSE(has_hdf5(path, "none/x"));
}

TEST_CASE("the error for a wrong file or dataset names both") {
  if (!built()) return;
  const ScratchFolder folder;
  const std::string path = folder.write("a.h5", kFile);
  const auto error = [&](const std::string& dataset) {
    return data_error([&] { read_hdf5(path, dataset); });
  };
  const std::string start = "reading " + path + ": ";
  CHECK(error("z") == start + "dataset \"z\": the file has no such dataset");
  CHECK(error("g") == start + "dataset \"g\": this is not a dataset, or it is damaged");
  CHECK(error("g/t") == start + "dataset \"g/t\": its numbers must be real or whole");
  CHECK(contains(error("g/large"), "a length of 1099511627776 is not plausible"));
  for (const size_t length : {size_t{0}, size_t{20}, size_t{600}, kFile.size() - 1}) {
    CAPTURE(length);
    folder.write("a.h5", kFile.substr(0, length));
    CHECK(error("x") == start + "not a whole HDF5 file");
  }
  folder.write("a.h5", "a,b\n1,2\n");
  CHECK(error("x") == start + "not a whole HDF5 file");
  CHECK(contains(data_error([&] { read_hdf5(folder.path("none.h5"), "x"); }), "No such file"));
  CHECK(contains(data_error([&] { read_hdf5(folder.path(), "x"); }), "not a regular file"));
}

TEST_CASE("USPS as HDF5 has the images of the text files") {
  if (!built()) return;
  const auto folder = published("usps");
  if (!folder) return;
  const DatasetInfo& h5 = find_dataset("usps-h5");
  const DatasetInfo& usps = find_dataset("usps");
  const Dataset a = h5.read(h5, {*folder + "/usps.h5"});
  const Dataset b = usps.read(usps, {*folder + "/zip.train.gz", *folder + "/zip.test.gz"});
  for (const auto& [one, other] : {std::pair(a.train, b.train), std::pair(a.test, b.test)}) {
    CHECK(one.labels == other.labels);
    REQUIRE(one.pixels.size() == other.pixels.size());
    float largest = 0;
    for (size_t i = 0; i < one.pixels.size(); ++i)
      largest = std::max(largest, std::abs(one.pixels[i] - (other.pixels[i] + 1) / 2));
    CHECK(largest < 1e-6F);
  }
}

}  // namespace
}  // namespace autonet::internal
