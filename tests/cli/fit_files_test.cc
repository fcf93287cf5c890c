// The files of fit: none replaces another, two runs do not share them, and kills leave no gaps.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST_CASE("fit refuses one file for two purposes, however it is spelled, before it writes any") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  std::filesystem::create_directory(folder.path("sub"));
  std::filesystem::create_symlink("m.npz", folder.path("link"));
  std::filesystem::create_symlink(folder.path("sub"), folder.path("way"));
  for (const std::string& name :
       {std::string("m.npz"), std::string("./m.npz"), std::string("sub/../m.npz"),
        folder.path("m.npz"), std::string("link"), std::string("m.run.npz"),
        std::string("m.failed.npz"), std::string("m.json")}) {
    for (const std::string option : {"--log", "--report", "--tensorboard"}) {
      const Outcome outcome = run_program(folder, {"fit", "m.json", option, name});
      CAPTURE(option + " " + name);
      CHECK(outcome.status == 2);
      CHECK_MESSAGE(contains(outcome.err, option + " " + name + ": this file is also "),
                    outcome.err);
    }
  }
  CHECK(run_program(folder, {"fit", "m.json", "--log", "a", "--report", "./a"}).status == 2);
  CHECK(run_program(folder, {"fit", "m.json", "--checkpoint", "sub/w.npz", "--log", "way/w.npz"})
            .status == 2);
  CHECK_FALSE(std::filesystem::exists(folder.path("m.npz")));
  CHECK_FALSE(std::filesystem::exists(folder.path("a")));
  folder.write("log", "");
  std::filesystem::create_hard_link(folder.path("log"), folder.path("hard"));
  CHECK(run_program(folder, {"fit", "m.json", "--log", "log", "--report", "hard"}).status == 2);
  CHECK(run_program(folder, {"fit", "m.json", "--quiet", "--log", "log"}).status == 0);
}

TEST_CASE("a resumed run completes the log that a kill left behind") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 3));
  const std::vector<std::string> words = {"fit", "m.json", "--quiet", "--log", "run.jsonl"};
  REQUIRE(run_program(folder, words).status == 0);
  const std::string whole = folder.read("run.jsonl");
  const size_t second = whole.find('\n') + 1;
  const size_t third = whole.find('\n', second) + 1;
  // The kill came before a line, within one, before the first; or the log is ahead of the run.
  for (const std::string& left :
       {whole.substr(0, second), whole.substr(0, second + 20), std::string(),
        whole.substr(0, third - 1), whole + "{\"epoch\": 4}\n{\"epoch\": 5}\n"}) {
    folder.write("run.jsonl", left);
    CAPTURE(left);
    std::filesystem::copy_file(folder.path("m.run.npz"), folder.path("kept"),
                               std::filesystem::copy_options::overwrite_existing);
    REQUIRE(run_program(folder, {"fit", "m.json", "--quiet", "--log", "run.jsonl", "--resume",
                                 "--epochs", "5"})
                .status == 0);
    const std::vector<json> lines = lines_of(folder.read("run.jsonl"));
    REQUIRE(lines.size() == 5);
    for (size_t i = 0; i < lines.size(); ++i) CHECK(lines[i]["epoch"] == i + 1);
    const json before = lines_of(whole)[2];
    for (const char* key : {"train", "validation", "learning_rate"}) {
      CHECK(lines[2][key] == before[key]);
    }
    std::filesystem::rename(folder.path("kept"), folder.path("m.run.npz"));
  }
}

TEST_CASE("two runs do not share a checkpoint, and a killed run does not hold it") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 100000));
  std::filesystem::create_symlink("m.npz", folder.path("link.npz"));
  const TestFolder other;
  RunningProgram first(folder, {"fit", "m.json", "--quiet", "--log", "run.jsonl"});
  while (!std::filesystem::exists(folder.path("m.npz")) ||
         !std::filesystem::exists(folder.path("run.jsonl"))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (const std::string checkpoint : {"m.npz", "link.npz"}) {
    const Outcome second =
        run_program(other, {"fit", folder.path("m.json"), "--checkpoint", folder.path(checkpoint),
                            "--epochs", "1", "--log", folder.path("run.jsonl")});
    CHECK(second.status == 3);
    CHECK_MESSAGE(contains(second.err, "another run is using it, process "), second.err);
  }
  CHECK(std::filesystem::file_size(folder.path("run.jsonl")) > 0);  // not emptied
  first.signal(SIGKILL);
  CHECK(first.wait().status == 128 + SIGKILL);
  const Outcome resumed = run_program(
      folder, {"fit", "m.json", "--quiet", "--resume", "--epochs", "1", "--log", "run.jsonl"});
  CHECK_MESSAGE(resumed.status == 0, resumed.err);
  CHECK_FALSE(std::filesystem::exists(folder.path("m.npz.lock")));
}

TEST_CASE("the next save removes the temporary files of processes that have ended") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  RunningProgram ended(folder, {"schema"});
  const int number = ended.number();
  ended.wait();
  const std::string dead = std::to_string(number);
  folder.write("m.npz.tmp." + dead, "x");
  folder.write("m.run.npz.tmp." + dead, "x");
  folder.write("m.npz.tmp.1", "of a process that lives");
  folder.write("m.npz.tmp.notes", "of somebody");
  folder.write("other.npz.tmp." + dead, "of another checkpoint");
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  CHECK_FALSE(std::filesystem::exists(folder.path("m.npz.tmp." + dead)));
  CHECK_FALSE(std::filesystem::exists(folder.path("m.run.npz.tmp." + dead)));
  CHECK(std::filesystem::exists(folder.path("m.npz.tmp.1")));
  CHECK(std::filesystem::exists(folder.path("m.npz.tmp.notes")));
  CHECK(std::filesystem::exists(folder.path("other.npz.tmp." + dead)));
}

TEST_CASE("a file beyond the limit of the system is an error, and the checkpoint stays") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const std::string weights = folder.read("m.npz");
  const std::string run = folder.read("m.run.npz");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit capped{.rlim_cur = 8000, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &capped) == 0);
  const Outcome outcome = run_program(folder, {"fit", "m.json", "--quiet", "--seed", "9"});
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(outcome.status == 3);
  CHECK_MESSAGE(contains(outcome.err, "cannot write m.run.npz: File too large"), outcome.err);
  CHECK(folder.read("m.npz") == weights);
  CHECK(folder.read("m.run.npz") == run);
}

}  // namespace
}  // namespace autonet::cli
