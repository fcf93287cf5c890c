#include "autonet/train/checkpoint.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
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
  const Format format = format_of(path);
  const std::string bytes = internal::read_file(path, Index{8} << 30);
  return format == Format::npz ? internal::from_npz(bytes, path)
                               : internal::from_safetensors(bytes, path);
}

}  // namespace autonet
