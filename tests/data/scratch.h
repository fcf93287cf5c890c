#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "data/images.h"

namespace autonet::internal {

/// A folder for the files of a test, removed at its end.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "autonet-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw Error("cannot make a scratch folder " + name);
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code problem;
    std::filesystem::remove_all(path_, problem);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string path(const std::string& name = "") const { return (path_ / name).string(); }

  /// Writes a file, making its folders; returns its path.
  std::string write(const std::string& name, const std::string& content) const {
    const std::filesystem::path path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }

  std::string write_gzip(const std::string& name, const std::string& content) const {
    const std::string path = write(name, "");
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
    return path;
  }

 private:
  std::filesystem::path path_;
};

/// Sets an environment variable, or unsets it, for the life of the object.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~ScopedVariable() { set(old_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void set(const std::optional<std::string>& value) {
    if (value) {
      setenv(name_, value->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> old_;
};

inline std::string file_content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The text of the error of this type that a call throws, "" if it throws none.
template <typename Thrown, typename Call>
std::string error_text(Call call) {
  try {
    call();
  } catch (const Thrown& error) {
    return error.what();
  }
  return "";
}

template <typename Call>
std::string data_error(Call call) {
  return error_text<DataError>(call);
}

template <typename Call>
std::string model_error(Call call) {
  return error_text<ModelError>(call);
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The folder $AUTONET_DATA/name; nothing, with a message, if it is not there.
inline std::optional<std::string> published(const std::string& name) {
  const char* root = std::getenv("AUTONET_DATA");
  if (root != nullptr) {
    const std::filesystem::path folder = std::filesystem::path(root) / name;
    if (std::filesystem::is_directory(folder)) return folder.string();
  }
  MESSAGE("SKIPPED: " << name << " is not in $AUTONET_DATA");
  return std::nullopt;
}

/// Examples as the images that they are.
inline Images images_of(const Examples& examples) {
  const Array& x = examples.x;
  Images images{.count = examples.count()};
  if (images.count == 0) return images;
  images.rows = x.shape()[1];
  images.cols = x.shape()[2];
  images.channels = x.shape()[3];
  images.pixels.assign(x.data<float>(), x.data<float>() + x.size());
  for (const double label : examples.y.numbers().to_vector())
    images.labels.push_back(static_cast<std::int32_t>(label));
  return images;
}

/// The number of images of each of ten labels.
inline std::vector<int> histogram(const Images& images) {
  std::vector<int> counts(10, 0);
  for (std::int32_t label : images.labels) ++counts.at(static_cast<size_t>(label));
  return counts;
}

inline double mean(const Images& images, Index channel = 0) {
  double sum = 0;
  for (size_t i = static_cast<size_t>(channel); i < images.pixels.size();
       i += static_cast<size_t>(images.channels)) {
    sum += images.pixels[i];
  }
  return sum * static_cast<double>(images.channels) / static_cast<double>(images.pixels.size());
}

inline double deviation(const Images& images) {
  const double centre = mean(images);
  double squares = 0;
  for (float pixel : images.pixels) squares += (pixel - centre) * (pixel - centre);
  return std::sqrt(squares / static_cast<double>(images.pixels.size()));
}

inline std::vector<std::int32_t> first_labels(const Images& images, std::ptrdiff_t count) {
  return {images.labels.begin(), images.labels.begin() + count};
}

}  // namespace autonet::internal
