#include "data/unpack_tar.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

constexpr Index kBlock = 512;
constexpr Index kMost = Index{1} << 33;
using Block = std::array<char, kBlock>;

/// The blocks of an archive, unpacked one by one.
class Tar {
 public:
  explicit Tar(const std::string& path) : path_(path), file_(nullptr, &gzclose) {
    std::error_code problem;
    if (std::filesystem::exists(path, problem) &&
        !std::filesystem::is_regular_file(path, problem)) {
      fail("it is not a regular file");
    }
    file_.reset(gzopen(path.c_str(), "rb"));
    if (file_ == nullptr) fail(std::strerror(errno));
    gzbuffer(file_.get(), 1 << 17);
  }

  /// False at the end of the archive.
  bool read(Block& block) {
    const int count = gzread(file_.get(), block.data(), kBlock);
    if (count == kBlock) return true;
    int error = Z_OK;
    const char* message = gzerror(file_.get(), &error);
    if (error != Z_OK) fail(message);
    if (count != 0) fail("it ends within a block of 512 bytes");
    return false;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw DataError("unpacking " + path_ + ": " + problem);
  }

 private:
  std::string path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

/// The text of a field, which ends at a zero byte or at its last byte.
std::string_view field(const Block& block, size_t from, size_t count) {
  const std::string_view whole(block.data() + from, count);
  return whole.substr(0, whole.find('\0'));
}

/// A number in octal digits, which blanks may surround.
Index octal(const Tar& tar, std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  Index number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 8);
  if (number < 0 || number > kMost) tar.fail("it has no valid header of a file");
  return number;
}

/// The bytes of the header, with blanks in place of the sum itself.
Index sum_of(const Block& block) {
  Index sum = Index{8} * ' ';
  for (size_t i = 0; i < block.size(); ++i)
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(block[i]);
  return sum;
}

void copy(Tar& tar, Index bytes, const TarMember* member) {
  std::ofstream out;
  if (member != nullptr) {
    if (member->bytes > 0 && bytes != member->bytes)
      tar.fail(text::concat(member->name, " has ", bytes, " bytes, not ", member->bytes));
    out.open(member->path, std::ios::binary | std::ios::trunc);
  }
  Block block;
  for (; bytes > 0; bytes -= kBlock) {
    if (!tar.read(block)) tar.fail("it ends within a file");
    if (member != nullptr) out.write(block.data(), std::min(bytes, kBlock));
  }
  if (member == nullptr) return;
  out.close();
  if (!out)
    throw DataError(text::concat("cannot write ", member->path, ": ", std::strerror(errno)));
}

}  // namespace

void unpack_tar(const std::string& archive, const std::vector<TarMember>& members) {
  Tar tar(archive);
  std::vector<bool> found(members.size());
  Block header;
  while (tar.read(header) && header[0] != '\0') {
    if (octal(tar, field(header, 148, 8)) != sum_of(header)) tar.fail("a header is damaged");
    const std::string_view path = field(header, 0, 100);
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const bool is_file = header[156] == '0' || header[156] == '\0';
    const TarMember* wanted = nullptr;
    for (size_t i = 0; i < members.size() && is_file; ++i) {
      if (members[i].name != name) continue;
      wanted = &members[i];
      found[i] = true;
    }
    copy(tar, octal(tar, field(header, 124, 12)), wanted);
  }
  for (size_t i = 0; i < members.size(); ++i)
    if (!found[i]) tar.fail("it has no file " + members[i].name);
}

}  // namespace autonet::internal
