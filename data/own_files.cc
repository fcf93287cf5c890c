#include "data/own_files.h"

namespace autonet::internal {

OwnKind own_kind(std::string_view path) {
  const bool packed = path.ends_with(".gz");
  if (packed) path.remove_suffix(3);
  if (path.ends_with(".csv")) return OwnKind::csv;
  if (path.ends_with(".svm") || path.ends_with(".libsvm")) return OwnKind::libsvm;
  if (path.ends_with("-ubyte") || path.ends_with(".idx")) return OwnKind::idx;
  if (packed) return OwnKind::unknown;
  if (path.ends_with(".npy")) return OwnKind::npy;
  for (const std::string_view ending : {".npz", ".safetensors", ".h5", ".hdf5"}) {
    if (path.ends_with(ending)) return OwnKind::arrays;
  }
  return OwnKind::unknown;
}

const char* own_endings() {
  return ".npz, .safetensors, .h5, .hdf5, .npy, .csv, .svm, .libsvm, -ubyte or .idx";
}

std::string short_quote(std::string_view text) {
  constexpr size_t kLongest = 40;
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == kLongest) {
      quoted += "...";
      break;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    quoted += byte < ' ' || byte == 0x7F ? '?' : text[i];
  }
  return quoted + "\"";
}

}  // namespace autonet::internal
