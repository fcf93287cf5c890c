#include "data/folder.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/own_files.h"
#include "data/picture.h"
#include "text/suggest.h"
#include "text/visible.h"

namespace autonet::internal {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostPictures = 10'000'000;
constexpr Index kMostNumbers = Index{1} << 33;

/// The names in a folder, sorted, without those that begin with a dot.
std::vector<std::string> names_in(const fs::path& folder, bool folders) {
  std::vector<std::string> names;
  std::error_code problem;
  fs::directory_iterator place(folder, problem);
  for (; !problem && place != fs::directory_iterator(); place.increment(problem)) {
    std::string name = place->path().filename().string();
    std::error_code unknown;
    const bool fits = folders ? place->is_directory(unknown) : place->is_regular_file(unknown);
    if (fits && !name.starts_with('.')) names.push_back(std::move(name));
    if (names.size() > kMostPictures)
      fail_reading(folder.string(), "more than ", kMostPictures, " files in a folder");
  }
  if (problem) fail_reading(folder.string(), problem.message());
  std::ranges::sort(names);
  return names;
}

bool is_picture_name(const std::string& name) {
  std::string ending = fs::path(name).extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kEndings[] = {".png", ".jpg", ".jpeg", ".pgm", ".ppm"};
  return std::ranges::find(kEndings, ending) != std::end(kEndings);
}

/// The pictures of the classes, whose folders are in `folder`.
std::vector<FolderFile> files_in(const fs::path& folder, const std::vector<std::string>& found,
                                 const std::vector<std::string>& class_names) {
  std::vector<FolderFile> files;
  for (const std::string& name : found) {
    const auto place = std::ranges::find(class_names, name);
    if (place == class_names.end()) {
      fail_reading((folder / name).string(),
                   "this folder is not a class of the model or its "
                   "training data",
                   text::did_you_mean(name, class_names));
    }
    const size_t before = files.size();
    for (const std::string& file : names_in(folder / name, false)) {
      if (is_picture_name(file))
        files.push_back({(folder / name / file).string(), place - class_names.begin()});
    }
    if (files.size() == before) {
      fail_reading((folder / name).string(),
                   "no pictures (.png, .jpg, .jpeg, .pgm, .ppm) in the folder of this class");
    }
  }
  const std::vector<Index> order =
      permutation(std::ssize(files), 0, stream_of("pictures of a folder"));
  std::vector<FolderFile> mixed;
  mixed.reserve(files.size());
  for (const Index i : order) mixed.push_back(files[static_cast<size_t>(i)]);
  return mixed;
}

/// The size and channels of all images: those of `spec`, or those that the files share.
std::array<Index, 3> image_of(const DataSpec& spec, const std::vector<FolderFile>& train,
                              const std::vector<FolderFile>& test) {
  std::array<Index, 3> image{0, 0, 1};
  const std::string* first = nullptr;
  for (const std::vector<FolderFile>* files : {&train, &test}) {
    for (const FolderFile& file : *files) {
      const std::array<Index, 3> size = picture_size(file.path);
      if (first == nullptr) image = {size[0], size[1], 1};
      if (first == nullptr) first = &file.path;
      const bool same = size[0] == image[0] && size[1] == image[1];
      if (!spec.size && !same) {
        throw DataError(
            text::concat("pictures of different sizes: ", *first, " has ", image[0], " rows and ",
                         image[1], " columns, ", file.path, " has ", size[0], " and ", size[1],
                         "; add \"size\": [rows, columns] to \"data\", to which all are resized"));
      }
      image[2] = std::max(image[2], size[2]);
    }
  }
  if (spec.size) image = {(*spec.size)[0], (*spec.size)[1], image[2]};
  if (!spec.colour.empty()) image[2] = spec.colour == "grey" ? 1 : 3;
  return image;
}

}  // namespace

PictureFolder list_pictures(const DataSpec& spec, const std::string& folder,
                            const std::vector<std::string>& class_names) {
  const auto is_part = [](const std::string& name) { return name == "train" || name == "test"; };
  std::vector<std::string> found = names_in(folder, true);
  const bool parts =
      std::ranges::find(found, "train") != found.end() && std::ranges::all_of(found, is_part);
  const bool with_test = parts && found.size() == 2;
  const fs::path train = parts ? fs::path(folder) / "train" : fs::path(folder);
  if (parts) found = names_in(train, true);
  if (found.empty()) {
    fail_reading(train.string(),
                 "no folders in it; it must have one folder of pictures for each "
                 "class, or train/ and test/ above those");
  }
  for (const std::string& name : found) {
    if (text::has_controls(name)) {
      fail_reading(train.string(), "the name of the folder ", short_quote(name),
                   ", a class, has a control character, shown as \"?\"; rename it");
    }
  }
  PictureFolder list{.class_names = class_names.empty() ? found : class_names};
  list.train = files_in(train, found, list.class_names);
  if (with_test) {
    const fs::path test = fs::path(folder) / "test";
    list.test = files_in(test, names_in(test, true), list.class_names);
  }
  list.image = image_of(spec, list.train, list.test);
  const Index count = std::ssize(list.train) + std::ssize(list.test);
  const Index each = list.image[0] * list.image[1] * list.image[2];
  if (each > kMostNumbers / count) {
    fail_reading(folder, count, " images of ", list.image[0], " x ", list.image[1], " x ",
                 list.image[2], " are more than ", kMostNumbers,
                 " numbers; choose a smaller \"size\"");
  }
  return list;
}

Examples read_pictures(const std::vector<FolderFile>& files, const std::array<Index, 3>& image) {
  const auto [rows, cols, channels] = image;
  Array x = Array::uninitialized({{std::ssize(files), rows, cols, channels}, DType::f32});
  std::vector<Index> labels;
  float* place = x.data<float>();
  for (const FolderFile& file : files) {
    const Picture picture = read_picture(file.path);
    const bool same = picture.rows == rows && picture.cols == cols;
    const std::vector<float> pixels =
        same ? with_channels(picture, channels) : resized(picture, {rows, cols}, channels);
    place = std::ranges::copy(pixels, place).out;
    labels.push_back(file.label);
  }
  return {.x = x, .y = labels};
}

}  // namespace autonet::internal
