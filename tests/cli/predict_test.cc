// autonet predict: pictures of digits, and what it refuses. predict_arrays_test.cc has the arrays.
#include <nlohmann/json.hpp>

#include "autonet/data/splits.h"
#include "autonet/train/checkpoint.h"
#include "cli/picture.h"
#include "tests/cli/run_program.h"
#include "tests/data/scratch.h"

namespace autonet {
namespace {

using nlohmann::json;

/// Test image n of the built-in digits as a picture: -1 … 1 becomes 0 … 255.
cli::Picture picture_of(const internal::Images& images, Index n) {
  cli::Picture picture{.rows = images.rows, .cols = images.cols, .channels = 1};
  for (Index i = 0; i < images.image_size(); ++i) {
    const float x = images.pixels[static_cast<size_t>(n * images.image_size() + i)];
    picture.pixels.push_back(static_cast<std::uint8_t>((x + 1.0F) * 127.5F + 0.5F));
  }
  return picture;
}

TEST_CASE("a trained model reads pictures of digits") {
  const TestFolder folder;
  REQUIRE(run_program(folder, {"fit", "quickstart", "--epochs", "1", "--quiet"}).status == 0);
  DataSpec spec;
  spec.dataset = "digits";
  const internal::Images digits = internal::images_of(load_splits(spec).test);
  std::vector<std::string> words = {"predict", "quickstart", "--json"};
  for (Index n = 0; n < 20; ++n) {
    words.push_back(folder.path("digit" + std::to_string(n) + ".png"));
    cli::write_png(words.back(), picture_of(digits, n));
  }
  const Outcome predicted = run_program(folder, words);
  REQUIRE_MESSAGE(predicted.status == 0, predicted.err);
  const json list = json::parse(predicted.out);
  REQUIRE(list.size() == 20);
  int right = 0;
  for (size_t n = 0; n < 20; ++n) {
    CHECK(list[n]["image"] == words[n + 3]);
    right += list[n]["class"] == digits.labels[n];
    double sum = 0;
    double best = 0;
    for (const auto& [name, probability] : list[n]["probabilities"].items()) {
      sum += probability.get<double>();
      best = std::max(best, probability.get<double>());
    }
    CHECK(sum == doctest::Approx(1.0));
    CHECK(list[n]["probabilities"][list[n]["name"].get<std::string>()] == best);
  }
  CHECK(right >= 17);

  // The same numbers from an array file: only the rounding of the picture's bytes differs.
  std::vector<float> numbers(digits.pixels.begin(), digits.pixels.begin() + 3 * 256);
  save_arrays(folder.path("three.npz"),
              {.arrays = {{"images", Array::from<float>({3, 16, 16, 1}, numbers)}}, .texts = {}});
  const Outcome arrays = run_program(folder, {"predict", "quickstart", "--json", "three.npz"});
  REQUIRE_MESSAGE(arrays.status == 0, arrays.err);
  const json from_array = json::parse(arrays.out);
  REQUIRE(from_array.size() == 3);
  CHECK(from_array[1]["image"] == "three.npz [1]");
  for (size_t n = 0; n < 3; ++n) {
    for (const auto& [name, probability] : list[n]["probabilities"].items()) {
      CHECK(from_array[n]["probabilities"][name].get<double>() ==
            doctest::Approx(probability.get<double>()).epsilon(0.05));
    }
  }

  // An image and its mirror image have the same averaged answer.
  std::vector<float> mirrored(numbers.begin(), numbers.begin() + 256);
  for (size_t row = 0; row < 16; ++row) {
    std::reverse(mirrored.begin() + static_cast<std::ptrdiff_t>(16 * row),
                 mirrored.begin() + static_cast<std::ptrdiff_t>(16 * row + 16));
  }
  save_arrays(folder.path("mirrored.npz"),
              {.arrays = {{"images", Array::from<float>({1, 16, 16, 1}, mirrored)}}, .texts = {}});
  const auto answers = [&](const char* file) {
    const Outcome outcome =
        run_program(folder, {"predict", "quickstart", "--json", "--average", "flip", file});
    REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
    return json::parse(outcome.out)[0]["probabilities"];
  };
  const json of_image = answers("three.npz");
  const json of_mirrored = answers("mirrored.npz");
  for (const auto& [name, probability] : of_mirrored.items()) {
    CHECK(probability.get<double>() == doctest::Approx(of_image[name].get<double>()).epsilon(1e-4));
  }

  const Outcome table = run_program(folder, {"predict", "quickstart", words[3]});
  REQUIRE(table.status == 0);
  CHECK(contains(table.out, list[0]["name"].get<std::string>() + "  "));
  CHECK(contains(table.out, " %"));
}

TEST_CASE("predict refuses pictures of another size, other files, and a model without weights") {
  const TestFolder folder;
  cli::write_png(folder.path("wide.png"),
                 {.rows = 16, .cols = 17, .channels = 1, .pixels = std::vector<std::uint8_t>(272)});
  const Outcome untrained = run_program(folder, {"predict", "quickstart", "wide.png"});
  CHECK(untrained.status == 3);
  CHECK(contains(untrained.err, "make it with: autonet fit quickstart"));
  REQUIRE(run_program(folder, {"fit", "quickstart", "--epochs", "0", "--quiet"}).status == 0);
  const Outcome wide = run_program(folder, {"predict", "quickstart", "wide.png"});
  CHECK(wide.status == 3);
  CHECK(contains(wide.err,
                 "wide.png is [16,17,1] but the model needs [16,16,1] (rows, columns, channels)"));
  CHECK(run_program(folder, {"predict", "quickstart", "none.png"}).status == 3);
  const Outcome weights = run_program(folder, {"predict", "quickstart", "quickstart.npz"});
  CHECK(weights.status == 3);
  CHECK(contains(weights.err, "name the one with the inputs: --array NAME"));
}

}  // namespace
}  // namespace autonet
