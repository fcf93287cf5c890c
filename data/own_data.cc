#include "data/own_data.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "autonet/text/concat.h"
#include "data/csv.h"
#include "data/file_bytes.h"
#include "data/folder.h"
#include "data/idx.h"
#include "data/libsvm.h"
#include "data/mapped_file.h"
#include "data/npy.h"
#include "data/own_files.h"
#include "text/numbers.h"
#include "text/suggest.h"

namespace autonet::internal {
namespace {

constexpr Index kMostClasses = 100'000;

/// An array that takes over the numbers.
template <typename T>
Array owned(std::vector<T> numbers, const Shape& shape) {
  const auto owner = std::make_shared<std::vector<T>>(std::move(numbers));
  const Array array = view(std::span(*owner), shape);  // checks the length
  return Array::wrap(owner->data(), array.type(), owner);
}

std::optional<Index> whole_number(const std::string& text) {
  Index number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The different labels in sorted order: as numbers if all are whole numbers, else as texts.
std::vector<std::string> sorted_names(const std::vector<std::string>& labels,
                                      const std::string& path) {
  const std::set<std::string> different(labels.begin(), labels.end());
  std::vector<std::string> names(different.begin(), different.end());
  if (std::ssize(names) > kMostClasses) {
    fail_reading(path, "the label has ", names.size(), " different values, at most ", kMostClasses,
                 " classes are possible; to predict numbers, give the model \"outputs\"");
  }
  const auto whole = [](const std::string& name) { return whole_number(name).has_value(); };
  if (std::ranges::all_of(names, whole)) std::ranges::stable_sort(names, {}, whole_number);
  return names;
}

/// The numbers of the classes that have these names.
Array numbers_of(const std::vector<std::string>& labels, const std::vector<Index>& lines,
                 const std::vector<std::string>& names, const std::string& path) {
  std::map<std::string_view, double> places;
  for (size_t k = 0; k < names.size(); ++k) places[names[k]] = static_cast<double>(k);
  std::vector<double> numbers;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto found = places.find(labels[i]);
    if (found == places.end()) {
      fail_reading(path, "line ", lines[i], ": the label ", short_quote(labels[i]),
                   " is not a class of the model or its training data",
                   text::did_you_mean(labels[i], names));
    }
    numbers.push_back(found->second);
  }
  return owned(std::move(numbers), {std::ssize(labels)});
}

/// A file of examples, and that of its labels if they have one.
struct Paths {
  std::string examples;
  std::string labels;
};

Examples csv_examples(const std::string& path, const DataSpec& spec, bool real,
                      std::vector<std::string>& names, std::vector<std::string>& features) {
  CsvTable table = read_csv(path, spec.label, real);
  const Index count = table.count;
  const auto columns = static_cast<Index>(table.features.size());
  if (features.empty()) features = table.features;
  if (features != table.features) {
    fail_reading(path, "its columns are not those of ", spec.file,
                 "; both must have the same, in the same order");
  }
  Array y;
  if (real) {
    y = owned(std::move(table.targets), {count, std::ssize(spec.label)});
  } else {
    if (names.empty()) names = sorted_names(table.labels, path);
    y = numbers_of(table.labels, table.lines, names, path);
  }
  return {.x = owned(std::move(table.x), {count, columns}), .y = y};
}

Examples libsvm_examples(const std::string& path, bool real, std::vector<std::string>& names,
                         Index& features) {
  LibsvmTable table = read_libsvm(path, features);
  const Index count = table.count;
  features = table.features;
  const Array x = owned(std::move(table.x), {count, features});
  if (real) return {.x = x, .y = owned(std::move(table.targets), {count, 1})};
  std::vector<std::string> labels;
  for (size_t i = 0; i < table.targets.size(); ++i) {
    const double label = table.targets[i];
    if (label != std::trunc(label) || std::abs(label) > 1e15) {
      fail_reading(path, "line ", table.lines[i], ": the label ", label,
                   " is not a whole number; to predict numbers, give the model \"outputs\": 1");
    }
    labels.push_back(text::concat(static_cast<Index>(label)));
  }
  if (names.empty()) names = sorted_names(labels, path);
  return {.x = x, .y = numbers_of(labels, table.lines, names, path)};
}

Array npy_file(const std::string& path) {
  return to_array(parse_npy(MappedFile(path).bytes(), path), path);
}

/// Inputs that stay in their file where that is possible.
Examples npy_inputs(const std::string& path, bool in_memory) {
  const auto file = std::make_shared<const MappedFile>(path);
  const Npy npy = parse_npy(file->bytes(), path);
  const bool aligned = reinterpret_cast<std::uintptr_t>(npy.body.data()) % alignof(float) == 0;
  const bool f4 = npy.kind == 'f' && npy.width == 4;
  const bool u1 = npy.kind == 'u' && npy.width == 1;
  if (in_memory || !(u1 || (f4 && aligned)) || npy.column_major || npy.body.empty())
    return {.x = to_array(npy, path)};
  if (u1) {
    return {.x = Array::wrap(nullptr, {npy.shape, DType::f32}, nullptr),
            .file = file,
            .bytes = reinterpret_cast<const std::uint8_t*>(npy.body.data())};
  }
  // The memory is only read: Examples::file says so.
  void* const numbers = const_cast<char*>(npy.body.data());
  const auto owner = std::const_pointer_cast<MappedFile>(file);
  return {.x = Array::wrap(numbers, {npy.shape, DType::f32}, owner), .file = file};
}

void check_counts(const Array& x, const Array& y, const Paths& paths) {
  const Index count = x.rank() > 0 ? x.shape()[0] : 0;
  if (count == 0) fail_reading(paths.examples, "it holds no examples: its shape is ", x.shape());
  if (y.rank() > 0 && y.shape()[0] == count) return;
  fail_reading(paths.labels, "its shape ", y.shape(), " does not fit the ", count, " examples in ",
               paths.examples);
}

Examples npy_examples(const Paths& paths, bool in_memory) {
  Examples examples = npy_inputs(paths.examples, in_memory);
  examples.y = npy_file(paths.labels);
  check_counts(examples.x, examples.y.numbers(), paths);
  return examples;
}

/// Images become [n,rows,columns,channels].
Examples idx_examples(const Paths& paths) {
  Array x = read_idx_array(paths.examples);
  const Array y = read_idx_array(paths.labels);
  check_counts(x, y, paths);
  if (x.rank() == 3) x = x.reshape({x.shape()[0], x.shape()[1], x.shape()[2], 1});
  if (y.rank() != 1) {
    fail_reading(paths.labels, "labels must have one axis, its shape is ", y.shape());
  }
  return {.x = x, .y = y};
}

}  // namespace

Index count_classes(const Array& labels, const std::string& path) {
  double largest = 0.0;
  const std::vector<double> numbers = labels.to_vector();
  for (size_t i = 0; i < numbers.size(); ++i) {
    const double label = numbers[i];
    if (!(label >= 0.0 && label < static_cast<double>(kMostClasses)) ||
        label != std::floor(label)) {
      fail_reading(path, "label ", label, " of example ", i,
                   " is not the number of a class, from 0 "
                   "to ",
                   kMostClasses - 1, "; to predict numbers, give the model \"outputs\"");
    }
    largest = std::max(largest, label);
  }
  return static_cast<Index>(largest) + 1;
}

OwnData read_own_data(const DataSpec& spec, const std::string& folder, const Wanted& wanted) {
  const auto path = [&](const std::string& name) { return path_from(folder, name); };
  const bool real = wanted.outputs > 0;
  if (!spec.folder.empty()) {
    if (real) {
      throw ModelError(text::concat("reading ", path(spec.folder),
                                    ": folders of pictures have "
                                    "classes; a model with \"outputs\" needs a \"file\""));
    }
    const PictureFolder list = list_pictures(spec, path(spec.folder), wanted.class_names);
    OwnData data{.classes = std::ssize(list.class_names), .class_names = list.class_names};
    data.train = read_pictures(list.train, list.image);
    if (!list.test.empty()) data.test = read_pictures(list.test, list.image);
    return data;
  }
  if (real && !spec.label.empty() && std::ssize(spec.label) != wanted.outputs) {
    throw ModelError(text::concat("reading ", path(spec.file), ": \"label\" names ",
                                  text::counted(std::ssize(spec.label), "column"),
                                  ", but the model has \"outputs\": ", wanted.outputs));
  }
  if (!real && spec.label.size() > 1) {
    throw ModelError(text::concat("reading ", path(spec.file), ": \"label\" names ",
                                  spec.label.size(),
                                  " columns, but classes stand in one; to "
                                  "predict numbers, give the model \"outputs\": ",
                                  spec.label.size()));
  }
  OwnData data{.class_names = wanted.class_names};
  std::vector<std::string> columns;
  Index features = wanted.features;
  const OwnKind kind = own_kind(spec.file);
  const auto read = [&](const Paths& paths) -> Examples {
    if (kind == OwnKind::csv)
      return csv_examples(paths.examples, spec, real, data.class_names, columns);
    if (kind == OwnKind::libsvm)
      return libsvm_examples(paths.examples, real, data.class_names, features);
    return kind == OwnKind::npy ? npy_examples(paths, is_measured(spec.normalize))
                                : idx_examples(paths);
  };
  data.train = read({path(spec.file), path(spec.labels)});
  if (!spec.test.empty()) data.test = read({path(spec.test), path(spec.test_labels)});
  if (!real) {
    data.classes = has_label_file(kind) ? count_classes(data.train.y.numbers(), path(spec.labels))
                                        : std::ssize(data.class_names);
  }
  return data;
}

std::string path_from(const std::string& folder, const std::string& name) {
  return (std::filesystem::path(folder) / name).string();
}

bool has_bytes(const DataSpec& spec) {
  return !spec.folder.empty() || own_kind(spec.file) == OwnKind::idx;
}

std::optional<Normalization> own_normalization(const std::string& normalize, bool bytes,
                                               Index channels) {
  const auto all = [&](float mean, float scale) {
    const auto count = static_cast<size_t>(channels);
    return Normalization{std::vector<float>(count, mean), std::vector<float>(count, scale)};
  };
  if (is_measured(normalize)) return std::nullopt;
  if (!bytes && (normalize == "unit" || normalize == "signed")) {
    throw ModelError(text::concat("normalize \"", normalize,
                                  "\" needs the range of the numbers, as images of bytes have one; "
                                  "for a file, choose \"none\" or \"standardize\""));
  }
  if (normalize == "none" || !bytes) return all(0.0F, 1.0F);
  return normalize == "signed" ? all(127.5F, 127.5F) : all(0.0F, 255.0F);
}

}  // namespace autonet::internal
