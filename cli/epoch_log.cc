#include "cli/epoch_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/json.h"
#include "train/atomic_file.h"

namespace autonet::cli {

EpochLog::EpochLog(const std::string& path, const Model& model, bool append)
    : path_(path),
      model_(model),
      // A pipe that nobody reads is an error instead of a wait without an end.
      descriptor_(::open(
          path.c_str(), O_NONBLOCK | O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC),
          0666)) {
  if (descriptor_ < 0)
    throw DataError(
        text::concat("opening the log ", path, ": ",
                     errno == ENXIO ? "it is a pipe that no program reads" : std::strerror(errno)));
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) & ~O_NONBLOCK);
}

EpochLog::~EpochLog() {
  ::close(descriptor_);
}

void EpochLog::add(const EpochReport& report) {
  if (const int error = internal::write_all(descriptor_, one_line(to_json(report, model_)));
      error != 0)
    throw DataError(text::concat("writing the log ", path_, ": ", std::strerror(error)));
}

}  // namespace autonet::cli
