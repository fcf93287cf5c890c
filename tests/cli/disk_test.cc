// Disks that are full or may not be written to, and data that vanish while a run goes on.
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

/// A small disk in memory, mounted at a folder of a test; not mounted where the system forbids it.
class SmallDisk {
 public:
  SmallDisk(std::string path, const std::string& size) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    if (!mounted_) {
      MESSAGE("SKIPPED: full disks, as this user cannot mount one: " << std::strerror(errno));
    }
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  bool read_only() const {
    return ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

/// Writes zeros until a disk is full, but for `left` bytes.
void fill(const TestFolder& folder, const std::string& name, size_t left) {
  std::ofstream file(folder.path(name), std::ios::binary);
  const std::string block(4096, '\0');
  while (file.write(block.data(), std::ssize(block)).flush()) {
  }
  file.close();
  const auto size = std::filesystem::file_size(folder.path(name));
  std::filesystem::resize_file(folder.path(name), size > left ? size - left : 0);
}

TEST_CASE("on a full disk every output is an error with status 3, and the old files stay") {
  const TestFolder folder;
  const SmallDisk disk(folder.path("disk"), "256k");
  if (!disk.mounted()) return;
  folder.write("m.json", small_model("m"));
  const std::vector<std::string> first = {"fit", "m.json", "--quiet", "--checkpoint", "disk/m.npz"};
  REQUIRE(run_program(folder, first).status == 0);
  const std::string weights = folder.read("disk/m.npz");
  const std::string run = folder.read("disk/m.run.npz");
  fill(folder, "disk/filler", 8192);
  std::vector<std::string> again = first;
  again.insert(again.end(), {"--seed", "9"});
  const Outcome full = run_program(folder, again);
  CHECK(full.status == 3);
  CHECK_MESSAGE(contains(full.err, "cannot write disk/m.run.npz: No space left on device"),
                full.err);
  CHECK(folder.read("disk/m.npz") == weights);
  CHECK(folder.read("disk/m.run.npz") == run);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("disk"))) {
    CHECK_FALSE(contains(entry.path().filename().string(), ".tmp."));
  }
  fill(folder, "disk/filler2", 0);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"fit", "m.json", "--quiet", "--overwrite", "--log", "disk/run.jsonl"},
           {"fit", "m.json", "--quiet", "--overwrite", "--report", "disk/report.html"},
           {"fit", "m.json", "--quiet", "--overwrite", "--tensorboard", "disk/events"},
           {"convolve", "--out", "disk/pictures"},
           {"check-grad", "m.json", "--junit", "disk/junit.xml"}}) {
    const Outcome outcome = run_program(folder, words);
    CAPTURE(words.back());
    CHECK_MESSAGE(outcome.status == 3, outcome.err);
    CHECK_MESSAGE(contains(outcome.err, "No space left on device"), outcome.err);
  }
  CHECK(run_program(folder, {"summary", "m.json"}, {}, folder.path("disk/out")).status == 3);
  // With space again the run goes on.
  std::filesystem::remove(folder.path("disk/filler"));
  CHECK(run_program(folder, again).status == 0);
}

TEST_CASE("a folder or a disk that may not be written to is an error before training") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 100000));
  {
    const SmallDisk disk(folder.path("disk"), "256k");
    if (disk.mounted() && disk.read_only()) {
      for (const std::string option : {"--checkpoint", "--log", "--report", "--tensorboard"}) {
        const std::string name = option == "--checkpoint" ? "disk/m.npz" : "disk/x";
        const Outcome outcome = run_program(folder, {"fit", "m.json", "--quiet", option, name});
        CAPTURE(option);
        CHECK(outcome.status == 3);
        CHECK_MESSAGE(contains(outcome.err, "Read-only file system"), outcome.err);
      }
    }
  }
  if (::geteuid() == 0) {
    MESSAGE("SKIPPED: a folder without the right to write, as root may write everywhere");
    return;
  }
  std::filesystem::create_directories(folder.path("closed"));
  std::filesystem::permissions(folder.path("closed"), std::filesystem::perms::owner_read |
                                                          std::filesystem::perms::owner_exec);
  const Outcome outcome =
      run_program(folder, {"fit", "m.json", "--quiet", "--checkpoint", "closed/m.npz"});
  CHECK(outcome.status == 3);
  CHECK_MESSAGE(contains(outcome.err, "Permission denied"), outcome.err);
  std::filesystem::permissions(folder.path("closed"), std::filesystem::perms::owner_all);
}

/// An .npy file of f4 numbers, all 0.5.
std::string npy(const std::string& shape, size_t count) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  std::string bytes = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n";
  for (size_t i = 0; i < count; ++i) bytes.append("\0\0\0\x3f", 4);
  return bytes;
}

TEST_CASE(
    "data that are gone, cut short or of another kind are an error with the name of the file") {
  const TestFolder folder;
  folder.write("m.json",
               R"({"name": "m", "data": {"file": "x.npy", "labels": "y.npy", "validation": 8},
      "layers": [{"type": "linear", "units": 2}], "classes": 2, "loss": "softmax_cross_entropy",
      "training": {"epochs": 2, "batch_size": 8, "checkpoint": "m.npz",
      "optimizer": {"type": "sgd", "learning_rate": 0.1}}})");
  const std::string good = npy("(40, 16)", 640);
  folder.write("x.npy", good);
  std::string labels = npy("(40,)", 0);
  labels.replace(labels.find("<f4"), 3, "|u1");
  for (int i = 0; i < 40; ++i) labels += static_cast<char>(i % 2);
  folder.write("y.npy", labels);
  REQUIRE_MESSAGE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0,
                  folder.read("stderr"));
  const std::string weights = folder.read("m.npz");
  for (const std::string& bytes :
       {good.substr(0, good.size() / 2), good.substr(0, 20), std::string(),
        std::string("PK\3\4 something else"), good + "more"}) {
    folder.write("x.npy", bytes);
    for (const std::string command : {"fit", "evaluate"}) {
      std::vector<std::string> words = {command, "m.json"};
      if (command == "fit") words.emplace_back("--resume");
      if (command == "fit") words.insert(words.end(), {"--epochs", "4"});
      const Outcome outcome = run_program(folder, words);
      CAPTURE(bytes.size());
      CHECK(outcome.status == 3);
      CHECK_MESSAGE(contains(outcome.err, "x.npy"), outcome.err);
    }
  }
  std::filesystem::remove(folder.path("x.npy"));
  const Outcome gone = run_program(folder, {"fit", "m.json", "--resume", "--epochs", "4"});
  CHECK(gone.status == 3);
  CHECK_MESSAGE(contains(gone.err, "x.npy"), gone.err);
  CHECK(folder.read("m.npz") == weights);
  folder.write("x.npy", good);
  CHECK(run_program(folder, {"fit", "m.json", "--quiet", "--resume", "--epochs", "4"}).status == 0);
}

}  // namespace
}  // namespace autonet::cli
