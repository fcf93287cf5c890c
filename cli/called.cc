#include "cli/called.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/version.h"
#include "text/suggest.h"

namespace autonet::cli {
namespace {

namespace fs = std::filesystem;

/// The folder of the shipped models: beside an installed program, or in the source of a built one.
/// Empty if there is none.
fs::path models_folder() {
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none).parent_path();
  for (const fs::path& folder :
       {program / kDataFromProgram / "models", program / "../models", fs::path(kData) / "models"}) {
    if (fs::exists(folder / "quickstart.json", none)) return folder.lexically_normal();
  }
  return {};
}

std::vector<std::string> shipped_models() {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(models_folder(), none)) {
    const fs::path file = entry.path().filename();
    if (file.extension() == ".json" && file.stem().extension().empty())
      names.push_back(file.stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string program_as_called() {
  const char* given = std::getenv("AUTONET_COMMAND");
  return given == nullptr || *given == '\0' ? "autonet" : given;
}

std::string command_line(const std::string& words) {
  return program_as_called() + " " + words;
}

std::string with_pasteable_examples(const std::string& text) {
  const std::string example = "\n  autonet ";
  std::string result = "\n" + text;
  const std::string called = "\n  " + command_line("");
  for (size_t at = 0; (at = result.find(example, at)) != result.npos; at += called.size())
    result.replace(at, example.size(), called);
  return result.substr(1);
}

Model load_model(const std::string& name, const std::vector<std::string>& settings) {
  std::error_code none;
  if (fs::exists(name, none) || name.find_first_of("./") != name.npos) {
    return autonet::load_model(name, settings);
  }
  const std::vector<std::string> shipped = shipped_models();
  if (std::find(shipped.begin(), shipped.end(), name) != shipped.end()) {
    const Model model = Model::load((models_folder() / (name + ".json")).string());
    return Model::parse(model.text(), name, settings);
  }
  if (shipped.empty()) return autonet::load_model(name, settings);
  const std::string near = text::nearest(name, shipped);
  throw ModelError(text::concat("reading the model ", name,
                                ": there is no such file, and no installed model of that name",
                                near.empty() ? "" : text::concat("; did you mean \"", near, "\"?"),
                                "\nThe installed models are ", text::joined(shipped, ", "), "."));
}

std::string shell_word(const std::string& word) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::strchr("/._-+,:=@%", c) != nullptr;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string model_words(const Model& model) {
  std::string words = shell_word(model.file());
  for (const std::string& setting : model.settings()) words += " --set " + shell_word(setting);
  return words;
}

}  // namespace autonet::cli
