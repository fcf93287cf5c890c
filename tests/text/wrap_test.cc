#include "text/wrap.h"

#include <doctest/doctest.h>

namespace autonet::text {

TEST_CASE("words are put into lines of at most so many columns; later lines are indented") {
  CHECK(wrapped("one two  three", 80, "  ") == "one two three");
  CHECK(wrapped("one two three four", 9, "  ") == "one two\n  three\n  four");
  CHECK(wrapped("exactly ten", 11, "") == "exactly ten");
  CHECK(wrapped("averylongword a", 5, "") == "averylongword\na");
  CHECK(wrapped("", 5, "").empty());
}

}  // namespace autonet::text
