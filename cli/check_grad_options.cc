#include "cli/check_grad_options.h"

#include <charconv>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "check/rule_edits.h"
#include "cli/shared_options.h"
#include "text/numbers.h"

namespace autonet::cli {

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

/// Empty if there is a mistake of this name, else an error message.
std::string check_mistake(const std::string& text) {
  try {
    internal::named_mistake(text);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

void add_check_grad_options(CLI::App& command, CheckGradArguments& options) {
  add_model(command, options.model);
  auto* const mode =
      command
          .add_option("--mode", options.mode,
                      "Elements to check one by one: fast (seconds), full (minutes) or sample=N")
          ->check(CLI::Validator(check_mode, ""))
          ->type_name("MODE")
          ->capture_default_str();
  auto* const order =
      command.add_option("--order", options.order, "2: also check the gradient of the gradient")
          ->check(whole_number(1, 2))
          ->type_name("N")
          ->capture_default_str();
  command
      .add_option("--data", options.data,
                  "Images: random (noise) or model (the first of the model's data set)")
      ->check(CLI::IsMember({"random", "model"}))
      ->type_name("WHICH")
      ->capture_default_str();
  add_data_dir(command, options.data_dir);
  command
      .add_option("--checkpoint", options.checkpoint,
                  "Weights at which to check (default: the initial ones)")
      ->type_name("FILE");
  command.add_option("--burn-in", options.burn_in, "Number of training steps to take first")
      ->check(whole_number(0, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--batch", options.batch, "Number of images in the batch")
      ->check(whole_number(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  auto* const only =
      command
          .add_option("--only", options.only,
                      "Check only this tensor (conv_1/weight) or layer (conv_1); repeatable")
          ->allow_extra_args(false)
          ->type_name("NAME");
  command.add_option("--seed", options.seed, "Seed of images, labels, weights and directions")
      ->check(whole_number(0, UINT64_MAX))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--rtol", options.rtol,
                  "Allowed error of differences, relative to the larger number")
      ->check(real_number(0.0, 1.0))
      ->type_name("X")
      ->capture_default_str();
  command
      .add_option("--atol", options.atol,
                  "Allowed absolute error of differences; smaller numbers count as zero")
      ->check(real_number(0.0, 1e300))
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--max-elements", options.max_elements, "The same as --mode sample=N")
      ->check(whole_number(1, std::uint64_t{1} << 40))
      ->type_name("N")
      ->excludes(mode);
  add_threads(command, options.threads);
  auto* const self_test =
      command.add_flag("--self-test", options.self_test,
                       "Test the check: plant mistakes in each rule; each must be found");
  self_test->excludes(order)->excludes(only);
  auto* const plant =
      command
          .add_option("--plant", options.plant,
                      "Plant a mistake in one rule, to see the report of a failure (see below)")
          ->check(CLI::Validator(check_mistake, ""))
          ->type_name("MISTAKE")
          ->excludes(self_test);
  command
      .add_flag("--plant-error", options.plant_error,
                "The same as --plant factor (an error of 1 in 1000)")
      ->excludes(self_test)
      ->excludes(plant);
  command
      .add_option("--junit", options.junit, "Also write the result as JUnit XML, for build servers")
      ->type_name("FILE")
      ->excludes(self_test);
  command.add_flag("--verbose", options.verbose,
                   "Print the tables of all numbers also if nothing failed");
  command.add_flag("--quiet", options.quiet,
                   "Print one line only: the verdict and its first reason");
  add_json(command, options.json);
}

}  // namespace autonet::cli
