#include "train/sweep_plan.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "autonet/autograd/error.h"
#include "train/sweep.h"

namespace autonet::internal {
namespace {

std::string error_of(const std::string& setting) {
  try {
    grid_of({parse_axis(setting)});
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

double number_of(const std::string& setting) {
  return std::strtod(setting.c_str() + setting.find('=') + 1, nullptr);
}

TEST_CASE("lists are divided at commas outside brackets and quotes") {
  CHECK(parse_axis("a.b=1,0.5,x").values == SweepSettings{"1", "0.5", "x"});
  CHECK(parse_axis("k=[3,3],[5,5]").values == SweepSettings{"[3,3]", "[5,5]"});
  CHECK(parse_axis(R"(k={"a": [1,2], "b": 2},"x,\",y")").values ==
        SweepSettings{R"({"a": [1,2], "b": 2})", R"("x,\",y")"});
  CHECK(parse_axis("data.file=../a.npz").values == SweepSettings{"../a.npz"});
}

TEST_CASE("a grid has every combination, the last axis changing fastest") {
  const auto runs = grid_of({parse_axis("a=1,2"), parse_axis("b=x,y,z")});
  REQUIRE(runs.size() == 6);
  CHECK(runs[0] == SweepSettings{"a=1", "b=x"});
  CHECK(runs[1] == SweepSettings{"a=1", "b=y"});
  CHECK(runs[5] == SweepSettings{"a=2", "b=z"});
}

TEST_CASE("wrong axes are refused with what is wrong") {
  CHECK(error_of("a").starts_with("--set a: must be PATH=VALUES"));
  CHECK(error_of("=1,2").starts_with("--set =1,2: must be PATH=VALUES"));
  CHECK(error_of("a=1,,2") == "--set a=1,,2: a value is missing");
  CHECK(error_of("a=1,2,1") == "--set a=1,2,1: the value 1 is given more than once");
  CHECK(error_of("a=1..2,3").find("1..2 is a range within a list") != std::string::npos);
  CHECK(error_of("a=5..2").find("from a smaller to a larger number, got 5 and 2") !=
        std::string::npos);
  CHECK(error_of("a=1..x").find("a range must be two numbers") != std::string::npos);
  CHECK(error_of("a=log:1").find("a range must be two numbers") != std::string::npos);
  CHECK(error_of("a=0..inf").find("a range must be two numbers") != std::string::npos);
  CHECK(error_of("a=log:0..1").find("must begin above 0, got 0") != std::string::npos);
  CHECK(error_of("a=0.1..1").find("--random N") != std::string::npos);
  SweepAxis many{.path = "a"};
  for (int i = 0; i < 101; ++i) many.values.push_back("v");
  CHECK_THROWS_WITH_AS(grid_of({many, many}),
                       "sweep: the grid has more than 10,000 runs; give fewer values, or use "
                       "--random N",
                       ModelError);
}

TEST_CASE("random draws lie in their ranges and do not depend on the number of runs") {
  const std::vector<SweepAxis> axes = {parse_axis("rate=log:0.001..1"), parse_axis("m=0.0..0.9"),
                                       parse_axis("units=8..16"), parse_axis("type=a,b")};
  const auto runs = random_of(axes, 400, 7);
  REQUIRE(runs.size() == 400);
  const auto fewer = random_of(axes, 5, 7);
  CHECK(std::equal(fewer.begin(), fewer.end(), runs.begin()));
  CHECK(random_of(axes, 5, 8) != fewer);
  int small_rates = 0;
  int small_momenta = 0;
  std::vector<int> units(9, 0);
  for (const SweepSettings& run : runs) {
    const double rate = number_of(run[0]);
    const double momentum = number_of(run[1]);
    CHECK((rate >= 0.001 && rate <= 1.0));
    CHECK((momentum >= 0.0 && momentum <= 0.9));
    small_rates += rate < 0.0316 ? 1 : 0;  // half of them, because the logarithm is uniform
    small_momenta += momentum < 0.45 ? 1 : 0;
    const double count = number_of(run[2]);
    REQUIRE((count == std::floor(count) && count >= 8.0 && count <= 16.0));
    ++units[static_cast<size_t>(count) - 8];
    CHECK((run[3] == "type=a" || run[3] == "type=b"));
  }
  CHECK(std::abs(small_rates - 200) < 40);
  CHECK(std::abs(small_momenta - 200) < 40);
  for (const int count : units) CHECK(count > 20);  // both ends are drawn as often as the others
}

TEST_CASE("combinations are drawn once, so that lists give no more than they hold") {
  CHECK(random_of({parse_axis("a=1,2"), parse_axis("b=x,y")}, 100, 1).size() == 4);
}

TEST_CASE("halving gives each rung a share of the runs and a multiple of the epochs") {
  const auto rungs = halving_rungs(9, 9, 3);
  REQUIRE(rungs.size() == 3);
  CHECK((rungs[0].epochs == 1 && rungs[0].keep == 3));
  CHECK((rungs[1].epochs == 3 && rungs[1].keep == 1));
  CHECK(rungs[2].epochs == 9);
  const auto few_epochs = halving_rungs(27, 4, 3);  // 4/27, 4/9 and 4/3 epochs
  REQUIRE(few_epochs.size() == 3);
  CHECK((few_epochs[0].epochs == 1 && few_epochs[0].keep == 3));
  CHECK((few_epochs[1].epochs == 2 && few_epochs[1].keep == 1));
  CHECK(few_epochs[2].epochs == 4);
  CHECK(halving_rungs(1, 5, 2).size() == 1);
  CHECK(halving_rungs(5, 1, 2).size() == 1);
}

}  // namespace
}  // namespace autonet::internal
