#pragma once

#include <string>

namespace autonet::internal {

/// Holds a checkpoint for one run. While the object lives, another one for the same checkpoint, in
/// this process or another, throws DataError that says who holds it.
///
/// The lock is flock(2) of the file NAME.npz.lock beside the checkpoint, which says the process.
/// The system gives it up when the process ends, however that happens; a file that is left over
/// does no harm. Where the file system has no locks, nothing is held.
class CheckpointLock {
 public:
  /// Holds nothing if `checkpoint` is empty.
  explicit CheckpointLock(const std::string& checkpoint);
  ~CheckpointLock();
  CheckpointLock(const CheckpointLock&) = delete;
  CheckpointLock& operator=(const CheckpointLock&) = delete;

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace autonet::internal
