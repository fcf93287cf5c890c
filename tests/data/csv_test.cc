#include "data/csv.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

CsvTable read(const std::string& content, const std::vector<std::string>& label = {"species"},
              bool real = false) {
  const ScratchFolder folder;
  return read_csv(folder.write("t.csv", content), label, real);
}

/// The error of reading a table, without the name of the file.
std::string error_of(const std::string& content, const std::vector<std::string>& label = {"y"},
                     bool real = false) {
  const std::string error = data_error([&] { read(content, label, real); });
  const size_t start = error.find("t.csv: ");
  return start == error.npos ? error : error.substr(start + 7);
}

TEST_CASE("columns become inputs and labels, wherever the label stands") {
  const CsvTable table = read("a,species,b\n1,setosa,-2.5\n+3,virginica,1e2\n");
  CHECK(table.count == 2);
  CHECK(table.features == std::vector<std::string>{"a", "b"});
  CHECK(table.x == std::vector<float>{1, -2.5, 3, 100});
  CHECK(table.labels == std::vector<std::string>{"setosa", "virginica"});
  CHECK(table.lines == std::vector<Index>{2, 3});
}

TEST_CASE(
    "quotes, blanks, empty lines, other separators and line ends, and packed files are read") {
  const CsvTable quoted =
      read("\"a, in cm\" , species\r\n\r\n 1 ,\"two\nlines\"\r\n\"2\",\"say \"\"no\"\"\"");
  CHECK(quoted.features == std::vector<std::string>{"a, in cm"});
  CHECK(quoted.x == std::vector<float>{1, 2});
  CHECK(quoted.labels == std::vector<std::string>{"two\nlines", "say \"no\""});
  CHECK(quoted.lines == std::vector<Index>{3, 5});
  CHECK(read("\xef\xbb\xbf"
             "a;species\n1;x\n")
            .x == std::vector<float>{1});
  CHECK(read("a\tspecies\n1\tx, y\n").labels == std::vector<std::string>{"x, y"});
  const ScratchFolder folder;
  CHECK(read_csv(folder.write_gzip("t.csv.gz", "a,y\n1,b\n"), {"y"}, false).count == 1);
}

TEST_CASE("targets of regression are numbers, in the order in which they were named") {
  const CsvTable table = read("u,a,v\n1,2,3\n4,5,6\n", {"v", "u"}, true);
  CHECK(table.x == std::vector<float>{2, 5});
  CHECK(table.targets == std::vector<double>{3, 1, 6, 4});
  CHECK(table.labels.empty());
}

TEST_CASE("the error for a damaged table names line and column") {
  CHECK(error_of("") == "expected a table, the file is empty");
  CHECK(error_of("a,y\n") == "expected rows after the heading, the file ends");
  CHECK(error_of("a,z\n1,2\n") == "line 1: there is no column \"y\", the \"label\"; known: a, z");
  CHECK(error_of("y,y,a\n1,2,3\n") == "line 1: two columns are called \"y\"");
  CHECK(error_of("y,a\n1,2\n", {"y", "y"}, true) == "line 1: \"label\" names \"y\" twice");
  CHECK(error_of("y\n1\n") ==
        "line 1: there is no column besides the label, so there are no inputs");
  CHECK(error_of("a,y\n1,2\n1,2,3\n") == "line 3: expected 2 fields, as the heading has, found 3");
  CHECK(error_of("a,y\n1,2\n1\n") == "line 3: expected 2 fields, as the heading has, found 1");
  CHECK(error_of("a,y\nred,2\n") ==
        "line 2: column \"a\": expected a number, found \"red\"; all "
        "columns but the label must be numbers");
  CHECK(contains(error_of("a,y\n,2\n"), "line 2: column \"a\": expected a number, found an empty"));
  for (const char* bad : {"nan", "NaN", "inf", "-inf", "1e99"}) {
    CAPTURE(bad);
    CHECK(error_of(std::string("a,y\n1,2\n") + bad + ",2\n") ==
          std::string("line 3: column \"a\": \"") + bad +
              "\" is not a finite number; remove the row or fill in a number");
  }
  CHECK(contains(error_of("a,y\n1,nan\n", {"y"}, true), "line 2: column \"y\": \"nan\" is not"));
  CHECK(error_of("a,y\n1,\n") == "line 2: column \"y\": the label is empty");
  CHECK(contains(error_of("a,y\n1,2\n1,\"2\n\n"), "line 3: a quote (\") is opened here"));
  CHECK(contains(error_of("a,y\n1,\"2\"3\n"), "line 2: text follows a field in quotes"));
}

}  // namespace
}  // namespace autonet::internal
