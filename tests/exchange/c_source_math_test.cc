// The exponentials and logarithms of emitted C, compared with those of the C library in more
// digits.
#include <doctest/doctest.h>

#include <iostream>
#include <sstream>

#include "autonet/text/concat.h"
#include "exchange/c_source_functions.h"
#include "tests/exchange/emitted_c.h"

namespace autonet {

TEST_CASE("the exponentials and logarithms of emitted code are as exact as they say") {
  if (!has_tool("gcc")) {
    std::cout << "SKIPPED: running emitted C, as gcc is not installed\n";
    return;
  }
  std::string main = R"(
#include <math.h>
#include <stdio.h>
static double worst(number (*f)(number), long double (*exact)(long double), double low, double high) {
  double most = 0;
  for (int i = 0; i <= 40000; ++i) {
    const number x = (number)(low + (high - low) * i / 40000);
    const long double y = exact((long double)x);
    const double unit = (double)(nextafter@((number)y, (number)INFINITY) - (number)y);
    const double apart = fabs((double)((long double)f(x) - y)) / fabs(unit);
    if (apart > most) most = apart;
  }
  return most;
}
int main(void) {
  const double top = sizeof(number) == 4 ? 88.7 : 709.7;
  printf("%g %g %g %g %g\n", worst(exponential, expl, -0.98 * top, top), worst(exp_minus_1, expm1l, -3, 3),
         fmax(worst(logarithm, logl, 1e-6, 3), worst(logarithm, logl, 1, 1e30)), worst(log_of_1_plus, log1pl, -0.9, 1),
         worst(tangent, tanhl, -4, 4));
  const number zero = 0, infinite = 1 / zero, none = infinite - infinite;
  return exponential(infinite) == infinite && exponential(-infinite) == 0 && exponential(none) != exponential(none) &&
                 logarithm(infinite) == infinite && logarithm(0) == -infinite && logarithm(-1) != logarithm(-1) &&
                 logarithm(none) != logarithm(none) && tangent(infinite) == 1 && exp_minus_1(-infinite) == -1 &&
                 log_of_1_plus(-1) == -infinite && log_of_1_plus(infinite) == infinite
             ? 0
             : 1;
}
)";
  for (const DType dtype : {DType::f32, DType::f64}) {
    const bool f32 = dtype == DType::f32;
    std::string text = main;
    const size_t at = text.find('@');
    text.replace(at, 1, f32 ? "f" : "");
    const Scratch folder;
    folder.write(
        "main.c",
        text::concat("#include <stdint.h>\ntypedef ", f32 ? "float" : "double", " number;\n",
                     internal::c_functions(
                         {"exponential", "exp_minus_1", "logarithm", "log_of_1_plus", "tangent"},
                         {.dtype = dtype}),
                     text));
    const Printed ran = output_of(text::concat(
        "cd ", folder.path(), " && gcc -std=c99 -O2 main.c -o program -lm && ./program"));
    REQUIRE_MESSAGE(ran.status == 0, ran.out);
    std::cout << name_of(dtype) << ": units in the last place " << ran.out;
    std::istringstream numbers(ran.out);
    for (const double most : {2.0, 4.0, 3.0, 4.0, 3.0}) {
      double worst = 0.0;
      REQUIRE(static_cast<bool>(numbers >> worst));
      CHECK(worst < most);
    }
  }
}

}  // namespace autonet
