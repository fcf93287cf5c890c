#include "train/verify_resume.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "autonet/train/checkpoint.h"
#include "tests/train/quadrants.h"
#include "train/run_state.h"

namespace autonet::internal {
namespace {

/// Verifies fit() with this change of the run's file before each resumption.
ResumeReport verified_with(const std::function<void(ArrayFile&)>& fault) {
  const ScratchFolder scratch;
  const VerifyResumeOptions options{.validation = validation_quadrants(),
                                    .folder = scratch.path(""),
                                    .fit = [&](const Model& m, const Examples& examples,
                                               Context& context, const FitOptions& how) {
                                      if (how.resume) {
                                        const std::string file = run_file_of(how.checkpoint);
                                        ArrayFile run = load_arrays(file);
                                        fault(run);
                                        save_arrays(file, run);
                                      }
                                      return fit(m, examples, context, how);
                                    }};
  Context context;
  return verify_resume(model(kTraining), training_quadrants(), context, options);
}

bool at_the_end_of_an_epoch(const StopPoint& point) {
  return point.batch == point.batches;
}

TEST_CASE("a resumption that changes nothing passes") {
  const ResumeReport report = verified_with([](ArrayFile&) {});
  CHECK(report.good());
  CHECK(report.points.size() >= 5);
}

TEST_CASE("a resumption that loses the optimizer's momentum fails at every point") {
  const ResumeReport report = verified_with([](ArrayFile& run) {
    for (NamedArray& array : run.arrays) {
      if (array.name.starts_with("run/slot0/")) {
        array.array = Array::zeros(array.array.type());
      }
    }
  });
  CHECK_FALSE(report.good());
  CHECK_FALSE(report.all_at_once);
  REQUIRE(!report.points.empty());
  for (const StopPoint& point : report.points) CHECK_FALSE(point.same_run);
  CHECK(std::ranges::any_of(report.points, [](const StopPoint& p) { return !p.same_weights; }));
}

TEST_CASE("a resumption that loses the loss of an unfinished epoch fails within epochs") {
  const ResumeReport report = verified_with([](ArrayFile& run) {
    for (auto& [key, text] : run.texts) {
      if (key != "run") continue;
      auto json = nlohmann::ordered_json::parse(text);
      REQUIRE(json.contains("loss_sum"));
      json["loss_sum"] = 0.0;
      text = json.dump();
    }
  });
  CHECK_FALSE(report.good());
  for (const StopPoint& point : report.points) {
    CHECK(point.same_weights);
    CHECK(point.same_run == at_the_end_of_an_epoch(point));
  }
}

}  // namespace
}  // namespace autonet::internal
