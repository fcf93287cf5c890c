#pragma once

#include <string>

namespace autonet::cli {

/// What the program tells the shell when it ends.
enum class ExitStatus : int {
  good = 0,           ///< the command did its work; a check passed
  failed = 1,         ///< a check was made and failed, or a run broke down
  usage = 2,          ///< the command line or the model is wrong
  data = 3,           ///< data or files are missing or damaged
  inconclusive = 4,   ///< a check could neither pass nor fail
  interrupted = 130,  ///< Ctrl-C or SIGTERM ended the run
};

/// The statuses and their meanings, a line each, for the help.
std::string exit_status_help();

}  // namespace autonet::cli
