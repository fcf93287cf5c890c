#include "data/unpack_tar.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

/// An archive that the command tar makes: in/a.bin with 1300 bytes, in/b.bin with none, and a
/// folder.
std::string archive(const ScratchFolder& folder, const std::string& option) {
  folder.write("in/a.bin", std::string(1300, 'a') + "end");
  folder.write("in/b.bin", "");
  folder.write("in/more/c.bin", "c");
  const std::string command =
      "tar -C " + folder.path() + " " + option + " -czf " + folder.path("x.tar.gz") + " in";
  REQUIRE(std::system(command.c_str()) == 0);
  return folder.path("x.tar.gz");
}

TEST_CASE("files are taken out of an archive, whatever else is in it") {
  for (const char* format : {"--format=ustar", "--format=gnu", "--format=pax"}) {
    CAPTURE(format);
    const ScratchFolder folder;
    const std::string path = archive(folder, format);
    unpack_tar(path, {{.name = "a.bin", .bytes = 1303, .path = folder.path("one")},
                      {.name = "b.bin", .path = folder.path("two")}});
    CHECK(file_content(folder.path("one")) == std::string(1300, 'a') + "end");
    CHECK(std::filesystem::file_size(folder.path("two")) == 0);
  }
}

TEST_CASE("an archive that lacks a file, has another size, or is damaged") {
  const ScratchFolder folder;
  const std::string path = archive(folder, "");
  const auto error = [&](const std::string& name, Index bytes, const std::string& to) {
    return data_error([&] { unpack_tar(path, {{.name = name, .bytes = bytes, .path = to}}); });
  };
  const std::string start = "unpacking " + path + ": ";
  CHECK(error("d.bin", 0, folder.path("d")) == start + "it has no file d.bin");
  CHECK(error("more", 0, folder.path("d")) == start + "it has no file more");  // a folder
  CHECK(error("a.bin", 7, folder.path("d")) == start + "a.bin has 1303 bytes, not 7");
  CHECK(contains(error("a.bin", 0, folder.path("no/such")), "cannot write "));
  const std::string good = file_content(path);
  folder.write("x.tar.gz", good.substr(0, good.size() / 2));
  CHECK(contains(error("a.bin", 0, folder.path("d")), start));
  folder.write_gzip("x.tar.gz", std::string(512, 'x'));
  CHECK(error("a.bin", 0, folder.path("d")) == start + "it has no valid header of a file");
  folder.write_gzip("x.tar.gz", std::string(700, '\0') + "x");
  CHECK(error("a.bin", 0, folder.path("d")) == start + "it has no file a.bin");
  std::filesystem::remove(path);
  CHECK(error("a.bin", 0, folder.path("d")) == start + "No such file or directory");
}

}  // namespace
}  // namespace autonet::internal
