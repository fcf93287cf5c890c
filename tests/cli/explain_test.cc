#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/program_report.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("window_text writes a window as the last argument of convolve") {
  Window window;
  CHECK(window_text(window) == "0");
  window.rows = {1, 1, 1, 2, 2};
  window.cols = {1, 1, 1, 2, 2};
  CHECK(window_text(window) == "2");
  window.cols = {1, 1, 1, 0, 0};
  CHECK(window_text(window) == "[2,0]");
  window.cols = {2, 1, 3, 0, -1};
  window.groups = 4;
  CHECK(window_text(window) == "[[2,2],[0,-1]], stride [1,2], input dilation [1,3], groups 4");
}

TEST_CASE("explain shows each convolution with its rule and the padding that the rule gives it") {
  const TestFolder folder;
  // Kernel 5, padding 1: the input gradient's is 5 - 1 - 1 = 3.
  folder.write("m.json", R"({"name": "m", "input": [9, 9, 1], "classes": 4, "layers": [
      {"name": "first", "type": "conv2d", "channels": 3, "kernel": 3, "padding": 1},
      {"name": "second", "type": "conv2d", "channels": 2, "kernel": 5, "padding": 1,
       "activation": "relu"},
      {"type": "max_pool2d", "kernel": 2}, {"type": "linear", "units": 4}]})");
  const Outcome outcome = run_program(folder, {"explain", "m.json", "--batch", "7"});
  CAPTURE(outcome.out);
  REQUIRE(outcome.status == 0);
  CHECK(contains(outcome.out, "m, training step on a batch of 7 in f32:"));
  CHECK(contains(outcome.out, "y = convolve(x, flip(w), 1)"));
  CHECK(contains(outcome.out, "xbar = convolve(ybar, w, 3)"));
  CHECK(count_of(outcome.out, "xbar = convolve(") == 1);  // none for the image
  CHECK(count_of(outcome.out, "wbar = convolve(x, flip(ybar), 1)") == 2);
  CHECK(contains(outcome.out, "conv2d + add + relu + max_pool2d"));
  CHECK(contains(outcome.out, "pool_spread + gate + sum"));
  const Outcome forward = run_program(folder, {"explain", "m.json", "--evaluation"});
  CHECK(forward.status == 0);
  CHECK_FALSE(contains(forward.out, "bar = "));
}

TEST_CASE(
    "the steps of explain --json add up to its totals, and values in use never share memory") {
  const TestFolder folder;
  for (const std::string model : {"convnet1", "convnet1_method1", "net_2layer", "cifar_vgg"}) {
    CAPTURE(model);
    const Outcome outcome =
        run_program(folder, {"explain", shipped(model), "--batch", "5", "--json"});
    REQUIRE(outcome.status == 0);
    const json report = json::parse(outcome.out);
    CHECK(report["model"] == model);
    double multiply_adds = 0;
    double bytes = 0;
    std::vector<int> last(report["steps"].size() + 1, 0);
    for (const json& step : report["steps"]) {
      multiply_adds += step["multiply_adds"].get<double>();
      double of_calls = 0;
      for (const json& call : step["calls"]) of_calls += call["multiply_adds"].get<double>();
      CHECK(of_calls == step["multiply_adds"].get<double>());
      for (const json& output : step["outputs"]) {
        bytes += output["bytes"].get<double>();
        CHECK(output["offset"].get<double>() + output["bytes"].get<double>() <=
              report["arena_bytes"].get<double>());
      }
      for (const json& read : step["reads_steps"]) {
        CHECK(read.get<int>() < step["number"].get<int>());
        last[read.get<size_t>()] = step["number"].get<int>();
      }
    }
    CHECK(multiply_adds == report["multiply_adds"].get<double>());
    CHECK(bytes == report["unshared_bytes"].get<double>());
    // No step may write where a value lies that a later step still reads.
    for (const json& a : report["steps"]) {
      for (const json& b : report["steps"]) {
        const int writes = b["number"].get<int>();
        if (writes <= a["number"].get<int>() || writes > last[a["number"].get<size_t>()]) continue;
        for (const json& x : a["outputs"]) {
          for (const json& y : b["outputs"]) {
            if (a["outputs"].size() > 1) continue;  // the report does not say which one is read
            const bool apart =
                x["offset"].get<double>() + x["bytes"].get<double>() <= y["offset"].get<double>() ||
                y["offset"].get<double>() + y["bytes"].get<double>() <= x["offset"].get<double>();
            CHECK(apart);
          }
        }
      }
    }
  }
}

TEST_CASE("explain says which steps are run leaf by leaf, and which values exist for one leaf") {
  const TestFolder folder;
  const Outcome text = run_program(folder, {"explain", shipped("convnet1")});
  REQUIRE(text.status == 0);
  CHECK(contains(text.out, "run leaf by leaf: all of them for 13 of the 100"));
  const json report =
      json::parse(run_program(folder, {"explain", shipped("convnet1"), "--json"}).out);
  CHECK(report["leaf_bytes"] > 0);
  int grouped = 0;
  int own = 0;
  for (const json& step : report["steps"]) {
    grouped += !step["leaf_group"].is_null();
    for (const json& output : step["outputs"]) own += output["offset"].is_null();
  }
  CHECK(grouped > 5);
  CHECK(own > 2);
}

TEST_CASE("explain names the routine of each product, and says which convolutions are exact") {
  const TestFolder folder;
  const std::string text = R"({"name": "m", "input": [16, 16, 32], "classes": 16, "layers": [
      {"name": "conv", "type": "conv2d", "channels": 32, "kernel": 3, "padding": 1},
      {"name": "conv_2", "type": "conv2d", "channels": 16, "kernel": 3, "padding": 1},
      {"type": "linear", "units": 16}], "exact": )";
  folder.write("fast.json", text + "false}");
  folder.write("exact.json", text + "true}");
  const auto routines = [&](const std::string& model) {
    std::vector<std::string> names;
    const Outcome outcome = run_program(folder, {"explain", model, "--batch", "20", "--json"});
    const json report = json::parse(outcome.out);
    for (const json& step : report["steps"]) {
      if (step["multiply_adds"] == 0) CHECK(step["routine"] == "");
      if (step["multiply_adds"] != 0) names.push_back(step["routine"]);
    }
    return names;
  };
  // Forward: two convolutions and a product of matrices. Backward: the gradients of the product, of
  // the second convolution, and of the first one's weights.
  CHECK(routines("fast.json") == std::vector<std::string>{"winograd", "winograd", "in place",
                                                          "packed", "packed", "winograd",
                                                          "winograd weights", "winograd weights"});
  CHECK(routines("exact.json") == std::vector<std::string>{"slide", "slide", "in place", "packed",
                                                           "packed", "slide", "outer products",
                                                           "outer products"});
  const Outcome exact = run_program(folder, {"explain", "exact.json"});
  CHECK(contains(exact.out, "wbar = convolve(x, flip(ybar), 1, exact)"));
  CHECK(contains(exact.out, "outer products"));
  CHECK_FALSE(contains(run_program(folder, {"explain", "fast.json"}).out, "exact"));
}

TEST_CASE("explain fits 80 columns; what a step computes stands below its figures") {
  const TestFolder folder;
  for (const std::string model : {"convnet1", "cifar_vgg", "digits_lstm", "digits_attention"}) {
    CAPTURE(model);
    std::istringstream lines(run_program(folder, {"explain", shipped(model)}).out);
    for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
  }
  const std::string name(60, 'n');
  folder.write("m.json", R"({"name": "m", "input": [64, 64, 64], "classes": 3, "layers": [
      {"name": ")" + name + R"(", "type": "conv2d", "channels": 64, "kernel": 3},
      {"name": "output", "type": "linear", "units": 3}]})");
  const Outcome outcome = run_program(folder, {"explain", "m.json", "--batch", "100"});
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
  CHECK(contains(outcome.out, "   nnnnnnnn"));
  CHECK(contains(outcome.out, "n...  [100,62,62,64]  "));
  CHECK(contains(outcome.out, "\n      conv2d + add: y = convolve(x, flip(w), 0)"));
  CHECK(contains(outcome.out, "; overwrites "));
}

TEST_CASE("explain draws every step of the program") {
  const TestFolder folder;
  folder.write("m.json", R"({"name": "m", "input": [6, 6, 1], "classes": 3, "layers": [
      {"name": "conv", "type": "conv2d", "channels": 3, "kernel": 3, "activation": "relu"},
      {"type": "linear", "units": 3}]})");
  const json report = json::parse(run_program(folder, {"explain", "m.json", "--json"}).out);
  const Outcome dot = run_program(folder, {"explain", "m.json", "--dot", "-"});
  REQUIRE(dot.status == 0);
  CHECK(dot.out.rfind("digraph program {", 0) == 0);
  CHECK(count_of(dot.out, "{") == count_of(dot.out, "}"));
  const auto reads_weight = [](const json& step) {
    return step["phase"] == "forward" &&
           step["reads_leaves"].dump().find("conv/weight") != std::string::npos;
  };
  const auto first = std::ranges::find_if(report["steps"], reads_weight);
  REQUIRE(first != report["steps"].end());
  CHECK(contains(dot.out,
                 "\"conv/weight\" -> step" + std::to_string((*first)["number"].get<int>()) + ";"));
  CHECK(contains(dot.out, "wbar = convolve(x, flip(ybar), 0)"));
  const Outcome svg = run_program(folder, {"explain", "m.json", "--svg", "m.svg"});
  REQUIRE(svg.status == 0);
  CHECK(svg.out.empty());
  const std::string picture = folder.read("m.svg");
  CHECK(picture.rfind("<svg ", 0) == 0);
  CHECK(count_of(picture, "<text") == count_of(picture, "</text>"));
  for (size_t i = 1; i <= report["steps"].size(); ++i) {
    CHECK(contains(dot.out, "  step" + std::to_string(i) + " [shape=box"));
    CHECK(contains(picture, ">" + std::to_string(i) + "  "));
  }
}

TEST_CASE("explain of a missing model, or to a file that cannot be written") {
  const TestFolder folder;
  CHECK(run_program(folder, {"explain", "missing.json"}).status == 2);
  CHECK(run_program(folder, {"explain", shipped("logreg"), "--dot", "no/such/folder.dot"}).status ==
        3);
  CHECK(run_program(folder, {"explain", shipped("logreg"), "--json", "--dot", "-"}).status == 2);
}

}  // namespace
}  // namespace autonet::cli
