#pragma once

#include <string>
#include <string_view>

namespace autonet::internal {

/// The steps in which a file is saved: those of write_atomically(), and those of a file that grows.
enum class SaveStep { create, write, sync, close, rename, sync_folder, append, cut };

/// A moment before or after one step of saving a file.
struct SavePoint {
  SaveStep step;
  const std::string& path;      // the file that is saved
  int descriptor = -1;          // of `write` and `append`
  std::string_view bytes = {};  // that these write
  bool done = false;            // false before the step, true after it
};

/// A function that is called before and after every step. A result other than 0 before a step is
/// the system's error number with which the step then fails, without being done.
using SaveHook = int (*)(const SavePoint& point);

/// The hook of this process, by which tests end a process at each step and let each step fail. The
/// library and the program never set it.
inline SaveHook save_hook = nullptr;

/// Does one step by `call`, which returns 0 or the system's error number, and returns that number.
template <typename Call>
int save_step(SavePoint point, const Call& call) {
  if (save_hook == nullptr) return call();
  if (const int error = save_hook(point); error != 0) return error;
  const int error = call();
  point.done = true;
  if (error == 0) save_hook(point);
  return error;
}

}  // namespace autonet::internal
