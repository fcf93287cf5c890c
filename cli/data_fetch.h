#pragma once

#include "cli/command.h"

namespace autonet::cli {

/// Adds the command `data fetch` below `data`.
void add_data_fetch(CLI::App& data, Action& action);

}  // namespace autonet::cli
