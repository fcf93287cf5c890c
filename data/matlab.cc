#include "data/matlab.h"

#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"

namespace autonet::internal {
namespace {

enum Type : std::uint32_t {
  kInt8 = 1,
  kUint8 = 2,
  kInt32 = 5,
  kUint32 = 6,
  kMatrix = 14,
  kCompressed = 15,
};

/// A part of a file. Offsets in errors are from `base`, the place in the file where the part, or
/// the compressed element that it comes from, begins.
struct Part {
  std::string_view bytes;
  Index base = 0;
  bool unpacked = false;  // true if the part comes from a compressed element
};

struct Element {
  std::uint32_t type = 0;
  Part content;
};

/// Reads the elements of a part, one after the other.
class Elements {
 public:
  Elements(const Part& part, const std::string& path) : part_(part), path_(path) {}

  bool at_end() const { return at_ >= part_.bytes.size(); }

  Element next() {
    if (part_.bytes.size() - at_ < 8) fail("the file ends in the tag of an element");
    Element element;
    std::uint32_t word = number(at_);
    std::uint32_t size = number(at_ + 4);
    size_t start = at_ + 8;
    const bool small = word >> 16 != 0;  // type, size and up to 4 bytes in the tag itself
    if (small) {
      size = word >> 16;
      word &= 0xFFFF;
      start = at_ + 4;
      if (size > 4) fail("an element of ", size, " bytes claims to fit into 4");
    }
    element.type = word;
    if (size > part_.bytes.size() - start) {
      fail("an element of ", size, " bytes begins, but ", part_.bytes.size() - start,
           " bytes are left: the file is cut short or damaged");
    }
    element.content = {part_.bytes.substr(start, size), offset(start), part_.unpacked};
    const size_t end = small ? start + 4 : start + size;
    at_ = element.type == kCompressed ? end : std::min((end + 7) / 8 * 8, part_.bytes.size());
    return element;
  }

  template <typename... Args>
  [[noreturn]] void fail(const Args&... what) const {
    fail_at_byte(path_, offset(at_), part_.unpacked ? "in a compressed element: " : "", what...);
  }

 private:
  Index offset(size_t at) const {
    return part_.unpacked ? part_.base : part_.base + static_cast<Index>(at);
  }
  std::uint32_t number(size_t at) const {
    std::uint32_t value = 0;
    for (size_t i = 4; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(part_.bytes[at + i]);
    }
    return value;
  }

  Part part_;
  const std::string& path_;
  size_t at_ = 0;
};

/// Unpacks zlib data of at most max_bytes; memory grows with what is there, not with claims.
std::string inflate_part(const Part& part, const std::string& path, Index max_bytes) {
  z_stream z{};
  if (inflateInit(&z) != Z_OK) fail_reading(path, "zlib could not start");
  std::string bytes;
  const size_t limit = static_cast<size_t>(max_bytes);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.bytes.data()));
  z.avail_in = static_cast<uInt>(part.bytes.size());
  int status = Z_OK;
  while (status == Z_OK && bytes.size() < limit) {
    const size_t made = bytes.size();
    bytes.resize(std::min(limit, std::max<size_t>(made * 2, 65536)));
    z.next_out = reinterpret_cast<Bytef*>(bytes.data() + made);
    z.avail_out = static_cast<uInt>(std::min<size_t>(bytes.size() - made, 1U << 30));
    const size_t room = z.avail_out;
    status = inflate(&z, Z_NO_FLUSH);
    bytes.resize(made + (room - z.avail_out));
    if (status == Z_OK && z.avail_in == 0 && z.avail_out > 0) break;  // cut short
  }
  inflateEnd(&z);
  if (bytes.size() >= limit && status == Z_OK) {
    fail_at_byte(path, part.base, "a compressed element unpacks to more than ", max_bytes,
                 " bytes");
  }
  if (status != Z_STREAM_END)
    fail_at_byte(path, part.base, "a compressed element is damaged or cut short");
  return bytes;
}

/// Reads an array; one of no numbers that are bytes has no lengths.
MatlabArray read_matrix(const Part& content, const std::string& path) {
  constexpr std::uint32_t kFirstNumeric = 6, kLastNumeric = 15;  // double to uint64
  Elements elements(content, path);
  MatlabArray array;
  const Element flags = elements.next();
  if (flags.type != kUint32 || flags.content.bytes.size() != 8) elements.fail("no array flags");
  const auto kind = static_cast<unsigned char>(flags.content.bytes[0]);
  const bool complex = (static_cast<unsigned char>(flags.content.bytes[1]) & 8) != 0;
  if (kind < kFirstNumeric || kind > kLastNumeric || complex) return array;
  const Element lengths = elements.next();
  if (lengths.type != kInt32 || lengths.content.bytes.size() % 4 != 0 ||
      lengths.content.bytes.size() > 32) {
    elements.fail("no lengths of an array, or more than 8 of them");
  }
  const Element name = elements.next();
  if (name.type != kInt8) elements.fail("no name of an array");
  array.name = std::string(name.content.bytes);
  const Element numbers = elements.next();
  if (numbers.type != kUint8) return array;
  const auto size = static_cast<Index>(numbers.content.bytes.size());
  Index count = 1;
  for (size_t i = 0; i < lengths.content.bytes.size(); i += 4) {
    Index length = 0;
    for (size_t k = 4; k-- > 0;) {
      length = length << 8 | static_cast<unsigned char>(lengths.content.bytes[i + k]);
    }
    array.lengths.push_back(length);
    if (length < 1 || length > size / count) {
      elements.fail("array \"", array.name, "\" has ", size,
                    " numbers, fewer than its lengths say");
    }
    count *= length;
  }
  if (count != size) {
    elements.fail("array \"", array.name, "\" has ", size, " numbers, its lengths say ", count);
  }
  array.bytes.assign(numbers.content.bytes.begin(), numbers.content.bytes.end());
  return array;
}

}  // namespace

std::vector<MatlabArray> read_matlab(const std::string& path, Index max_bytes) {
  constexpr size_t kHeader = 128;
  const std::string file = read_unpacked(path, max_bytes);
  if (file.size() < kHeader || file.substr(124, 4) != std::string("\x00\x01IM", 4)) {
    fail_at_byte(path, std::min<Index>(124, std::ssize(file)),
                 "this is not a little-endian MATLAB file of version 5; in MATLAB, save it with "
                 "-v7");
  }
  Elements elements({std::string_view(file).substr(kHeader), kHeader}, path);
  std::vector<MatlabArray> arrays;
  Index left = max_bytes;
  while (!elements.at_end()) {
    const Element element = elements.next();
    if (element.type == kMatrix) {
      arrays.push_back(read_matrix(element.content, path));
    } else if (element.type == kCompressed) {
      const std::string bytes = inflate_part(element.content, path, left);
      left -= std::ssize(bytes);
      Elements inner({bytes, element.content.base, true}, path);
      const Element unpacked = inner.next();
      if (unpacked.type == kMatrix) arrays.push_back(read_matrix(unpacked.content, path));
    }
    if (!arrays.empty() && arrays.back().lengths.empty()) arrays.pop_back();
  }
  return arrays;
}

}  // namespace autonet::internal
