#include "cli/check_grad_options.h"

#include <charconv>

#include "autograd/error.h"
#include "check/diagnosis.h"
#include "check/rule_edits.h"
#include "cli/shared_options.h"

namespace autonet {

std::optional<Index> sample_size(const std::string& mode) {
  if (!mode.starts_with("sample=")) return std::nullopt;
  Index count = 0;
  const char* const end = mode.data() + mode.size();
  const auto [stop, error] = std::from_chars(mode.data() + 7, end, count);
  if (error != std::errc() || stop != end || count < 1) return std::nullopt;
  return count;
}

namespace {

std::string check_mode(const std::string& mode) {
  if (mode == "fast" || mode == "full" || sample_size(mode)) return "";
  return "must be fast, full or sample=N with N at least 1, got " + mode;
}

/// Nothing if there is such a mistake, else what is wrong.
std::string check_mistake(const std::string& text) {
  try {
    named_mistake(text);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

/// A tolerance: a number from 0 to `most`, NaN being none.
CLI::Validator tolerance(double most) {
  return {[most](const std::string& text) -> std::string {
            double number = 0.0;
            const char* const end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, number);
            const bool good = error == std::errc() && stop == end && number >= 0 && number <= most;
            return good ? "" : "must be a number from 0 to " + short_text(most) + ", got " + text;
          },
          ""};
}

}  // namespace

void add_check_grad_options(CLI::App& command, CheckGradArguments& options) {
  add_model(command, options.model);
  auto* const mode =
      command
          .add_option("--mode", options.mode,
                      "Elements moved one by one: fast (seconds), full (minutes) or sample=N")
          ->check(CLI::Validator(check_mode, ""))
          ->type_name("MODE")
          ->capture_default_str();
  auto* const order =
      command.add_option("--order", options.order, "2: check the gradient's own gradient too")
          ->check(whole_number(1, 2))
          ->type_name("N")
          ->capture_default_str();
  command
      .add_option("--data", options.data,
                  "Images: random (noise) or model (the first of its data set)")
      ->check(CLI::IsMember({"random", "model"}))
      ->type_name("WHICH")
      ->capture_default_str();
  add_data_dir(command, options.data_dir);
  command
      .add_option("--checkpoint", options.checkpoint,
                  "Check at these weights (default: at the initial ones)")
      ->type_name("FILE");
  command.add_option("--burn-in", options.burn_in, "Training steps to take first")
      ->check(whole_number(0, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--batch", options.batch, "Pictures in the batch")
      ->check(whole_number(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  auto* const only =
      command
          .add_option("--only", options.only,
                      "Only this tensor (conv_1/weight) or layer (conv_1); repeatable")
          ->allow_extra_args(false)
          ->type_name("NAME");
  command.add_option("--seed", options.seed, "Seed of pictures, labels, weights and directions")
      ->check(whole_number(0, UINT64_MAX))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--rtol", options.rtol,
                  "Error that differences may have, relative to the larger number")
      ->check(tolerance(1.0))
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--atol", options.atol, "The same, absolute; what is smaller counts as zero")
      ->check(tolerance(1e300))
      ->type_name("X")
      ->capture_default_str();
  command
      .add_option("--max-elements", options.max_elements,
                  "Elements moved one by one in each tensor: the same as --mode sample=N")
      ->check(whole_number(1, std::uint64_t{1} << 40))
      ->type_name("N")
      ->excludes(mode);
  add_threads(command, options.threads);
  auto* const self_test = command.add_flag("--self-test", options.self_test,
                                           "Spoil each rule in many ways: is each found?");
  self_test->excludes(order)->excludes(only);
  auto* const plant = command
                          .add_option("--plant", options.plant,
                                      "Spoil one rule, to see what a failure looks like (below)")
                          ->check(CLI::Validator(check_mistake, ""))
                          ->type_name("MISTAKE")
                          ->excludes(self_test);
  command
      .add_flag("--plant-error", options.plant_error, "The same as --plant factor (1 part in 1000)")
      ->excludes(self_test)
      ->excludes(plant);
  command
      .add_option("--junit", options.junit, "Write the result as JUnit XML too, for build servers")
      ->type_name("FILE")
      ->excludes(self_test);
  add_json(command, options.json);
}

}  // namespace autonet
