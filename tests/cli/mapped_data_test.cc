// Inputs that stay in their file: the same results as in memory, and little memory for large files.
#include <sys/resource.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "autonet/autograd/random.h"
#include "autonet/train/checkpoint.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

/// The beginning of an .npy file.
std::string npy_header(const std::string& descr, const std::string& shape) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
}

std::string model_text(const std::string& data, const std::string& checkpoint, int epochs) {
  return R"({"data": {)" + data + R"(}, "input": [1024], "classes": 2,
    "layers": [{"type": "linear", "units": 2}],
    "training": {"epochs": )" +
         std::to_string(epochs) + R"(, "batch_size": 32, "checkpoint": ")" + checkpoint + R"("}})";
}

/// 100 examples as an array, as .npy files and as an .npz file in the folder.
Array write_small(const TestFolder& folder) {
  Random random(5);
  Array x = Array::uninitialized({{100, 1024}, DType::f32});
  Array y = Array::uninitialized({{100}, DType::f32});
  std::string labels;
  for (Index i = 0; i < x.size(); ++i)
    x.data<float>()[i] = static_cast<float>(random.uniform(-1, 1));
  for (Index i = 0; i < 100; ++i) {
    y.data<float>()[i] = static_cast<float>(i * 7 % 2);
    labels += static_cast<char>(i * 7 % 2);
  }
  save_arrays(folder.path("all.npz"), {.arrays = {{"x", x}, {"y", y}}, .texts = {}});
  folder.write("x.npy", npy_header("<f4", "(100, 1024)") +
                            std::string(static_cast<const char*>(x.raw()), 100 * 1024 * 4));
  folder.write("y.npy", npy_header("|u1", "(100,)") + labels);
  return x;
}

TEST_CASE("a run on a mapped file gives the bits of a run on the same numbers in memory") {
  const TestFolder folder;
  write_small(folder);
  folder.write("memory.json", model_text(R"("file": "all.npz", "validation": 25)", "a.npz", 3));
  folder.write("mapped.json", model_text(R"("file": "x.npy", "labels": "y.npy", "validation": 25,
                                            "test": "x.npy", "test_labels": "y.npy")",
                                         "b.npz", 3));
  REQUIRE(run_program(folder, {"fit", "memory.json"}).status == 0);
  const Outcome mapped = run_program(folder, {"fit", "mapped.json", "--json"});
  REQUIRE_MESSAGE(mapped.status == 0, mapped.err);
  const ArrayFile a = load_arrays(folder.path("a.npz"));
  const ArrayFile b = load_arrays(folder.path("b.npz"));
  REQUIRE(a.arrays.size() == b.arrays.size());
  for (size_t i = 0; i < a.arrays.size(); ++i) {
    CAPTURE(a.arrays[i].name);
    CHECK(a.arrays[i].array.to_vector() == b.arrays[i].array.to_vector());
  }
  CHECK(nlohmann::json::parse(mapped.out).at("test").at("accuracy").get<double>() > 0.5);
  CHECK(run_program(folder, {"check-grad", "mapped.json", "--data", "model"}).status == 0);
}

/// 100 images [8,8,1] of bytes as .npy files, and as f4 in an .npz file, which is read into memory.
void write_bytes(const TestFolder& folder) {
  Random random(5);
  Array x = Array::uninitialized({{100, 8, 8, 1}, DType::f32});
  Array y = Array::uninitialized({{100}, DType::f32});
  std::string pixels;
  std::string labels;
  for (Index i = 0; i < x.size(); ++i) {
    pixels += static_cast<char>(random.below(256));
    x.data<float>()[i] = static_cast<float>(static_cast<unsigned char>(pixels.back()));
  }
  for (Index i = 0; i < 100; ++i) {
    labels += static_cast<char>(i * 7 % 2);
    y.data<float>()[i] = static_cast<float>(i * 7 % 2);
  }
  save_arrays(folder.path("all.npz"),
              {.arrays = {{"x", x}, {"y", y}, {"x_test", x}, {"y_test", y}}, .texts = {}});
  folder.write("x.npy", npy_header("|u1", "(100, 8, 8, 1)") + pixels);
  folder.write("y.npy", npy_header("|u1", "(100,)") + labels);
}

TEST_CASE("a mapped file of bytes gives the bits of the same numbers in memory, in every command") {
  const TestFolder folder;
  write_bytes(folder);
  const std::string test = R"(, "test": "x.npy", "test_labels": "y.npy")";
  for (const std::string& rest :
       {R"("validation": 25)" + std::string(), std::string(R"("validation": 0, "limit": 70)")}) {
    CAPTURE(rest);
    const auto model = [&](const std::string& data, const std::string& checkpoint) {
      return R"({"name": "m", "data": {)" + data + ", " + rest +
             R"(, "augment": {"shift": 1}}, "layers": [
             {"type": "conv2d", "channels": 2, "kernel": 3, "init": {"normal": 0.001}},
             {"type": "linear", "units": 2}], "training": {"epochs": 2, "batch_size": 32,
             "optimizer": {"type": "adam"}, "checkpoint": ")" +
             checkpoint + R"("}})";
    };
    folder.write("memory.json", model(R"("file": "all.npz")", "a.npz"));
    folder.write("mapped.json", model(R"("file": "x.npy", "labels": "y.npy")" + test, "b.npz"));
    const auto out = [&](std::vector<std::string> words, bool json) {
      const Outcome outcome = run_program(folder, std::move(words));
      REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
      return json ? nlohmann::json::parse(outcome.out) : nlohmann::json();
    };
    auto a = out({"fit", "memory.json", "--overwrite", "--json"}, true);
    auto b = out(
        {"fit", "mapped.json", "--overwrite", "--json", "--report", "r.html", "--show", "2"}, true);
    a.erase("checkpoint");
    b.erase("checkpoint");
    CHECK(a == b);
    const ArrayFile first = load_arrays(folder.path("a.npz"));
    const ArrayFile second = load_arrays(folder.path("b.npz"));
    for (size_t i = 0; i < first.arrays.size(); ++i) {
      CAPTURE(first.arrays[i].name);
      CHECK(first.arrays[i].array.to_vector() == second.arrays[i].array.to_vector());
    }
    CHECK(out({"evaluate", "memory.json", "--json", "--average", "flip"}, true) ==
          out({"evaluate", "mapped.json", "--json", "--average", "flip", "--mistakes", "m.png"},
              true));
    out({"data", "show", "memory.json", "--out", "a.png"}, false);
    out({"data", "show", "mapped.json", "--out", "b.png"}, false);
    CHECK(folder.read("a.png") == folder.read("b.png"));
    out({"check-grad", "mapped.json", "--data", "model"}, false);
    out({"bench", "mapped.json", "--seconds", "0.1"}, false);
  }
}

TEST_CASE("the report of a run on a mapped file judges its validation examples, and no others") {
  for (const bool bytes : {false, true}) {
    CAPTURE(bytes);
    const TestFolder folder;
    bytes ? write_bytes(folder) : static_cast<void>(write_small(folder));
    const std::string rest = R"("validation": 20}, "layers": [{"type": "linear", "units": 2}],
        "training": {"epochs": 1, "checkpoint": "m.npz"}})";
    folder.write("mapped.json",
                 R"({"name": "m", "data": {"file": "x.npy", "labels": "y.npy", )" + rest);
    folder.write("memory.json", R"({"name": "m", "data": {"file": "all.npz", )" + rest);
    const auto judged = [&](const std::string& model) {
      const Outcome fit =
          run_program(folder, {"fit", model, "--overwrite", "--quiet", "--report", "r.html"});
      REQUIRE_MESSAGE(fit.status == 0, fit.err);
      const std::string page = folder.read("r.html");
      const size_t from = page.find(R"(id="data">)") + 10;
      const auto data = nlohmann::json::parse(page.substr(from, page.find("</", from) - from));
      Index count = 0;
      for (const auto& row : data["judgement"]["confusion"]) {
        for (const auto& cell : row) count += cell.get<Index>();
      }
      if (!bytes || model == "mapped.json") CHECK(count == 20);
      return data["examples"];
    };
    const auto mapped = judged("mapped.json");
    if (!bytes) CHECK(mapped == judged("memory.json"));
  }
}

/// The lines of the text that begin with `start`.
std::string lines_with(const std::string& text, const std::string& start) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(start)) found += line + "\n";
  }
  return found;
}

TEST_CASE("examples of a mapped file are shown and counted as those in memory") {
  const TestFolder folder;
  write_small(folder);
  folder.write("memory.json", model_text(R"("file": "all.npz", "validation": 25)", "a.npz", 1));
  folder.write("mapped.json",
               model_text(R"("file": "x.npy", "labels": "y.npy", "validation": 25)", "b.npz", 1));
  const auto fit = [&](const std::string& model) {
    return run_program(folder, {"fit", model, "--show", "1", "--set",
                                R"(training.optimizer={"type":"sgd","learning_rate":1e-12})"});
  };
  const Outcome memory = fit("memory.json");
  const Outcome mapped = fit("mapped.json");
  REQUIRE_MESSAGE(memory.status == 0, memory.err);
  REQUIRE_MESSAGE(mapped.status == 0, mapped.err);
  CHECK_FALSE(lines_with(memory.err, "epoch 1, batch").empty());
  CHECK(lines_with(mapped.err, "epoch 1, batch") == lines_with(memory.err, "epoch 1, batch"));
  const std::string verdict = lines_with(memory.out + memory.err, "The model does");
  CHECK_FALSE(verdict.empty());
  CHECK(lines_with(mapped.out + mapped.err, "The model does") == verdict);
}

TEST_CASE("a number in a mapped file that is not finite is named when it is used") {
  const TestFolder folder;
  Array x = write_small(folder);
  x.data<float>()[63 * 1024 + 17] = std::numeric_limits<float>::quiet_NaN();
  folder.write("x.npy", npy_header("<f4", "(100, 1024)") +
                            std::string(static_cast<const char*>(x.raw()), 100 * 1024 * 4));
  folder.write("m.json",
               model_text(R"("file": "x.npy", "labels": "y.npy", "validation": 10)", "m.npz", 1));
  const Outcome fit = run_program(folder, {"fit", "m.json"});
  CHECK(fit.status == 3);
  CHECK(contains(fit.err, "number 17 of input 63 is nan; all numbers must be finite"));
}

void check_large_file(const std::string& type, std::uintmax_t row_bytes) {
  const TestFolder folder;
  constexpr std::uintmax_t kRows = 5'242'880;
  const std::string header = npy_header(type, "(5242880, 1024)");
  folder.write("x.npy", header);  // the rest is a hole, which reads as zeros and takes no disk
  std::error_code problem;
  std::filesystem::resize_file(folder.path("x.npy"), header.size() + kRows * row_bytes, problem);
  if (problem) {
    MESSAGE("SKIPPED: no file of several GiB with a hole can be made here: " << problem.message());
    return;
  }
  folder.write("y.npy", npy_header("|u1", "(5242880,)") + std::string(kRows, '\0'));
  // An epoch is shortened to 200,000 rows, as f4 800 MB: more than the memory allowed below.
  folder.write("m.json",
               model_text(R"("file": "x.npy", "labels": "y.npy", "limit": 200000)", "m.npz", 1));
  const Outcome fit = run_program(folder, {"fit", "m.json"});
  REQUIRE_MESSAGE(fit.status == 0, fit.err);
  CHECK(contains(fit.out, "199,000"));
  rusage usage{};
  REQUIRE(getrusage(RUSAGE_CHILDREN, &usage) == 0);
  const long peak = usage.ru_maxrss / 1024;  // of the largest program that this test file ran
  MESSAGE("peak resident memory: " << peak << " MiB");
  CHECK(peak < 400);
}

TEST_CASE("training on a file of 20 GiB takes little memory, and on one of 5 GiB of bytes") {
  check_large_file("<f4", 4096);
  check_large_file("|u1", 1024);
}

}  // namespace
}  // namespace autonet::cli
