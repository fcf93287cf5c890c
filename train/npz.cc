#include "train/array_formats.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/memory_check.h"
#include "data/npy.h"
#include "train/checksum.h"
#include "train/npz_texts.h"

// Sources: PKWARE's APPNOTE.TXT 6.3.9 (zip), NumPy's numpy.lib.format (npy).

namespace autonet::internal {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are written little-endian");

constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50;

struct Field {
  std::uint64_t value;
  int bytes;
};

/// Appends numbers, each little-endian.
void put(std::string& out, std::initializer_list<Field> fields) {
  for (const auto& [value, bytes] : fields) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

std::string npy_header(const std::string& descr, const std::vector<Index>& shape) {
  std::string dictionary =
      text::concat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (",
                   text::joined(shape, ", "), shape.size() == 1 ? "," : "", "), }");
  // Magic, version, length and dictionary together end on a multiple of 64.
  const size_t padding = 63 - (10 + dictionary.size()) % 64;
  dictionary += std::string(padding, ' ') + '\n';
  std::string header = "\x93NUMPY";
  header += '\1';
  header += '\0';
  put(header, {{dictionary.size(), 2}});
  return header + dictionary;
}

struct Entry {
  std::string name;
  std::string header;
  std::string_view body;
};

std::uint32_t crc_of(std::string_view a, std::string_view b) {
  Checksum sum;
  sum.add(a);
  sum.add(b);
  return sum.value();
}

/// The fields that both headers of an entry share: version, flags, method (0, stored), time, date
/// (always 1980-01-01), checksum, both sizes, the length of the name, and that of an extra field.
std::string entry_fields(const Entry& entry) {
  const std::uint64_t size = entry.header.size() + entry.body.size();
  const std::uint64_t crc = crc_of(entry.header, entry.body);
  std::string fields;
  put(fields, {{20, 2}, {0, 2}, {0, 2}, {0, 2}, {0x21, 2}, {crc, 4}});
  put(fields, {{size, 4}, {size, 4}, {entry.name.size(), 2}, {0, 2}});
  return fields;
}

/// Reads numbers from bytes; reading beyond the end is an error that names the place.
class Bytes {
 public:
  Bytes(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  template <typename... Args>
  [[noreturn]] void fail(size_t at, const Args&... what) const {
    throw DataError(text::concat("reading ", path_, ": byte ", at, ": ", what...));
  }
  std::uint64_t number(size_t at, int bytes) const {
    const std::string_view part = slice(at, static_cast<size_t>(bytes));
    std::uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; --i) {
      value = value << 8 | static_cast<unsigned char>(part[static_cast<size_t>(i)]);
    }
    return value;
  }
  std::string_view slice(size_t at, std::uint64_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) {
      fail(at, count, " bytes expected, ", at > bytes_.size() ? 0 : bytes_.size() - at,
           " are left: the file is cut short or damaged");
    }
    return bytes_.substr(at, static_cast<size_t>(count));
  }
  size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  const std::string& path_;
};

/// An entry of the archive, as its directory describes it.
struct Packed {
  std::string name;
  std::string_view stored;  // the bytes in the archive
  std::uint64_t size = 0;   // unpacked
  std::uint64_t crc = 0;
  bool deflated = false;
  size_t at = 0;  // where the bytes begin
};

/// The first `count` bytes of an entry, unpacked into `memory` if they must be.
std::string_view unpacked(const Packed& entry, std::uint64_t count, std::string& memory,
                          const Bytes& bytes) {
  if (!entry.deflated) return entry.stored.substr(0, static_cast<size_t>(count));
  memory.assign(static_cast<size_t>(count), '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) bytes.fail(entry.at, "zlib cannot start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(entry.stored.data()));
  stream.avail_in = static_cast<uInt>(entry.stored.size());
  stream.next_out = reinterpret_cast<Bytef*>(memory.data());
  stream.avail_out = static_cast<uInt>(memory.size());
  const bool all = count == entry.size;
  const int status = inflate(&stream, all ? Z_FINISH : Z_NO_FLUSH);
  const bool good = (status == Z_STREAM_END || (!all && status == Z_OK)) && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!good) bytes.fail(entry.at, "a compressed entry is damaged");
  return memory;
}

/// The key of the text that an array of this name holds, empty if it holds none.
std::string key_of(const std::string& name) {
  if (name.size() <= 4 || !name.starts_with("__") || !name.ends_with("__")) return "";
  return name.substr(2, name.size() - 4);
}

/// Adds an entry's array, if it is chosen, or its text to `content`.
void add_entry(const Packed& entry, const std::string& path, const Bytes& bytes,
               const ArrayChoice& choose, ArrayFile& content) {
  constexpr std::uint64_t kHeader = 1 << 17;  // longer than the header of any array
  constexpr std::uint64_t kLongestText = std::uint64_t{1} << 28;
  // Deflate shrinks at most 1032-fold.
  if (entry.size / 1100 > entry.stored.size() + 1) {
    bytes.fail(entry.at, "an entry's size is not plausible");
  }
  const std::string name = entry.name.substr(0, entry.name.size() - 4);
  std::string memory;
  const Npy head = parse_npy_start(unpacked(entry, std::min(entry.size, kHeader), memory, bytes),
                                   entry.size, path, name);
  const std::string key = key_of(name);
  if (key.empty()) {
    if (!choose(name, type_of(head))) return;
  } else if (head.kind != 'u' || head.width != 1) {
    return;
  } else if (entry.size > kLongestText) {
    bytes.fail(entry.at, "the text \"", key, "\" has ", entry.size, " bytes, at most ",
               kLongestText, " are read");
  }
  if (entry.deflated)
    check_memory_for(path, text::concat("array \"", name, "\" unpacks to"), entry.size);
  const std::string_view whole = unpacked(entry, entry.size, memory, bytes);
  if (crc_of(whole, {}) != entry.crc) {
    bytes.fail(entry.at, "entry \"", entry.name, "\" is damaged: its checksum does not match");
  }
  const Npy npy = parse_npy(whole, path, name);
  if (key.empty()) {
    content.arrays.push_back({name, to_array(npy, path)});
  } else {
    content.texts.emplace_back(key, std::string(npy.body));
  }
}

}  // namespace

std::string to_npz(const ArrayFile& content) {
  std::vector<Array> kept;  // contiguous copies, alive until the bytes are out
  std::vector<Entry> entries;
  for (const NamedArray& named : content.arrays) {
    kept.push_back(named.array.contiguous());
    const Array& array = kept.back();
    const auto lengths = array.shape().lengths();
    entries.push_back(
        {named.name + ".npy",
         npy_header(array.dtype() == DType::f32 ? "<f4" : "<f8", {lengths.begin(), lengths.end()}),
         {static_cast<const char*>(array.raw()), array.type().bytes()}});
  }
  const std::string comment = comment_of_texts(content);
  for (const auto& [key, text] : content.texts) {
    if (!comment.empty()) break;
    entries.push_back(
        {"__" + key + "__.npy", npy_header("|u1", {static_cast<Index>(text.size())}), text});
  }
  std::string out;
  std::string directory;
  for (const Entry& entry : entries) {
    const std::string fields = entry_fields(entry);
    put(directory, {{kCentral, 4}, {20, 2}});
    directory += fields;
    put(directory, {{0, 2}, {0, 2}, {0, 2}, {0, 4}, {out.size(), 4}});
    directory += entry.name;
    put(out, {{kLocal, 4}});
    out.append(fields).append(entry.name).append(entry.header).append(entry.body);
    if (out.size() + directory.size() > std::numeric_limits<std::uint32_t>::max() - 64 ||
        entries.size() > 65'000) {
      throw DataError("an .npz holds at most 4 GiB and 65,000 arrays; use .safetensors");
    }
  }
  const size_t start = out.size();
  const size_t count = entries.size();
  out += directory;
  put(out, {{kEnd, 4}, {0, 4}, {count, 2}, {count, 2}, {directory.size(), 4}, {start, 4}});
  put(out, {{comment.size(), 2}});
  return out + comment;
}

ArrayFile from_npz(std::string_view bytes, const std::string& path) {
  return from_npz(bytes, path, every_array);
}

ArrayFile from_npz(std::string_view raw, const std::string& path, const ArrayChoice& choose) {
  const Bytes bytes(raw, path);
  // The end record lies in the last 22 bytes, before a comment of at most 65,535.
  if (raw.size() < 22) bytes.fail(0, "this is not an .npz file: it has ", raw.size(), " bytes");
  size_t end = raw.size() - 22;
  const size_t lowest = end > 65'535 ? end - 65'535 : 0;
  while (bytes.number(end, 4) != kEnd) {
    if (end == lowest) bytes.fail(0, "this is not an .npz file, or its end is missing");
    --end;
  }
  const std::uint64_t count = bytes.number(end + 10, 2);
  const std::string_view comment = bytes.slice(end + 22, bytes.number(end + 20, 2));
  size_t at = static_cast<size_t>(bytes.number(end + 16, 4));
  // The end record has no checksum, so it is compared with what it describes.
  if (comment.size() != raw.size() - end - 22 || bytes.number(end + 8, 2) != count ||
      at + bytes.number(end + 12, 4) != end) {
    bytes.fail(end, "the record at the end does not fit the file: it is damaged");
  }
  ArrayFile content;
  std::set<std::string> names;
  size_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bytes.number(at, 4) != kCentral) bytes.fail(at, "a directory entry was expected");
    const std::uint64_t method = bytes.number(at + 10, 2);
    const std::uint64_t crc = bytes.number(at + 16, 4);
    const std::uint64_t packed = bytes.number(at + 20, 4);
    const std::uint64_t size = bytes.number(at + 24, 4);
    const std::uint64_t name_length = bytes.number(at + 28, 2);
    const size_t local = static_cast<size_t>(bytes.number(at + 42, 4));
    std::string name(bytes.slice(at + 46, name_length));
    if (packed == 0xFFFFFFFF || size == 0xFFFFFFFF) bytes.fail(at, "zip64 is not read");
    if (bytes.number(local, 4) != kLocal) bytes.fail(local, "an entry was expected");
    if (bytes.slice(local + 30, bytes.number(local + 26, 2)) != name) {
      bytes.fail(local, "an entry is not called \"", name,
                 "\", as the directory says: one of the names is damaged");
    }
    const size_t body = local + 30 + static_cast<size_t>(bytes.number(local + 26, 2)) +
                        static_cast<size_t>(bytes.number(local + 28, 2));
    const std::string_view stored = bytes.slice(body, packed);
    // Entries that share their bytes could unpack to far more than the file's size.
    total += stored.size();
    if (total > raw.size()) bytes.fail(at, "entries overlap");
    if (!names.insert(name).second) bytes.fail(at, "there are two entries \"", name, "\"");
    if (method != 8 && (method != 0 || packed != size)) {
      bytes.fail(at, "entry \"", name, "\" is neither stored nor deflated");
    }
    if (name.ends_with(".npy")) {
      add_entry({name, stored, size, crc, method == 8, body}, path, bytes, choose, content);
    }
    at +=
        46 + static_cast<size_t>(name_length + bytes.number(at + 30, 2) + bytes.number(at + 32, 2));
  }
  if (at != end) bytes.fail(at, "the directory does not end where the record at the end begins");
  if (const std::string wrong = add_texts_of(comment, content); !wrong.empty()) {
    bytes.fail(end + 22, wrong);
  }
  return content;
}

}  // namespace autonet::internal
