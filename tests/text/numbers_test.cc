#include "text/numbers.h"

#include <doctest/doctest.h>

#include <cmath>

namespace autonet::text {

TEST_CASE("numbers in powers of ten, and with few significant digits") {
  CHECK(scientific(0.0000123, 1) == "1.2e-05");
  CHECK(scientific(2e-05, 0) == "2e-05");
  CHECK(significant(0.5, 6) == "0.5");
  CHECK(significant(1e-9, 6) == "1e-09");
  CHECK(significant(0.0983312, 4) == "0.09833");
  CHECK(significant(-std::nan(""), 6) == "nan");
}

}  // namespace autonet::text
