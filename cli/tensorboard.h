#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "autonet/models/model.h"
#include "autonet/train/fit_observer.h"

namespace autonet::cli {

/// The checksum CRC-32C (Castagnoli, RFC 3720) of the bytes.
std::uint32_t crc32c(std::string_view bytes);

/// Writes the figures of each epoch as a file of events, which TensorBoard shows as curves.
///
/// The file is a sequence of records: the length of the data (8 bytes), a masked CRC-32C of the
/// length (4), the data, and their masked CRC-32C (4), all little-endian. The data are an Event
/// message of TensorFlow's event.proto with its wall time, its step (the epoch) and its scalars.
class TensorBoardLog : public FitObserver {
 public:
  /// Makes the folder if there is none, and a new file of events in it. Throws DataError if that
  /// fails.
  TensorBoardLog(const std::string& folder, const Model& model);
  ~TensorBoardLog() override;
  TensorBoardLog(const TensorBoardLog&) = delete;
  TensorBoardLog& operator=(const TensorBoardLog&) = delete;

  /// Appends the figures of finished epochs that no file of events in the folder holds, because a
  /// kill came between saving the epoch and writing its events.
  void on_resume(std::span<const EpochReport> finished) override;
  /// Appends loss, accuracy (or root mean squared error) and learning rate. Throws DataError if
  /// they cannot be written.
  void on_epoch(const EpochReport& report) override;

 private:
  void append(const std::string& event);

  Model model_;
  std::string folder_;
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace autonet::cli
