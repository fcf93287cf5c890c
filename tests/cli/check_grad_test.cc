#include <nlohmann/json.hpp>

#include <algorithm>

#include "cli/check_grad_junit.h"
#include "tests/cli/run_program.h"

namespace autonet {
namespace {

using nlohmann::json;

const std::string kModels = std::string(AUTONET_SOURCE_DIR) + "/models/";

TEST_CASE("check-grad passes and has a row for the input and each parameter") {
  const TestFolder folder;
  const std::string model = kModels + "convnet_gradcheck.json";
  const Outcome brief = run_program(folder, {"check-grad", model});
  CHECK(brief.out.starts_with("PASSED\n"));
  CHECK_MESSAGE(std::ranges::count(brief.out, '\n') < 10, brief.out);
  const Outcome outcome = run_program(folder, {"check-grad", model, "--verbose"});
  CAPTURE(outcome.out);
  CHECK(outcome.status == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.starts_with(brief.out));
  for (const std::string tensor : {"input", "conv_1/weight", "conv_1/bias", "conv_2/weight",
                                   "conv_2/bias", "fc_1/weight", "output/bias"})
    CHECK(contains(outcome.out, "\n" + tensor + " "));
  CHECK_FALSE(contains(outcome.out, "FAILED"));
}

TEST_CASE("check-grad --quiet prints one line") {
  const TestFolder folder;
  const std::string model = kModels + "convnet_gradcheck.json";
  CHECK(run_program(folder, {"check-grad", model, "--quiet"}).out == "PASSED\n");
  const Outcome failed = run_program(folder, {"check-grad", model, "--quiet", "--plant-error"});
  CHECK(failed.status == 1);
  CHECK(failed.out.starts_with("FAILED: "));
  CHECK(std::ranges::count(failed.out, '\n') == 1);
}

TEST_CASE("check-grad finds an error of 1 in 1000, names the tensor and ends with status 1") {
  const TestFolder folder;
  const Outcome outcome = run_program(
      folder, {"check-grad", kModels + "convnet_gradcheck.json", "--plant-error", "--json"});
  CHECK(outcome.status == 1);
  const json report = json::parse(outcome.out);
  CHECK(report["verdict"] == "FAILED");
  for (const json& tensor : report["tensors"]) {
    CAPTURE(tensor.dump());
    CHECK(tensor["verdict"] == (tensor["name"] == "conv_1/weight" ? "FAILED" : "PASSED"));
    if (tensor["name"] == "conv_1/weight") {
      CHECK(tensor["analytic"].get<double>() / tensor["numeric"].get<double>() ==
            doctest::Approx(1.001).epsilon(1e-6));
      CHECK(tensor["worst_relative"].get<double>() == doctest::Approx(0.001).epsilon(0.01));
    }
  }
}

TEST_CASE("check-grad checks all elements if asked to, also at trained weights") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 1));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const Outcome outcome =
      run_program(folder, {"check-grad", "m.json", "--checkpoint", "m.npz", "--max-elements",
                           "5000", "--batch", "2", "--seed", "9", "--json"});
  REQUIRE(outcome.status == 0);
  const json report = json::parse(outcome.out);
  CHECK(report["seed"] == 9);
  REQUIRE(report["tensors"].size() == 3);
  CHECK(report["tensors"][0]["shape"] == json::array({2, 16, 16, 1}));
  for (const json& tensor : report["tensors"]) CHECK(tensor["checked"] == tensor["elements"]);
}

TEST_CASE("check-grad with only zeros on both sides is inconclusive, status 4") {
  const TestFolder folder;
  // All weights are 0, so the gradients of the input and of the first layer are zero.
  folder.write("m.json", R"({ "name": "m", "data": { "dataset": "digits" },
    "layers": [
      { "name": "fc", "type": "linear", "units": 5, "init": {"constant": 0} },
      { "name": "output", "type": "linear", "units": 10, "init": {"constant": 0} } ],
    "loss": "softmax_cross_entropy", "training": { "epochs": 1 } })");
  const Outcome outcome = run_program(folder, {"check-grad", "m.json"});
  CHECK(outcome.status == 4);
  CHECK_MESSAGE(outcome.out.starts_with("INCONCLUSIVE: input: both sides are zero everywhere"),
                outcome.out);
  CHECK(contains(outcome.out, "Try another point: --burn-in 5"));
}

TEST_CASE("dead ReLUs and a constant loss are inconclusive, never passed") {
  const TestFolder folder;
  folder.write("dead.json", R"({ "name": "dead", "input": [5,4,1], "classes": 3,
    "layers": [
      { "name": "conv", "type": "conv2d", "channels": 2, "kernel": 3, "activation": "relu",
        "bias_init": {"constant": -100} },
      { "name": "output", "type": "linear", "units": 3 } ],
    "loss": "softmax_cross_entropy", "training": { "epochs": 1 } })");
  // One class: the softmax is 1 and the loss 0 for all weights.
  folder.write("constant.json", R"({ "name": "constant", "input": [5,4,1], "classes": 1,
    "layers": [ { "name": "output", "type": "linear", "units": 1 } ],
    "loss": "softmax_cross_entropy", "training": { "epochs": 1 } })");
  for (const std::string model : {"dead", "constant"}) {
    for (const std::string mode : {"fast", "full", "sample=5"}) {
      CAPTURE(model + " " + mode);
      const Outcome outcome =
          run_program(folder, {"check-grad", model + ".json", "--mode", mode, "--order", "2"});
      CHECK(outcome.status == 4);
      CHECK_MESSAGE(outcome.out.starts_with("INCONCLUSIVE: input"), outcome.out);
      CHECK(contains(outcome.out, ": both sides are zero everywhere:"));
      CHECK(contains(outcome.out, "of conv gives 0 everywhere, as its") == (model == "dead"));
      CHECK(contains(outcome.out,
                     model == "dead" ? "\nNothing passes a dead layer." : "\nThat call lets "));
    }
  }
}

TEST_CASE("check-grad --order 2 --only --junit gives what was asked for and no more") {
  const TestFolder folder;
  const Outcome outcome = run_program(
      folder, {"check-grad", kModels + "convnet_gradcheck.json", "--order", "2", "--only", "conv_1",
               "--only", "output/bias", "--mode", "sample=4", "--junit", "result.xml", "--json"});
  REQUIRE(outcome.status == 0);
  const json report = json::parse(outcome.out);
  CHECK(report["order"] == 2);
  for (const json& part : {report, report["second_order"]}) {
    std::vector<std::string> names;
    for (const json& tensor : part["tensors"]) names.push_back(tensor["name"]);
    CHECK(names == std::vector<std::string>{"conv_1/weight", "conv_1/bias", "output/bias"});
    CHECK(part["verdict"] == "PASSED");
    // tanh is smooth, and so is max-pooling away from ties.
    for (const json& tensor : part["tensors"]) {
      CHECK(tensor["complex_error"].get<double>() <= 1e-13);
      CHECK(tensor["checked"] == std::min(4, tensor["elements"].get<int>()));
    }
    for (const json& claim : part["claims"]) {
      CHECK(claim["verdict"] == "PASSED");
      if (claim["name"] == "two methods") CHECK(claim["worst"] == 0.0);
    }
    for (const json& rule : part["rules"]) {
      if (rule["op"] != "conv2d" && rule["op"] != "matmul") continue;
      CHECK(rule["against"] == "whole numbers");
      CHECK(rule["worst"] == 0.0);
    }
  }
  const std::string xml = folder.read("result.xml");
  CHECK(contains(xml, "<testsuite name=\"check-grad convnet_gradcheck\""));
  CHECK(contains(xml, "classname=\"tensors\" name=\"conv_1/weight\"/>"));
  CHECK(contains(xml, "classname=\"second order claims\" name=\"curvature\"/>"));
  CHECK(contains(xml, "failures=\"0\""));
}

TEST_CASE("check-grad --plant fails for each mistake and names the rule; JUnit has the failure") {
  const TestFolder folder;
  for (const std::string mistake : {"no-flip", "padding", "axes-swapped", "factor", "sign",
                                    "lost-term", "lost-image", "forgotten"}) {
    CAPTURE(mistake);
    const Outcome outcome =
        run_program(folder, {"check-grad", kModels + "convnet_gradcheck.json", "--plant", mistake,
                             "--mode", "sample=30", "--junit", "result.xml"});
    CHECK(outcome.status == 1);
    CHECK(contains(outcome.out, "\nPlanted: "));
    CHECK_MESSAGE(outcome.out.starts_with("FAILED: the rule of "), outcome.out);
    CHECK(contains(folder.read("result.xml"), "<failure message=\""));
  }
  const Outcome unknown =
      run_program(folder, {"check-grad", kModels + "logreg.json", "--plant", "flip"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "unknown mistake \"flip\"; did you mean \"no-flip\"?"));
  const Outcome no_room =
      run_program(folder, {"check-grad", kModels + "logreg.json", "--plant", "padding"});
  CHECK(no_room.status == 2);
}

TEST_CASE("JUnit has a case for each tensor, rule and claim; diagnoses are escaped") {
  CheckReport report;
  report.tensors.push_back({.name = "x", .verdict = Verdict::failed, .diagnosis = "1 < 2"});
  report.rules.push_back({.op = "tanh", .verdict = Verdict::inconclusive});
  report.claims.push_back({.name = "repeatable"});
  report.verdict = Verdict::failed;
  const std::string xml = cli::to_junit(report, "a <b> & \"c\"");
  CHECK(
      xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<testsuite name=\"a &lt;b&gt; &amp; &quot;c&quot;\" tests=\"4\" "
                      "failures=\"2\" errors=\"0\" skipped=\"1\">\n"));
  CHECK(contains(
      xml, "<testcase classname=\"tensors\" name=\"x\">\n    <failure message=\"1 &lt; 2\"/>"));
  CHECK(contains(xml, "<testcase classname=\"rules\" name=\"tanh, input 0\">\n    <skipped"));
  CHECK(contains(xml, "<testcase classname=\"claims\" name=\"repeatable\"/>"));
  CHECK(xml.ends_with("</testsuite>\n"));
  report.stopped = true;
  report.verdict = Verdict::inconclusive;
  CHECK(contains(cli::to_junit(report, "x"), "<error message=\"INCONCLUSIVE: stopped"));
}

TEST_CASE("check-grad --self-test catches every mistake and reports it as text and as JSON") {
  const TestFolder folder;
  const std::string model = kModels + "convnet_gradcheck.json";
  const Outcome text =
      run_program(folder, {"check-grad", model, "--self-test", "--mode", "sample=20"});
  CHECK(text.status == 0);
  CHECK(contains(text.out, "\nconv2d, input 0 "));
  CHECK(text.out.starts_with("PASSED: convnet_gradcheck"));
  CHECK(contains(text.out, " 0 missed\n"));
  const Outcome outcome =
      run_program(folder, {"check-grad", model, "--self-test", "--mode", "sample=20", "--json"});
  const json report = json::parse(outcome.out);
  CHECK(report["verdict"] == "PASSED");
  CHECK(report["planted"].size() > 40);
  for (const json& planted : report["planted"]) CHECK(planted["outcome"] != "missed");
}

TEST_CASE("check-grad passes at the other points of a burn-in and of the model's data") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 1));
  const auto first_value = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"check-grad", "m.json", "--json",     "--mode",
                                   "sample=3",   "--only", "output/bias"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(folder, words);
    CHECK_MESSAGE(outcome.status == 0, outcome.err);
    return json::parse(outcome.out)["tensors"][0]["analytic"].get<double>();
  };
  const std::vector<double> values{first_value({}), first_value({"--burn-in", "5"}),
                                   first_value({"--data", "model"}),
                                   first_value({"--data", "model", "--burn-in", "5"})};
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t k = 0; k < i; ++k) CHECK(values[i] != values[k]);
  }
  const Outcome absent =
      run_program(folder, {"check-grad", kModels + "cifar_vgg.json", "--data", "model"},
                  {{"AUTONET_DATA", ""}, {"XDG_CACHE_HOME", folder.path("none")}});
  CHECK(absent.status == 3);
  const Outcome mistyped = run_program(
      folder, {"check-grad", kModels + "logreg.json", "--data", "model", "--data-dir", "none"});
  CHECK(mistyped.status == 3);
  CHECK(contains(mistyped.err, "the data folder none does not exist"));
}

TEST_CASE("check-grad refuses wrong options before it begins") {
  const TestFolder folder;
  const std::string model = kModels + "logreg.json";
  const auto refused = [&](const std::vector<std::string>& more, const std::string& text,
                           int status = 2) {
    std::vector<std::string> words{"check-grad", model};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(folder, words);
    CHECK(outcome.status == status);
    CHECK_MESSAGE(contains(outcome.err, text), outcome.err);
    CHECK(outcome.out.empty());
  };
  refused({"--mode", "some"}, "must be fast, full or sample=N with N at least 1, got some");
  refused({"--mode", "sample=-1"}, "with N at least 1, got sample=-1");
  refused({"--mode", "sample=0"}, "with N at least 1, got sample=0");
  refused({"--mode", "full", "--max-elements", "5"}, "excludes");
  refused({"--rtol", "nan"}, "--rtol: must be a number from 0 to 1, got nan");
  refused({"--atol", "-1"}, "--atol: must be a number from 0 to 1e+300, got -1");
  refused({"--self-test", "--order", "2"}, "excludes");
  refused({"--self-test", "--only", "output"}, "excludes");
  refused({"--plant", "sign@9"}, "no rule of this computation is for input 9");
  refused({"--plant", ""}, "unknown mistake \"\"; known: no-flip, padding,");
  refused({"--plant", "sign@"}, "\"sign@\": the number of an input must follow the @");
  refused({"--order", "3"}, "must be a whole number from 1 to 2, got 3");
  refused({"--only", "conv_9"},
          "no tensor or layer is called \"conv_9\"; known: input, output/weight,");
  refused({"--junit", "no/such/folder/x.xml"}, "no/such/folder", 3);
  refused({"--plant", "sign", "--self-test"}, "excludes");
}

TEST_CASE("the lines of check-grad's reports and help have at most 80 columns") {
  const TestFolder folder;
  for (const std::string model : {"logreg", "convnet_gradcheck", "convnet3"}) {
    for (const std::string more : {"--order=2", "--plant-error", "--plant=lost-image"}) {
      const Outcome outcome = run_program(folder, {"check-grad", kModels + model + ".json",
                                                   "--mode", "sample=2", "--verbose", more});
      std::istringstream lines(outcome.out);
      for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
    }
  }
  const Outcome help = run_program(folder, {"check-grad", "--help"});
  std::istringstream lines(help.out);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
}

TEST_CASE("a check that cannot be made ends with status 2, as 1 means that it was made") {
  const TestFolder folder;
  const Outcome large = run_program(
      folder, {"check-grad", kModels + "cifar_vgg.json", "--batch", "1000", "--mode", "sample=1"});
  CHECK(large.status == 2);
  CHECK_MESSAGE(contains(large.err, "takes more than 12 GiB here; use a smaller batch"), large.err);
  // A learning rate at which training diverges at once.
  folder.write("wild.json", R"({ "name": "wild", "input": [5,4,1], "classes": 3,
    "layers": [ { "name": "fc", "type": "linear", "units": 9, "activation": "relu" },
                { "name": "output", "type": "linear", "units": 3 } ],
    "loss": "mean_squared_error",
    "training": { "epochs": 1, "optimizer": { "type": "sgd", "learning_rate": 900 } } })");
  const Outcome wild = run_program(folder, {"check-grad", "wild.json", "--burn-in", "100"});
  CHECK(wild.status == 2);
  CHECK_MESSAGE(contains(wild.err, "of the burn-in; take fewer steps"), wild.err);
}

}  // namespace
}  // namespace autonet
