#include "cli/tensorboard.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <set>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

template <typename T>
std::string little_endian(T number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(number >> (8 * i) & 255U);
  return bytes;
}

/// The checksum as the record format has it.
std::uint32_t masked(std::uint32_t crc) {
  return std::rotr(crc, 15) + 0xa282ead8U;
}

// Fields of protocol buffers: a number and a kind in one byte, then the value.

std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 128; number >>= 7) bytes += static_cast<char>((number & 127U) | 128U);
  return bytes + static_cast<char>(number);
}

std::string double_field(int field, double number) {
  return static_cast<char>(field << 3 | 1) + little_endian(std::bit_cast<std::uint64_t>(number));
}

std::string float_field(int field, double number) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
  return static_cast<char>(field << 3 | 5) + little_endian(bits);
}

std::string bytes_field(int field, const std::string& bytes) {
  return static_cast<char>(field << 3 | 2) + varint(bytes.size()) + bytes;
}

std::string step_field(Index step) {
  return static_cast<char>(2 << 3) + varint(static_cast<std::uint64_t>(step));
}

std::string time_field() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return double_field(1, std::chrono::duration<double>(now).count());
}

std::string scalar(const std::string& tag, double number) {
  return bytes_field(1, bytes_field(1, tag) + float_field(2, number));
}

std::uint64_t number_at(std::string_view bytes, size_t from, size_t count) {
  std::uint64_t number = 0;
  for (size_t i = count; i > 0; --i) {
    number = number << 8 | static_cast<unsigned char>(bytes[from + i - 1]);
  }
  return number;
}

/// The step of an event as this file writes it: its time, then its step; 0 if it has none.
Index step_of(std::string_view event) {
  constexpr size_t kTime = 9;
  if (event.size() <= kTime || event[kTime] != 2 << 3) return 0;
  std::uint64_t step = 0;
  for (size_t at = kTime + 1, shift = 0; at < event.size() && shift < 63; ++at, shift += 7) {
    const auto byte = static_cast<unsigned char>(event[at]);
    step |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) return static_cast<Index>(step);
  }
  return 0;
}

/// Adds the steps of the whole records of a file to `steps`. A kill may have cut the last one.
void add_steps(std::string_view file, std::set<Index>& steps) {
  while (file.size() >= 16) {
    const std::uint64_t size = number_at(file, 0, 8);
    if (number_at(file, 8, 4) != masked(crc32c(file.substr(0, 8))) || size > file.size() - 16)
      return;
    const std::string_view event = file.substr(12, size);
    if (number_at(file, 12 + size, 4) != masked(crc32c(event))) return;
    steps.insert(step_of(event));
    file.remove_prefix(16 + size);
  }
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
      table[i] = crc;
    }
    return table;
  }();
  std::uint32_t crc = ~0U;
  for (const char byte : bytes)
    crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 255U];
  return ~crc;
}

TensorBoardLog::TensorBoardLog(const std::string& folder, const Model& model)
    : model_(model), folder_(folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw DataError(text::concat("making the folder ", folder, ": ", error.message()));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  for (int number = 0; descriptor_ < 0; ++number) {  // several runs may begin in one second
    path_ = text::concat(folder, "/events.out.tfevents.", seconds, ".autonet.", number);
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST)
      throw DataError(text::concat("opening ", path_, ": ", std::strerror(errno)));
  }
  append(time_field() + bytes_field(3, "brain.Event:2"));
}

TensorBoardLog::~TensorBoardLog() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void TensorBoardLog::on_resume(std::span<const EpochReport> finished) {
  constexpr Index kMost = Index{1} << 30;
  std::set<Index> written;
  std::error_code problem;
  std::filesystem::directory_iterator place(folder_, problem);
  for (; !problem && place != std::filesystem::directory_iterator(); place.increment(problem)) {
    const std::string name = place->path().filename().string();
    if (!name.starts_with("events.out.tfevents.") || name.find(".autonet.") == name.npos) continue;
    try {
      add_steps(internal::read_file(place->path().string(), kMost), written);
    } catch (const DataError&) {
      // A file that cannot be read holds no events for anyone.
    }
  }
  for (const EpochReport& report : finished) {
    if (!written.contains(report.epoch)) on_epoch(report);
  }
}

void TensorBoardLog::on_epoch(const EpochReport& report) {
  std::string scalars;
  const auto add = [&](const std::string& part, const Metrics& metrics) {
    scalars += scalar("loss/" + part, metrics.loss);
    scalars += model_.classes() > 0 ? scalar("accuracy/" + part, metrics.accuracy)
                                    : scalar("rmse/" + part, metrics.rmse);
  };
  add("train", report.train);
  if (report.validation) add("validation", *report.validation);
  scalars += scalar("learning_rate", report.learning_rate);
  append(time_field() + step_field(report.epoch) + bytes_field(5, scalars));
}

void TensorBoardLog::append(const std::string& event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  const std::string record =
      length + little_endian(masked(crc32c(length))) + event + little_endian(masked(crc32c(event)));
  if (const int error = internal::append_to(descriptor_, path_, record); error != 0)
    throw DataError(text::concat("writing ", path_, ": ", std::strerror(error)));
}

}  // namespace autonet::cli
