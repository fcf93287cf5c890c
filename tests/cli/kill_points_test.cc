// Ends `fit` at each step of saving its files, and lets each of these steps fail.
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/program.h"
#include "tests/cli/events.h"
#include "tests/cli/run_program.h"
#include "train/atomic_file.h"
#include "train/save_hook.h"

namespace autonet::cli {
namespace {

using internal::SavePoint;
using internal::SaveStep;
using nlohmann::json;

constexpr int kEpochs = 2;

/// What the child process does at one point. Globals, as the hook is a plain function.
struct Plan {
  int at = -1;        // the point, counted from 0
  int error = 0;      // the error of its step; 0 ends the process
  bool half = false;  // writes half of the bytes first
  int seen = 0;
  int list = -1;  // descriptor to which each point is written as a line
};
Plan plan;

const char* name_of(SaveStep step) {
  static constexpr const char* kNames[] = {"create", "write",       "sync",   "close",
                                           "rename", "sync_folder", "append", "cut"};
  return kNames[static_cast<int>(step)];
}

bool writes(SaveStep step) {
  return step == SaveStep::write || step == SaveStep::append;
}

int at_point(const SavePoint& point) {
  if (plan.list >= 0) {
    const std::string line = std::string(point.done ? "after " : "before ") + name_of(point.step) +
                             " " + std::filesystem::path(point.path).filename().string() + "\n";
    internal::write_all(plan.list, line);
  }
  if (plan.seen++ != plan.at) return 0;
  if (plan.half && !point.done && writes(point.step)) {
    internal::write_all(point.descriptor, point.bytes.substr(0, point.bytes.size() / 2));
  }
  if (plan.error == 0) ::kill(::getpid(), SIGKILL);
  return plan.error;
}

std::vector<std::string> fit_words(bool resume = false) {
  std::vector<std::string> words = {"autonet",       "fit",       "m.json",    "--quiet",
                                    "--log",         "run.jsonl", "--report",  "report.html",
                                    "--tensorboard", "events",    "--threads", "1"};
  if (resume) words.emplace_back("--resume");
  return words;
}

/// Runs the program in a child process under a plan. Returns its exit status, 128 + n after signal
/// n.
int run_under(const TestFolder& folder, const Plan& what, const std::vector<std::string>& words) {
  const pid_t child = ::fork();
  if (child == 0) {
    plan = what;
    internal::save_hook = at_point;
    const int err = ::open(folder.path("stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(err, STDERR_FILENO);
    ::dup2(err, STDOUT_FILENO);
    if (what.at < 0) plan.list = ::open(folder.path("points").c_str(), O_WRONLY | O_CREAT, 0666);
    if (::chdir(folder.path().c_str()) != 0) ::_exit(126);
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    ::_exit(run_program(static_cast<int>(arguments.size()), arguments.data()));
  }
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The lines of a log without their times, which differ from run to run.
std::vector<json> log_of(const TestFolder& folder) {
  std::vector<json> lines;
  std::istringstream text(folder.read("run.jsonl"));
  for (std::string line; std::getline(text, line);) {
    lines.push_back(json::parse(line));
    lines.back().erase("seconds");
    lines.back().erase("images_per_second");
  }
  return lines;
}

std::vector<std::string> lines_in(const TestFolder& folder, const std::string& name) {
  std::vector<std::string> lines;
  std::istringstream text(folder.read(name));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

void write_model(const TestFolder& folder) {
  std::string model = small_model("m", kEpochs);
  model.replace(model.find("300"), 3, "40");
  model.replace(model.find("\"validation\": 100"), 17, "\"validation\": 8");
  folder.write("m.json", model);
}

/// The run that no kill interrupts, and all points at which it saves.
struct Unbroken {
  TestFolder folder;
  std::vector<std::string> points;
  Unbroken() {
    write_model(folder);
    REQUIRE_MESSAGE(run_under(folder, {}, fit_words()) == 0, folder.read("stderr"));
    points = lines_in(folder, "points");
  }
};

void check_same_end(const TestFolder& folder, const Unbroken& whole) {
  CHECK(folder.read("m.npz") == whole.folder.read("m.npz"));
  CHECK(folder.read("m.run.npz") == whole.folder.read("m.run.npz"));
  CHECK(log_of(folder) == log_of(whole.folder));
  CHECK(epochs_in_events(folder.path("events")) == std::multiset<std::int64_t>{1, 2});
  CHECK(contains(folder.read("report.html"), "</html>"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename().string();
    CHECK_MESSAGE((!contains(name, ".tmp.") && !contains(name, ".lock")), name);
  }
}

TEST_CASE("a file is synced before it is renamed, and its folder after that") {
  const Unbroken whole;
  std::map<std::string, std::string> steps;  // of each file
  for (const std::string& point : whole.points) {
    std::istringstream words(point);
    std::string when;
    std::string step;
    std::string name;
    words >> when >> step >> name;
    if (when == "after") steps[name] += step + " ";
  }
  const std::string once = "create write sync close rename sync_folder ";
  CHECK(steps["m.run.npz"] == "create " + once + once);  // the first: whether it can be written
  CHECK(steps["m.npz"].starts_with("create create " + once));
  CHECK(steps["report.html"] == "create " + once + once + once);
  CHECK(steps["run.jsonl"] == "cut append append ");
}

TEST_CASE("a run that is killed at any step of saving is resumed to the same bytes") {
  const Unbroken whole;
  REQUIRE(whole.points.size() > 60);
  for (int at = 0; at < static_cast<int>(whole.points.size()); ++at) {
    const std::string& point = whole.points[static_cast<size_t>(at)];
    const bool write = contains(point, "before write") || contains(point, "before append");
    for (const bool half : {false, true}) {
      if (half && !write) continue;
      CAPTURE(point);
      CAPTURE(half);
      const TestFolder folder;
      write_model(folder);
      REQUIRE(run_under(folder, {.at = at, .half = half}, fit_words()) == 128 + SIGKILL);
      const bool begun = std::filesystem::exists(folder.path("m.run.npz"));
      REQUIRE_MESSAGE(run_under(folder, {}, fit_words(begun)) == 0, folder.read("stderr"));
      check_same_end(folder, whole);
    }
  }
}

TEST_CASE("where a disk refuses a step of saving, the status is 3 and the old files stay") {
  const Unbroken whole;
  constexpr int kErrors[] = {ENOSPC, EDQUOT, EIO};
  for (int at = 0; at < static_cast<int>(whole.points.size()); ++at) {
    const std::string& point = whole.points[static_cast<size_t>(at)];
    if (!point.starts_with("before")) continue;
    const bool write = contains(point, " write ") || contains(point, " append ");
    CAPTURE(point);
    const TestFolder folder;
    write_model(folder);
    const Plan failing{.at = at, .error = kErrors[at % 3], .half = write};
    CHECK(run_under(folder, failing, fit_words()) == 3);
    const std::string message = folder.read("stderr");
    CHECK_MESSAGE(contains(message, std::strerror(kErrors[at % 3])), message);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      CHECK_FALSE(contains(entry.path().filename().string(), ".tmp."));
    }
    const bool begun = std::filesystem::exists(folder.path("m.run.npz"));
    REQUIRE_MESSAGE(run_under(folder, {}, fit_words(begun)) == 0, folder.read("stderr"));
    check_same_end(folder, whole);
  }
}

TEST_CASE("a step of saving that fails leaves the file of the run before") {
  const Unbroken whole;
  const std::string weights = whole.folder.read("m.npz");
  const std::string run = whole.folder.read("m.run.npz");
  const std::string page = whole.folder.read("report.html");
  for (const std::string step : {"write", "sync", "close", "rename"}) {
    for (const auto& [name, before] :
         {std::pair{"m.npz", weights}, {"m.run.npz", run}, {"report.html", page}}) {
      int at = 0;
      while (whole.points[static_cast<size_t>(at)] != "before " + step + " " + name) ++at;
      CAPTURE(whole.points[static_cast<size_t>(at)]);
      std::vector<std::string> words = fit_words();
      words.insert(words.end(), {"--seed", "9"});
      CHECK(run_under(whole.folder, {.at = at, .error = EIO}, words) == 3);
      CHECK(whole.folder.read(name) == before);
      whole.folder.write("m.npz", weights);
      whole.folder.write("m.run.npz", run);
      whole.folder.write("report.html", page);
    }
  }
}

}  // namespace
}  // namespace autonet::cli
