#include "autonet/train/load_data.h"

#include <algorithm>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "train/check_examples.h"

namespace autonet {
namespace {

/// The examples in the arrays called `x` and `y`.
Examples examples_in(const ArrayFile& file, const std::string& path, const std::string& x,
                     const std::string& y) {
  const auto array = [&](const std::string& name) {
    const auto found = std::ranges::find(file.arrays, name, &NamedArray::name);
    if (found != file.arrays.end()) return found->array;
    std::string names;
    for (const NamedArray& named : file.arrays) names += " \"" + named.name + "\"";
    throw DataError(
        text::concat("reading ", path, ": there is no array \"", name, "\"; it holds", names));
  };
  return {.x = array(x), .y = array(y)};
}

Splits load_file(const Model& model) {
  const DataSpec& spec = model.data();
  const std::string path = (std::filesystem::path(model.file()).parent_path() / spec.file).string();
  const ArrayFile file = load_arrays(path);
  Examples all = examples_in(file, path, "x", "y");
  internal::check_examples(model, all, path);
  const Index count = spec.limit.value_or(all.count());
  if (count > all.count() || spec.validation >= count) {
    throw ModelError(text::concat(model.file(), ": \"limit\" ", count, " and \"validation\" ",
                                  spec.validation, " leave none of the ", all.count(),
                                  " examples of ", path, " for training; lower them"));
  }
  all = {.x = all.x.slice(0, 0, count), .y = all.y.numbers().slice(0, 0, count)};
  internal::Division division = internal::hold_out(all, spec.validation, spec.seed);
  Splits splits{.train = std::move(division.kept), .validation = std::move(division.held)};
  if (std::ranges::find(file.arrays, "x_test", &NamedArray::name) != file.arrays.end()) {
    splits.test = examples_in(file, path, "x_test", "y_test");
    internal::check_examples(model, splits.test, path + " (test)");
  }
  if (spec.normalize == "standardize") {
    splits.normalization = internal::measured_normalization(splits.train.x);
    for (Examples* part : {&splits.train, &splits.validation, &splits.test}) {
      if (part->count() > 0) internal::normalize(part->x, splits.normalization);
    }
  } else if (spec.normalize != "default" && spec.normalize != "none") {
    throw ModelError(text::concat(model.file(), ": normalize \"", spec.normalize,
                                  "\" needs the range of a data set's numbers; for a file, choose "
                                  "\"none\" or \"standardize\""));
  }
  return splits;
}

}  // namespace

Splits load_data(const Model& model, const DataPaths& paths) {
  if (!model.data().file.empty()) return load_file(model);
  if (model.data().dataset.empty()) {
    throw ModelError(model.file() +
                     ": the model has no \"data\"; give it a \"dataset\" or a \"file\"");
  }
  return load_splits(model.data(), paths);
}

}  // namespace autonet
