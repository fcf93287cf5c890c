#include "text/table.h"
#include "text/numbers.h"

#include <doctest/doctest.h>

#include <limits>

namespace autonet {
namespace {

TEST_CASE("columns are as wide as their widest cell, numbers on the right") {
  text::Table table({"name", "n", "note"});
  table.align_left({2});
  table.add({"a", "1,000", "x"});
  table.add_rule();
  table.add({"longer", "2"});
  CHECK(table.text() ==
        "name        n  note\n"
        "a       1,000  x\n"
        "-------------------\n"
        "longer      2\n");
  CHECK(table.markdown() ==
        "| name | n | note |\n"
        "|---|---:|---|\n"
        "| a | 1,000 | x |\n"
        "| longer | 2 |  |\n");
}

TEST_CASE("a table in parts has one heading, and its columns never become narrower") {
  text::Table table({"name", "n"});
  table.add({"a", "1,000"});
  CHECK(table.next_part() == "name      n\na     1,000\n");
  table.add({"longer", "2"});
  CHECK(table.next_part() == "longer      2\n");
  table.add({"b", "3"});
  CHECK(table.next_part() == "b           3\n");
  CHECK(table.next_part().empty());
}

TEST_CASE("width counts letters, not bytes") {
  CHECK(text::display_width("naïve ≥ 1") == 9);
  CHECK(text::padded("≥ 1", 5) == "  ≥ 1");
  CHECK(text::padded("long", 3) == "long");
}

TEST_CASE("numbers in the forms in which people read them") {
  CHECK(text::with_commas(0) == "0");
  CHECK(text::with_commas(999) == "999");
  CHECK(text::with_commas(1000) == "1,000");
  CHECK(text::with_commas(-1234567) == "-1,234,567");
  CHECK(text::with_commas(-123) == "-123");
  CHECK(text::with_commas(1234.5) == "1,235");
  CHECK(text::with_commas(std::numeric_limits<double>::infinity()) == "0");
  CHECK(text::counted(1, "thread") == "1 thread");
  CHECK(text::counted(2000, "image") == "2,000 images");
  CHECK(text::percent(0.98765) == "98.77 %");
  CHECK(text::loss_text(0.12345) == "0.1235");
  CHECK(text::loss_text(0.0) == "0.0000");
  CHECK(text::loss_text(0.0000123) == "1.2e-05");
  CHECK(text::loss_text(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(text::bytes_text(1023) == "1023 B");
  CHECK(text::bytes_text(1536) == "1.5 KiB");
  CHECK(text::bytes_text(400.2 * 1024) == "400 KiB");
  CHECK(text::bytes_text(3.0 * 1024 * 1024) == "3.0 MiB");
  CHECK(text::duration_text(0.0123) == "12 ms");
  CHECK(text::duration_text(12.34) == "12.3 s");
  CHECK(text::duration_text(59.96) == "1:00");
  CHECK(text::duration_text(3725) == "1:02:05");
  CHECK(text::fixed(1e300, 2).size() == 304);
}

}  // namespace
}  // namespace autonet
