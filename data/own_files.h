#pragma once

#include <string>
#include <string_view>

#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// The kinds of files that "file" of a model's "data" may name.
enum class OwnKind {
  arrays,   // .npz, .safetensors, .h5 or .hdf5 with the arrays x and y
  npy,      // one array, with the labels in a second file
  csv,      // a table of text
  libsvm,   // .svm or .libsvm
  idx,      // the form of MNIST, with the labels in a second file
  unknown,  // any other
};

/// The kind of a file, which the ending of its name tells; .gz may follow that of a text or an IDX
/// file.
OwnKind own_kind(std::string_view path);

/// The endings of the known kinds, for errors: ".npz, .safetensors, …".
const char* own_endings();

/// True if the labels are in a file of their own.
inline bool has_label_file(OwnKind kind) {
  return kind == OwnKind::npy || kind == OwnKind::idx;
}

/// The most bytes that a file of one's own may have, unpacked.
constexpr Index kMostOwnBytes = Index{64} << 30;

/// A text from a file in quotes for an error: at most 40 characters, without control characters.
std::string short_quote(std::string_view text);

}  // namespace autonet::internal
