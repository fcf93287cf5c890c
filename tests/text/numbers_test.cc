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

TEST_CASE("a number and its noun, in the plural unless it is 1") {
  CHECK(counted(1, "class") == "1 class");
  CHECK(counted(10, "class") == "10 classes");
  CHECK(counted(0, "thread") == "0 threads");
  CHECK(counted(1000, "batch") == "1,000 batches");
  CHECK(counted(4, "epoch") == "4 epochs");
  CHECK(counted(2, "box") == "2 boxes");
  CHECK(counted(2, "entry") == "2 entries");
  CHECK(counted(2, "array") == "2 arrays");
  CHECK(counted(2, "zero") == "2 zeros");
}

}  // namespace autonet::text
