#include "cli/input_meaning.h"

#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "data/own_data.h"
#include "data/table.h"

namespace autonet::cli {

InputMeaning meaning_of(const Model& model, const std::string& data_dir) {
  InputMeaning meaning;
  const Shape& input = model.input_shape();
  const auto channels = static_cast<size_t>(input[input.rank() - 1]);
  meaning.normalization = {std::vector<float>(channels, 0.0F), std::vector<float>(channels, 1.0F)};
  if (model.data().dataset.empty()) {
    meaning.classes = model.class_names();
    meaning.resizes = model.data().size.has_value();
    for (Index k = std::ssize(meaning.classes); k < model.classes(); ++k)
      meaning.classes.push_back(text::concat("class ", k));
    const bool bytes = internal::has_bytes(model.data());
    meaning.has_range = bytes;
    if (bytes) meaning.high = 255.0F;
    const auto known =
        internal::own_normalization(model.data().normalize, bytes, input[input.rank() - 1]);
    meaning.normalization = known ? *known : load_data(model).normalization;
    return meaning;
  }
  const internal::DatasetInfo& info = internal::find_dataset(model.data().dataset);
  meaning.low = info.low;
  meaning.high = info.high;
  meaning.has_range = true;
  meaning.classes = info.class_names;
  const auto known = internal::fixed_normalization(model.data(), info);
  meaning.normalization = known ? *known : load_splits(model.data(), {data_dir}).normalization;
  return meaning;
}

}  // namespace autonet::cli
