#pragma once

#include "cli/command.h"

namespace autonet::cli {

/// Adds the command `data show` below `data`.
void add_data_show(CLI::App& data, Action& action);

}  // namespace autonet::cli
