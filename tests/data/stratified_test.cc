// The same share of every class for validation, and the mean image of the training images.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include "autonet/data/splits.h"

namespace autonet::internal {
namespace {

/// Examples [n,1], each its own number, with these labels.
Examples labelled(const std::vector<double>& labels) {
  Array x = Array::uninitialized({{std::ssize(labels), 1}, DType::f32});
  for (size_t i = 0; i < labels.size(); ++i) x.data<float>()[i] = static_cast<float>(i);
  return {.x = x, .y = Array::from<double>({std::ssize(labels)}, labels)};
}

std::map<double, Index> counts(const Examples& examples) {
  std::map<double, Index> found;
  for (const double label : examples.y.numbers().to_vector()) ++found[label];
  return found;
}

/// `zeros` of class 0, then 10 of class 1 and 3 of class 2.
std::vector<double> uneven(int zeros) {
  std::vector<double> labels(static_cast<size_t>(zeros), 0.0);
  labels.insert(labels.end(), 10, 1.0);
  labels.insert(labels.end(), 3, 2.0);
  return labels;
}

}  // namespace

TEST_CASE("every class is held out in its share, rounded by the largest remainders") {
  const Examples all = labelled(uneven(27));  // 40 examples: shares of 10 are 6.75, 2.5 and 0.75
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    INFO("seed " << seed);
    const Division division = hold_out(all, 10, seed, true);
    CHECK(counts(division.held) == std::map<double, Index>{{0, 7}, {1, 2}, {2, 1}});
    CHECK(counts(division.kept) == std::map<double, Index>{{0, 20}, {1, 8}, {2, 2}});
  }
  CHECK(hold_out(all, 10, 1, true).held.x.to_vector() !=
        hold_out(all, 10, 2, true).held.x.to_vector());
  CHECK(hold_out(all, 10, 1, true).held.x.to_vector() ==
        hold_out(all, 10, 1, true).held.x.to_vector());
  CHECK(hold_out(all, 0, 1, true).held.count() == 0);
  CHECK(hold_out(all, 40, 1, true).kept.count() == 0);
  // Of equal remainders, the first class has it.
  CHECK(counts(hold_out(labelled(uneven(7)), 10, 1, true).held) ==
        std::map<double, Index>{{0, 4}, {1, 5}, {2, 1}});
}

TEST_CASE("the labels of listed rows are those of the rows") {
  Examples all = labelled({0, 1, 0, 1, 0, 1, 0, 1});
  all.rows = std::make_shared<const std::vector<Index>>(std::vector<Index>{0, 2, 4, 1});
  const Division division = hold_out(all, 2, 1, true);
  CHECK(counts(division.held) == std::map<double, Index>{{0, 2}});
  CHECK(hold_out(all, 4, 1, true).held.count() == 4);
}

TEST_CASE("stratified in a spec") {
  DataSpec spec;
  spec.dataset = "digits";
  spec.limit = 500;
  spec.validation = 100;
  spec.stratified = true;
  const Splits splits = load_splits(spec);
  const std::map<double, Index> held = counts(splits.validation);
  for (const auto& kept : counts(splits.train)) {
    const auto here = static_cast<double>(held.at(kept.first));
    INFO("class " << kept.first);
    CHECK(std::abs(here - static_cast<double>(kept.second) / 4) < 1.0);
  }
}

TEST_CASE("mean_image takes the mean of each pixel of the training images from all images") {
  DataSpec spec;
  spec.dataset = "digits";
  spec.limit = 60;
  spec.validation = 20;
  const Splits plain = load_splits(spec);
  spec.normalize = "mean_image";
  const Splits centred = load_splits(spec);
  REQUIRE(centred.normalization.mean.size() == 256);
  CHECK(centred.normalization.scale == std::vector<float>(256, 1.0F));
  const std::vector<double> train = plain.train.x.to_vector();
  const std::vector<double> validation = plain.validation.x.to_vector();
  const std::vector<double> test = plain.test.x.to_vector();
  for (size_t pixel = 0; pixel < 256; pixel += 37) {
    double sum = 0;
    for (size_t i = 0; i < 40; ++i) sum += train[i * 256 + pixel];
    CHECK(double{centred.normalization.mean[pixel]} == doctest::Approx(sum / 40));
    const auto at = static_cast<Index>(256 + pixel);
    const auto number = [&](const Examples& part) {
      return part.x.reshape({part.x.size()}).slice(0, at, 1).to_vector()[0];
    };
    CHECK(number(centred.validation) ==
          doctest::Approx(validation[256 + pixel] - sum / 40).epsilon(1e-5));
    CHECK(number(centred.test) == doctest::Approx(test[256 + pixel] - sum / 40).epsilon(1e-5));
  }
}

}  // namespace autonet::internal
