#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace autonet {

/// A temporary folder for the files of one test. The destructor removes it.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "autonet-cli-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~TestFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string path(const std::string& name = "") const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    REQUIRE_MESSAGE(file.good(), path(name));
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
  }

 private:
  std::filesystem::path path_;
};

/// What one run of the program gave. If signal n ended it, the status is 128 + n.
struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

/// A running autonet program whose working folder is `folder` and whose output goes to files there.
class RunningProgram {
 public:
  RunningProgram(const TestFolder& folder, std::vector<std::string> words,
                 const std::vector<std::pair<std::string, std::string>>& environment = {},
                 const std::string& out = "")
      : folder_(folder) {
    words.insert(words.begin(), AUTONET_PROGRAM);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string out_path = out.empty() ? folder.path("stdout") : out;
    const std::string err_path = folder.path("stderr");
    process_ = fork();
    if (process_ == 0) {
      const int to_out = ::open(out_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
      const int to_err = ::open(err_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
      ::dup2(to_out, STDOUT_FILENO);
      ::dup2(to_err, STDERR_FILENO);
      for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
      if (::chdir(folder.path().c_str()) != 0) ::_exit(126);
      ::execv(AUTONET_PROGRAM, arguments.data());
      ::_exit(127);
    }
    REQUIRE(process_ > 0);
  }

  int number() const { return process_; }
  void signal(int number) const { ::kill(process_, number); }

  Outcome wait() {
    int status = 0;
    REQUIRE(::waitpid(process_, &status, 0) == process_);
    Outcome outcome;
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (std::filesystem::exists(folder_.path("stdout"))) outcome.out = folder_.read("stdout");
    outcome.err = folder_.read("stderr");
    return outcome;
  }

 private:
  const TestFolder& folder_;
  pid_t process_ = -1;
};

/// Runs the program in `folder` until it ends.
inline Outcome run_program(const TestFolder& folder, std::vector<std::string> words,
                           const std::vector<std::pair<std::string, std::string>>& environment = {},
                           const std::string& out = "") {
  return RunningProgram(folder, std::move(words), environment, out).wait();
}

/// The file of a model that comes with the program.
inline std::string shipped(const std::string& model) {
  return std::string(AUTONET_SOURCE_DIR) + "/models/" + model + ".json";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A model that trains in less than a second: logistic regression on 300 of the built-in digits.
inline std::string small_model(const std::string& name, int epochs = 2) {
  return R"({
  "name": ")" +
         name + R"(",
  "data": { "dataset": "digits", "limit": 300, "validation": 100 },
  "layers": [
    { "name": "output", "type": "linear", "units": 10 }
  ],
  "loss": "softmax_cross_entropy",
  "training": { "epochs": )" +
         std::to_string(epochs) + R"(, "batch_size": 64,
    "optimizer": { "type": "sgd", "learning_rate": 0.02, "momentum": 0.9 },
    "checkpoint": ")" +
         name + R"(.npz" }
})";
}

}  // namespace autonet
