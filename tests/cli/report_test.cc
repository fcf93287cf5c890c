// The page of fit --report: what is in it, that it changes nothing, and how it does in a browser.
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>

#include "autonet/train/checkpoint.h"
#include "autonet/train/load_data.h"
#include "autonet/train/predictor.h"
#include "autonet/train/weights.h"
#include "cli/report/anatomy.h"
#include "cli/report/encode.h"
#include "cli/report/report.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

constexpr const char* kSmallConvnet = R"({
  "name": "small", "data": {"dataset": "digits", "limit": 300, "validation": 100},
  "layers": [
    {"name": "conv_1", "type": "conv2d", "channels": 3, "kernel": 3, "padding": 1, "activation": "relu"},
    {"name": "pool_1", "type": "max_pool2d", "kernel": 2, "stride": 2},
    {"name": "conv_2", "type": "conv2d", "channels": 4, "kernel": 3, "stride": 2, "padding": 1},
    {"name": "output", "type": "linear", "units": 10}],
  "loss": "softmax_cross_entropy",
  "training": {"epochs": 2, "batch_size": 50, "checkpoint": "small.npz",
               "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}}})";

json data_of(const std::string& page) {
  const std::string start = R"(id="data">)";
  const size_t from = page.find(start) + start.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST_CASE("base64, numbers and text for pages") {
  const std::uint8_t bytes[] = {'M', 'a', 'n', 'M'};
  CHECK(base64(std::span(bytes).first(3)) == "TWFu");
  CHECK(base64(bytes) == "TWFuTQ==");
  CHECK(base64({}).empty());
  CHECK(floats(Array::from<float>({1}, {1.0F})) == "AACAPw==");
  CHECK(rounded(0.123456) == Json(0.1235));
  CHECK(rounded(std::nan("")).is_null());
  CHECK(in_script("</script>").find('<') == std::string::npos);
  CHECK(in_html("<a & \"b\">") == "&lt;a &amp; &quot;b&quot;&gt;");
}

TEST_CASE("the gradient at the logits is p minus the label, and a shift moves the loss by it") {
  const Model model = Model::parse(kSmallConvnet, "small.json");
  const Splits data = load_data(model);
  const Weights weights = model.initial_weights(DType::f32, 1);
  const Anatomy anatomy = anatomy_of(model, weights, data.test, 5);
  REQUIRE(anatomy.layers.size() == 4);
  REQUIRE(anatomy.convolutions.size() == 2);
  const double label = data.test.y.numbers().slice(0, 5, 1).to_vector().at(0);
  const std::vector<double> bars = anatomy.layers.back().gradients.to_vector();
  for (size_t k = 0; k < 10; ++k) {
    CHECK(
        bars[k] ==
        doctest::Approx(anatomy.predictions[k] - (static_cast<double>(k) == label)).epsilon(1e-4));
  }
  CHECK(anatomy.loss ==
        doctest::Approx(-std::log(anatomy.predictions[static_cast<size_t>(label)])));
  CHECK(anatomy.convolutions[0].forward == "1");
  CHECK(anatomy.convolutions[0].for_input == "1");
  CHECK(anatomy.convolutions[1].forward == "1, stride 2");
  CHECK(anatomy.convolutions[1].input == 1);
  CHECK(anatomy.convolutions[1].output_gradients.shape() == Shape{4, 4, 4});
}

TEST_CASE("a report changes no byte of the checkpoint, and holds what it promises") {
  const TestFolder folder;
  folder.write("small.json", kSmallConvnet);
  REQUIRE(run_program(folder, {"fit", "small.json", "--quiet"}).status == 0);
  const std::string without = folder.read("small.npz");
  const Outcome fit = run_program(folder, {"fit", "small.json", "--report", "r.html"});
  REQUIRE_MESSAGE(fit.status == 0, fit.err);
  CHECK(contains(fit.err, "The report is in r.html\n"));
  CHECK(folder.read("small.npz") == without);

  const std::string page = folder.read("r.html");
  CHECK(page.size() < 1'000'000);
  for (const std::string link : {"src=", "<link rel=\"stylesheet\"", "@import", "fetch("})
    CHECK_FALSE_MESSAGE(contains(page, link), link);
  const json data = data_of(page);
  CHECK(data["state"]["done"] == true);
  CHECK(data["epochs"].size() == 2);
  CHECK(data["norms"]["gradients"][1].size() == 6);
  for (const auto& update : data["norms"]["updates"][1]) CHECK(update.get<double>() > 0.0);
  CHECK(data["filters"]["epochs"] == json::array({0, 1, 2}));
  CHECK(data["filters"]["shape"] == json::array({3, 3, 1, 3}));
  CHECK(data["examples"]["examples"].size() == 3);
  CHECK(data["examples"]["convolutions"].size() == 2);
  CHECK(data["judgement"]["part"] == "test");
  Index in_bins = 0;
  for (const auto& bin : data["judgement"]["calibration"]) in_bins += bin["count"].get<Index>();
  CHECK(in_bins == 2007);
  CHECK(data["config"] == kSmallConvnet);
  CHECK(contains(page, "<svg xmlns"));
}

TEST_CASE(
    "the report of a resumed run keeps the gradients of the epochs before, or says which lack") {
  const TestFolder folder;
  folder.write("small.json", kSmallConvnet);
  const auto fit = [&](const std::string& epochs, std::vector<std::string> more) {
    more.insert(more.begin(), {"fit", "small.json", "--quiet", "--epochs", epochs});
    const Outcome outcome = run_program(folder, more);
    REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  };
  const auto page = [&](const std::string& name) { return data_of(folder.read(name)); };
  fit("4", {"--report", "whole.html"});
  const json whole = page("whole.html");
  CHECK(whole["norms"]["missing"] == json::array());
  fit("2", {"--report", "r.html"});
  const json first = page("r.html");
  fit("4", {"--resume", "--report", "r.html"});
  const json resumed = page("r.html");
  CHECK(resumed["norms"] == whole["norms"]);
  REQUIRE(resumed["epochs"].size() == 4);
  for (const size_t i : {0U, 1U}) {
    CHECK(resumed["epochs"][i] == first["epochs"][i]);  // with their times
    CHECK(first["epochs"][i]["seconds"].get<double>() > 0.0);
  }

  fit("5", {"--resume"});
  fit("6", {"--resume", "--report", "r.html"});
  CHECK(page("r.html")["norms"]["epochs"] == json::array({1, 2, 3, 4, 6}));
  CHECK(page("r.html")["norms"]["missing"] == json::array({json::array({5, 5})}));
  CHECK(page("r.html")["epochs"].size() == 6);

  // The page of another run, or no page, tells nothing about this one.
  fit("2", {"--seed", "7", "--report", "r.html"});
  fit("2", {"--report", "other.html"});
  fit("3", {"--resume", "--report", "r.html"});
  CHECK(page("r.html")["norms"]["epochs"] == json::array({3}));
  CHECK(page("r.html")["norms"]["missing"] == json::array({json::array({1, 2})}));
  for (const std::string content : {"<script id=\"data\">{\"epochs\": 3}</script>", "x"}) {
    fit("1", {});
    folder.write("r.html", content);
    fit("2", {"--resume", "--report", "r.html"});
    CHECK(page("r.html")["norms"]["missing"] == json::array({json::array({1, 1})}));
  }
}

TEST_CASE("models without images or classes leave sections out; a bad path fails before training") {
  const TestFolder folder;
  std::vector<double> x(60);
  std::vector<double> y(30);
  for (size_t i = 0; i < 60; ++i) x[i] = std::sin(static_cast<double>(i));
  for (size_t i = 0; i < 30; ++i) y[i] = x[2 * i] - x[2 * i + 1];
  save_arrays(folder.path("v.npz"), {.arrays = {{"x", Array::from<double>({30, 2}, x)},
                                                {"y", Array::from<double>({30, 1}, y)}},
                                     .texts = {}});
  folder.write("v.json", R"({"input": [2], "outputs": 1, "data": {"file": "v.npz", "validation": 5},
    "layers": [{"type": "linear", "units": 3, "activation": "tanh"}, {"type": "linear", "units": 1}],
    "loss": "mean_squared_error",
    "training": {"epochs": 2, "optimizer": {"type": "sgd", "learning_rate": 0.1}}})");
  const Outcome fit = run_program(folder, {"fit", "v.json", "--quiet", "--report", "v.html"});
  REQUIRE_MESSAGE(fit.status == 0, fit.err);
  const json data = data_of(folder.read("v.html"));
  CHECK(data["filters"].is_null());
  CHECK(data["judgement"].is_null());
  CHECK(data["regression"]["pairs"].size() == 5);
  const Outcome nowhere = run_program(folder, {"fit", "v.json", "--report", "no/v.html"});
  CHECK(nowhere.status == 3);
  CHECK(contains(nowhere.err, "no/v.html"));
}

TEST_CASE("report writes the page of a checkpoint, with the curves that it holds") {
  const TestFolder folder;
  folder.write("small.json", kSmallConvnet);
  const Outcome none = run_program(folder, {"report", "small.json"});
  CHECK(none.status == 3);
  CHECK(contains(none.err, "there is no checkpoint small.npz"));
  REQUIRE(run_program(folder, {"fit", "small.json", "--quiet", "--report", "r.html"}).status == 0);
  const Outcome wrote = run_program(folder, {"report", "small.json"});
  REQUIRE_MESSAGE(wrote.status == 0, wrote.err);
  CHECK(wrote.out == "Wrote small.html, small with the weights of small.npz\n");
  const json of_run = data_of(folder.read("r.html"));
  const json later = data_of(folder.read("small.html"));
  for (const std::string key : {"judgement", "examples", "state", "layers"})
    CHECK_MESSAGE(later[key] == of_run[key], key);
  CHECK(later["epochs"].size() == 2);
  CHECK(later["epochs"][1]["validation"] == of_run["epochs"][1]["validation"]);

  // Weights without a run.
  const Model model = Model::load(folder.path("small.json"));
  save_weights(model, load_weights(model, folder.path("small.npz")), folder.path("w.npz"));
  const Outcome weights =
      run_program(folder, {"report", "small.json", "--checkpoint", "w.npz", "--out", "w.html"});
  CHECK(weights.out ==
        "Wrote w.html, small with the weights of w.npz; the checkpoint has no curves\n");
  CHECK(data_of(folder.read("w.html"))["judgement"] == of_run["judgement"]);
}

TEST_CASE("a page is the same for validation examples that are rows of a larger array") {
  const TestFolder folder;
  const Model model = Model::parse(kSmallConvnet, "small.json");
  const Splits copies = load_data(model);
  // Rows as those of a file: each second image of an array with other images between.
  const Index count = copies.validation.count();
  std::vector<Index> rows;
  std::vector<Index> spread;
  for (Index i = 0; i < count; ++i) {
    rows.push_back(2 * i + 1);
    spread.insert(spread.end(), {count - 1 - i, i});
  }
  Splits as_rows = copies;
  as_rows.validation = {.x = internal::rows_of(copies.validation.x, spread),
                        .y = internal::rows_of(copies.validation.y.numbers(), spread),
                        .rows = std::make_shared<const std::vector<Index>>(rows)};
  const Weights weights = model.initial_weights(DType::f32, 1);
  const auto page = [&](const Splits& data) {
    Report report(folder.path("p.html"), model, data, 1);
    report.on_gradients({.epoch = 1,
                         .parameters = weights.parameters,
                         .states = weights.states,
                         .gradients = weights.parameters});
    EpochReport epoch;
    epoch.epoch = 1;
    report.on_epoch(epoch);
    return data_of(folder.read("p.html"));
  };
  const json of_copies = page(copies);
  const json of_rows = page(as_rows);
  CHECK(of_copies["judgement"]["part"] == "validation");
  CHECK(of_rows["judgement"] == of_copies["judgement"]);
  CHECK(of_rows["examples"] == of_copies["examples"]);
}

/// The page after its script has run, with `script` run at its end. Fails on errors in the console.
std::string in_browser(const TestFolder& folder, const std::string& page, const std::string& script,
                       const std::string& options = "") {
  folder.write("page.html", folder.read(page) + "<script>" + script + "</script>");
  const std::string command =
      "cd " + folder.path() + " && HOME=" + folder.path() +
      " timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
      "--enable-logging=stderr --virtual-time-budget=3000 " +
      options + " --dump-dom file://" + folder.path("page.html") + " > dom.html 2> console.txt";
  REQUIRE(std::system(command.c_str()) == 0);
  const std::string console = folder.read("console.txt");
  CHECK_FALSE_MESSAGE(contains(console, ":CONSOLE"), console);
  return folder.read("dom.html");
}

TEST_CASE("a browser shows the page without errors, and Enter shows the sum behind a pixel") {
  if (std::system("command -v chromium > /dev/null 2>&1") != 0) {
    MESSAGE("SKIPPED: chromium, which shows the page, is not installed");
    return;
  }
  const TestFolder folder;
  folder.write("small.json", kSmallConvnet);
  REQUIRE(run_program(folder, {"fit", "small.json", "--quiet", "--report", "r.html"}).status == 0);
  const std::string dom = in_browser(folder, "r.html", R"(
    const canvas = document.querySelector('canvas.active');
    for (const key of ['ArrowRight', 'PageDown', 'Enter'])
      canvas.dispatchEvent(new KeyboardEvent('keydown', {key}));
    const spoken = document.getElementById('announcer').textContent;
    const wrong = document.querySelector('.panel:not([hidden])').textContent
      .match(/own gradient is ([-0-9.e+]+)\./);
    const xbar = document.querySelector('.panel:not([hidden])').textContent
      .match(/channels of ybar make (-?[0-9.e-]+)\. The program's own number is (-?[0-9.e-]+)\./);
    const far = Math.abs(Number(xbar[1]) - Number(xbar[2])) > 1e-3 * Math.abs(Number(xbar[2]));
    // What the sum, the bias and relu give must be the output in the page.
    const total = spoken.match(/bias .* it is (-?[0-9.e-]+), and relu gives (-?[0-9.e-]+)\.$/);
    const off = Math.abs(Math.max(0, Number(total[1])) - Number(total[2]));
    document.title = 'difference ' + (Number(wrong[1]) < 1e-5 && off < 1e-3 && !far ? 'small' : 'LARGE');
  )");
  CHECK(contains(dom, "<title>difference small</title>"));
  CHECK(contains(dom, "conv_1, channel 1, row 8, column 9: the sum of 9 products"));
  CHECK(contains(dom, "k - p - 1 = 3 - 1 - 1 = 1"));
  for (const std::string id : {"curves", "filters", "example", "classes", "calibration", "layers"})
    CHECK_MESSAGE(contains(dom, "href=\"#" + id + "\""), id);
  CHECK_FALSE(contains(dom, "href=\"#regression\""));
}

TEST_CASE("the page fits a phone and a wide window, in light and dark") {
  if (std::system("command -v chromium > /dev/null 2>&1") != 0) {
    MESSAGE("SKIPPED: chromium, which shows the page, is not installed");
    return;
  }
  const TestFolder folder;
  folder.write("small.json", kSmallConvnet);
  REQUIRE(run_program(folder, {"fit", "small.json", "--quiet", "--report", "r.html"}).status == 0);
  const std::string dark = "--blink-settings=preferredColorScheme=0 ";
  for (const std::string size : {"390,800", "1280,800", "2200,1200"}) {
    for (const bool in_dark : {false, true}) {
      const std::string options = (in_dark ? dark : "") + "--window-size=" + size;
      CAPTURE(options);
      const std::string dom = in_browser(folder, "r.html", R"(
        addEventListener('load', () => {
          const page = document.documentElement;
          const text = [...document.querySelectorAll('.charts svg text')];
          const least = Math.min(...text.map((t) => t.getBoundingClientRect().height));
          const paper = getComputedStyle(document.body).backgroundColor.match(/\d+/g)[0];
          document.title = `scheme ${paper < 128 ? 'dark' : 'light'}, ` +
              `charts ${least > 13 ? 'legible' : least}, ` +
              `page ${page.scrollWidth <= innerWidth ? 'fits' : page.scrollWidth + '>' + innerWidth}`;
        });
      )",
                                         options);
      const size_t at = dom.find("<title>") + 7;
      CHECK(dom.substr(at, dom.find("</title>") - at) ==
            std::string("scheme ") + (in_dark ? "dark" : "light") + ", charts legible, page fits");
    }
  }
}

}  // namespace
}  // namespace autonet::cli
