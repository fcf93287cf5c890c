#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

/// True if the program printed what the guide shows. A line "..." stands for any number of lines.
bool shows(const std::vector<std::string>& shown, const std::string& printed) {
  size_t place = 0;
  bool skip = false;
  std::string part;
  const auto find_part = [&] {
    const size_t found = printed.find(part, place);
    const bool good = found != printed.npos && (skip || found == place);
    if (good) place = found + part.size();
    part.clear();
    return good;
  };
  for (const std::string& line : shown) {
    if (line != "...") {
      part += line + "\n";
      continue;
    }
    if (!find_part()) return false;
    skip = true;
  }
  const bool open = !shown.empty() && shown.back() == "...";
  return find_part() && (open || place == printed.size());
}

TEST_CASE("the outputs in docs/course.md are those of the program") {
  const TestFolder folder;
  const std::filesystem::path root = AUTONET_SOURCE_DIR;
  std::filesystem::create_directory_symlink(root / "models", folder.path("models"));
  std::ifstream guide(root / "docs/course.md");
  REQUIRE(guide.good());
  int compared = 0;
  for (std::string line; std::getline(guide, line);) {
    if (line.rfind("$ autonet ", 0) != 0) continue;
    CAPTURE(line);
    std::istringstream words(line.substr(10));
    std::vector<std::string> arguments;
    for (std::string word; words >> word;) arguments.push_back(word);
    std::vector<std::string> shown;
    for (std::string text; std::getline(guide, text) && text != "```";) shown.push_back(text);
    const Outcome outcome = run_program(folder, arguments);
    REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
    CHECK_MESSAGE(shows(shown, outcome.out), outcome.out);
    ++compared;
  }
  CHECK(compared == 3);
}

TEST_CASE("help texts and the results of shipped models fit 80 columns") {
  const TestFolder folder;
  std::vector<std::vector<std::string>> calls = {{"--help"},
                                                 {"data", "list", "--help"},
                                                 {"convolve", "--filter", "edges"},
                                                 {"convolve", "--explain-1d"}};
  for (const char* command : {"fit", "evaluate", "predict", "compare", "check-grad", "bench",
                              "summary", "explain", "convolve", "data", "schema", "completion"})
    calls.push_back({command, "--help"});
  for (const char* model : {"logreg", "net_2layer", "convnet1", "convnet2", "convnet3",
                            "quickstart", "cifar_vgg", "digits_lstm", "digits_attention"})
    calls.push_back({"summary", shipped(model)});
  calls.push_back({"check-grad", shipped("convnet_gradcheck"), "--mode", "sample=1"});
  for (const auto& call : calls) {
    const Outcome outcome = run_program(folder, call);
    CHECK(outcome.status == 0);
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      size_t width = 0;  // letters: bytes that do not continue one
      for (const char byte : line) width += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
      CHECK_MESSAGE(width <= 80, call[0] << ": " << line);
    }
  }
}

}  // namespace
}  // namespace autonet::cli
