// Weights that are not finite are refused where a file is read.
#include "train/finite.h"

#include <limits>

#include "autonet/autograd/error.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/fit.h"
#include "autonet/train/parameters.h"
#include "autonet/train/weights.h"
#include "tests/train/quadrants.h"
#include "train/run_state.h"

namespace autonet {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// Sets the number at `place` of an array in a file.
void set_number(const std::string& path, const std::string& name, Index place, double number) {
  ArrayFile file = load_arrays(path);
  for (NamedArray& named : file.arrays) {
    if (named.name != name) continue;
    std::vector<double> numbers = named.array.to_vector();
    numbers[static_cast<size_t>(place)] = number;
    named.array = Array::from<double>(named.array.shape(), numbers).to(named.array.dtype());
  }
  save_arrays(path, file);
}

TEST_CASE("an array of a file must be finite; the error says how many numbers are not") {
  const Array good = Array::from<float>({2, 2}, {1, 2, 3, 4});
  internal::check_finite(good, "f.npz", "w");
  const Array bad = Array::from<double>({2, 3}, {1, kNan, 3, -kInf, 5, 6});
  CHECK(internal::data_error([&] { internal::check_finite(bad, "f.npz", "w"); }) ==
        "checkpoint f.npz: array \"w\" [2,3] holds 2 numbers that are not finite, the first of "
        "them nan at place 1; use the weights of another epoch or run, or train again with a "
        "lower learning rate");
}

TEST_CASE("weights that are not finite are refused by every function that reads them") {
  const internal::ScratchFolder scratch;
  const Model m = model(kTraining);
  FitOptions options;
  options.checkpoint = scratch.path("w.npz");
  run(m, options);
  const std::string w = options.checkpoint;
  const std::string name = m.parameters()[0].name;
  const std::string whole = "checkpoint " + w + ": array \"" + name + "\" ";
  const std::string good = internal::file_content(w);
  for (const double number : {kNan, kInf, -kInf}) {
    scratch.write("w.npz", good);
    set_number(w, name, 3, number);
    CHECK(internal::data_error([&] { load_weights(m, w); }).starts_with(whole));
    CHECK(internal::data_error([&] { load_trained(w); }).starts_with(whole));
    FitOptions from;
    from.init_from = w;
    CHECK(internal::data_error([&] { run(m, from); }).starts_with(whole));
    Parameters parameters;
    CHECK(internal::data_error([&] { parameters.load(w); }).starts_with(whole));
    CHECK(parameters.named().empty());
  }
  // A number that only the larger precision holds becomes Inf in the model's.
  ArrayFile file = load_arrays(w);
  file.arrays[0].array = Array::full({file.arrays[0].array.shape(), DType::f64}, 1e200);
  save_arrays(w, file);
  CHECK(internal::data_error([&] { load_weights(m, w); }).starts_with(whole));
}

TEST_CASE("a run is not resumed from numbers that are not finite") {
  const internal::ScratchFolder scratch;
  const Model m = model(kTraining);
  FitOptions options;
  options.checkpoint = scratch.path("w.npz");
  run(m, options);
  options.resume = true;
  options.epochs = 6;
  const std::string run_file = internal::run_file_of(options.checkpoint);
  const std::string good = internal::file_content(run_file);
  const std::string name = m.parameters()[0].name;
  for (const std::string prefix : {"", "run/last/", "run/slot0/"}) {
    scratch.write("w.run.npz", good);
    set_number(run_file, prefix + name, 0, kNan);
    const std::string error = internal::data_error([&] { run(m, options); });
    CHECK_MESSAGE(error.starts_with("checkpoint " + run_file + ": array \"" + prefix + name),
                  error);
  }
  // Adam's mean of squares may be Inf while the weights stay finite: such a run goes on.
  internal::check_no_nan(Array::scalar(kInf), "f.npz", "run/slot1/w");
}

}  // namespace
}  // namespace autonet
