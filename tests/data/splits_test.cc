#include <algorithm>
#include <set>

#include "data/locate.h"
#include "data/table.h"
#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

DataSpec digits_spec(Index limit, Index validation) {
  DataSpec spec;
  spec.dataset = "digits";
  spec.limit = limit;
  spec.validation = validation;
  return spec;
}

/// The parts of a data set as images.
struct Parts {
  Images train;
  Images validation;
  Images test;
  std::vector<std::string> class_names;
  Normalization normalization;
};
Parts load(const DataSpec& spec) {
  const Splits splits = load_splits(spec);
  return {images_of(splits.train), images_of(splits.validation), images_of(splits.test),
          splits.class_names, splits.normalization};
}

std::vector<float> image(const Images& images, Index i) {
  const auto size = static_cast<std::ptrdiff_t>(images.image_size());
  return {images.pixels.begin() + i * size, images.pixels.begin() + (i + 1) * size};
}

/// The position of each image of `part` in `whole`; no two images are equal.
std::vector<Index> places(const Images& part, const Images& whole) {
  std::vector<Index> found;
  for (Index i = 0; i < part.count; ++i) {
    for (Index j = 0; j < whole.count; ++j) {
      if (image(part, i) == image(whole, j)) {
        CHECK(part.labels[static_cast<size_t>(i)] == whole.labels[static_cast<size_t>(j)]);
        found.push_back(j);
      }
    }
  }
  return found;
}

TEST_CASE("validation and training share the first images of the file, in its order") {
  const Parts whole = load(digits_spec(50, 0));
  CHECK(whole.train.count == 50);
  CHECK(whole.validation.count == 0);
  CHECK(whole.test.count == 2007);
  CHECK(whole.class_names.size() == 10);
  CHECK(whole.class_names[3] == "3");
  const Parts splits = load(digits_spec(50, 20));
  const std::vector<Index> kept = places(splits.train, whole.train);
  const std::vector<Index> held = places(splits.validation, whole.train);
  CHECK(kept.size() == 30);
  CHECK(held.size() == 20);
  CHECK(std::is_sorted(kept.begin(), kept.end()));
  CHECK(std::is_sorted(held.begin(), held.end()));
  std::set<Index> all(kept.begin(), kept.end());
  all.insert(held.begin(), held.end());
  CHECK(all.size() == 50);
  CHECK(held.front() < 20);  // spread over the file, not a block at one end
  CHECK(held.back() >= 30);
  CHECK(splits.test.pixels == whole.test.pixels);
}

TEST_CASE("the held-out images depend on the seed alone, the test part on nothing") {
  DataSpec spec = digits_spec(200, 50);
  const Parts first = load(spec);
  CHECK(load(spec).validation.pixels == first.validation.pixels);
  spec.seed = 2;
  const Parts second = load(spec);
  CHECK(second.validation.pixels != first.validation.pixels);
  CHECK(second.test.pixels == first.test.pixels);
}

TEST_CASE("by default 1000 images are held out") {
  DataSpec spec;
  spec.dataset = "digits";
  const Parts splits = load(spec);
  CHECK(splits.train.count == 6291);
  CHECK(splits.validation.count == 1000);
  CHECK(splits.test.count == 2007);
}

TEST_CASE("normalize maps the range of the numbers, or uses the mean of the training images") {
  DataSpec spec = digits_spec(100, 40);
  const Parts plain = load(spec);
  CHECK(plain.normalization.mean == std::vector<float>{0});
  CHECK(plain.normalization.scale == std::vector<float>{1});
  spec.normalize = "none";
  CHECK(load(spec).train.pixels == plain.train.pixels);
  spec.normalize = "signed";
  CHECK(load(spec).train.pixels == plain.train.pixels);
  spec.normalize = "unit";
  const Parts unit = load(spec);
  CHECK(unit.test.pixels[7] == (plain.test.pixels[7] + 1) / 2);
  spec.normalize = "standardize";
  const Parts standard = load(spec);
  CHECK(std::abs(mean(standard.train)) < 1e-6);
  CHECK(deviation(standard.train) == doctest::Approx(1).epsilon(1e-6));
  CHECK(standard.normalization.mean[0] == doctest::Approx(mean(plain.train)));
  CHECK(standard.normalization.scale[0] == doctest::Approx(deviation(plain.train)));
  // The other parts are normalized with the same two numbers.
  CHECK(standard.test.pixels[7] ==
        (plain.test.pixels[7] - standard.normalization.mean[0]) / standard.normalization.scale[0]);
}

TEST_CASE("bytes are divided by 255, each channel has its own mean") {
  const auto folder = published("cifar10-subset");
  if (!folder) return;
  DataSpec spec;
  spec.dataset = "cifar10-subset";
  spec.validation = 0;
  const Parts unit = load(spec);
  CHECK(unit.train.pixels[0] == 59.0F / 255.0F);
  spec.normalize = "signed";
  CHECK(load(spec).train.pixels[0] == (59.0F - 127.5F) / 127.5F);
  spec.normalize = "none";
  CHECK(load(spec).train.pixels[0] == 59);
  spec.normalize = "standardize";
  const Parts standard = load(spec);
  REQUIRE(standard.normalization.mean.size() == 3);
  CHECK(standard.normalization.mean[2] == doctest::Approx(255 * 0.444657).epsilon(1e-5));
  for (Index c = 0; c < 3; ++c) CHECK(std::abs(mean(standard.train, c)) < 1e-5);
}

TEST_CASE("a spec that cannot be met is refused before any file is read") {
  const auto error = [](const DataSpec& spec) { return model_error([&] { load_splits(spec); }); };
  DataSpec spec = digits_spec(0, 0);
  CHECK(error(spec) ==
        "splitting digits: limit must be from 1 to 7291, the number of its training images, got 0");
  CHECK(contains(error(digits_spec(7292, 0)), "got 7292"));
  CHECK(error(digits_spec(500, 500)) ==
        "splitting digits: validation holds out 500 images of 500 (limit), which leaves none for "
        "training; lower validation or raise limit");
  CHECK(contains(error(digits_spec(500, -1)), "validation must be at least 0, got -1"));
  spec = digits_spec(500, 0);
  spec.normalize = "zscore";
  CHECK(error(spec) ==
        "splitting digits: unknown normalize \"zscore\"; known: default, none, unit, signed, "
        "standardize, mean_image");
  spec = DataSpec();
  spec.dataset = "uspss";
  CHECK(error(spec) == "unknown data set \"uspss\"; did you mean \"usps\"?");
  spec.dataset = "usps";
  spec.validation = 7291;
  CHECK(contains(error(spec), "validation holds out 7291 images of 7291, which leaves none"));
}

TEST_CASE("folders are searched in order, and one must have all files") {
  const ScratchFolder first;
  const ScratchFolder second;
  const ScratchFolder cache;
  const ScopedVariable data("AUTONET_DATA", second.path());
  const ScopedVariable xdg("XDG_CACHE_HOME", cache.path());
  const DatasetInfo& usps = find_dataset("usps");
  CHECK(data_roots({first.path()}) ==
        std::vector<std::string>{first.path(), second.path(), cache.path("autonet")});
  CHECK(data_roots({}).size() == 2);

  const std::string in_cache = cache.write("autonet/usps/zip.train", "");
  cache.write("autonet/usps/zip.test.gz", "");
  CHECK(locate(usps, {first.path()}) ==
        std::vector<std::string>{in_cache, cache.path("autonet/usps/zip.test.gz")});
  second.write("usps/zip.train.gz", "");
  CHECK(locate(usps, {first.path()})[0] == in_cache);  // the test file is missing in `second`
  second.write("usps/zip.test", "");
  CHECK(locate(usps, {first.path()})[0] == second.path("usps/zip.train.gz"));
  first.write("usps/zip.train", "");
  first.write("usps/zip.test", "");
  CHECK(locate(usps, {first.path()})[0] == first.path("usps/zip.train"));
}

TEST_CASE("the error for a missing set gives the folders searched, the source, sizes and hashes") {
  const ScratchFolder folder;
  const ScopedVariable data("AUTONET_DATA", folder.path("data"));
  const ScopedVariable xdg("XDG_CACHE_HOME", std::nullopt);
  const ScopedVariable home("HOME", folder.path("home"));
  folder.write("data/usps/zip.test.gz", "");
  // A folder that is given but does not exist is a mistake, whatever is found elsewhere.
  CHECK(data_error([&] { load_splits(DataSpec(), DataPaths{folder.path("given")}); }) ==
        "data set usps: the data folder " + folder.path("given") + " does not exist");
  folder.write("given/other", "");
  const std::string error =
      data_error([&] { load_splits(DataSpec(), DataPaths{folder.path("given")}); });
  CHECK(error ==
        "data set usps (USPS ZIP code digits) was not found; searched\n  " +
            folder.path("given/usps") + ": no such folder\n  " + folder.path("data/usps") +
            ": lacks zip.train.gz\n  " + folder.path("home/.cache/autonet/usps") +
            ": no such folder\ndownload it with: autonet data fetch usps\nor get it from "
            "https://hastie.su.domains/ElemStatLearn/data.html (ZIP "
            "code)\nand put these files, packed or unpacked, into a folder usps of --data-dir or "
            "$AUTONET_DATA:\n  zip.train.gz  1829071 bytes  sha256 "
            "66ebf231ab51f2cf6ac1a892d0f98ccffee1079d7a5db638c1f11f366046ca16\n  zip.test.gz  "
            "439208 bytes  sha256 "
            "8dacc3c6e136af6c3488de9e5113a7daf140c8c2f1f0b61c54ee02f03f1a962f");
}

TEST_CASE("a damaged file of a set is named, and no other folder is tried instead") {
  const ScratchFolder folder;
  folder.write("usps/zip.train", "1 2 3\n");
  folder.write("usps/zip.test", "");
  const std::string error = data_error([&] { load_splits(DataSpec(), DataPaths{folder.path()}); });
  CHECK(error == "reading " + folder.path("usps/zip.train") +
                     ": line 1, column 3: expected a pixel in [-1, 1], found \"2\"");
}

TEST_CASE("the rows of the table are complete") {
  for (const DatasetInfo& info : dataset_table()) {
    CAPTURE(info.name);
    CHECK(info.classes() > 1);
    CHECK(info.low < info.high);
    CHECK((info.read != nullptr));
    CHECK(&find_dataset(info.name) == &info);
    for (const DatasetFile& file : info.files) {
      const bool unknown = info.name == "norb";  // none are published
      CHECK(file.sha256.size() == (unknown ? 0 : 64));
      CHECK((file.bytes > 0 || info.name == "norb"));
    }
  }
}

TEST_CASE("USPS by its name gives 6291, 1000 and 2007 images as published") {
  if (!published("usps")) return;
  const Parts splits = load(DataSpec());
  CHECK(splits.train.count == 6291);
  CHECK(splits.validation.count == 1000);
  CHECK(splits.test.count == 2007);
  CHECK(mean(splits.test) == doctest::Approx(-0.464782).epsilon(1e-6));
}

}  // namespace
}  // namespace autonet::internal
