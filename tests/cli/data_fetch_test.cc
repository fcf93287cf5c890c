#include "cli/fetch_set.h"

#include <nlohmann/json.hpp>

#include <set>

#include "tests/cli/bad_server.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

const std::vector<std::string> kNorb = {"smallnorb-5x46789x9x18x6x2x96x96-training-dat.mat.gz",
                                        "smallnorb-5x46789x9x18x6x2x96x96-training-cat.mat.gz",
                                        "smallnorb-5x01235x9x18x6x2x96x96-testing-dat.mat.gz",
                                        "smallnorb-5x01235x9x18x6x2x96x96-testing-cat.mat.gz"};

/// Runs the program with a cache folder of the test's own and without other data folders.
Outcome run(const TestFolder& folder, const std::vector<std::string>& words) {
  return run_program(folder, words,
                     {{"AUTONET_DATA", folder.path("none")}, {"XDG_CACHE_HOME", folder.path()}});
}

TEST_CASE("data fetch puts the files into the cache, and has nothing to do the second time") {
  if (!can_test_downloads()) return;
  const TestFolder served;
  const TestFolder folder;
  for (const std::string& name : kNorb) served.write(name, "content of " + name);
  const BadServer server(served);
  // No size and no SHA-256 of this data set is published, so that any files will do.
  const Outcome first = run(folder, {"data", "fetch", "norb", "--url", server.address("good/")});
  CHECK_MESSAGE(first.status == 0, first.err);
  CHECK(first.out == "norb is in " + folder.path("autonet/norb") + "\n");
  CHECK(contains(first.err, "Downloading " + server.address("good/") + kNorb[0] + "\n"));
  for (const std::string& name : kNorb)
    CHECK(folder.read("autonet/norb/" + name) == "content of " + name);
  const std::string requests = server.requests();
  const Outcome second = run(folder, {"data", "fetch", "norb", "--url", server.address("good")});
  CHECK(second.status == 0);
  CHECK(contains(second.out, "; there is nothing to download\n"));
  CHECK(run(folder, {"data", "fetch", "norb", "--offline"}).status == 0);
  CHECK(server.requests() == requests);

  // A copy in the cache does not count if a folder is named, which is made.
  const Outcome named = run(folder, {"data", "fetch", "norb", "--url", server.address("cut"),
                                     "--data-dir", "new/data", "--json"});
  REQUIRE_MESSAGE(named.status == 0, named.err);
  const json report = json::parse(named.out);
  CHECK(report["name"] == "norb");
  CHECK(report["folder"] == "new/data/norb");
  REQUIRE(report["files"].size() == 4);
  CHECK(report["files"][0]["path"] == "new/data/norb/" + kNorb[0]);
  CHECK(report["files"][0]["from"] == server.address("cut/") + kNorb[0]);
  CHECK(report["files"][0]["resumed_at"].get<int>() > 0);
  CHECK(contains(named.err, "going on from there"));
  CHECK(folder.read("new/data/norb/" + kNorb[3]) == "content of " + kNorb[3]);
}

struct Silent : DownloadObserver {
  void on_start(const std::string&, Index) override {}
  void on_progress(Index, Index) override {}
  void on_problem(const std::string&, const std::string&) override {}
};

TEST_CASE("an archive is unpacked, its files are compared, and it is removed") {
  if (!can_test_downloads()) return;
  const TestFolder served;
  const TestFolder folder;
  std::filesystem::create_directories(served.path("cifar"));
  served.write("cifar/a.bin", "first");
  served.write("cifar/b.bin", std::string(2000, 'b'));
  const std::string tar = "tar -C " + served.path() + " -czf " + served.path("x.tar.gz") + " cifar";
  REQUIRE(std::system(tar.c_str()) == 0);
  const BadServer server(served);
  internal::DatasetInfo info = internal::find_dataset("cifar10");
  info.files = {{.name = "a.bin", .gzipped = false, .bytes = 5},
                {.name = "b.bin", .gzipped = false, .bytes = 2000}};
  for (internal::DatasetFile& file : info.files)
    file.sha256 = sha256_of(served.path("cifar/" + file.name)).value();
  info.archive = {.name = "x.tar",
                  .bytes = static_cast<Index>(served.read("x.tar.gz").size()),
                  .sha256 = sha256_of(served.path("x.tar.gz")).value()};
  Silent observer;
  const FetchPlaces places{.folder = folder.path(), .servers = {server.address("cut")}};
  const std::vector<FetchedFile> files = fetch_set(info, places, observer);
  REQUIRE(files.size() == 2);
  CHECK(files[1].path == folder.path("b.bin"));
  CHECK(files[1].from == server.address("cut/x.tar.gz"));
  CHECK(files[1].resumed_at > 0);
  const auto names = [&] {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      all.insert(entry.path().filename().string());
    return all;
  };
  CHECK(names() == std::set<std::string>{"a.bin", "b.bin"});
  CHECK(folder.read("a.bin") == "first");

  // A wrong file in the archive replaces none.
  folder.write("a.bin", "other");
  info.files[1].sha256.back() ^= 1;
  try {
    fetch_set(info, places, observer);
    FAIL("the wrong file was accepted");
  } catch (const DataError& error) {
    CHECK(contains(error.what(), "x.tar.gz: b.bin has the SHA-256 "));
  }
  CHECK(folder.read("a.bin") == "other");
}

TEST_CASE("data fetch refuses an archive of another size than the published one") {
  if (!can_test_downloads()) return;
  const TestFolder served;
  const TestFolder folder;
  served.write("cifar-10-binary.tar.gz", "no archive");
  const BadServer server(served);
  const Outcome outcome =
      run(folder, {"data", "fetch", "cifar10", "--url", server.address("good")});
  CHECK(outcome.status == 3);
  CHECK(contains(outcome.err, "cifar-10-binary.tar.gz: announces 10 bytes, but 170,052,171 were"));
}

TEST_CASE("data fetch: errors have status 3, and wrong command lines 2") {
  const TestFolder folder;
  const Outcome offline = run(folder, {"data", "fetch", "usps", "--offline"});
  CHECK(offline.status == 3);
  CHECK(contains(offline.err, "with --offline nothing is downloaded"));
  CHECK(contains(offline.err, "zip.train.gz"));
  const Outcome nowhere = run(folder, {"data", "fetch", "cifar10-subset"});
  CHECK(nowhere.status == 3);
  CHECK(contains(nowhere.err, "cannot download cifar10-subset: no server has its files"));
  CHECK(run(folder, {"data", "fetch", "uspss"}).status == 2);
  CHECK(run(folder, {"data", "fetch"}).status == 2);
  CHECK(run(folder, {"data", "fetch", "usps", "--timeout", "0"}).status == 2);
  CHECK(run(folder, {"data", "fetch", "digits"}).out ==
        "digits is built in; there is nothing to download\n");
  if (!can_test_downloads()) return;
  const TestFolder served;
  served.write("zip.train.gz", "wrong");
  const BadServer server(served);
  const Outcome wrong = run(folder, {"data", "fetch", "usps", "--url", server.address("good")});
  CHECK(wrong.status == 3);
  CHECK(contains(wrong.err, "announces 5 bytes, but 1,829,071 were published"));
  folder.write("file", "");
  const Outcome no_folder =
      run(folder, {"data", "fetch", "usps", "--url", server.address("good"), "--data-dir", "file"});
  CHECK(no_folder.status == 3);
  CHECK(contains(no_folder.err, "cannot make the folder file/usps: "));
}

TEST_CASE("data fetch replaces a damaged file by the published one") {
  const char* root = std::getenv("AUTONET_DATA");
  if (root == nullptr || !std::filesystem::exists(std::string(root) + "/usps/zip.test.gz")) {
    MESSAGE("SKIPPED: usps is not in $AUTONET_DATA");
    return;
  }
  if (!can_test_downloads()) return;
  const TestFolder served;
  const TestFolder folder;
  for (const char* name : {"zip.train.gz", "zip.test.gz"})
    std::filesystem::copy(root + std::string("/usps/") + name, served.path(name));
  const BadServer server(served);
  std::filesystem::create_directories(folder.path("autonet/usps"));
  std::filesystem::copy(served.path("zip.train.gz"), folder.path("autonet/usps/zip.train.gz"));
  folder.write("autonet/usps/zip.test.gz", std::string(439'208, 'x'));
  const Outcome list = run(folder, {"data", "list"});
  CHECK(contains(list.out, "2,007  damaged\n"));
  CHECK(contains(list.out,
                 "\ndamaged: " + folder.path("autonet/usps/zip.test.gz") + " has the SHA-256 "));
  const Outcome outcome = run(folder, {"data", "fetch", "usps", "--url", server.address("good")});
  CHECK_MESSAGE(outcome.status == 0, outcome.err);
  CHECK(server.requests() == "/good/zip.test.gz -\n");
  CHECK((folder.read("autonet/usps/zip.test.gz") == served.read("zip.test.gz")));
  CHECK(contains(run(folder, {"data", "list", "usps"}).out,
                 "found in " + folder.path("autonet/usps") + "\n"));
  const json info = json::parse(run(folder, {"data", "info", "usps", "--json"}).out);
  CHECK(info["state"] == "found");
  CHECK(info["files"][1]["state"] == "as published");
}

}  // namespace
}  // namespace autonet::cli
