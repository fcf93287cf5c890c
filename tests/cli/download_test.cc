#include "cli/download.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <csignal>

#include "tests/cli/bad_server.h"

namespace autonet::cli {
namespace {

constexpr Index kBytes = 100'000;

struct Observed : DownloadObserver {
  std::vector<Index> starts;
  std::string problems;
  Index done = 0;
  void on_start(const std::string&, Index resumed_at) override { starts.push_back(resumed_at); }
  void on_progress(Index bytes, Index) override { done = bytes; }
  void on_problem(const std::string&, const std::string& problem) override {
    problems += problem + "\n";
  }
};

/// A server with the file a.bin, and what is published of it.
struct Setting {
  TestFolder served;
  TestFolder folder;
  std::string content;
  internal::DatasetFile file{.name = "a.bin", .gzipped = false, .bytes = kBytes};
  BadServer server{served};
  Observed observed;

  Setting() {
    for (Index i = 0; i < kBytes; ++i) content += static_cast<char>(i * i % 251);
    file.sha256 = sha256_of(served.write("a.bin", content)).value();
  }
  Downloaded get(const std::vector<std::string>& ways) {
    Download wanted{.file = file, .folder = folder.path(), .urls = {}, .timeout = 1};
    for (const std::string& way : ways) wanted.urls.push_back(server.address(way + "/a.bin"));
    return download(wanted, observed);
  }
  std::string error(const std::vector<std::string>& ways) {
    try {
      get(ways);
    } catch (const DataError& error) {
      CHECK_FALSE(std::filesystem::exists(folder.path("a.bin")));
      return error.what();
    }
    return "no error";
  }
  /// True if the file arrived, and nothing else is left.
  bool arrived() const {
    return folder.read("a.bin") == content && !std::filesystem::exists(folder.path("a.bin.part"));
  }
};

TEST_CASE("a file is downloaded, also by way of a redirect, and replaces a damaged one") {
  if (!can_test_downloads()) return;
  Setting s;
  s.folder.write("a.bin", "damaged");
  const Downloaded direct = s.get({"good"});
  CHECK(direct.url == s.server.address("good/a.bin"));
  CHECK(direct.resumed_at == 0);
  CHECK(s.arrived());
  CHECK(s.observed.done == kBytes);
  s.get({"redirect"});
  CHECK(s.arrived());
}

TEST_CASE("where the connection was cut, the rest is requested") {
  if (!can_test_downloads()) return;
  Setting s;
  CHECK(s.get({"cut"}).resumed_at == kBytes / 2);
  CHECK(s.arrived());
  CHECK(s.observed.starts == std::vector<Index>{0, kBytes / 2});
  CHECK(s.server.requests() == "/cut/a.bin -\n/cut/a.bin bytes=50000-\n");
  CHECK(s.observed.problems == "cuts the connection after 50,000 bytes; going on from there\n");
}

TEST_CASE("what an earlier call left is used, if it is the beginning of the file") {
  if (!can_test_downloads()) return;
  Setting s;
  s.folder.write("a.bin.part", s.content.substr(0, 70'000));
  CHECK(s.get({"good"}).resumed_at == 70'000);
  CHECK(s.arrived());
  s.folder.write("a.bin.part", std::string(70'000, '?'));  // not of this file
  CHECK(s.get({"good"}).resumed_at == 0);
  CHECK(s.arrived());
  s.folder.write("a.bin.part", s.content + "more");
  CHECK(s.get({"good"}).resumed_at == 0);
  CHECK(s.arrived());
  s.folder.write("a.bin.part", s.content);  // complete, but it had not got its name
  const std::string before = s.server.requests();
  s.get({"good"});
  CHECK(s.arrived());
  CHECK(s.server.requests() == before);
}

TEST_CASE("a server that cannot send a part sends the whole file") {
  if (!can_test_downloads()) return;
  Setting s;
  CHECK(s.get({"norange"}).resumed_at == 0);
  CHECK(s.arrived());
  CHECK(contains(s.observed.problems, "cannot send a part of the file; starting again\n"));
}

TEST_CASE("the next server is tried where one fails; the error names the reason of each") {
  if (!can_test_downloads()) return;
  Setting s;
  CHECK(s.get({"wrong", "refuse", "good"}).url == s.server.address("good/a.bin"));
  CHECK(s.arrived());
  std::filesystem::remove(s.folder.path("a.bin"));
  const std::string error =
      s.error({"refuse", "missing/no", "wrong", "short", "endless", "circle", "local", "silent"});
  CAPTURE(error);
  CHECK(contains(error, "cannot download a.bin:\n  " + s.server.address("refuse/a.bin") +
                            ": refuses the request (status 403)\n"));
  CHECK(contains(error, "no/a.bin: does not have the file (status 404)\n"));
  CHECK(contains(error, "wrong/a.bin: the file has the SHA-256 "));
  CHECK(contains(error, ", but the published one is " + s.file.sha256 + "\n"));
  CHECK(contains(error, "short/a.bin: announces 99,993 bytes, but 100,000 were published\n"));
  CHECK(contains(error, "endless/a.bin: sends more than 100,000 bytes, the published size\n"));
  CHECK(contains(error, "circle/a.bin: redirects without end\n"));
  CHECK(contains(error, "local/a.bin: is not an address that begins with http:// or https://\n"));
  CHECK(contains(error, "silent/a.bin: does not answer within 1 second\n"));
  CHECK(contains(error, "\ntry again later, name another server with --url, or put the file into " +
                            s.folder.path()));
}

TEST_CASE("a server that always cuts is given up, and what arrived is kept for the next call") {
  if (!can_test_downloads()) return;
  Setting s;
  const std::string error = s.error({"always_cut"});
  CHECK(contains(error, "cuts the connection after 96,875 bytes\nkept are 96,875 bytes in "));
  CHECK(s.get({"good"}).resumed_at == 96'875);
  CHECK(s.arrived());
}

TEST_CASE("no server at that address, and an address of another kind") {
  if (!can_test_downloads()) return;
  Setting s;
  const auto error_of = [&](const std::string& url) -> std::string {
    try {
      download({.file = s.file, .folder = s.folder.path(), .urls = {url}, .timeout = 1},
               s.observed);
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK(contains(error_of("http://127.0.0.1:1/a.bin"), "the server refuses the connection"));
  CHECK(contains(error_of("file:///etc/hostname"), "is not an address that begins with http://"));
  CHECK_FALSE(std::filesystem::exists(s.folder.path("a.bin.part")));  // an empty one is removed
}

TEST_CASE("the proxy of the environment is asked") {
  if (!can_test_downloads()) return;
  Setting s;
  ::setenv("http_proxy", s.server.address("").c_str(), 1);
  download({.file = s.file,
            .folder = s.folder.path(),
            .urls = {"http://nowhere.invalid/good/a.bin"},
            .timeout = 5},
           s.observed);
  ::unsetenv("http_proxy");
  CHECK(s.arrived());
  CHECK(s.server.requests() == "http://nowhere.invalid/good/a.bin -\n");
}

TEST_CASE("two processes cannot download the same file at once") {
  if (!can_test_downloads()) return;
  Setting s;
  const int other = ::open(s.folder.path("a.bin.part").c_str(), O_CREAT | O_RDWR, 0666);
  REQUIRE(::flock(other, LOCK_EX) == 0);
  CHECK(contains(s.error({"good"}), "another process is downloading this file"));
  ::close(other);
}

TEST_CASE("a file that cannot be written ends the download; what arrived is kept") {
  if (!can_test_downloads()) return;
  Setting s;
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{.rlim_cur = 40'000, .rlim_max = old.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string error = s.error({"good", "good"});
  ::setrlimit(RLIMIT_FSIZE, &old);
  CAPTURE(error);
  CHECK(contains(error, "cannot write " + s.folder.path("a.bin.part") + ": File too large"));
  CHECK(contains(error, "it goes on from there"));
  CHECK(s.observed.starts == std::vector<Index>{0});  // no other server helps
  CHECK(s.get({"good"}).resumed_at > 0);
  CHECK(s.arrived());
}

}  // namespace
}  // namespace autonet::cli
