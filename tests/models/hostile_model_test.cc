#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "autonet/autograd/random.h"
#include "scratch_model.h"

namespace autonet {
namespace {

const std::vector<std::string> kPieces = {"{",          "}",
                                          "[",          "]",
                                          ",",          ":",
                                          "\"",         "0",
                                          "-1",         "1e18",
                                          "1e308",      "null",
                                          "true",       "\"type\"",
                                          "\"conv2d\"", "\"inputs\"",
                                          "\"same\"",   "\n",
                                          "\\u0000",    "\xff",
                                          "\xc3\xa9",   "9223372036854775807",
                                          "0.5",        "\"add\""};

/// `text` with one to four random changes.
std::string mutated(std::string text, Random& random) {
  const auto place = [&] { return static_cast<size_t>(random.below(text.size() + 1)); };
  const auto changes = 1 + random.below(4);
  for (std::uint64_t i = 0; i < changes; ++i) {
    const size_t at = place();
    switch (random.below(5)) {
      case 0:
        text.resize(at);
        break;
      case 1:
        text.erase(at, random.below(12));
        break;
      case 2:
        text.insert(at, kPieces[random.below(kPieces.size())]);
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(random.below(256));
        break;
      default:  // replace a digit by another number
        if (const size_t digit = text.find_first_of("0123456789", at); digit < text.size()) {
          text.replace(digit, 1, kPieces[7 + random.below(4)]);
        }
    }
  }
  return text;
}

TEST_CASE("a damaged model is either read or refused with file and line") {
  constexpr std::uint64_t kSeed = 11;
  CAPTURE(kSeed);
  const std::string graph = model_text(R"(
    {"name": "a", "type": "conv2d", "channels": 3, "kernel": [3, 3], "padding": [[1, 1], [1, 1]]},
    {"name": "s", "type": "add", "inputs": ["a", "input"]},
    {"type": "reshape", "shape": [4, 48]}, {"type": "linear", "units": 10})");
  std::vector<std::string> texts = {graph};
  for (const char* name : {"convnet1", "convnet_gradcheck"}) {
    std::ifstream in(std::string(AUTONET_SOURCE_DIR) + "/models/" + name + ".json");
    std::stringstream text;
    text << in.rdbuf();
    texts.push_back(text.str());
  }
  Random random(kSeed);
  int good = 0;
  for (int round = 0; round < 4000; ++round) {
    CAPTURE(round);
    const std::string text = mutated(texts[random.below(texts.size())], random);
    const std::string error = model_error(text);
    good += error == "none" ? 1 : 0;
    if (error != "none") CHECK(error.starts_with("m.json:"));
  }
  CHECK(good > 50);
  CHECK(good < 3000);
}

TEST_CASE("a text that is cut off anywhere is refused") {
  const std::string text = model_text(R"({"type": "linear", "units": 10})");
  for (size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK(model_error(text.substr(0, length)) != "none");
  }
  CHECK(model_error(text) == "none");
}

}  // namespace
}  // namespace autonet
