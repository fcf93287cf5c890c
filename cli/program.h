#pragma once

namespace autonet {

/// The whole program: parses the command line, does what it asks, prints, and gives the exit
/// status (see Exit).
int run_program(int argc, const char* const* argv);

}  // namespace autonet
