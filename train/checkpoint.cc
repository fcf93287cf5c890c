#include "autonet/train/checkpoint.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/mapped_file.h"
#include "train/array_formats.h"
#include "train/atomic_file.h"

namespace autonet {
namespace {

enum class Format { npz, safetensors };

Format format_of(const std::string& path) {
  if (path.ends_with(".npz")) return Format::npz;
  if (path.ends_with(".safetensors")) return Format::safetensors;
  throw ModelError(
      text::concat("checkpoint ", path, ": the name must end in .npz or .safetensors"));
}

}  // namespace

void check_checkpoint_name(const std::string& path) {
  format_of(path);
}

void save_arrays(const std::string& path, const ArrayFile& content) {
  const bool npz = format_of(path) == Format::npz;
  internal::write_atomically(path,
                             npz ? internal::to_npz(content) : internal::to_safetensors(content));
}

ArrayFile load_arrays(const std::string& path) {
  return internal::load_chosen_arrays(path, internal::every_array);
}

namespace internal {

ArrayFile load_chosen_arrays(const std::string& path, const ArrayChoice& choose) {
  const Format format = format_of(path);
  const MappedFile file(path);  // so that only what is looked at takes memory
  return format == Format::npz ? from_npz(file.bytes(), path, choose)
                               : from_safetensors(file.bytes(), path, choose);
}

ArrayFile load_texts(const std::string& path) {
  return load_chosen_arrays(path, [](const std::string&, const ArrayType&) { return false; });
}

bool every_array(const std::string&, const ArrayType&) {
  return true;
}

}  // namespace internal

}  // namespace autonet
