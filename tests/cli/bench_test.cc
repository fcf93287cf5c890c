#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

TEST_CASE("bench reports a steady step that allocates nothing, on one thread and on two") {
  const TestFolder folder;
  for (const std::string threads : {"1", "2"}) {
    const Outcome outcome = run_program(folder, {"bench", shipped("convnet1"), "--threads", threads,
                                                 "--batch", "30", "--seconds", "0.05", "--json"});
    CAPTURE(outcome.err);
    REQUIRE(outcome.status == 0);
    const json report = json::parse(outcome.out);
    CHECK(report["model"] == "convnet1");
    CHECK(report["batch"] == 30);
    CHECK(report["threads"] == std::stoi(threads));
    CHECK(report["bytes_allocated"] == 0);
    CHECK(report["steps"].get<int>() >= 3);
    CHECK(report["images_per_second"].get<double>() > 0);
    CHECK(report["peak_gflops"].get<double>() > 0);
    const json& times = report["step_milliseconds"];
    CHECK(times["percentile_10"].get<double>() <= times["median"].get<double>());
    CHECK(times["median"].get<double>() <= times["percentile_90"].get<double>());
    // Each multiply-add of the forward pass has two in the backward pass, except that the gradient
    // with respect to the image is not computed.
    CHECK(report["multiply_adds"].get<double>() == 30.0 * (3 * 365184.0 - 36864.0));
    double parts = 0;
    for (const json& part : report["parts"]) parts += part["multiply_adds"].get<double>();
    CHECK(parts == report["multiply_adds"].get<double>());
  }
}

TEST_CASE("the planned memory of training is within a tenth of the measured one") {
  const TestFolder folder;
  for (const std::string model : {"logreg", "net_2layer", "convnet1", "convnet3", "cifar_vgg"}) {
    for (const std::string threads : {"1", "2"}) {
      CAPTURE(model);
      const Outcome outcome =
          run_program(folder, {"bench", shipped(model), "--threads", threads, "--seconds", "0",
                               "--json", "--batch", model == "cifar_vgg" ? "25" : "100"});
      REQUIRE(outcome.status == 0);
      const json memory = json::parse(outcome.out)["memory"];
      CAPTURE(memory.dump());
      const double peak = memory["peak"].get<double>();
      CHECK(std::abs(memory["planned"].get<double>() - peak) < 0.1 * peak);
    }
  }
}

TEST_CASE("bench simulates training by several processes") {
  const TestFolder folder;
  const Outcome outcome = run_program(
      folder, {"bench", shipped("convnet1"), "--ranks", "6", "--simulate", "--threads", "1",
               "--seconds", "0.1", "--latency", "10", "--bandwidth", "2", "--json"});
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  const json report = json::parse(outcome.out);
  std::vector<int> ranks;
  for (const json& row : report["simulated"]) {
    ranks.push_back(row["ranks"]);
    const double compute = row["compute_milliseconds"];
    const double exchange = row["exchange_milliseconds"];
    CHECK(compute > 0.0);
    CHECK(row["step_milliseconds"].get<double>() == doctest::Approx(compute + exchange));
    int messages = 0;  // one after the other in each exchange
    while ((1 << messages) < ranks.back()) ++messages;
    CHECK(exchange == doctest::Approx(row["exchanges"].get<double>() * messages * 0.01 +
                                      row["exchanged_bytes"].get<double>() / 2e6));
  }
  CHECK(ranks == std::vector<int>{1, 2, 4, 6});
  const Outcome text = run_program(
      folder, {"bench", shipped("convnet1"), "--ranks", "2", "--simulate", "--seconds", "0.1"});
  CHECK(text.out.find("processes  images/s  speed-up") != std::string::npos);
  const Outcome wrong = run_program(folder, {"bench", shipped("convnet1"), "--ranks", "2"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("mpirun -n N autonet bench MODEL") != std::string::npos);
}

TEST_CASE("bench measures predictions, which allocate nothing") {
  const TestFolder folder;
  for (const std::string batch : {"1", "30"}) {
    const Outcome outcome =
        run_program(folder, {"bench", shipped("convnet1"), "--predict", "--threads", "2", "--batch",
                             batch, "--seconds", "0.05", "--json"});
    CAPTURE(outcome.err);
    REQUIRE(outcome.status == 0);
    const json report = json::parse(outcome.out);
    CHECK(report["measured"] == "prediction");
    CHECK(report["bytes_allocated"] == 0);
    CHECK(report["multiply_adds"].get<double>() == std::stod(batch) * 365184.0);
    CHECK(report["steps"].get<int>() >= 3);
    CHECK(report["images_per_second"].get<double>() > 0);
    CHECK_FALSE(report.contains("memory"));
    CHECK(report["parts"].back()["step"].get<std::string>().find("update") == std::string::npos);
  }
}

TEST_CASE("bench refuses a bad option and lists the steps of the program") {
  const TestFolder folder;
  CHECK(run_program(folder, {"bench", "missing.json"}).status == 2);
  CHECK(run_program(folder, {"bench", shipped("convnet1"), "--batch", "0"}).status == 2);
  const Outcome text =
      run_program(folder, {"bench", shipped("logreg"), "--seconds", "0.01", "--steps"});
  CHECK(text.status == 0);
  CHECK(contains(text.out, "\nimages per second "));
  CHECK(contains(text.out, "matmul + add [100,10]"));
}

}  // namespace
}  // namespace autonet::cli
