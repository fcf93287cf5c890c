#include "cli/shared_options.h"

#include <charconv>

namespace autonet {

void add_model(CLI::App& command, std::string& model) {
  command.add_option("MODEL", model, "The model's JSON file")->required()->type_name("");
}

void add_data_dir(CLI::App& command, std::string& folder) {
  command
      .add_option("--data-dir", folder,
                  "Folder that holds a folder for each data set (usps/, mnist/, ...)")
      ->type_name("DIR");
}

void add_threads(CLI::App& command, std::optional<int>& threads) {
  command
      .add_option("--threads", threads,
                  "Threads to compute with (default: all); any number gives the same result")
      ->check(whole_number(1, 1024))
      ->type_name("N");
}

CLI::Option* add_json(CLI::App& command, bool& json) {
  return command.add_flag("--json", json, "Print the result as JSON");
}

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && stop == end && number >= low && number <= high) return "";
    return "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high) +
           ", got " + text;
  };
  return {check, ""};
}

}  // namespace autonet
