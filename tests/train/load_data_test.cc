// load_data(): every part of the data is compared with the model.
#include "autonet/train/load_data.h"

#include "autonet/autograd/error.h"
#include "autonet/train/checkpoint.h"
#include "tests/data/scratch.h"

namespace autonet {
namespace {

/// A file with ten vectors [4] of class 1, and `count` for the test part of class `label`.
void write_examples(const std::string& path, Index count, double label) {
  const auto full = [](const Shape& shape, double number) {
    return Array::full({shape, DType::f32}, number);
  };
  ArrayFile file;
  file.arrays.push_back({"x", full({10, 4}, 0.5)});
  file.arrays.push_back({"y", full({10}, 1.0)});
  file.arrays.push_back({"x_test", full({count, 4}, 0.5)});
  file.arrays.push_back({"y_test", full({count}, label)});
  save_arrays(path, file);
}

TEST_CASE("the examples of the test part must fit the model too, be it only one") {
  const internal::ScratchFolder folder;
  const Model model = Model::parse(R"({"input": [4], "classes": 2,
      "data": {"file": "x.npz", "validation": 2}, "layers": [{"type": "linear", "units": 2}]})",
                                   folder.path("m.json"));
  for (const Index count : {1, 3}) {
    write_examples(folder.path("x.npz"), count, 1.0);
    CHECK(load_data(model).test.count() == count);
    write_examples(folder.path("x.npz"), count, 7.0);
    const std::string error = internal::data_error([&] { load_data(model); });
    CHECK_MESSAGE(internal::contains(error, "x.npz (test)"), error);
  }
}

}  // namespace
}  // namespace autonet
