// Trains for one pass over an .npy file with a hole, which reads as zeros and takes no disk, and
// compares the memory of the process with what training on a small file of the same kind takes.
//
//   large_file [GiB]       (1)
//
// Exit status: 0 if the whole file was read and took less than 160 MiB more, 1 if not, 77 if the
// file system cannot hold such a file.
#include <stdlib.h>
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "autonet/train/fit.h"
#include "autonet/train/load_data.h"

namespace autonet::internal {
namespace {

constexpr Index kFeatures = 1024;

/// The most memory that the process has had, in MiB.
long peak() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void write_npy(const std::string& path, const std::string& type, const std::string& shape,
               std::uintmax_t bytes) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
  std::ofstream(path, std::ios::binary)
      << std::string("\x93NUMPY\x01\x00", 8) << static_cast<char>(header.size()) << '\0' << header;
  std::filesystem::resize_file(path, 10 + header.size() + bytes);
}

struct Counter : FitObserver {
  Index batches = 0;
  void on_batch(Index, Index, Index, double) override { ++batches; }
};

/// Trains for one pass over so many rows; returns the number of batches.
Index train_on(const std::string& folder, Index rows) {
  const std::string count = std::to_string(rows);
  write_npy(folder + "/x.npy", "<f4", count + ", 1024",
            static_cast<std::uintmax_t>(rows * kFeatures * 4));
  write_npy(folder + "/y.npy", "|u1", count + ",", static_cast<std::uintmax_t>(rows));
  const Model model = Model::parse(R"({"name": "m", "input": [1024], "classes": 2,
      "data": {"file": "x.npy", "labels": "y.npy", "validation": 0},
      "layers": [{"type": "linear", "units": 2}],
      "training": {"epochs": 1, "batch_size": 256}})",
                                   folder + "/m.json");
  Context context;
  Counter counter;
  const Splits data = load_data(model);
  FitOptions options;
  options.observer = &counter;
  fit(model, data.train, context, options);
  return counter.batches;
}

int run(const std::string& folder, Index gib) {
  train_on(folder, 1000);
  const long before = peak();
  const Index rows = (gib << 30) / (kFeatures * 4);
  Index batches = 0;
  try {
    batches = train_on(folder, rows);
  } catch (const std::filesystem::filesystem_error& error) {
    std::cout << "SKIPPED: no file of " << gib
              << " GiB with a hole can be made here: " << error.code().message() << '\n';
    return 77;
  }
  const long more = peak() - before;
  std::cout << "one pass over " << rows << " rows, " << gib << " GiB, in " << batches
            << " batches: " << more << " MiB more than the " << before
            << " MiB of training on 1000 rows\n";
  return more < 160 && batches == (rows + 255) / 256 ? 0 : 1;
}

}  // namespace
}  // namespace autonet::internal

int main(int argc, char** argv) {
  std::string folder = (std::filesystem::temp_directory_path() / "autonet-long-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    std::cout << "cannot make " << folder << '\n';
    return 1;
  }
  const int status =
      autonet::internal::run(folder, argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 1);
  std::filesystem::remove_all(folder);
  return status;
}
