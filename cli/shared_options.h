#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "autograd/shape.h"

namespace autonet {

// The options that several commands have, spelled and explained alike.

void add_model(CLI::App& command, std::string& model);
void add_data_dir(CLI::App& command, std::string& folder);
void add_threads(CLI::App& command, std::optional<int>& threads);
CLI::Option* add_json(CLI::App& command, bool& json);

/// Refuses what is not a whole number from `low` to `high`, in those words.
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);

}  // namespace autonet
