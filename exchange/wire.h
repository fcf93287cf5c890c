#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "autonet/autograd/shape.h"

namespace autonet::exchange {

// The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding): a message
// is a row of fields, each a tag (the field's number and the kind of its value) and a value.

/// How the value of a field is written.
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// The start of a field.
struct Tag {
  std::uint64_t number = 0;
  WireType type = WireType::varint;
};

/// Reads the fields of one message. It copies nothing: the bytes must live as long as the reader.
/// Every length is compared with the bytes that are left before it is used. Throws DataError, which
/// names the file and the byte, for a damaged message.
class WireReader {
 public:
  /// The whole of a file whose name is `name`.
  WireReader(std::string_view bytes, const std::string& name) : WireReader(bytes, 0, name) {}

  bool at_end() const { return at_ == bytes_.size(); }
  size_t bytes_left() const { return bytes_.size() - at_; }
  Tag tag();
  /// A whole number in groups of 7 bits, the lowest first: at most 10 bytes.
  std::uint64_t varint();
  std::uint32_t fixed32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t fixed64() { return fixed(8); }
  /// A length, then so many bytes.
  std::string_view bytes();
  /// The same as a reader of its fields or numbers.
  WireReader message();
  /// Passes over a value.
  void skip(WireType type);
  /// Throws DataError "reading FILE: at byte N: WHAT".
  [[noreturn]] void fail(std::string_view what) const;

 private:
  WireReader(std::string_view bytes, size_t start, const std::string& name)
      : bytes_(bytes), start_(start), name_(&name) {}
  std::uint64_t fixed(size_t count);
  std::string_view take(std::uint64_t count);

  std::string_view bytes_;
  size_t start_;  // the place of the message in the file
  size_t at_ = 0;
  const std::string* name_;
};

/// Writes the fields of one message.
class WireWriter {
 public:
  void varint(std::uint64_t number);
  void fixed32(std::uint32_t number) { fixed(number, 4); }
  void fixed64(std::uint64_t number) { fixed(number, 8); }
  void bytes(std::string_view bytes);
  void tag(int number, WireType type);
  std::string take() { return std::move(out_); }

 private:
  void fixed(std::uint64_t number, int count);

  std::string out_;
};

}  // namespace autonet::exchange
