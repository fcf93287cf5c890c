#include "train/finite.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

/// Throws DataError if `bad` holds for a number of the array.
template <typename T, typename Bad>
void check(const Array& array, const std::string& path, const std::string& name, const char* what,
           Bad bad) {
  const Array own = array.contiguous();
  const T* const numbers = own.data<T>();
  const Index count = std::count_if(numbers, numbers + own.size(), bad);
  if (count == 0) return;
  const Index first = std::find_if(numbers, numbers + own.size(), bad) - numbers;
  throw DataError(
      text::concat("checkpoint ", path, ": array \"", name, "\" ", array.shape(), " holds ", count,
                   count == 1 ? " number that is " : " numbers that are ", what,
                   ", the first of them ", static_cast<double>(numbers[first]), " at place ", first,
                   "; use the weights of another epoch or run, or train again with a "
                   "lower learning rate"));
}

}  // namespace

void check_finite(const Array& array, const std::string& path, const std::string& name) {
  const auto bad = [](auto number) { return !std::isfinite(number); };
  array.dtype() == DType::f32 ? check<float>(array, path, name, "not finite", bad)
                              : check<double>(array, path, name, "not finite", bad);
}

void check_no_nan(const Array& array, const std::string& path, const std::string& name) {
  const auto bad = [](auto number) { return std::isnan(number); };
  array.dtype() == DType::f32 ? check<float>(array, path, name, "NaN", bad)
                              : check<double>(array, path, name, "NaN", bad);
}

}  // namespace autonet::internal
