#include "data/file_bytes.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "autograd/error.h"

namespace autonet {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw DataError("reading " + path + ": " + what);
}

[[noreturn]] void refuse_size(const std::string& path, std::uintmax_t size, Index max_bytes) {
  fail(path, "the file has " + std::to_string(size) + " bytes, expected at most " +
                 std::to_string(max_bytes));
}

std::vector<char> read_raw(const std::string& path, Index max_bytes) {
  std::error_code problem;
  const std::filesystem::file_status status = std::filesystem::status(path, problem);
  if (problem) fail(path, problem.message());
  if (!std::filesystem::is_regular_file(status)) fail(path, "not a regular file");
  const auto size = std::filesystem::file_size(path, problem);
  if (problem) fail(path, problem.message());
  if (size > static_cast<std::uintmax_t>(max_bytes)) {
    refuse_size(path, size, max_bytes);
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) fail(path, std::strerror(errno));
  std::vector<char> bytes(static_cast<size_t>(size));
  const size_t got = bytes.empty() ? 0 : std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (got != bytes.size()) {
    fail(path, "at byte " + std::to_string(got) + ": could not be read on, expected " +
                   std::to_string(size) + " bytes");
  }
  return bytes;
}

bool starts_gzip(const char* bytes, size_t count) {
  return count >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

/// Owns zlib's state; 16 + 15 asks for a gzip header and check sum.
struct Inflater {
  z_stream stream{};
  explicit Inflater(const std::string& path) {
    if (inflateInit2(&stream, 16 + 15) != Z_OK) fail(path, "zlib could not start");
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

std::vector<char> unpack(std::vector<char> packed, const std::string& path, Index max_bytes) {
  if (!starts_gzip(packed.data(), packed.size())) {
    if (packed.size() > static_cast<size_t>(max_bytes)) refuse_size(path, packed.size(), max_bytes);
    return packed;
  }
  Inflater inflater(path);
  z_stream& z = inflater.stream;
  // One byte more than allowed, so that content of exactly max_bytes is told from a longer one.
  const size_t limit = static_cast<size_t>(max_bytes) + 1;
  std::vector<char> bytes(std::min(limit, packed.size() * 8 + 4096));
  size_t taken = 0;
  size_t made = 0;
  while (true) {
    if (made == bytes.size()) bytes.resize(std::min(limit, bytes.size() * 2));
    const size_t room = std::min<size_t>(bytes.size() - made, 1U << 30);
    const size_t input = std::min<size_t>(packed.size() - taken, 1U << 30);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + taken));
    z.avail_in = static_cast<uInt>(input);
    z.next_out = reinterpret_cast<Bytef*>(bytes.data() + made);
    z.avail_out = static_cast<uInt>(room);
    const int status = inflate(&z, Z_NO_FLUSH);
    taken += input - z.avail_in;
    made += room - z.avail_out;
    if (made == limit) {
      fail(path, "unpacks to more than the " + std::to_string(max_bytes) +
                     " bytes that it may hold (at byte " + std::to_string(taken) + " of " +
                     std::to_string(packed.size()) + ")");
    }
    if (status == Z_STREAM_END) {
      if (taken == packed.size()) break;
      if (!starts_gzip(packed.data() + taken, packed.size() - taken)) {
        fail(path, "at byte " + std::to_string(taken) + ": the gzip data end here, but " +
                       std::to_string(packed.size() - taken) + " bytes follow");
      }
      inflateReset(&z);  // a gzip file may be several, one behind the other
    } else if (status == Z_BUF_ERROR ||
               (status == Z_OK && taken == packed.size() && made < bytes.size())) {
      fail(path, "at byte " + std::to_string(taken) +
                     ": the file ends in the middle of its gzip data; it is cut short");
    } else if (status != Z_OK) {
      fail(path, "at byte " + std::to_string(taken) + ": damaged gzip data" +
                     (z.msg != nullptr ? std::string(" (") + z.msg + ")" : std::string()));
    }
  }
  bytes.resize(made);
  return bytes;
}

std::vector<char> read_bytes(const std::string& path, Index max_bytes) {
  // Packing never makes a file larger by more than a few bytes a block.
  return unpack(read_raw(path, max_bytes + max_bytes / 1000 + 1024), path, max_bytes);
}

}  // namespace autonet
