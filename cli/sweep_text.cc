#include "cli/sweep_text.h"

#include <algorithm>
#include <sstream>

#include "autonet/text/concat.h"
#include "cli/called.h"
#include "cli/results.h"
#include "text/numbers.h"
#include "text/table.h"
#include "text/wrap.h"

namespace autonet::cli {
namespace {

using internal::SweepRun;
using internal::SweepSettings;

std::string path_of(const std::string& setting) {
  return setting.substr(0, setting.find('='));
}
std::string value_of(const std::string& setting) {
  return setting.substr(setting.find('=') + 1);
}

/// True if `end` is the path, or its last steps.
bool ends_with_steps(const std::string& path, const std::string& end) {
  if (!path.ends_with(end) || path.size() == end.size()) return path == end;
  const char before = path[path.size() - end.size() - 1];
  return before == '.' || before == '/';
}

/// The last steps of each path that tell it from the others: "learning_rate".
std::vector<std::string> short_names(const SweepSettings& settings) {
  std::vector<std::string> names;
  for (const std::string& setting : settings) {
    const std::string path = path_of(setting);
    size_t begin = path.size();
    std::string name;
    do {
      begin = begin == 0 ? path.npos : path.find_last_of("./", begin - 1);
      name = begin == path.npos ? path : path.substr(begin + 1);
    } while (begin != path.npos && std::ranges::count_if(settings, [&](const std::string& other) {
                                     return ends_with_steps(path_of(other), name);
                                   }) > 1);
    names.push_back(name);
  }
  return names;
}

std::string settings_text(const SweepRun& run) {
  const std::vector<std::string> names = short_names(run.settings);
  std::vector<std::string> parts;
  for (size_t i = 0; i < names.size(); ++i) {
    parts.push_back(names[i] + "=" + value_of(run.settings[i]));
  }
  return text::joined(parts, ", ");
}

std::string table_of(const std::vector<SweepRun>& ranked, bool with_settings) {
  std::vector<std::string> header = {"run"};
  if (with_settings) {
    for (const std::string& name : short_names(ranked.front().settings)) header.push_back(name);
  }
  header.insert(header.end(),
                {"best epoch", "validation loss", quality_name(ranked.front().model)});
  text::Table table(header);
  for (const SweepRun& run : ranked) {
    std::vector<std::string> cells = {text::concat(run.number)};
    if (with_settings) {
      for (const std::string& setting : run.settings) cells.push_back(value_of(setting));
    }
    const EpochReport* best = run.best();
    if (!run.error.empty()) {
      cells.insert(cells.end(), {"-", "failed", "-"});
    } else if (best == nullptr) {
      cells.insert(cells.end(), {"-", "-", "-"});
    } else {
      cells.insert(cells.end(), {text::concat(best->epoch, " of ", run.epochs.size()),
                                 text::loss_text(best->validation->loss),
                                 quality_text(run.model, *best->validation)});
    }
    table.add(cells);
  }
  return table.text();
}

bool fits(const std::string& table) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    if (text::display_width(line) > 80) return false;
  }
  return true;
}

std::string words_of(const std::string& command, const SweepArguments& arguments,
                     const std::vector<std::string>& settings) {
  std::string words = command + " " + shell_word(arguments.model.name);
  for (const std::string& setting : settings) words += " --set " + shell_word(setting);
  if (!arguments.data_dir.empty()) words += " --data-dir " + shell_word(arguments.data_dir);
  return command_line(words);
}

}  // namespace

std::string continued_by(const SweepArguments& arguments) {
  std::string words = words_of("sweep", arguments, arguments.model.settings);
  if (arguments.random) words += text::concat(" --random ", *arguments.random);
  if (arguments.seed) words += text::concat(" --seed ", *arguments.seed);
  if (arguments.halving) words += text::concat(" --halving --factor ", arguments.factor);
  if (!arguments.instructions.empty()) words += " --instructions " + arguments.instructions;
  if (!arguments.folder.empty()) words += " --out " + shell_word(arguments.folder);
  return words + " --resume";
}

std::string evaluated_by(const SweepArguments& arguments, const std::vector<std::string>& fixed,
                         const SweepRun& run) {
  std::vector<std::string> settings = fixed;
  settings.insert(settings.end(), run.settings.begin(), run.settings.end());
  return words_of("evaluate", arguments, settings) + " --checkpoint " + shell_word(run.checkpoint);
}

std::string start_text(const SweepArguments& arguments, const std::vector<SweepRun>& runs, int jobs,
                       const std::string& folder) {
  std::string text = text::concat(
      "Training ", text::counted(std::ssize(runs), "run"), " of ", runs.front().model.name(), ", ",
      jobs > 1 ? text::concat(jobs, " at once, with ") : std::string("with "),
      text::counted(arguments.threads, "thread"), "; files in ", folder, "\n");
  if (!arguments.halving) return text;
  Index left = std::ssize(runs);
  for (const internal::Rung& rung :
       internal::halving_rungs(left, runs.front().model.training().epochs, arguments.factor)) {
    text += text::concat("  ", text::counted(left, "run"), " up to epoch ", rung.epochs, "\n");
    left = rung.keep;
  }
  return text;
}

std::string progress_text(const SweepRun& run, size_t runs) {
  const EpochReport* best = run.best();
  const std::string what =
      !run.error.empty() ? std::string("failed")
      : best == nullptr
          ? std::string("no epoch")
          : text::concat("validation loss ", text::loss_text(best->validation->loss), ", ",
                         quality_name(run.model), " ", quality_text(run.model, *best->validation));
  return text::concat("run ", run.number, " of ", runs, ", epoch ", run.epochs.size(), ": ", what,
                      "\n  ", text::wrapped(settings_text(run), 78, "  "), "\n");
}

std::string ranked_text(const std::vector<SweepRun>& ranked) {
  std::string text = table_of(ranked, true);
  if (!fits(text)) {
    text = table_of(ranked, false) + "\n";
    for (const SweepRun& run : ranked) {
      text += text::wrapped(text::concat("run ", run.number, ": ", settings_text(run)), 80, "  ") +
              "\n";
    }
  }
  for (const SweepRun& run : ranked) {
    if (run.error.empty()) continue;
    text += "\n" +
            text::wrapped(text::concat("Run ", run.number,
                                       " failed: ", run.error.substr(0, run.error.find('\n'))),
                          80, "") +
            "\n";
  }
  return text;
}

Json ranked_json(const SweepArguments& arguments, const std::vector<SweepRun>& ranked) {
  auto runs = Json::array();
  for (const SweepRun& run : ranked) {
    auto settings = Json::object();
    for (const std::string& setting : run.settings) {
      Json value = Json::parse(value_of(setting), nullptr, /*allow_exceptions=*/false);
      settings[path_of(setting)] = value.is_discarded() ? Json(value_of(setting)) : value;
    }
    const EpochReport* best = run.best();
    runs.push_back(
        {{"run", run.number},
         {"settings", settings},
         {"epochs", run.epochs.size()},
         {"best_epoch", best == nullptr ? 0 : best->epoch},
         {"train", to_json(best == nullptr ? std::nullopt : std::optional(best->train), run.model)},
         {"validation", to_json(best == nullptr ? std::nullopt : best->validation, run.model)},
         {"checkpoint", run.checkpoint},
         {"error", run.error.empty() ? Json(nullptr) : Json(run.error)}});
  }
  return {{"model", ranked.front().model.name()},
          {"seed", arguments.random ? Json(arguments.seed.value_or(1)) : Json(nullptr)},
          {"halving", arguments.halving ? Json(arguments.factor) : Json(nullptr)},
          {"runs", runs}};
}

}  // namespace autonet::cli
