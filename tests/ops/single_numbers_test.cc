#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "autonet/autograd/context.h"
#include "ops/cpu/elementwise.h"
#include "ops/functions.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

/// A single number has a routine of its own; it must not differ from the one for many.
template <typename F, typename T>
void check_single(Context& context, const std::vector<T>& numbers) {
  const auto n = static_cast<Index>(numbers.size());
  const Shape all{n, n};
  const Array a = view(numbers, {n, 1}).broadcast_to(all).clone();
  const Array b = view(numbers, {1, n}).broadcast_to(all).clone();
  for (const double c : {0.0, -0.0, 1.5, -0.25}) {
    Array together = Array::uninitialized({all, dtype_of<T>()});
    Array alone = Array::uninitialized(together.type());
    const auto map = [&](const Array& p, const Array& q, Array& y) {
      if constexpr (F::kInputs == 1) {
        cpu::map(context, internal::function(F::kName), p, y, c);
      } else {
        cpu::map(context, internal::function(F::kName), p, q, y, c);
      }
    };
    map(a, b, together);
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) {
        Array y = alone.slice(0, i, 1).slice(1, j, 1);
        map(a.slice(0, i, 1).slice(1, j, 1), b.slice(0, i, 1).slice(1, j, 1), y);
      }
    }
    INFO(std::string(F::kName) << " of " << name_of(dtype_of<T>()) << ", c " << c << ": alone "
                               << alone.str() << ", together " << together.str());
    for (Index k = 0; k < all.size(); ++k) {
      const T one = alone.data<T>()[k];
      const T many = together.data<T>()[k];
      CHECK((std::memcmp(&one, &many, sizeof one) == 0 || (std::isnan(one) && std::isnan(many))));
    }
  }
}

template <typename T, typename... F>
void check_singles(Context& context, internal::FunctionList<F...>) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const std::vector<T> numbers{T(0.3), T(-2.7),   T(0),       T(-0.0),
                               1,      -1,        T(19.1),    T(90),
                               -90,    kInfinity, -kInfinity, std::numeric_limits<T>::quiet_NaN(),
                               T(1e-8)};
  (check_single<F, T>(context, numbers), ...);
}

}  // namespace

TEST_CASE("every function has the same bits for a single number as among many") {
  at_every_target([] {
    Context context;
    check_singles<float>(context, internal::ElementwiseFunctions());
    check_singles<double>(context, internal::ElementwiseFunctions());
  });
}

}  // namespace autonet
