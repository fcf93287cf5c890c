#include "cli/input_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/picture.h"
#include "data/csv_inputs.h"
#include "data/mapped_file.h"
#include "data/npy.h"
#include "data/own_data.h"
#include "data/own_files.h"
#include "train/array_formats.h"

namespace autonet::cli {
namespace {

using internal::OwnKind;

/// A picture, which is one input.
class PictureInput : public InputFile {
 public:
  PictureInput(std::string path, const Shape& shape, const InputMeaning& meaning)
      : path_(std::move(path)), shape_(shape), meaning_(meaning) {
    if (shape.rank() != 3) {
      throw DataError(
          text::concat("predict: ", path_, ": the model reads arrays ", shape,
                       ", not pictures; give an .npy, .npz, .safetensors or .csv file"));
    }
    const std::array<Index, 3> size = internal::picture_size(path_);  // before it is unpacked
    const Index channels = shape[2];
    same_ = size[0] == shape[0] && size[1] == shape[1];
    if ((!same_ && !meaning.resizes) || (channels != 1 && channels != 3)) {
      throw DataError(text::concat("predict: ", path_, " is ", Shape{size[0], size[1], size[2]},
                                   " but the model needs ", shape,
                                   " (rows, columns, channels); scale it first"));
    }
  }

  Array next(Index) override {
    const Index count = std::exchange(left_, 0);
    Array image = Array::uninitialized({{count, shape_[0], shape_[1], shape_[2]}, DType::f32});
    if (count == 0) return image;
    const Picture picture = read_picture(path_);
    const std::vector<float> bytes =
        same_ ? internal::with_channels(picture, shape_[2])
              : internal::resized(picture, {shape_[0], shape_[1]}, shape_[2]);
    float* x = image.data<float>();
    for (size_t i = 0; i < bytes.size(); ++i)
      x[i] = meaning_.low + bytes[i] / 255.0F * (meaning_.high - meaning_.low);
    return image;
  }
  bool normalized() const override { return false; }

 private:
  std::string path_;
  Shape shape_;
  const InputMeaning& meaning_;
  bool same_ = false;
  Index left_ = 1;
};

/// The number of inputs of the model in an array of this shape; -1 if it does not hold inputs.
Index inputs_in(const Shape& shape, const Model& model) {
  const Shape& input = model.input_shape();
  std::vector<Shape> forms{input};
  const auto lengths = input.lengths();
  if (input.rank() == 3 && input[2] == 1) forms.emplace_back(lengths.first(2));
  if (input.rank() > 1) forms.push_back({input.size()});
  for (const Shape& form : forms) {
    if (shape == form) return 1;
    if (shape.rank() == form.rank() + 1 &&
        std::ranges::equal(shape.lengths().subspan(1), form.lengths())) {
      return shape[0];
    }
  }
  return -1;
}

/// The shapes that inputs_in() takes, for errors: "[16,16,1], [N,16,16,1], [N,16,16] or [N,256]".
std::string shapes_for(const Model& model) {
  const Shape& input = model.input_shape();
  std::string text =
      text::concat(input, input.rank() == 1 ? " or [N," : ", [N,", input.str().substr(1));
  if (input.rank() == 1) return text;
  if (input.rank() == 3 && input[2] == 1)
    text += text::concat(", [N,", input[0], ",", input[1], "]");
  return text + text::concat(" or [N,", input.size(), "]");
}

/// Throws DataError unless the array, called `what`, holds inputs of the model.
Index count_inputs(const std::string& what, const Shape& shape, const Model& model) {
  const Index count = inputs_in(shape, model);
  if (count < 0) {
    throw DataError(text::concat("predict: the inputs in ", what, " are ", shape, " but the model ",
                                 model.name(), " needs ", shapes_for(model)));
  }
  if (count == 0) throw DataError(text::concat("predict: ", what, " ", shape, " holds no inputs"));
  return count;
}

/// An array in memory.
class ArrayInputs : public InputFile {
 public:
  ArrayInputs(const Array& array, Index count, const Model& model, bool normalized)
      : inputs_(array.contiguous().reshape(model.batch_shape(count))), normalized_(normalized) {}

  Array next(Index most) override {
    const Index count = std::min(most, inputs_.shape()[0] - at_);
    at_ += count;
    return inputs_.slice(0, at_ - count, count);
  }
  bool normalized() const override { return normalized_; }

 private:
  Array inputs_;
  bool normalized_;
  Index at_ = 0;
};

/// An .npy file in row-major order, which stays in its file.
class NpyInputs : public InputFile {
 public:
  NpyInputs(const std::string& path, std::unique_ptr<internal::MappedFile> file,
            const internal::Npy& npy, Index count, const Model& model, bool normalized)
      : path_(path),
        file_(std::move(file)),
        npy_(npy),
        count_(count),
        model_(model),
        normalized_(normalized) {}

  Array next(Index most) override {
    const Index count = std::min(most, count_ - at_);
    const Index bytes = model_.input_shape().size() * npy_.width;
    internal::Npy piece = npy_;
    piece.shape = model_.batch_shape(count);
    piece.body =
        npy_.body.substr(static_cast<size_t>(at_ * bytes), static_cast<size_t>(count * bytes));
    at_ += count;
    Array inputs = internal::to_array(piece, path_);
    file_->have_read(1, count * bytes);
    return inputs;
  }
  bool normalized() const override { return normalized_; }

 private:
  std::string path_;
  std::unique_ptr<internal::MappedFile> file_;
  internal::Npy npy_;
  Index count_;
  const Model& model_;
  bool normalized_;
  Index at_ = 0;
};

/// The rows of a table.
class CsvRows : public InputFile {
 public:
  CsvRows(const std::string& path, const internal::CsvColumns& columns, const Model& model,
          bool normalized)
      : rows_(path, columns), model_(model), normalized_(normalized) {}

  Array next(Index most) override {
    std::vector<float> numbers;
    Index count = 0;
    while (count < most && rows_.next(numbers)) ++count;
    return Array::from<float>(model_.batch_shape(count), numbers);
  }
  bool normalized() const override { return normalized_; }

 private:
  internal::CsvInputs rows_;
  const Model& model_;
  bool normalized_;
};

std::unique_ptr<InputFile> open_npy(const std::string& path, const Model& model, bool normalized) {
  auto file = std::make_unique<internal::MappedFile>(path);
  const internal::Npy npy = internal::parse_npy(file->bytes(), path);
  const Index count = count_inputs(path, npy.shape, model);
  if (npy.column_major) {
    return std::make_unique<ArrayInputs>(internal::to_array(npy, path), count, model, normalized);
  }
  return std::make_unique<NpyInputs>(path, std::move(file), npy, count, model, normalized);
}

/// The array of that name, or the only one, of an .npz or .safetensors file.
std::unique_ptr<InputFile> open_archive(const std::string& path, const Model& model,
                                        const InputOptions& options) {
  std::vector<std::pair<std::string, Shape>> all;
  internal::load_chosen_arrays(path, [&](const std::string& name, const ArrayType& type) {
    all.emplace_back(name, type.shape);
    return false;
  });
  std::string list;
  for (const auto& [name, shape] : all)
    list += text::concat(list.empty() ? "" : ", ", internal::short_quote(name), " ", shape);
  if (all.empty()) throw DataError("predict: " + path + " holds no arrays");
  std::string chosen = options.array;
  if (chosen.empty() && all.size() > 1) {
    throw DataError(text::concat("predict: ", path, " holds ", all.size(), " arrays: ", list,
                                 "; name the one with the inputs: --array NAME"));
  }
  if (chosen.empty()) chosen = all[0].first;
  const auto found = std::ranges::find(all, chosen, &std::pair<std::string, Shape>::first);
  if (found == all.end()) {
    throw DataError(text::concat("predict: ", path, " holds no array ",
                                 internal::short_quote(chosen), ", only ", list));
  }
  const std::string what =
      all.size() == 1 ? path : text::concat("array ", internal::short_quote(chosen), " of ", path);
  const Index count = count_inputs(what, found->second, model);  // before it is unpacked
  const ArrayFile content = internal::load_chosen_arrays(
      path, [&](const std::string& name, const ArrayType&) { return name == chosen; });
  return std::make_unique<ArrayInputs>(content.arrays.at(0).array, count, model,
                                       options.normalized);
}

/// What is known of the columns, from the table that the model was trained on if it is there.
internal::CsvColumns columns_of(const Model& model) {
  internal::CsvColumns columns{.count = model.input_shape().size(), .label = model.data().label};
  if (model.data().file.empty() || internal::own_kind(model.data().file) != OwnKind::csv)
    return columns;
  const std::string folder = std::filesystem::path(model.file()).parent_path().string();
  const std::string path = internal::path_from(folder, model.data().file);
  std::error_code error;
  if (std::filesystem::exists(path, error))
    columns.features = internal::csv_features(path, columns.label);
  return columns;
}

}  // namespace

std::unique_ptr<InputFile> open_inputs(const std::string& path, const Model& model,
                                       const InputMeaning& meaning, const InputOptions& options) {
  switch (internal::own_kind(path)) {
    case OwnKind::npy:
      return open_npy(path, model, options.normalized);
    case OwnKind::csv:
      return std::make_unique<CsvRows>(path, columns_of(model), model, options.normalized);
    case OwnKind::arrays:
      if (path.ends_with(".npz") || path.ends_with(".safetensors"))
        return open_archive(path, model, options);
      [[fallthrough]];
    case OwnKind::idx:
    case OwnKind::libsvm:
      throw DataError(
          text::concat("predict: ", path, ": give a picture, .npy, .npz, .safetensors or .csv"));
    case OwnKind::unknown:
      break;
  }
  return std::make_unique<PictureInput>(path, model.input_shape(), meaning);
}

}  // namespace autonet::cli
