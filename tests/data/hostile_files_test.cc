// Archives and pictures that are cut short or changed anywhere, or made to do harm.
#include "data/picture.h"
#include "data/unpack_tar.h"
#include "tests/data/scratch.h"

#include <algorithm>

namespace autonet::internal {
namespace {

#include "tests/data/samples.inc"

/// A member of a tar archive, as the format has it (POSIX ustar).
std::string member(const std::string& name, const std::string& content, char kind = '0',
                   std::string size = "") {
  std::string block(512, '\0');
  const auto set = [&](size_t at, const std::string& text) {
    block.replace(at, text.size(), text);
  };
  const auto octal = [](size_t number, size_t width) {
    std::string digits(width, '0');
    for (size_t i = width; i > 0; --i, number /= 8)
      digits[i - 1] = static_cast<char>('0' + number % 8);
    return digits;
  };
  if (size.empty()) size = octal(content.size(), 11);
  set(0, name);
  set(124, size);
  set(148, std::string(8, ' '));
  block[156] = kind;
  if (kind == '2') set(157, "/etc/passwd");
  size_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  set(148, octal(sum, 6) + '\0');
  std::string padded = content;
  padded.resize((content.size() + 511) / 512 * 512);
  return block + padded;
}

const std::string kEnd(1024, '\0');

/// Takes a.bin and b.bin out of an archive with these bytes; the error, "" if there is none.
std::string unpack(const ScratchFolder& folder, const std::string& bytes) {
  const std::string path = folder.write("x.tar", bytes);
  return data_error([&] {
    unpack_tar(path, {{.name = "a.bin", .bytes = 3, .path = folder.path("out/one")},
                      {.name = "b.bin", .path = folder.path("out/two")}});
  });
}

/// The names of all files in a folder and below it.
std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

TEST_CASE("no name in an archive chooses where a file is written") {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.path("out"));
  const std::string bytes = member("../../a.bin", "abc") + member("/b.bin", "b") +
                            member("../escaped", "x") + member("/tmp/autonet-escaped", "x") +
                            member("link.bin", "", '2') + member("b.bin", "", '2') +
                            member("a.bin/", "", '5') + kEnd;
  CHECK(unpack(folder, bytes).empty());
  CHECK(files_in(folder.path()) == std::vector<std::string>{"one", "two", "x.tar"});
  CHECK(file_content(folder.path("out/one")) == "abc");
  CHECK(file_content(folder.path("out/two")) == "b");  // not the link of this name
  CHECK_FALSE(std::filesystem::is_symlink(folder.path("out/two")));
  CHECK_FALSE(std::filesystem::exists("/tmp/autonet-escaped"));
}

TEST_CASE("sizes in the headers of an archive are not believed") {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.path("out"));
  for (const std::string size : {"77777777777", "7777777777777", "-1", "99999999999", "x",
                                 "           ", "\x80\x00\x00\x00\x00\x00\x00\x01"}) {
    CAPTURE(size);
    CHECK_FALSE(unpack(folder, member("b.bin", "b", '0', size) + kEnd).empty());
    CHECK_FALSE(unpack(folder, member("other", "b", '0', size) + kEnd).empty());
  }
  std::error_code problem;
  CHECK(std::filesystem::file_size(folder.path("out/two"), problem) < 10'000);
}

TEST_CASE("an archive that is cut short or changed anywhere is read or refused") {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.path("out"));
  const std::string good = member("in/a.bin", "abc") + member("in/b.bin", "b") + kEnd;
  REQUIRE(unpack(folder, good).empty());
  for (size_t length = 0; length < 2048;
       length += length % 512 < 4 || length % 512 > 508 ? 1 : 61) {
    CAPTURE(length);
    CHECK(contains(unpack(folder, good.substr(0, length)), "unpacking "));
  }
  int refused = 0;
  for (size_t at = 0; at < 2048; at += 3) {
    for (const int bit : {1, 64}) {
      std::string changed = good;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      const std::string error = unpack(folder, changed);
      refused += error.empty() ? 0 : 1;
      CHECK((error.empty() || contains(error, "unpacking ")));
      CHECK(files_in(folder.path()).size() <= 3);
    }
  }
  CHECK(refused > 600);  // every header has a sum
}

TEST_CASE(
    "a JPEG that is cut short or changed anywhere is read or refused, with the size it claims") {
  const ScratchFolder folder;
  const std::string good(reinterpret_cast<const char*>(kJpeg), sizeof kJpeg);
  const auto read = [&](const std::string& bytes) {
    const std::string path = folder.write("x.jpg", bytes);
    return data_error([&] {
      const Picture picture = read_picture(path);
      CHECK(picture.size() == std::ssize(picture.pixels));
    });
  };
  if (contains(read(good), "built without libjpeg")) {
    MESSAGE("SKIPPED: damaged JPEG files, as the program was built without libjpeg");
    return;
  }
  REQUIRE(read(good).empty());
  for (size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    CHECK(contains(read(good.substr(0, length)), "reading "));
  }
  for (size_t at = 0; at < good.size(); ++at) {
    for (const int value : {0, 1, 0x7F, 0xFF}) {
      std::string changed = good;
      changed[at] = static_cast<char>(value);
      const std::string error = read(changed);
      CHECK((error.empty() || contains(error, "reading ")));
    }
  }
  // The frame header holds rows and columns: 65,535 x 65,535 pixels are refused before memory is
  // taken.
  const size_t frame = good.find("\xFF\xC0");
  REQUIRE(frame != good.npos);
  std::string huge = good;
  huge.replace(frame + 5, 4, "\xFF\xFF\xFF\xFF");
  CHECK(contains(read(huge), "reading "));
}

}  // namespace
}  // namespace autonet::internal
