#include "data/file_bytes.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string_view>
#include <system_error>

#include "autonet/text/concat.h"
#include "data/memory_check.h"

namespace autonet::internal {
namespace {

bool starts_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

/// Owns zlib's state; 16 + 15 stands for a gzip header and check sum.
struct Inflater {
  z_stream stream{};
  explicit Inflater(const std::string& path) {
    if (inflateInit2(&stream, 16 + 15) != Z_OK) fail_reading(path, "zlib could not start");
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

/// The content of gzip data; errors call the file `path`.
std::string unpack(std::string_view packed, const std::string& path, Index max_bytes) {
  Inflater inflater(path);
  z_stream& z = inflater.stream;
  // One byte more than allowed tells content of exactly max_bytes from longer content.
  const size_t limit = static_cast<size_t>(max_bytes) + 1;
  std::string bytes(std::min(limit, packed.size() * 8 + 4096), '\0');
  size_t taken = 0;
  size_t made = 0;
  while (true) {
    if (made == bytes.size()) {
      const size_t larger = std::min(limit, bytes.size() * 2);
      check_memory_for(path, "it unpacks to at least", larger);  // the old bytes are copied
      bytes.resize(larger);
    }
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
      fail_reading(path, "unpacks to more than the ", max_bytes,
                   " bytes that it may hold (at byte ", taken, " of ", packed.size(), ")");
    }
    if (status == Z_STREAM_END) {
      if (taken == packed.size()) break;
      if (!starts_gzip(packed.substr(taken))) {
        fail_reading(path, "at byte ", taken, ": the gzip data end here, but ",
                     packed.size() - taken, " bytes follow");
      }
      inflateReset(&z);  // a gzip file may be several, one after the other
    } else if (status == Z_BUF_ERROR ||
               (status == Z_OK && taken == packed.size() && made < bytes.size())) {
      fail_reading(path, "at byte ", taken,
                   ": the file ends in the middle of its gzip data; it is cut short");
    } else if (status != Z_OK) {
      fail_reading(path, "at byte ", taken, ": damaged gzip data",
                   z.msg != nullptr ? text::concat(" (", z.msg, ")") : std::string());
    }
  }
  bytes.resize(made);
  return bytes;
}

}  // namespace

std::string read_file(const std::string& path, Index max_bytes) {
  std::error_code problem;
  const std::filesystem::file_status status = std::filesystem::status(path, problem);
  if (problem) fail_reading(path, problem.message());
  if (!std::filesystem::is_regular_file(status)) fail_reading(path, "not a regular file");
  const auto size = std::filesystem::file_size(path, problem);
  if (problem) fail_reading(path, problem.message());
  if (size > static_cast<std::uintmax_t>(max_bytes)) {
    fail_reading(path, "the file has ", size, " bytes, expected at most ", max_bytes);
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) fail_reading(path, std::strerror(errno));
  check_memory_for(path, "it has", size);
  std::string bytes(static_cast<size_t>(size), '\0');
  const size_t got = std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (got != bytes.size())
    fail_reading(path, "only ", got, " of its ", size, " bytes could be read");
  return bytes;
}

std::string read_unpacked(const std::string& path, Index max_bytes) {
  // Packing makes a file larger by a few bytes for each block at most.
  std::string bytes = read_file(path, max_bytes + max_bytes / 1000 + 1024);
  if (starts_gzip(bytes)) return unpack(bytes, path, max_bytes);
  if (std::ssize(bytes) > max_bytes) {
    fail_reading(path, "the file has ", bytes.size(), " bytes, expected at most ", max_bytes);
  }
  return bytes;
}

}  // namespace autonet::internal
