#include "autonet/data/use_hdf5.h"

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <system_error>
#include <vector>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/hdf5.h"

namespace autonet::internal {

namespace {

/// A handle of libhdf5, closed at the end.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  hid_t id() const { return id_; }
  bool good() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

hid_t open_file(const std::string& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors are thrown, not printed
  std::error_code problem;
  const bool regular = std::filesystem::is_regular_file(path, problem);
  if (problem) fail_reading(path, problem.message());
  if (!regular) fail_reading(path, "not a regular file");
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) fail_reading(path, "not a whole HDF5 file");
  return file;
}

/// True if each part of the name, "train" of "train/data" and then all of it, is there.
bool exists(const Handle& file, const std::string& dataset) {
  for (size_t end = dataset.find('/');; end = dataset.find('/', end + 1)) {
    if (H5Lexists(file.id(), dataset.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == dataset.npos) return true;
  }
}

bool has(const std::string& path, const std::string& dataset) {
  const Handle file(open_file(path), H5Fclose);
  return exists(file, dataset);
}

Array read(const std::string& path, const std::string& dataset) {
  const Handle file(open_file(path), H5Fclose);
  const auto fail = [&](const auto&... what) {
    fail_reading(path, "dataset \"", dataset, "\": ", what...);
  };
  if (!exists(file, dataset)) fail("the file has no such dataset");
  const Handle data(H5Dopen2(file.id(), dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data.good()) fail("this is not a dataset, or it is damaged");
  const Handle type(H5Dget_type(data.id()), H5Tclose);
  const H5T_class_t kind = type.good() ? H5Tget_class(type.id()) : H5T_NO_CLASS;
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) fail("its numbers must be real or whole");
  const Handle space(H5Dget_space(data.id()), H5Sclose);
  const int rank = space.good() ? H5Sget_simple_extent_ndims(space.id()) : -1;
  if (rank < 1 || rank > Shape::kMaxRank)
    fail("it must have 1 to ", Shape::kMaxRank, " axes, it has ", rank);
  std::vector<hsize_t> lengths(static_cast<size_t>(rank));
  H5Sget_simple_extent_dims(space.id(), lengths.data(), nullptr);
  // Deflate shrinks at most 1032-fold: memory is not allocated for sizes beyond that.
  std::error_code problem;
  const std::uint64_t most = std::filesystem::file_size(path, problem) * 1100;
  std::uint64_t count = 1;
  std::vector<Index> shape;
  for (const hsize_t length : lengths) {
    if (length < 1 || length > most / count) {
      fail("a length of ", length, " is not plausible for a file of ", most / 1100, " bytes");
    }
    count *= length;
    shape.push_back(static_cast<Index>(length));
  }
  const bool f32 = kind == H5T_FLOAT && H5Tget_size(type.id()) <= 4;
  Array array = Array::uninitialized({Shape(shape), f32 ? DType::f32 : DType::f64});
  if (H5Dread(data.id(), f32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
              array.raw()) < 0) {
    fail(
        "its numbers cannot be read: the file is damaged, or compressed in a way that libhdf5 "
        "does not know");
  }
  return array;
}

}  // namespace
}  // namespace autonet::internal

namespace autonet {

void use_hdf5() {
  static constexpr internal::Hdf5Reader kReader{.read = internal::read, .has = internal::has};
  internal::set_hdf5_reader(&kReader);
}

}  // namespace autonet
