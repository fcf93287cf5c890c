#pragma once

#include "cli/command.h"

namespace autonet::cli {

/// Adds the command `data info` below `data`.
void add_data_info(CLI::App& data, Action& action);

}  // namespace autonet::cli
