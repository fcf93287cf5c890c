#include "data/libsvm.h"

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

LibsvmTable read(const std::string& content, Index features = 0) {
  const ScratchFolder folder;
  return read_libsvm(folder.write("t.svm", content), features);
}

std::string error_of(const std::string& content, Index features = 0) {
  const std::string error = data_error([&] { read(content, features); });
  const size_t start = error.find("t.svm: ");
  return start == error.npos ? error : error.substr(start + 7);
}

TEST_CASE("indices begin with 1, and features that are left out are 0") {
  const LibsvmTable table = read("+1 1:0.5 3:-2\n-1 2:1e1 # a comment\n\n 7\n");
  CHECK(table.count == 3);
  CHECK(table.features == 3);
  CHECK(table.x == std::vector<float>{0.5, 0, -2, 0, 10, 0, 0, 0, 0});
  CHECK(table.targets == std::vector<double>{1, -1, 7});
  CHECK(table.lines == std::vector<Index>{1, 2, 4});
  CHECK(read("1 1:2\r\n", 4).x == std::vector<float>{2, 0, 0, 0});
}

TEST_CASE("the error for a damaged file names line and column") {
  CHECK(error_of("") == "expected examples, the file has none");
  CHECK(error_of("# only a comment\n") == "expected examples, the file has none");
  CHECK(error_of("1 1:2\nx 1:2\n") == "line 2, column 1: expected a label, a number, found \"x\"");
  CHECK(error_of("1:2 2:3\n") == "line 1, column 1: expected a label, a number, found \"1:2\"");
  CHECK(error_of("1 qid:3 1:2\n") == "line 1, column 3: expected INDEX:VALUE, found \"qid:3\"");
  CHECK(error_of("1 1 2\n") == "line 1, column 3: expected INDEX:VALUE, found \"1\"");
  CHECK(error_of("1 1:\n") == "line 1, column 5: expected a number, found \"\"");
  CHECK(error_of("1 1:2x\n") == "line 1, column 5: expected a number, found \"2x\"");
  CHECK(error_of("1 1:nan\n") == "line 1, column 5: expected a finite number, found \"nan\"");
  CHECK(error_of("1 0:2\n") == "line 1, column 3: an index must be from 1 to 100000000, found 0");
  CHECK(error_of("1 2:1 2:2\n") ==
        "line 1, column 7: indices must increase along a line, but 2 follows 2");
  CHECK(contains(error_of("1 5:1\n", 4), "line 1, column 3: index 5 is above 4, the number of"));
  std::string many;
  for (int i = 0; i < 50; ++i) many += "1 100000000:1\n";
  CHECK(contains(error_of(many), "50 examples of 100000000 features are more than 4294967296"));
}

}  // namespace
}  // namespace autonet::internal
