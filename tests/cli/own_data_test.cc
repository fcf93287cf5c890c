// Data of one's own in one line of a model, with "input" and "classes" learnt from them.
#include <nlohmann/json.hpp>

#include "autonet/train/checkpoint.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

/// A model with these members before its layers, which has so many outputs.
std::string model_text(const std::string& members, int outputs) {
  return "{" + members + R"(,
  "layers": [{"type": "linear", "units": )" +
         std::to_string(outputs) + R"(}],
  "training": {"epochs": 60, "batch_size": 10, "checkpoint": "m.npz",
               "optimizer": {"type": "adam", "learning_rate": 0.1}}})";
}

/// A table of 40 points: those with x + y > 10 are "big", the others "small".
std::string points_csv(const std::string& first, const std::string& second) {
  std::string text = "x,kind,y\n";
  for (int i = 0; i < 40; ++i) {
    const int x = i * 7 % 11;
    const int y = i * 5 % 13;
    text +=
        std::to_string(x) + "," + (x + y > 10 ? first : second) + "," + std::to_string(y) + "\n";
  }
  return text;
}

/// An .npy file of bytes.
std::string npy(const std::string& shape, const std::string& body) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }";
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header +
         body;
}

std::string be32(int number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

/// The accuracy on a part after fitting m.json in the folder.
json fitted(const TestFolder& folder) {
  const Outcome fit = run_program(folder, {"fit", "m.json", "--json", "--quiet", "--overwrite"});
  REQUIRE_MESSAGE(fit.status == 0, fit.err);
  return json::parse(fit.out);
}

/// The text of the model that a checkpoint keeps.
json kept_model(const TestFolder& folder) {
  for (const auto& [key, text] : load_arrays(folder.path("m.npz")).texts) {
    if (key == "model") return json::parse(text);
  }
  return {};
}

TEST_CASE("a .csv with text labels is one line of the model, and its names reach predictions") {
  const TestFolder folder;
  folder.write("points.csv", points_csv("small", "big"));
  folder.write("more.csv", "x,kind,y\n1,big,1\n9,small,9\n");
  folder.write(
      "m.json",
      model_text(R"("data": {"file": "points.csv", "label": "kind", "test": "more.csv"})", 2));
  const json result = fitted(folder);
  CHECK(result.at("train").at("accuracy").get<double>() > 0.9);
  CHECK(result.at("test").at("accuracy").get<double>() == 1.0);
  CHECK(result.contains("validation"));  // a fifth, as 1000 would be all
  CHECK(kept_model(folder).at("input") == json({2}));
  CHECK(kept_model(folder).at("classes") == json({"big", "small"}));

  save_arrays(folder.path("new.npz"),
              {.arrays = {{"x", Array::from<float>({1, 2}, {10.0F, 12.0F})}}, .texts = {}});
  const Outcome predicted = run_program(folder, {"predict", "m.json", "new.npz", "--json"});
  REQUIRE_MESSAGE(predicted.status == 0, predicted.err);
  CHECK(json::parse(predicted.out)[0].at("name") == "small");
  CHECK(run_program(folder, {"summary", "m.json"}).status == 0);
  CHECK(run_program(folder, {"check-grad", "m.json", "--data", "model"}).status == 0);
  CHECK(run_program(folder, {"fit", "m.json", "--resume", "--epochs", "61"}).status == 0);
}

TEST_CASE("columns of numbers are targets of regression") {
  const TestFolder folder;
  std::string table = "a,sum,difference,b\n";
  for (int i = 0; i < 50; ++i) {
    const int a = i % 7;
    const int b = i % 5;
    table += std::to_string(a) + "," + std::to_string(a + b) + "," + std::to_string(a - b) + "," +
             std::to_string(b) + "\n";
  }
  folder.write("t.csv", table);
  folder.write("m.json", model_text(R"("data": {"file": "t.csv", "label": ["sum", "difference"]},
                                       "outputs": 2, "loss": "mean_squared_error")",
                                    2));
  CHECK(fitted(folder).at("train").at("rmse").get<double>() < 0.3);
  CHECK(kept_model(folder).at("input") == json({2}));
  CHECK_FALSE(kept_model(folder).contains("classes"));
}

TEST_CASE("LIBSVM files have any whole numbers as labels") {
  const TestFolder folder;
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += i % 2 == 0 ? "+1 1:" + std::to_string(i % 5 + 3) + "\n"
                       : "-1 3:" + std::to_string(i % 4 + 2) + "\n";
  folder.write("t.svm", text);
  folder.write("test.svm", "-1 3:1\n1 1:9\n");
  folder.write("m.json", model_text(R"("data": {"file": "t.svm", "test": "test.svm"})", 2));
  const json result = fitted(folder);
  CHECK(result.at("train").at("accuracy").get<double>() == 1.0);
  CHECK(result.at("test").at("accuracy").get<double>() == 1.0);
  CHECK(kept_model(folder).at("input") == json({3}));
  CHECK(kept_model(folder).at("classes") == json({"-1", "1"}));
}

TEST_CASE(".npy and IDX files have their labels in a second file") {
  const TestFolder folder;
  std::string pixels;
  std::string labels;
  for (int i = 0; i < 30; ++i) {
    for (int k = 0; k < 6; ++k) pixels += static_cast<char>(k / 2 == i % 3 ? 255 : i);
    labels += static_cast<char>(i % 3);
  }
  folder.write("x.npy", npy("(30, 6)", pixels));
  folder.write("y.npy", npy("(30,)", labels));
  folder.write("m.json", model_text(R"("data": {"file": "x.npy", "labels": "y.npy",
                                                "normalize": "standardize"})",
                                    3));
  CHECK(fitted(folder).at("train").at("accuracy").get<double>() == 1.0);
  CHECK(kept_model(folder).at("input") == json({6}));
  CHECK(kept_model(folder).at("classes") == 3);

  folder.write("a-ubyte", std::string("\0\0\x08\x03", 4) + be32(30) + be32(3) + be32(2) + pixels);
  folder.write("b-ubyte", std::string("\0\0\x08\x01", 4) + be32(30) + labels);
  folder.write("m.json",
               model_text(R"("data": {"file": "a-ubyte", "labels": "b-ubyte", "test": "a-ubyte",
                                      "test_labels": "b-ubyte", "validation": 5},
                             "classes": ["first", "second", "third"])",
                          3));
  const json result = fitted(folder);
  CHECK(result.at("train").at("accuracy").get<double>() == 1.0);
  CHECK(kept_model(folder).at("input") == json({3, 2, 1}));
  // Bytes were divided by 255: a picture of the same size is read in the same way.
  folder.write("one.pgm", std::string("P5 2 3 255\n") + std::string("\0\0\xff\xff\0\0", 6));
  const Outcome predicted = run_program(folder, {"predict", "m.json", "one.pgm", "--json"});
  REQUIRE_MESSAGE(predicted.status == 0, predicted.err);
  CHECK(json::parse(predicted.out)[0].at("name") == "second");
}

TEST_CASE("mistakes in the model come before any file is read; those in files have status 3") {
  const TestFolder folder;
  const auto error = [&](const std::string& members, int status) {
    folder.write("m.json", model_text(members, 2));
    const Outcome outcome = run_program(folder, {"fit", "m.json"});
    CHECK(outcome.status == status);
    return outcome.err;
  };
  CHECK(contains(error(R"("data": {"file": "none.csv"})", 2),
                 "m.json:1: /data: needs \"label\": the name of the column"));
  CHECK(contains(error(R"("data": {"file": "x.txt"})", 2),
                 "/data/file: must end in .npz, .safetensors, .h5, .hdf5, .npy, .csv"));
  CHECK(contains(error(R"("data": {"file": "x.npy"})", 2), "/data: needs \"labels\""));
  CHECK(contains(error(R"("data": {"file": "x.npy", "labels": "y.csv"})", 2),
                 "/data/labels: must be a file of the same kind as \"x.npy\", got \"y.csv\""));
  CHECK(contains(error(R"("data": {"file": "x.npy", "labels": "y.npy", "test": "z.npy"})", 2),
                 "/data: needs \"test_labels\""));
  CHECK(contains(error(R"("data": {"file": "x.svm", "label": "a"})", 2), "/data/label: names a"));
  CHECK(contains(error(R"("data": {"file": "x.npz", "test": "y.npz"})", 2), "/data/test: is not"));
  CHECK(contains(error(R"("data": {"dataset": "usps", "test": "y.npz"})", 2),
                 "/data/test: is only for a \"file\""));
  CHECK(contains(error(R"("data": {"file": "x.csv", "label": ["a", "a"]})", 2),
                 "/data/label/1: \"a\" occurs twice"));
  CHECK(contains(error(R"("data": {"file": "x.csv", "label": "a"}, "classes": ["p", 3])", 2),
                 "/classes/1: must be a string that is not empty, got 3"));
  CHECK(contains(error(R"("data": {"file": "x.csv", "label": "a"}, "classes": "two")", 2),
                 "/classes: must be a whole number or a list of names, got \"two\""));
  CHECK(contains(error(R"("data": {"file": "x.csv", "label": ["a", "b"]})", 2),
                 "classes stand in one"));
  CHECK(contains(error(R"("data": {"file": "x.csv", "label": ["a", "b"]}, "outputs": 3,
                          "loss": "huber", "input": [2])",
                       2),
                 "the last layer"));
  CHECK(contains(error(R"("data": {"file": "none.csv", "label": "a"})", 3),
                 "reading none.csv: No such file"));
  folder.write("t.csv", points_csv("a", "b"));
  folder.write("u.csv", points_csv("a", "c"));
  folder.write("v.csv", "x,y,kind\n1,2,a\n");
  CHECK(contains(error(R"("data": {"file": "t.csv", "label": "kind", "test": "u.csv"})", 3),
                 "reading u.csv: line 2: the label \"c\" is not a class of the model"));
  CHECK(contains(error(R"("data": {"file": "t.csv", "label": "size"})", 3),
                 "reading t.csv: line 1: there is no column \"size\""));
  CHECK(error(R"("data": {"file": "t.csv", "label": "kind", "test": "v.csv"})", 0).size() > 0);
  folder.write("v.csv", "y,x,kind\n1,2,a\n");
  CHECK(contains(error(R"("data": {"file": "t.csv", "label": "kind", "test": "v.csv"})", 3),
                 "reading v.csv: its columns are not those of t.csv"));
  // The last layer is checked against the classes that were found.
  folder.write("t.csv", points_csv("a", "b") + "1,c,2\n");
  CHECK(contains(error(R"("data": {"file": "t.csv", "label": "kind"})", 2),
                 "gives [2], but the data have 3 classes"));
  folder.write("t.csv", points_csv("a", "\xff"));
  CHECK(contains(error(R"("data": {"file": "t.csv", "label": "kind"})", 3),
                 "reading t.csv: a name of a class is not UTF-8"));
  folder.write("x.npy", npy("(2, 1)", "ab"));
  folder.write("y.npy", npy("(3,)", "abc"));
  CHECK(contains(error(R"("data": {"file": "x.npy", "labels": "y.npy"})", 3),
                 "reading y.npy: its shape [3] does not fit the 2 examples in x.npy"));
  folder.write("t.svm", "0.5 1:1\n");
  CHECK(
      contains(error(R"("data": {"file": "t.svm"})", 3),
               "line 1: the label 0.5 is not a whole number; to predict numbers, give the model"));
}

}  // namespace
}  // namespace autonet::cli
