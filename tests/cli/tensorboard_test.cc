// The event files of fit --tensorboard, read by an independent reader and, where it is installed,
// by TensorBoard.
#include "cli/tensorboard.h"

#include <nlohmann/json.hpp>

#include <cstdlib>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

TEST_CASE("CRC-32C has the check value of its definition") {
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c("") == 0);
}

json read(const TestFolder& folder, const std::string& option) {
  const std::string command = "cd " + folder.path() + " && python3 " + AUTONET_SOURCE_DIR +
                              "/tests/cli/read_events.py events " + option +
                              " > read.json 2> read.err";
  const int status = std::system(command.c_str());
  REQUIRE_MESSAGE(status == 0, folder.read("read.err"));
  return json::parse(folder.read("read.json"));
}

TEST_CASE("the figures of each epoch are in the events") {
  if (std::system("command -v python3 > /dev/null 2>&1") != 0) {
    MESSAGE("SKIPPED: python3, which reads the events, is not installed");
    return;
  }
  const TestFolder folder;
  folder.write("m.json", small_model("m", 3));
  const Outcome fit = run_program(
      folder, {"fit", "m.json", "--quiet", "--tensorboard", "events", "--log", "run.jsonl"});
  REQUIRE_MESSAGE(fit.status == 0, fit.err);
  std::vector<std::string> readers = {""};
  if (std::system("python3 -c 'import tensorboard' > /dev/null 2>&1") == 0) {
    readers.emplace_back("--tensorboard");
  } else {
    MESSAGE("SKIPPED: tensorboard is not installed, so only the independent reader was tried");
  }
  for (const std::string& reader : readers) {
    const json scalars = read(folder, reader);
    CHECK(scalars.size() == 5);
    std::istringstream log(folder.read("run.jsonl"));
    size_t epoch = 0;
    for (std::string line; std::getline(log, line); ++epoch) {
      const json row = json::parse(line);
      const auto same = [&](const std::string& tag, const json& number) {
        CHECK(scalars[tag][epoch][0] == epoch + 1);
        CHECK(scalars[tag][epoch][1].get<float>() == static_cast<float>(number.get<double>()));
      };
      for (const std::string part : {"train", "validation"}) {
        same("loss/" + part, row[part]["cross_entropy"]);
        same("accuracy/" + part, row[part]["accuracy"]);
      }
      same("learning_rate", row["learning_rate"]);
    }
    CHECK(epoch == 3);
  }
}

TEST_CASE("a folder that cannot be made is an error before training") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 1));
  const Outcome fit = run_program(folder, {"fit", "m.json", "--tensorboard", "m.json/x"});
  CHECK(fit.status == 3);
  CHECK(contains(fit.err, "making the folder m.json/x"));
  CHECK_FALSE(std::filesystem::exists(folder.path("m.npz")));
}

}  // namespace
}  // namespace autonet::cli
