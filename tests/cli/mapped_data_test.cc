// Inputs that stay in their file: the same results as in memory, and little memory for large files.
#include <sys/resource.h>

#include <limits>
#include <nlohmann/json.hpp>

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

TEST_CASE("training on a file of 20 GiB takes little memory") {
  const TestFolder folder;
  constexpr std::uintmax_t kRows = 5'242'880;
  const std::string header = npy_header("<f4", "(5242880, 1024)");
  folder.write("x.npy", header);  // the rest is a hole, which reads as zeros and takes no disk
  std::error_code problem;
  std::filesystem::resize_file(folder.path("x.npy"), header.size() + kRows * 4096, problem);
  if (problem) {
    MESSAGE("SKIPPED: no file of 20 GiB with a hole can be made here: " << problem.message());
    return;
  }
  folder.write("y.npy", npy_header("|u1", "(5242880,)") + std::string(kRows, '\0'));
  // An epoch is shortened to 200,000 rows, 800 MB, which is more than the memory allowed below.
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

}  // namespace
}  // namespace autonet::cli
