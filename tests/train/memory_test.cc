// The memory of training is known before it is taken.
#include "train/memory.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "autograd/available_memory.h"
#include "autonet/autograd/error.h"
#include "autonet/train/load_data.h"
#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

Model shipped(const std::string& name) {
  return load_model(std::string(AUTONET_SOURCE_DIR) + "/models/" + name + ".json");
}

TEST_CASE("the memory of a large batch follows from those of small ones") {
  for (const char* name : {"convnet1", "net_2layer"}) {
    const Model model = shipped(name);
    // Of these, the second is planned itself only if it is small.
    const auto small = training_memory(model, 128, 2);
    const auto large = training_memory(model, 1 << 20, 2);
    REQUIRE(small);
    REQUIRE(large);
    INFO(name);
    CHECK(large->inputs > 8000 * small->inputs);
    CHECK(large->parameters == small->parameters);
    const double growth =
        static_cast<double>(large->activations) / static_cast<double>(small->activations);
    CHECK(growth > 1000);
    CHECK(growth < 8400);
  }
}

TEST_CASE("the available memory heeds ulimit -v, and can be ignored") {
  const std::size_t before = available_memory();
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_AS, &limit) == 0);
  const rlimit capped{.rlim_cur = rlim_t{2} << 30, .rlim_max = limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_AS, &capped) == 0);
  const std::size_t available = available_memory();
  std::string error;
  try {
    check_training_fits(shipped("net_2layer"), 1 << 20, 2, "bench", "--batch ");
  } catch (const Error& caught) {
    error = caught.what();
  }
  REQUIRE(::setrlimit(RLIMIT_AS, &limit) == 0);
  CHECK(available < std::size_t{2} << 30);
  CHECK(available <= before);
  CHECK_MESSAGE(
      error.starts_with("bench: training net_2layer on batches of 1048576 takes at least "), error);
  CHECK_MESSAGE(contains(error, " would fit: --batch "), error);
  const ScopedVariable ignore("AUTONET_IGNORE_MEMORY", "1");
  CHECK(available_memory() == SIZE_MAX);
  check_training_fits(shipped("net_2layer"), 1 << 30, 2, "bench", "--batch ");
}

}  // namespace
}  // namespace autonet::internal
