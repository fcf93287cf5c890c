#include "autonet/train/load_data.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "data/folder.h"
#include "data/hdf5.h"
#include "data/own_data.h"
#include "data/own_files.h"
#include "models/read_model.h"
#include "train/array_formats.h"
#include "train/check_examples.h"

namespace autonet {
namespace {

using internal::OwnData;

/// The folder of the model's file, from which paths in the model start.
std::string folder_of(const std::string& model_file) {
  return std::filesystem::path(model_file).parent_path().string();
}

/// The examples in the arrays called `x` and `y`.
Examples examples_in(const ArrayFile& file, const std::string& path, const std::string& x,
                     const std::string& y, const std::vector<std::string>& names) {
  const auto array = [&](const std::string& name) {
    const auto found = std::ranges::find(file.arrays, name, &NamedArray::name);
    if (found != file.arrays.end()) return found->array;
    std::string all;
    for (const std::string& held : names) all += " \"" + held + "\"";
    throw DataError(
        text::concat("reading ", path, ": there is no array \"", name, "\"; it holds", all));
  };
  return {.x = array(x), .y = array(y)};
}

/// The datasets x, y, x_test and y_test of an HDF5 file that are there.
ArrayFile hdf5_arrays(const std::string& path) {
  ArrayFile file;
  for (const char* name : {"x", "y", "x_test", "y_test"}) {
    if (internal::has_hdf5(path, name))
      file.arrays.push_back({name, internal::read_hdf5(path, name)});
  }
  return file;
}

/// The arrays x, y, x_test and y_test of a file. `input`: the shape of an input, null if it is not
/// known; then that of other inputs is an error before they are unpacked. `names`
/// become those of all arrays.
ArrayFile data_arrays(const std::string& path, const Shape* input,
                      std::vector<std::string>& names) {
  return internal::load_chosen_arrays(path, [&](const std::string& name, const ArrayType& type) {
    names.push_back(name);
    if (name == "y" || name == "y_test") return true;
    if (name != "x" && name != "x_test") return false;
    std::vector<Index> lengths(type.shape.lengths().begin(), type.shape.lengths().end());
    if (!lengths.empty()) lengths.erase(lengths.begin());
    if (input == nullptr || Shape(lengths) == *input) return true;
    throw DataError(text::concat("reading ", path, ": the inputs \"", name, "\" are ", type.shape,
                                 " but the model needs [N,", input->str().substr(1)));
  });
}

OwnData read_arrays(const std::string& path, const internal::Wanted& wanted, const Shape* input) {
  const bool hdf5 = path.ends_with(".h5") || path.ends_with(".hdf5");
  std::vector<std::string> names;
  const ArrayFile file = hdf5 ? hdf5_arrays(path) : data_arrays(path, input, names);
  if (hdf5) {
    for (const NamedArray& named : file.arrays) names.push_back(named.name);
  }
  OwnData data{.train = examples_in(file, path, "x", "y", names),
               .class_names = wanted.class_names};
  if (data.train.count() == 0) throw DataError("reading " + path + ": it holds no examples");
  if (std::ranges::find(file.arrays, "x_test", &NamedArray::name) != file.arrays.end())
    data.test = examples_in(file, path, "x_test", "y_test", names);
  return data;
}

/// The path of the file or folder that holds the training examples.
std::string source_path(const DataSpec& spec, const std::string& folder) {
  return internal::path_from(folder, spec.folder.empty() ? spec.file : spec.folder);
}

OwnData read(const DataSpec& spec, const std::string& folder, const internal::Wanted& wanted,
             const Shape* input) {
  if (internal::own_kind(spec.file) == internal::OwnKind::arrays)
    return read_arrays(internal::path_from(folder, spec.file), wanted, input);
  return internal::read_own_data(spec, folder, wanted);
}

/// The examples to train on that are held out for validation.
Index held_out(const DataSpec& spec, Index count) {
  return spec.usual_validation ? std::min(spec.validation, count / 5) : spec.validation;
}

Splits load_own(const Model& model) {
  const DataSpec& spec = model.data();
  const Shape& input = model.input_shape();
  const std::string path = source_path(spec, folder_of(model.file()));
  const bool bytes = internal::has_bytes(spec);
  const auto known = internal::own_normalization(spec.normalize, bytes, input[input.rank() - 1]);
  OwnData data = read(spec, folder_of(model.file()),
                      {.outputs = model.classes() > 0 ? 0 : model.outputs(),
                       .class_names = model.class_names(),
                       .features = input.rank() == 1 ? input[0] : 0},
                      &input);
  Examples& all = data.train;
  internal::check_examples(model, all, path);
  const Index count = spec.limit.value_or(all.count());
  const Index held = held_out(spec, count);
  if (count > all.count() || held >= count) {
    throw ModelError(text::concat(model.file(), ": \"limit\" ", count, " and \"validation\" ", held,
                                  " leave none of the ", all.count(), " examples of ", path,
                                  " for training; lower them"));
  }
  all = internal::first_rows(all, count);
  internal::Division division = internal::hold_out(all, held, spec.seed, spec.stratified);
  Splits splits{.train = std::move(division.kept),
                .validation = std::move(division.held),
                .test = data.test,
                .class_names = data.class_names};
  if (splits.test.count() > 0) internal::check_examples(model, splits.test, path + " (test)");
  splits.normalization =
      known ? *known : internal::measured_normalization(splits.train.x, spec.normalize);
  for (Examples* part : {&splits.train, &splits.validation, &splits.test}) {
    if (part->count() > 0 && part->file == nullptr)
      internal::normalize(part->x, splits.normalization);
  }
  return splits;
}

/// What data tell about a model.
struct Described {
  std::vector<Index> input;
  Index classes = 0;
  std::vector<std::string> class_names;
};

Described describe(const internal::OpenEnds& open, const std::string& folder) {
  const DataSpec& spec = open.data;
  if (!spec.folder.empty()) {  // the headers of the pictures are enough
    const internal::PictureFolder list =
        internal::list_pictures(spec, source_path(spec, folder), open.class_names);
    return {.input = {list.image.begin(), list.image.end()},
            .classes = std::ssize(list.class_names),
            .class_names = list.class_names};
  }
  const OwnData data =
      read(spec, folder, {.outputs = open.outputs, .class_names = open.class_names}, nullptr);
  const auto lengths = data.train.x.shape().lengths().subspan(1);
  Described described{.input = {lengths.begin(), lengths.end()},
                      .classes = data.classes,
                      .class_names = data.class_names};
  if (!open.targets && described.classes == 0) {
    described.classes = internal::count_classes(data.train.y.numbers(), source_path(spec, folder));
  }
  return described;
}

/// "classes" as JSON: the names or, if there are none, the number.
std::string classes_text(const Described& data, const DataSpec& spec) {
  if (data.class_names.empty()) return text::concat(data.classes);
  try {
    return nlohmann::json(data.class_names).dump();
  } catch (const nlohmann::json::exception&) {
    throw DataError(text::concat("reading ", spec.folder.empty() ? spec.file : spec.folder,
                                 ": a name of a class is not UTF-8; convert it, for example with "
                                 "iconv"));
  }
}

/// The text with what its data tell about "input" and "classes", as its first members and on the
/// line of its first brace, so that lines keep their numbers.
std::string completed(const std::string& text, const std::string& file,
                      const std::vector<std::string>& settings) {
  const auto open = internal::open_ends(text, file, settings);
  if (!open) return text;
  const Described data = describe(*open, folder_of(file));
  std::string members;
  if (!open->input) members += text::concat(" \"input\": [", text::joined(data.input, ", "), "],");
  if (!open->targets) {
    members += text::concat(" \"classes\": ", classes_text(data, open->data), ",");
  }
  const size_t brace = text.find('{') + 1;
  return text.substr(0, brace) + members + text.substr(brace);
}

}  // namespace

Model load_model(const std::string& path, const std::vector<std::string>& settings) {
  return Model::parse(completed(internal::read_model_file(path), path, settings), path, settings);
}

Splits load_data(const Model& model, const DataPaths& paths) {
  if (model.data().own()) return load_own(model);
  if (model.data().dataset.empty()) {
    throw ModelError(
        model.file() +
        ": the model has no \"data\"; give it a \"dataset\", a \"file\" or a \"folder\"");
  }
  return load_splits(model.data(), paths);
}

}  // namespace autonet
