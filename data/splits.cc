#include "autonet/data/splits.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "data/locate.h"
#include "data/table.h"
#include "text/suggest.h"

namespace autonet {
namespace {

/// The images of the given numbers, in their order.
Images select(const Images& from, const std::vector<Index>& numbers) {
  Images images{.count = std::ssize(numbers),
                .rows = from.rows,
                .cols = from.cols,
                .channels = from.channels};
  const auto size = static_cast<size_t>(from.image_size());
  images.pixels.resize(numbers.size() * size);
  images.labels.reserve(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto number = static_cast<size_t>(numbers[i]);
    std::copy_n(from.pixels.data() + number * size, size, images.pixels.data() + i * size);
    images.labels.push_back(from.labels[number]);
  }
  return images;
}

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

/// Mean and standard deviation of each channel; sums in f64, in one fixed order.
Normalization measure(const Images& images) {
  const auto channels = static_cast<size_t>(images.channels);
  std::vector<float> mean(channels);
  std::vector<float> scale(channels);
  const auto each = static_cast<double>(images.pixels.size() / channels);
  for (size_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (size_t i = c; i < images.pixels.size(); i += channels) sum += images.pixels[i];
    const double centre = sum / each;
    double squares = 0;  // summed in a second pass, to avoid cancellation
    for (size_t i = c; i < images.pixels.size(); i += channels) {
      squares += (images.pixels[i] - centre) * (images.pixels[i] - centre);
    }
    const double deviation = std::sqrt(squares / each);
    mean[c] = static_cast<float>(centre);
    scale[c] =
        deviation > 1e-6 * std::max(1.0, std::abs(centre)) ? static_cast<float>(deviation) : 1.0F;
  }
  return {mean, scale};
}

void normalize(Images& images, const Normalization& normalization) {
  const auto& [mean, scale] = normalization;
  const size_t channels = mean.size();
  for (size_t c = 0; c < channels; ++c) {
    if (mean[c] == 0 && scale[c] == 1) continue;
    for (size_t i = c; i < images.pixels.size(); i += channels) {
      images.pixels[i] = (images.pixels[i] - mean[c]) / scale[c];
    }
  }
}

}  // namespace

std::optional<Normalization> internal::fixed_normalization(const DataSpec& spec,
                                                           const DatasetInfo& info) {
  const auto channels = static_cast<size_t>(info.image[2]);
  const auto all = [&](float mean, float scale) {
    return Normalization{std::vector<float>(channels, mean), std::vector<float>(channels, scale)};
  };
  const bool bytes = info.low == 0;
  if (spec.normalize == "standardize") return std::nullopt;
  if (spec.normalize == "unit" || (spec.normalize == "default" && bytes))
    return all(info.low, info.high - info.low);
  if (spec.normalize == "signed")
    return all((info.low + info.high) / 2, (info.high - info.low) / 2);
  return all(0.0F, 1.0F);
}

const std::vector<std::string>& normalization_names() {
  static const std::vector<std::string> kNames = {"default", "none", "unit", "signed",
                                                  "standardize"};
  return kNames;
}

Splits load_splits(const DataSpec& spec, const DataPaths& paths) {
  const internal::DatasetInfo& info = internal::find_dataset(spec.dataset);
  check(spec, info);
  internal::Dataset data = info.read(
      info, info.files.empty() ? std::vector<std::string>() : internal::locate(info, paths));

  const Index count = spec.limit.value_or(info.train_count);
  std::vector<bool> held(static_cast<size_t>(count), false);
  const std::vector<Index> order = permutation(count, spec.seed, stream_of("validation"));
  for (Index i = 0; i < spec.validation; ++i) {
    held[static_cast<size_t>(order[static_cast<size_t>(i)])] = true;
  }
  std::vector<Index> kept_numbers;
  std::vector<Index> held_numbers;
  for (Index i = 0; i < count; ++i) {
    (held[static_cast<size_t>(i)] ? held_numbers : kept_numbers).push_back(i);
  }

  Splits splits;
  splits.train = select(data.train, kept_numbers);
  splits.validation = select(data.train, held_numbers);
  data.train = Images();  // large; no longer needed
  splits.test = std::move(data.test);
  splits.classes = info.classes();
  splits.class_names = info.class_names;

  if (const auto known = internal::fixed_normalization(spec, info)) {
    splits.normalization = *known;
  } else {
    splits.normalization = measure(splits.train);
  }
  for (Images* images : {&splits.train, &splits.validation, &splits.test}) {
    normalize(*images, splits.normalization);
  }
  return splits;
}

}  // namespace autonet
