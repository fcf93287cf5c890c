#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/context.h"
#include "autonet/train/image_views.h"

namespace autonet::cli {

// Options that several commands have, with the same names and help texts in all of them.

/// The model that a command reads, and the values that are changed in it: see load_model().
struct ModelChoice {
  std::string name;
  std::vector<std::string> settings;
};

void add_model(CLI::App& command, ModelChoice& model);
/// The option --set alone, for a command that names its models in another way.
void add_settings(CLI::App& command, std::vector<std::string>& settings);
void add_data_dir(CLI::App& command, std::string& folder);
void add_threads(CLI::App& command, int& threads);
/// The option --instructions, which takes effect at once. add_threads() adds it too. `name`
/// becomes what is given, if it is not null.
void add_instructions(CLI::App& command, std::string* name = nullptr);
void add_batch(CLI::App& command, std::optional<Index>& batch);
CLI::Option* add_json(CLI::App& command, bool& json);

/// The views of each image over which a trained model's answers are averaged.
void add_average(CLI::App& command, ImageViews& views);
/// The values of that option that give these views: "flip", "shift=1".
std::vector<std::string> average_words(const ImageViews& views);

/// An option that takes the name of a file.
CLI::Option* add_file(CLI::App& command, const std::string& name, std::string& path,
                      const std::string& help);

/// Accepts finite numbers from `low` to `high`; the error text names both bounds.
CLI::Validator real_number(double low, double high);

/// Accepts whole numbers from `low` to `high`; the error text names both bounds.
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);

/// An option that takes a whole number from `low` to `high`.
template <typename Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& number,
                        std::uint64_t low, std::uint64_t high, const std::string& help) {
  return command.add_option(name, number, help)->check(whole_number(low, high))->type_name("N");
}

}  // namespace autonet::cli
