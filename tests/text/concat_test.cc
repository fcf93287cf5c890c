#include "autonet/text/concat.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::text {
namespace {

TEST_CASE("concat writes text, characters, numbers and shapes one after the other") {
  CHECK(concat() == "");
  CHECK(concat("axis ", 2, " of ", Shape{3, 4}) == "axis 2 of [3,4]");
  CHECK(concat(std::string("a"), 'b', std::string_view("c")) == "abc");
  CHECK(concat(std::numeric_limits<std::int64_t>::min(), ' ',
               std::numeric_limits<std::uint64_t>::max()) ==
        "-9223372036854775808 18446744073709551615");
}

TEST_CASE("joined puts the separator between words only") {
  const std::vector<std::string> words{"a", "", "c"};
  CHECK(joined(words, ", ") == "a, , c");
  CHECK(joined(std::vector<std::string>{}, ", ").empty());
}

TEST_CASE("a floating-point number takes the fewest digits that read back as itself") {
  CHECK(concat(0.1, ' ', 1e-5, ' ', -2.0, ' ', 1.0 / 3.0) == "0.1 1e-05 -2 0.3333333333333333");
  CHECK(concat(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(concat(std::numeric_limits<double>::lowest()) == "-1.7976931348623157e+308");
}

}  // namespace
}  // namespace autonet::text
