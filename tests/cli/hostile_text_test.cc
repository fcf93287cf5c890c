// Pipes, control characters, numbers that are none, and signals at any time.
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "autonet/train/checkpoint.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

TEST_CASE("a pipe in place of a model, a checkpoint or a log is an error at once") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  for (const char* name : {"p.json", "p.npz", "p.safetensors", "p.jsonl", "p.png"}) {
    REQUIRE(::mkfifo(folder.path(name).c_str(), 0600) == 0);
  }
  const Outcome model = run_program(folder, {"summary", "p.json"});
  CHECK(model.status == 2);
  CHECK(model.err == "p.json: is not a regular file; write the model to a file\n");
  for (const std::string checkpoint : {"p.npz", "p.safetensors"}) {
    const Outcome outcome = run_program(folder, {"evaluate", "m.json", "--checkpoint", checkpoint});
    CHECK(outcome.status == 3);
    CHECK(outcome.err == "reading " + checkpoint + ": not a regular file\n");
    CHECK(run_program(folder, {"fit", "m.json", "--checkpoint", checkpoint}).status == 2);
  }
  const Outcome log = run_program(folder, {"fit", "m.json", "--log", "p.jsonl", "--quiet"});
  CHECK(log.status == 3);
  CHECK(log.err == "opening the log p.jsonl: it is a pipe that no program reads\n");
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet", "--log", "/dev/null"}).status == 0);
  CHECK(run_program(folder, {"predict", "m.json", "p.png"}).status == 3);
  CHECK(run_program(folder, {"predict", "m.json", "p.npz"}).status == 3);
}

TEST_CASE("a pipe or a device is not replaced by a file") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet", "--epochs", "1"}).status == 0);
  const std::string pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"export", "m.json", "--onnx", "pipe"}, {"report", "m.json", "--out", "pipe"}}) {
    CAPTURE(arguments[0]);
    const Outcome outcome = run_program(folder, arguments);
    CHECK(outcome.status == 3);
    CHECK_MESSAGE(contains(outcome.err, "cannot write pipe: it is a device or a pipe; name a file"),
                  outcome.err);
    CHECK(std::filesystem::is_fifo(pipe));
  }
}

TEST_CASE("text behind a NUL in a model is not ignored") {
  const TestFolder folder;
  folder.write("m.json", small_model("m") + '\0' + "{ \"anything\": 1");
  const Outcome outcome = run_program(folder, {"summary", "m.json"});
  CHECK(outcome.status == 2);
  CHECK_MESSAGE(contains(outcome.err, "is a NUL character"), outcome.err);
}

TEST_CASE("options take numbers within their bounds only") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  for (const std::string number : {"nan", "-nan", "inf", "-inf", "-1", "3601", "1e999", "", "1x"}) {
    CAPTURE(number);
    const Outcome bench = run_program(folder, {"bench", "m.json", "--seconds=" + number});
    CHECK(bench.status == 2);
    CHECK_MESSAGE(contains(bench.err, "--seconds: "), bench.err);
    for (const std::string option : {"--threads", "--batch"}) {
      CHECK(run_program(folder, {"bench", "m.json", option + "=" + number + "."}).status == 2);
    }
    if (number == "-1" || number == "3601") continue;
    CHECK(run_program(folder, {"convolve", "--explain-1d", "--x=" + number}).status == 2);
    CHECK(run_program(folder, {"check-grad", "m.json", "--rtol=" + number}).status == 2);
  }
  CHECK(run_program(folder, {"convolve", "--kernel", "1/0"}).status == 2);
  CHECK(run_program(folder, {"convolve", "--kernel", "nan 1"}).status == 2);
  CHECK(run_program(folder, {"convolve", "--explain-1d", "--x=+1,-2.5", "--w", "1"}).status == 0);
}

TEST_CASE("control characters of names never reach the terminal") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  ArrayFile file;
  file.arrays.push_back({"a\x1b[2Jb", Array::scalar(1.0)});
  save_arrays(folder.path("e.npz"), file);
  save_arrays(folder.path("e.safetensors"), file);
  for (const std::string name : {"e.npz", "e.safetensors"}) {
    const Outcome outcome = run_program(folder, {"evaluate", "m.json", "--checkpoint", name});
    CHECK(outcome.status == 3);
    CHECK_MESSAGE(contains(outcome.err, "array \"a\\x1b[2Jb\" [] is unknown"), outcome.err);
  }
  const Outcome path = run_program(folder, {"summary", "x\x1b]0;t\a.json"});
  CHECK(path.status == 2);
  CHECK_FALSE(contains(path.err, "\x1b"));
  CHECK_FALSE(contains(path.err, "\a"));
  // On a terminal, the program's own colours are kept; a name could use them too.
  std::filesystem::copy_file(folder.path("m.json"), folder.path("c\x1b[31m.json"));
  const Outcome coloured = run_program(folder, {"summary", "c\x1b[31m.json"});
  CHECK(coloured.status == 2);
  CHECK_MESSAGE(contains(coloured.err, "the argument \"c\\x1b[31m.json\" has a control character"),
                coloured.err);
  // Names in a model, of a class in a table and of a folder's class.
  std::string model = small_model("m");
  model.replace(model.find("\"output\""), 8, "\"out\\u001b[31mput\"");
  folder.write("layer.json", model);
  const Outcome layer = run_program(folder, {"summary", "layer.json"});
  CHECK(layer.status == 2);
  CHECK_MESSAGE(contains(layer.err, "/layers/0/name: must not contain a control character"),
                layer.err);
  const auto own = [&](const std::string& name, const std::string& data) {
    folder.write(name, R"({"data": {)" + data + R"(}, "layers": [{"type": "linear", "units": 2}],
      "loss": "softmax_cross_entropy"})");
    return run_program(folder, {"summary", name});
  };
  folder.write("t.csv", "x,y\n1,a\x1b[31m\n2,b\n");
  const Outcome table = own("t.json", R"("file": "t.csv", "label": "y")");
  CHECK(table.status == 3);
  CHECK_MESSAGE(contains(table.err, "has a control character"), table.err);
  std::filesystem::create_directories(folder.path("pictures/a\x1b[31m"));
  std::filesystem::create_directories(folder.path("pictures/b"));
  const Outcome pictures = own("f.json", R"("folder": "pictures")");
  CHECK(pictures.status == 3);
  CHECK_MESSAGE(contains(pictures.err, "has a control character"), pictures.err);
}

TEST_CASE("a signal ends every command with status 130, also before fit trains") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 1000000));
  for (const int signal : {SIGTERM, SIGINT}) {
    RunningProgram bench(folder, {"bench", "m.json", "--seconds", "60"});
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    bench.signal(signal);
    CHECK(bench.wait().status == 130);
  }
}

}  // namespace
}  // namespace autonet::cli
