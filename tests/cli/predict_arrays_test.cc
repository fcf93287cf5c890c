// autonet predict on arrays and tables: every form of the same inputs gives the same answers.
#include <sys/resource.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "autonet/autograd/random.h"
#include "autonet/data/splits.h"
#include "autonet/train/checkpoint.h"
#include "tests/cli/run_program.h"
#include "tests/data/scratch.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

template <typename T>
std::string npy(const std::string& descr, const std::string& shape, const std::vector<T>& numbers,
                bool column_major = false) {
  std::string header = "{'descr': '" + descr +
                       "', 'fortran_order': " + (column_major ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header +
         std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
}

/// The answers to a file, without the names of the inputs.
json answers(const TestFolder& folder, std::vector<std::string> words) {
  words.insert(words.begin(), "predict");
  words.push_back("--json");
  const Outcome outcome = run_program(folder, words);
  REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  json list = json::parse(outcome.out);
  for (json& item : list) {
    item.erase("image");
    item.erase("example");
  }
  return list;
}

/// The error of a call that must end with status 3 and print no results.
std::string refused(const TestFolder& folder, std::vector<std::string> words) {
  words.insert(words.begin(), "predict");
  const Outcome outcome = run_program(folder, words);
  CHECK(outcome.status == 3);
  CHECK(outcome.out.empty());
  return outcome.err;
}

/// The first test images of the built-in digits, [count,16,16,1].
std::vector<float> digits(Index count) {
  DataSpec spec;
  spec.dataset = "digits";
  const internal::Images images = internal::images_of(load_splits(spec).test);
  return {images.pixels.begin(), images.pixels.begin() + count * 256};
}

std::string csv_of(const std::vector<float>& numbers, size_t columns) {
  std::string text;
  for (size_t i = 0; i < numbers.size(); ++i)
    text += json(numbers[i]).dump() + (i % columns == columns - 1 ? "\n" : ",");
  return text;
}

TEST_CASE("images in arrays of all shapes and types, and in tables, have the same answers") {
  const TestFolder folder;
  REQUIRE(run_program(folder, {"fit", "quickstart", "--epochs", "1", "--quiet"}).status == 0);
  const std::vector<float> x = digits(5);
  const std::vector<double> f8(x.begin(), x.end());
  std::vector<float> columns(x.size());  // of the same array [5,16,16] in column-major order
  for (size_t n = 0; n < 5; ++n) {
    for (size_t r = 0; r < 16; ++r) {
      for (size_t c = 0; c < 16; ++c) columns[n + 5 * (r + 16 * c)] = x[(n * 16 + r) * 16 + c];
    }
  }
  folder.write("nhwc.npy", npy("<f4", "(5, 16, 16, 1)", x));
  folder.write("nhw.npy", npy("<f4", "(5, 16, 16)", x));
  folder.write("nd.npy", npy("<f4", "(5, 256)", x));
  folder.write("f8.npy", npy("<f8", "(5, 16, 16)", f8));
  folder.write("columns.npy", npy("<f4", "(5, 16, 16)", columns, true));
  folder.write("rows.csv", csv_of(x, 256));
  const Array other = Array::from<float>({5, 16, 16, 1}, std::vector<float>(x.size(), 0.25F));
  const ArrayFile two{.arrays = {{"other", other}, {"mine", Array::from<float>({5, 256}, x)}},
                      .texts = {}};
  save_arrays(folder.path("two.npz"), two);
  save_arrays(folder.path("two.safetensors"), two);
  const json expected = answers(folder, {"quickstart", "nhwc.npy"});
  REQUIRE(expected.size() == 5);
  CHECK(expected[0]["probabilities"].size() == 10);
  CHECK(expected[0]["probabilities"].contains("7"));
  for (const char* file : {"nhw.npy", "nd.npy", "f8.npy", "columns.npy", "rows.csv"}) {
    CAPTURE(file);
    CHECK(answers(folder, {"quickstart", file}) == expected);
  }
  for (const char* file : {"two.npz", "two.safetensors"}) {
    CAPTURE(file);
    CHECK(answers(folder, {"quickstart", file, "--array", "mine"}) == expected);
    CHECK(answers(folder, {"quickstart", file, "--array", "other"}) != expected);
  }

  const std::vector<float> one(x.begin() + 256, x.begin() + 512);
  folder.write("one.npy", npy("<f4", "(1, 16, 16)", one));
  const json of_one = answers(folder, {"quickstart", "one.npy"});
  CHECK(of_one[0]["probabilities"]["3"].get<double>() ==
        doctest::Approx(expected[1]["probabilities"]["3"].get<double>()).epsilon(1e-4));
  for (const std::string shape : {"(16, 16)", "(16, 16, 1)", "(256,)"}) {
    CAPTURE(shape);
    folder.write("one.npy", npy("<f4", shape, one));
    CHECK(answers(folder, {"quickstart", "one.npy"}) == of_one);
  }
  // A file with one input is called by its name, the others by name and number.
  const Outcome named =
      run_program(folder, {"predict", "quickstart", "one.npy", "nd.npy", "--json"});
  const json list = json::parse(named.out);
  REQUIRE(list.size() == 6);
  CHECK(list[0]["image"] == "one.npy");
  CHECK(list[5]["image"] == "nd.npy [4]");
  const Outcome table = run_program(folder, {"predict", "quickstart", "one.npy", "nd.npy"});
  CHECK(std::count(table.out.begin(), table.out.end(), '\n') == 7);
  CHECK(contains(table.out, "\nnd.npy [4]  "));
}

TEST_CASE("a wrong array is refused with both shapes, before any results") {
  const TestFolder folder;
  REQUIRE(run_program(folder, {"fit", "quickstart", "--epochs", "0", "--quiet"}).status == 0);
  std::vector<float> x = digits(3);
  folder.write("good.npy", npy("<f4", "(3, 16, 16)", x));
  folder.write("wide.npy", npy("<f4", "(3, 8, 32)", x));
  CHECK(contains(refused(folder, {"quickstart", "good.npy", "wide.npy"}),
                 "predict: the inputs in wide.npy are [3,8,32] but the model quickstart needs "
                 "[16,16,1], [N,16,16,1], [N,16,16] or [N,256]"));
  folder.write("none.npy", npy("<f4", "(0, 16, 16)", std::vector<float>()));
  CHECK(contains(refused(folder, {"quickstart", "none.npy"}), "[0,16,16] holds no inputs"));
  x[2 * 256 + 7] = std::nanf("");
  folder.write("nan.npy", npy("<f4", "(3, 16, 16)", x));
  CHECK(contains(refused(folder, {"quickstart", "nan.npy"}),
                 "predict: nan.npy: pixel 7 of image 2 is nan; all pixels must be finite"));
  folder.write("cut.npy", npy("<f4", "(4, 16, 16)", x));
  CHECK(contains(refused(folder, {"quickstart", "cut.npy"}), "its shape holds 1024 numbers"));
  folder.write("x.idx", "");
  CHECK(contains(refused(folder, {"quickstart", "x.idx"}), "give a picture, .npy, .npz"));
  const Array array = Array::from<float>({3, 256}, digits(3));
  save_arrays(folder.path("two.npz"), {.arrays = {{"a", array}, {"b", array}}, .texts = {}});
  CHECK(contains(refused(folder, {"quickstart", "two.npz"}),
                 "two.npz holds 2 arrays: \"a\" [3,256], \"b\" [3,256]; name the one with the "
                 "inputs: --array NAME"));
  CHECK(contains(refused(folder, {"quickstart", "two.npz", "--array", "c"}),
                 "two.npz holds no array \"c\", only \"a\" [3,256], \"b\" [3,256]"));
  folder.write("short.csv", "1,2,3\n4,5,6\n");
  CHECK(contains(refused(folder, {"quickstart", "short.csv"}),
                 "line 1: the rows have 3 numbers, but the model needs 256"));
}

/// Trains m.json on the 40 points of points.csv, whose label stands between the inputs.
void write_points(const TestFolder& folder, const std::string& more) {
  std::string text = "x,kind,y\n";
  for (int i = 0; i < 40; ++i) {
    const int x = i * 7 % 11;
    const int y = i * 5 % 13;
    text += std::to_string(x) + "," + (x + y > 10 ? "big" : "small") + "," + std::to_string(y);
    text += "\n";
  }
  folder.write("points.csv", text);
  folder.write("m.json", R"({"data": {"file": "points.csv", "label": "kind")" + more + R"(},
    "layers": [{"type": "linear", "units": 2}],
    "training": {"epochs": 60, "batch_size": 10, "checkpoint": "m.npz",
                 "optimizer": {"type": "adam", "learning_rate": 0.1}}})");
  const Outcome fit = run_program(folder, {"fit", "m.json", "--quiet", "--overwrite"});
  REQUIRE_MESSAGE(fit.status == 0, fit.err);
}

TEST_CASE("columns of a table are found by name, and the label is left out") {
  const TestFolder folder;
  write_points(folder, "");
  folder.write("same.csv", "x,kind,y\n1,?,2\n9,,11\n");
  folder.write("swapped.csv", "y;x\n2;1\n11;9\n");
  folder.write("plain.csv", "1,2\n9,11\n");
  const json expected = answers(folder, {"m.json", "same.csv"});
  REQUIRE(expected.size() == 2);
  CHECK(expected[0]["name"] == "small");
  CHECK(expected[1]["name"] == "big");
  CHECK(answers(folder, {"m.json", "swapped.csv"}) == expected);
  CHECK(answers(folder, {"m.json", "plain.csv"}) == expected);
  // Without the training file only the number of the columns is known.
  std::string model = folder.read("m.json");
  model.insert(1, R"("name": "m", "input": [2], "classes": ["big", "small"], )");
  folder.write("n.json", model);
  std::filesystem::remove(folder.path("points.csv"));
  CHECK(answers(folder, {"n.json", "same.csv"}) == expected);

  write_points(folder, "");
  folder.write("other.csv", "x,z\n1,2\n");
  CHECK(contains(refused(folder, {"m.json", "other.csv"}),
                 "reading other.csv: line 1: there is no column \"y\", which the model was trained "
                 "on"));
  folder.write("more.csv", "x,y,w\n1,2,3\n");
  CHECK(contains(refused(folder, {"m.json", "more.csv"}),
                 "the model was not trained on a column \"w\""));
  folder.write("text.csv", "x,y\n1,2\n3,n/a\n");
  CHECK(contains(refused(folder, {"m.json", "text.csv"}),
                 "reading text.csv: line 3: column \"y\": expected a number, found \"n/a\""));
  folder.write("ragged.csv", "x,y\n1,2\n3\n");
  CHECK(contains(refused(folder, {"m.json", "ragged.csv"}), "line 3: expected 2 fields"));
  folder.write("empty.csv", "x,y\n");
  CHECK(contains(refused(folder, {"m.json", "empty.csv"}), "expected rows after the heading"));
}

TEST_CASE("numbers are normalized like those of the model's data, unless they are already") {
  const TestFolder folder;
  write_points(folder, R"(, "normalize": "standardize", "validation": 0)");
  folder.write("raw.csv", "x,y\n1,2\n9,11\n");
  const json expected = answers(folder, {"m.json", "raw.csv"});
  double mean[2] = {0, 0};
  double square[2] = {0, 0};
  for (int i = 0; i < 40; ++i) {
    const double point[2] = {static_cast<double>(i * 7 % 11), static_cast<double>(i * 5 % 13)};
    for (int k = 0; k < 2; ++k) {
      mean[k] += point[k] / 40;
      square[k] += point[k] * point[k] / 40;
    }
  }
  std::vector<float> numbers;
  for (const auto& point : {std::pair{1.0, 2.0}, std::pair{9.0, 11.0}}) {
    for (int k = 0; k < 2; ++k) {
      const double number = k == 0 ? point.first : point.second;
      numbers.push_back(
          static_cast<float>((number - mean[k]) / std::sqrt(square[k] - mean[k] * mean[k])));
    }
  }
  folder.write("seen.npy", npy("<f4", "(2, 2)", numbers));
  const json seen = answers(folder, {"m.json", "seen.npy", "--normalized"});
  REQUIRE(seen.size() == 2);
  for (size_t n = 0; n < 2; ++n) {
    for (const char* name : {"big", "small"}) {
      CHECK(seen[n]["probabilities"][name].get<double>() ==
            doctest::Approx(expected[n]["probabilities"][name].get<double>()).epsilon(1e-4));
    }
  }
  CHECK(answers(folder, {"m.json", "seen.npy"}) != seen);
}

TEST_CASE("bytes of images are divided by 255, and numbers of another range are noted") {
  const TestFolder folder;
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 30 * 6; ++i) pixels.push_back(static_cast<std::uint8_t>(i * 37 % 256));
  const std::string body(pixels.begin(), pixels.end());
  folder.write("a-ubyte", std::string("\0\0\x08\x03\0\0\0\x1e\0\0\0\x03\0\0\0\x02", 16) + body);
  folder.write("b-ubyte", std::string("\0\0\x08\x01\0\0\0\x1e", 8) + std::string(15, '\0') +
                              std::string(15, '\1'));
  folder.write("m.json", R"({"data": {"file": "a-ubyte", "labels": "b-ubyte"},
    "layers": [{"type": "linear", "units": 2}],
    "training": {"epochs": 5, "checkpoint": "m.npz"}})");
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  std::vector<float> parts;
  for (const std::uint8_t pixel : pixels) parts.push_back(static_cast<float>(pixel) / 255.0F);
  folder.write("u1.npy", npy("|u1", "(30, 3, 2)", pixels));
  folder.write("f4.npy", npy("<f4", "(30, 3, 2)", parts));
  const json expected = answers(folder, {"m.json", "u1.npy"});
  CHECK(answers(folder, {"m.json", "f4.npy", "--normalized"}) == expected);
  CHECK(contains(run_program(folder, {"predict", "m.json", "f4.npy"}).err,
                 "note: the numbers in f4.npy go from 0 to 1, those of the data's files from 0 to "
                 "255; if they are normalized already, use --normalized"));
  CHECK(run_program(folder, {"predict", "m.json", "u1.npy"}).err.empty());
}

TEST_CASE("regression gives the outputs of each row") {
  const TestFolder folder;
  std::string table = "a,sum,difference,b\n";
  for (int i = 0; i < 50; ++i) {
    const int a = i % 7;
    const int b = i % 5;
    table += std::to_string(a) + "," + std::to_string(a + b) + "," + std::to_string(a - b) + "," +
             std::to_string(b) + "\n";
  }
  folder.write("t.csv", table);
  folder.write("m.json", R"({"data": {"file": "t.csv", "label": ["sum", "difference"]},
    "outputs": 2, "loss": "mean_squared_error", "layers": [{"type": "linear", "units": 2}],
    "training": {"epochs": 100, "batch_size": 10, "checkpoint": "m.npz",
                 "optimizer": {"type": "adam", "learning_rate": 0.05}}})");
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  folder.write("new.csv", "a,b\n2,3\n5,1\n");
  folder.write("new.npy", npy("<f8", "(2, 2)", std::vector<double>{2, 3, 5, 1}));
  const json list = answers(folder, {"m.json", "new.csv"});
  REQUIRE(list.size() == 2);
  CHECK(list[0]["outputs"][0].get<double>() == doctest::Approx(5.0).epsilon(0.1));
  CHECK(list[0]["outputs"][1].get<double>() == doctest::Approx(-1.0).epsilon(0.3));
  CHECK(list[1]["outputs"][0].get<double>() == doctest::Approx(6.0).epsilon(0.1));
  CHECK(answers(folder, {"m.json", "new.npy"}) == list);
  const Outcome shown = run_program(folder, {"predict", "m.json", "new.csv"});
  CHECK(contains(shown.out, "new.csv [1]  "));
}

TEST_CASE("files larger than the memory that predict takes are read in batches") {
  const TestFolder folder;
  folder.write("m.json", R"({"name": "m", "input": [65536], "classes": 2,
    "data": {"file": "none.npy", "labels": "none.npy"},
    "layers": [{"name": "output", "type": "linear", "units": 2}], "training": {"checkpoint": "m.npz"}})");
  save_arrays(folder.path("w.npz"),
              {.arrays = {{"output/weight", Array::full({{65536, 2}, DType::f32}, 0.5)},
                          {"output/bias", Array::from<float>({2}, {0.0F, 1.0F})}},
               .texts = {}});
  constexpr std::uintmax_t kRows = 3000;  // 750 MiB as f4
  const std::string header = npy("<f4", "(3000, 65536)", std::vector<float>());
  folder.write("x.npy", header);  // the rest is a hole, which reads as zeros and takes no disk
  std::error_code problem;
  std::filesystem::resize_file(folder.path("x.npy"), header.size() + kRows * 65536 * 4, problem);
  if (problem) {
    MESSAGE("SKIPPED: no large file with a hole can be made here: " << problem.message());
    return;
  }
  const Outcome outcome =
      run_program(folder, {"predict", "m.json", "x.npy", "--checkpoint", "w.npz", "--json"});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  const json list = json::parse(outcome.out);
  REQUIRE(list.size() == kRows);
  CHECK(list[2999]["example"] == "x.npy [2999]");
  for (const json& item : list) CHECK(item["name"] == "class 1");
  rusage usage{};
  REQUIRE(getrusage(RUSAGE_CHILDREN, &usage) == 0);
  const long peak = usage.ru_maxrss / 1024;  // of the largest program that this test file ran
  MESSAGE("peak resident memory: " << peak << " MiB");
  CHECK(peak < 600);
}

TEST_CASE("long answers are printed in parts that make one table and one JSON") {
  const TestFolder folder;
  folder.write("m.json", R"({"name": "m", "input": [2], "classes": 2,
    "layers": [{"name": "output", "type": "linear", "units": 2}], "training": {"checkpoint": "m.npz"}})");
  save_arrays(folder.path("m.npz"),
              {.arrays = {{"output/weight", Array::from<float>({2, 2}, {1, 0, 0, 1})},
                          {"output/bias", Array::from<float>({2}, {0, 0})}},
               .texts = {}});
  std::vector<float> x;
  for (int i = 0; i < 2 * 40'000; ++i) x.push_back(static_cast<float>(i % 5));
  folder.write("x.npy", npy("<f4", "(40000, 2)", x));
  folder.write("x.csv", csv_of(x, 2));
  const json list = answers(folder, {"m.json", "x.npy", "--checkpoint", "m.npz"});
  REQUIRE(list.size() == 40'000);
  for (size_t i = 0; i < list.size(); ++i)
    if (list[i]["class"] != (x[2 * i + 1] > x[2 * i] ? 1 : 0)) FAIL("row " << i);
  CHECK(answers(folder, {"m.json", "x.csv"}) == list);
  const Outcome table = run_program(folder, {"predict", "m.json", "x.npy"});
  CHECK(std::count(table.out.begin(), table.out.end(), '\n') == 40'001);
  CHECK(table.out.find("example", 10) == table.out.npos);
}

}  // namespace
}  // namespace autonet::cli
