#include "cli/shared_options.h"

#include <charconv>

#include "autonet/text/concat.h"
#include "ops/cpu/instructions.h"
#include "text/numbers.h"

namespace autonet::cli {

void add_model(CLI::App& command, ModelChoice& model) {
  command
      .add_option("MODEL", model.name, "The model's JSON file, or the name of an installed model")
      ->required()
      ->type_name("");
  add_settings(command, model.settings);
}

void add_settings(CLI::App& command, std::vector<std::string>& settings) {
  command
      .add_option("--set", settings,
                  "Change a value of the model: training.epochs=12, layers.conv_1.channels=32; "
                  "repeatable")
      ->allow_extra_args(false)
      ->type_name("PATH=VALUE");
}

void add_data_dir(CLI::App& command, std::string& folder) {
  command
      .add_option("--data-dir", folder,
                  "Folder with a subfolder for each data set (usps/, mnist/, ...)")
      ->type_name("DIR");
}

void add_threads(CLI::App& command, int& threads) {
  add_number(command, "--threads", threads, 1, 1024,
             "Threads to use (default: all cores); any number gives the same result");
  add_instructions(command);
}

void add_instructions(CLI::App& command, std::string* given) {
  command
      .add_option_function<std::string>(
          "--instructions",
          [given](const std::string& name) {
            cpu::limit_instructions(name);
            if (given != nullptr) *given = name;
          },
          "Use this instruction set instead of the machine's best, for the same bits as elsewhere "
          "(AVX2, SSSE3, ...)")
      ->type_name("NAME");
}

void add_batch(CLI::App& command, std::optional<Index>& batch) {
  add_number(command, "--batch", batch, 1, 1048576,
             "Images in a batch (default: the model's batch_size)");
}

CLI::Option* add_json(CLI::App& command, bool& json) {
  return command.add_flag("--json", json, "Print the result as JSON");
}

namespace {

/// Adds what one value of --average asks for.
void add_view(const std::string& word, ImageViews& views) {
  constexpr std::string_view kShift = "shift=";
  const bool pixels = word.starts_with(kShift);
  if (word == "flip") {
    views.flip = true;
  } else if (word == "shift") {
    views.shift = 1;
  } else if (pixels && whole_number(1, 65536)(std::string(word.substr(kShift.size()))).empty()) {
    views.shift = std::stoll(word.substr(kShift.size()));
  } else {
    throw CLI::ValidationError(
        "--average",
        text::concat("must be flip, shift, shift=PIXELS or several with commas, got ", word));
  }
}

}  // namespace

void add_average(CLI::App& command, ImageViews& views) {
  command
      .add_option_function<std::vector<std::string>>(
          "--average",
          [&views](const std::vector<std::string>& words) {
            for (const std::string& word : words) add_view(word, views);
          },
          "Average over views of each image: flip (its mirror image), shift (moved by 1\n"
          "pixel in four directions; shift=2 by 2), or both with a comma")
      ->type_name("VIEWS")
      ->delimiter(',')
      ->allow_extra_args(false);
}

std::vector<std::string> average_words(const ImageViews& views) {
  std::vector<std::string> words;
  if (views.flip) words.emplace_back("flip");
  if (views.shift > 0) words.push_back(text::concat("shift=", views.shift));
  return words;
}

CLI::Option* add_file(CLI::App& command, const std::string& name, std::string& path,
                      const std::string& help) {
  return command.add_option(name, path, help)->type_name("FILE");
}

CLI::Validator real_number(double low, double high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    double number = 0;
    const size_t sign = text.starts_with('+') ? 1 : 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + sign, end, number);
    // NaN fails the comparisons.
    if (error == std::errc() && stop == end && number >= low && number <= high) return "";
    return text::concat("must be a number from ", text::significant(low, 6), " to ",
                        text::significant(high, 6), ", got ", text);
  };
  return {check, ""};
}

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && stop == end && number >= low && number <= high) return "";
    return text::concat("must be a whole number from ", low, " to ", high, ", got ", text);
  };
  return {check, ""};
}

}  // namespace autonet::cli
