#include "exchange/wire.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::exchange {

void WireReader::fail(std::string_view what) const {
  throw DataError(text::concat("reading ", *name_, ": at byte ", start_ + at_, ": ", what));
}

std::uint64_t WireReader::varint() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at_end()) fail("the file ends within a number");
    const auto byte = static_cast<unsigned char>(bytes_[at_++]);
    if (shift == 63 && byte > 1) fail("a number has more than 64 bits");
    number |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return number;
  }
  fail("a number has more than 10 bytes");
}

Tag WireReader::tag() {
  const std::uint64_t key = varint();
  const std::uint64_t number = key >> 3U;
  const auto type = static_cast<std::uint8_t>(key & 7U);
  if (number == 0 || number >= (std::uint64_t{1} << 29U)) fail("a field has a wrong number");
  if (type != 0 && type != 1 && type != 2 && type != 5) {
    fail(text::concat("a field has the unknown wire type ", static_cast<int>(type),
                      "; this is no ONNX file, or it is damaged"));
  }
  return {number, static_cast<WireType>(type)};
}

std::string_view WireReader::take(std::uint64_t count) {
  if (count > bytes_left()) {
    fail(
        text::concat("a value of ", count, " bytes was expected, but ", bytes_left(), " are left"));
  }
  const std::string_view taken = bytes_.substr(at_, static_cast<size_t>(count));
  at_ += static_cast<size_t>(count);
  return taken;
}

std::uint64_t WireReader::fixed(size_t count) {
  std::uint64_t number = 0;
  unsigned shift = 0;
  for (const char byte : take(count)) {
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << shift;
    shift += 8;
  }
  return number;
}

std::string_view WireReader::bytes() {
  return take(varint());
}

WireReader WireReader::message() {
  const std::string_view part = bytes();
  return {part, start_ + at_ - part.size(), *name_};
}

void WireReader::skip(WireType type) {
  switch (type) {
    case WireType::varint:
      varint();
      break;
    case WireType::fixed64:
      take(8);
      break;
    case WireType::bytes:
      bytes();
      break;
    case WireType::fixed32:
      take(4);
      break;
  }
}

void WireWriter::varint(std::uint64_t number) {
  while (number >= 0x80) {
    out_ += static_cast<char>((number & 0x7FU) | 0x80U);
    number >>= 7U;
  }
  out_ += static_cast<char>(number);
}

void WireWriter::fixed(std::uint64_t number, int count) {
  for (int i = 0; i < count; ++i) {
    out_ += static_cast<char>(number & 0xFFU);
    number >>= 8U;
  }
}

void WireWriter::bytes(std::string_view bytes) {
  varint(bytes.size());
  out_ += bytes;
}

void WireWriter::tag(int number, WireType type) {
  varint(static_cast<std::uint64_t>(number) << 3U | static_cast<std::uint64_t>(type));
}

}  // namespace autonet::exchange
