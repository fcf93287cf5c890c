#pragma once

namespace autonet::cli {

/// The whole program: parses the command line, runs the command, and returns the exit status as the
/// number of an ExitStatus.
int run_program(int argc, const char* const* argv);

}  // namespace autonet::cli
