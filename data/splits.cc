#include "autonet/data/splits.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/locate.h"
#include "data/table.h"
#include "text/suggest.h"

namespace autonet {
namespace {

void check(const DataSpec& spec, const internal::DatasetInfo& info) {
  const auto refuse = [&](const auto&... what) {
    throw ModelError(text::concat("splitting ", info.name, ": ", what...));
  };
  const Index count = spec.limit.value_or(info.train_count);
  if (count < 1 || count > info.train_count) {
    refuse("limit must be from 1 to ", info.train_count,
           ", the number of its training images, got ", count);
  }
  if (spec.validation < 0) refuse("validation must be at least 0, got ", spec.validation);
  if (spec.validation >= count) {
    refuse("validation holds out ", spec.validation, " images of ", count,
           spec.limit ? " (limit)" : "", ", which leaves none for training; lower validation",
           spec.limit ? " or raise limit" : "");
  }
  const std::vector<std::string>& names = normalization_names();
  if (std::ranges::find(names, spec.normalize) == names.end()) {
    refuse("unknown normalize \"", spec.normalize, "\"", text::did_you_mean(spec.normalize, names));
  }
}

template <typename T>
Normalization measure(const T* numbers, size_t count, size_t channels) {
  std::vector<float> mean(channels);
  std::vector<float> scale(channels);
  const auto each = static_cast<double>(count) / static_cast<double>(channels);
  for (size_t c = 0; c < channels; ++c) {
    double sum = 0;  // in f64, in one fixed order
    for (size_t i = c; i < count; i += channels) sum += numbers[i];
    const double centre = sum / each;
    double squares = 0;  // summed in a second pass, to avoid cancellation
    for (size_t i = c; i < count; i += channels) {
      squares += (numbers[i] - centre) * (numbers[i] - centre);
    }
    const double deviation = std::sqrt(squares / each);
    mean[c] = static_cast<float>(centre);
    scale[c] =
        deviation > 1e-6 * std::max(1.0, std::abs(centre)) ? static_cast<float>(deviation) : 1.0F;
  }
  return {mean, scale};
}

template <typename T>
void normalize_numbers(T* numbers, size_t count, const Normalization& normalization) {
  const auto& [mean, scale] = normalization;
  const size_t channels = mean.size();
  for (size_t c = 0; c < channels; ++c) {
    if (mean[c] == 0 && scale[c] == 1) continue;
    for (size_t i = c; i < count; i += channels) numbers[i] = (numbers[i] - mean[c]) / scale[c];
  }
}

}  // namespace

Normalization internal::measured_normalization(const Array& x, const std::string& normalize) {
  const Array numbers = x.contiguous();
  const bool each = normalize == "mean_image";
  const auto count = static_cast<size_t>(x.size());
  const auto parts = static_cast<size_t>(each ? x.size() / x.shape()[0] : x.shape()[x.rank() - 1]);
  Normalization measured = x.dtype() == DType::f32 ? measure(numbers.data<float>(), count, parts)
                                                   : measure(numbers.data<double>(), count, parts);
  if (each) std::ranges::fill(measured.scale, 1.0F);
  return measured;
}

bool internal::is_measured(const std::string& normalize) {
  return normalize == "standardize" || normalize == "mean_image";
}

void internal::normalize(Array& x, const Normalization& normalization) {
  const auto count = static_cast<size_t>(x.size());
  if (count == 0) return;
  x.dtype() == DType::f32 ? normalize_numbers(x.data<float>(), count, normalization)
                          : normalize_numbers(x.data<double>(), count, normalization);
}

std::optional<Normalization> internal::fixed_normalization(const DataSpec& spec,
                                                           const DatasetInfo& info) {
  const auto channels = static_cast<size_t>(info.image[2]);
  const auto all = [&](float mean, float scale) {
    return Normalization{std::vector<float>(channels, mean), std::vector<float>(channels, scale)};
  };
  const bool bytes = info.low == 0;
  if (internal::is_measured(spec.normalize)) return std::nullopt;
  if (spec.normalize == "unit" || (spec.normalize == "default" && bytes))
    return all(info.low, info.high - info.low);
  if (spec.normalize == "signed")
    return all((info.low + info.high) / 2, (info.high - info.low) / 2);
  return all(0.0F, 1.0F);
}

const std::vector<std::string>& normalization_names() {
  static const std::vector<std::string> kNames = {"default", "none",        "unit",
                                                  "signed",  "standardize", "mean_image"};
  return kNames;
}

Splits load_splits(const DataSpec& spec, const DataPaths& paths) {
  const internal::DatasetInfo& info = internal::find_dataset(spec.dataset);
  check(spec, info);
  internal::Dataset data = info.read(
      info, info.files.empty() ? std::vector<std::string>() : internal::locate(info, paths));

  const Index count = spec.limit.value_or(info.train_count);
  data.train.count = count;
  data.train.pixels.resize(static_cast<size_t>(count * data.train.image_size()));
  data.train.labels.resize(static_cast<size_t>(count));
  internal::Division division =
      internal::hold_out(internal::examples_of(std::exchange(data.train, {})), spec.validation,
                         spec.seed, spec.stratified);
  Splits splits;
  splits.train = std::move(division.kept);
  splits.validation = std::move(division.held);
  splits.test = internal::examples_of(std::move(data.test));
  splits.class_names = info.class_names;

  if (const auto known = internal::fixed_normalization(spec, info)) {
    splits.normalization = *known;
  } else {
    splits.normalization = internal::measured_normalization(splits.train.x, spec.normalize);
  }
  for (Examples* part : {&splits.train, &splits.validation, &splits.test}) {
    internal::normalize(part->x, splits.normalization);
  }
  return splits;
}

}  // namespace autonet
