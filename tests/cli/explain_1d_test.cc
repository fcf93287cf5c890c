#include "cli/explain_1d.h"

#include <sstream>

#include "autonet/autograd/random.h"
#include "tests/cli/run_program.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

using Numbers = std::vector<double>;

TEST_CASE("the example's three tables are those that one writes by hand") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"convolve", "--explain-1d"});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  CHECK(outcome.out == R"(A convolution layer in one dimension, stride 1, and its two derivatives
  x = 1 2 3 4 5
  w = 1 0 -1
  d = ybar = 1 2 3
  padding p = 0; lengths of x, w, y: n = 5, k = 3, m = n + 2p - k + 1 = 3

y = convolve(x, flip(w), p)
  The two flips cancel: w slides over x, with p = 0 zeros at each end.
  signal: 1 2 3 4 5
  kernel: 1 0 -1
  y[0] = 1*1 + 2*0 + 3*(-1) = -2
  y[1] = 2*1 + 3*0 + 4*(-1) = -2
  y[2] = 3*1 + 4*0 + 5*(-1) = -2

xbar = convolve(ybar, w, k - p - 1)
  flip(w) slides over ybar, with k - p - 1 = 2 zeros at each end.
  signal: 0 0 1 2 3 0 0
  kernel: -1 0 1
  xbar[0] = 0*(-1) + 0*0 + 1*1 = 1
  xbar[1] = 0*(-1) + 1*0 + 2*1 = 2
  xbar[2] = 1*(-1) + 2*0 + 3*1 = 2
  xbar[3] = 2*(-1) + 3*0 + 0*1 = -2
  xbar[4] = 3*(-1) + 0*0 + 0*1 = -3

wbar = convolve(x, flip(ybar), p)
  The two flips cancel: ybar slides over x, with p = 0 zeros at each end.
  signal: 1 2 3 4 5
  kernel: 1 2 3
  wbar[0] = 1*1 + 2*2 + 3*3 = 14
  wbar[1] = 2*1 + 3*2 + 4*3 = 20
  wbar[2] = 3*1 + 4*2 + 5*3 = 26
)");
}

TEST_CASE("results are those of the definition, and of the products that are shown") {
  Random random(7);
  const auto noise = [&](Index count) {
    Numbers numbers(static_cast<size_t>(count));
    for (double& number : numbers) number = static_cast<double>(random.below(19)) - 9.0;
    return numbers;
  };
  for (Index n = 1; n <= 7; ++n) {
    for (Index k = 1; k <= 5; ++k) {
      for (Index p = 0; p <= 6; ++p) {  // for p >= k, xbar needs a negative padding
        const Index m = n + 2 * p - k + 1;
        if (m < 1) continue;
        CAPTURE(n);
        CAPTURE(k);
        CAPTURE(p);
        const Explained1d example =
            explain_1d({.x = noise(n), .w = noise(k), .d = noise(m), .padding = p});
        Numbers y(example.d.size());
        Numbers xbar(example.x.size());
        Numbers wbar(example.w.size());
        for (Index i = 0; i < m; ++i) {
          for (Index j = 0; j < k; ++j) {
            const Index from = i + j - p;
            if (from < 0 || from >= n) continue;
            const auto a = static_cast<size_t>(i);
            const auto b = static_cast<size_t>(from);
            const auto c = static_cast<size_t>(j);
            y[a] += example.x[b] * example.w[c];
            xbar[b] += example.d[a] * example.w[c];
            wbar[c] += example.d[a] * example.x[b];
          }
        }
        const std::vector<Slide>& slides = example.slides;
        REQUIRE(slides.size() == 3);
        CHECK(slides[0].results == y);
        CHECK(slides[1].results == xbar);
        CHECK(slides[2].results == wbar);
        const Json json = to_json(example);
        for (const char* name : {"y", "xbar", "wbar"}) {
          const Json& table = json[name];
          REQUIRE(table["products"].size() == table["result"].size());
          for (size_t i = 0; i < table["result"].size(); ++i) {
            double sum = 0.0;
            for (const Json& product : table["products"][i]) sum += product.get<double>();
            CHECK(sum == table["result"][i]);
          }
        }
      }
    }
  }
}

TEST_CASE("options, JSON and long lines") {
  const TestFolder folder;
  const Outcome json =
      run_program(folder, {"convolve", "--explain-1d", "--x", "1,2.5", "--w", "-1", "--json"});
  REQUIRE_MESSAGE(json.status == 0, json.err);
  const Json parsed = Json::parse(json.out);
  CHECK(parsed["y"]["result"] == Json::array({-1.0, -2.5}));
  CHECK(parsed["d"] == Json::array({1.0, 2.0}));
  CHECK(parsed["wbar"]["result"] == Json::array({6.0}));

  Explain1dOptions options{.x = Numbers(64, -123456.5), .w = Numbers(33, -0.25), .padding = 64};
  std::istringstream lines(to_text(explain_1d(options)));
  for (std::string line; std::getline(lines, line);)
    CHECK_MESSAGE(text::display_width(line) <= 80, line);
}

TEST_CASE("wrong lengths and numbers are refused with both numbers and the way out") {
  const TestFolder folder;
  struct Case {
    std::vector<std::string> words;
    std::string error;
  };
  std::string long_list = "1";
  for (int i = 0; i < 64; ++i) long_list += ",1";
  const std::vector<Case> cases = {
      {{"--explain-1d", "--x", "1,2", "--w", "1,2,3"},
       "--w has 3 numbers, but --x with 0 zeros at each end has only 2; shorten w"},
      {{"--explain-1d", "--d", "1,2"},
       "--d must have 3 numbers, as many as y (n + 2p - k + 1 = 5 + 0 - 3 + 1), got 2"},
      {{"--explain-1d", "--x", "1,nan"}, "the numbers of --x must be from -1000000 to 1000000"},
      {{"--explain-1d", "--w", "2000000"}, "the numbers of --w must be"},
      {{"--explain-1d", "--w", long_list}, "--w must have 1 to 64 numbers, got 65"},
      {{"--explain-1d", "--x", "1,a"}, "--x = 1,a"},
      {{"--explain-1d", "--padding", "65"}, "from 0 to 64, got 65"},
      {{"--explain-1d", "photo.png"}, "--explain-1d makes no picture; leave out IMAGE"},
      {{"--explain-1d", "--out", "o"}, "--explain-1d makes no picture"},
      {{"--x", "1,2"}, "--x requires --explain-1d"},
      {{"--json"}, "--json requires --explain-1d"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.error);
    std::vector<std::string> words = one.words;
    words.insert(words.begin(), "convolve");
    const Outcome outcome = run_program(folder, words);
    CHECK(outcome.status == 2);
    CHECK_MESSAGE(contains(outcome.err, one.error), outcome.err);
    CHECK(outcome.out.empty());
  }
}

}  // namespace
}  // namespace autonet::cli
