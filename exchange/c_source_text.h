#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// The text as part of a C comment: printable ASCII that neither ends the comment nor opens
/// another. Other bytes are written as \xc3.
std::string comment_text(std::string_view text);

/// The identifier with which the names of a model's files and functions begin. It is not the name
/// of a standard header, which would hide that header from a compiler that looks into the folder.
std::string prefix_of(std::string_view model_name);

/// A number as a C constant of this type: "0.5f", "1e-05". Reads back as the same number. Throws
/// Error if it is not finite.
std::string number_text(double number, DType dtype);

/// "{0.5f, 1.0f}" as long as it is; see wrapped_code().
std::string numbers_text(std::span<const double> numbers, DType dtype);
std::string bytes_text(std::span<const std::int8_t> bytes);

/// The licence, which ends a comment.
std::string licence_comment();

/// Shape [2,3] as "2, 3"; "1" for a scalar.
std::string lengths_text(const Shape& shape);

/// C code whose lines of more than 120 columns are broken after a comma or a space.
std::string wrapped_code(std::string_view code);

/// C identifiers, each given out once.
class CNames {
 public:
  /// `reserved`: names that are taken already.
  explicit CNames(std::set<std::string> reserved) : taken_(std::move(reserved)) {}

  /// An identifier like `wish`, in which other characters than letters, digits and "_" are replaced
  /// by "_". One that is taken gets a number at its end.
  std::string give(std::string_view wish);

  /// Gives this name to nothing else.
  void take(const std::string& name) { taken_.insert(name); }

 private:
  std::set<std::string> taken_;
};

/// The identifier that `text` looks like, which may be taken or a keyword.
std::string identifier_of(std::string_view text);

/// The keywords of C up to C23 and of C++, and the names that the code of every model uses.
std::set<std::string> reserved_c_names();

}  // namespace autonet::internal
