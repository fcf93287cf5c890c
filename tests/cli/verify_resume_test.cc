#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

/// Runs verify-resume on a model of 40 vectors [16] in an .npy file, which the program reads again
/// for each batch. While it runs, the numbers in the file change all the time, so that no two of
/// its trainings see the same.
Outcome run_on_changing_file(const std::vector<std::string>& words) {
  const TestFolder folder;
  const auto npy_start = [](const std::string& type, const std::string& shape) {
    std::string header =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    header += std::string(117 - header.size(), ' ') + "\n";
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header;
  };
  const std::string start = npy_start("<f4", "(40, 16)");
  std::vector<float> numbers(40 * 16);
  const auto bytes_of = [&] {
    return std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * 4);
  };
  folder.write("x.npy", start + bytes_of());
  std::string classes;
  for (int i = 0; i < 40; ++i) classes += static_cast<char>(i % 2);
  folder.write("y.npy", npy_start("|u1", "(40,)") + classes);
  folder.write("m.json", R"({"name": "m", "data": {"file": "x.npy", "labels": "y.npy"},
      "layers": [{"type": "linear", "units": 2}], "training": {"batch_size": 8}})");
  const std::jthread writer([&](const std::stop_token& stop) {
    std::fstream file(folder.path("x.npy"), std::ios::binary | std::ios::in | std::ios::out);
    for (int turn = 0; !stop.stop_requested(); turn = (turn + 1) % 1000) {
      for (size_t i = 0; i < numbers.size(); ++i) {
        numbers[i] = static_cast<float>((i * 7 + static_cast<size_t>(turn)) % 1000) / 1000.0F;
      }
      file.seekp(static_cast<std::streamoff>(start.size()));
      file << bytes_of() << std::flush;
    }
  });
  std::vector<std::string> command = {"verify-resume", "m.json", "--quiet", "--epochs", "1"};
  command.insert(command.end(), words.begin(), words.end());
  return run_program(folder, command);
}

TEST_CASE("verify-resume compares runs that are stopped and resumed with one that is not") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome text = run_program(folder, {"verify-resume", "m.json", "--quiet"});
  CHECK(text.status == 0);
  CHECK(text.err.empty());
  CHECK(text.out.starts_with("PASSED: m, 2 epochs, stopped and resumed"));
  CHECK_MESSAGE(contains(text.out, "\n1                      2 of 4  same bytes  same bytes\n"),
                text.out);
  const Outcome outcome =
      run_program(folder, {"verify-resume", "m.json", "--json", "--epochs", "1", "--threads", "1"});
  CHECK(outcome.status == 0);
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report["verdict"] == "PASSED");
  CHECK(report["points"].size() == 3);
  CHECK(report["all_points_in_turn"] == true);
  CHECK_FALSE(std::filesystem::exists(folder.path("m.npz")));
}

TEST_CASE("verify-resume fails with status 1 where runs differ") {
  const Outcome text = run_on_changing_file({});
  CHECK_MESSAGE(text.status == 1, text.err);
  CHECK_MESSAGE(text.out.starts_with("FAILED: m, 1 epoch, stopped and resumed"), text.out);
  CHECK_MESSAGE(contains(text.out, "\n1                      1 of 4   DIFFER  DIFFER\n"), text.out);
  CHECK_MESSAGE(contains(text.out, "\nall of these                    DIFFER  DIFFER\n"), text.out);
  const Outcome outcome = run_on_changing_file({"--json"});
  CHECK(outcome.status == 1);
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report["verdict"] == "FAILED");
  CHECK(report["all_points_in_turn"] == false);
  for (const auto& point : report["points"]) {
    CHECK(point["same_weights"] == false);
    CHECK(point["same_run"] == false);
  }
}

TEST_CASE("a checkpoint says what it was made with, and resuming elsewhere is noted") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome bench = run_program(
      folder, {"bench", "m.json", "--seconds", "0", "--json", "--instructions", "none"});
  CHECK(bench.status == 2);
  CHECK_MESSAGE(contains(bench.err, "instructions: there is no set \"none\""), bench.err);
  std::string least = bench.err.substr(bench.err.rfind(' ') + 1);  // the last of the list
  least.pop_back();
  const auto with_least = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--instructions", least});
    return run_program(folder, words);
  };
  const auto used =
      nlohmann::json::parse(with_least({"bench", "m.json", "--seconds", "0", "--json"}).out);
  CHECK(used["instruction_set"] == least);
  REQUIRE(with_least({"fit", "m.json", "--quiet"}).status == 0);
  CHECK(contains(folder.read("m.npz"), R"(\"instructions\":\")" + least));
  const Outcome same = with_least({"fit", "m.json", "--quiet", "--resume", "--epochs", "3"});
  CHECK(same.status == 0);
  CHECK(same.err.empty());
  if (contains(bench.err, "it has " + least)) return;  // the machine has no other set
  const Outcome other = run_program(folder, {"fit", "m.json", "--resume", "--epochs", "4"});
  CHECK(other.status == 0);
  CHECK_MESSAGE(contains(other.err, "note: the run in m.run.npz was made with " + least),
                other.err);
  CHECK_FALSE(contains(run_program(folder, {"verify-resume", "m.json"}).err, "was made with"));
}

}  // namespace
}  // namespace autonet::cli
