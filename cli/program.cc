#include "cli/program.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "autograd/error.h"
#include "cli/command.h"
#include "cli/version.h"
#include "text/suggest.h"

namespace autonet {
namespace {

constexpr const char* kFooter =
    "Start here:\n"
    "  autonet convolve                         blur, sharpen and edges on a drawn picture\n"
    "  autonet fit models/quickstart.json       train a small network on built-in digits\n"
    "  autonet check-grad models/quickstart.json   show that its gradients are right\n\n"
    "Data sets are looked for in --data-dir, then $AUTONET_DATA, then $XDG_CACHE_HOME/autonet\n"
    "(~/.cache/autonet); `autonet data list` shows what is found.\n\n"
    "Exit status: 0 good; 1 a check failed or a run broke down; 2 the command line or the model\n"
    "is wrong; 3 data or files are missing or damaged; 4 a check was inconclusive; 130 "
    "interrupted.";

void add_commands(CLI::App& program, Action& action) {
  program.name("autonet");
  program.require_subcommand(1);
  program.set_version_flag("--version", std::string("autonet ") + kVersion);
  program.get_formatter()->column_width(28);
  program.footer(kFooter);
  add_fit(program, action);
  add_evaluate(program, action);
  add_compare(program, action);
  add_check_grad(program, action);
  add_bench(program, action);
  add_summary(program, action);
  add_explain(program, action);
  add_convolve(program, action);
  add_data(program, action);
  add_schema(program, action);
  add_completion(program, action);
}

/// The deepest command that was given: whose help is meant and whose options are known.
const CLI::App* given_command(const CLI::App* app) {
  const auto below = app->get_subcommands();
  return below.empty() ? app : given_command(below.front());
}

std::string full_name(const CLI::App* app) {
  return app->get_parent() == nullptr ? app->get_name()
                                      : full_name(app->get_parent()) + " " + app->get_name();
}

/// What was probably meant by the first word that is no command or option, as "; did you mean …".
std::string suggestion(const CLI::App& program, const std::vector<std::string>& words) {
  const CLI::App* command = given_command(&program);
  std::vector<std::string> commands;
  for (const CLI::App* below : command->get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(below->get_name());
  std::vector<std::string> options;
  for (const CLI::Option* option : command->get_options())
    for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    const auto& known = name.rfind("--", 0) == 0 ? options : commands;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = text::nearest(name, known);
    if (!near.empty()) return "; did you mean \"" + near + "\"?";
  }
  return "";
}

Exit usage_error(const CLI::App& program, const CLI::ParseError& error,
                 const std::vector<std::string>& words) {
  std::string what = error.what();
  if (words.empty()) what = "no command was given";
  const bool unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
                       dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (unknown && !words.empty() && given_command(&program) == &program)
    what = "there is no command \"" + words.front() + "\"";
  spdlog::error("autonet: {}{}\nSee: {} --help", what,
                unknown ? suggestion(program, words) : std::string(),
                full_name(given_command(&program)));
  return Exit::usage;
}

/// Errors end here: each kind has its exit status.
Exit guarded(const Action& action, Console& console) {
  try {
    return action(console);
  } catch (const ModelError& error) {
    spdlog::error("{}", error.what());
    return Exit::usage;
  } catch (const DataError& error) {
    spdlog::error("{}", error.what());
    return Exit::data;
  } catch (const std::bad_alloc&) {
    spdlog::error("autonet: out of memory; a smaller batch_size or model needs less");
    return Exit::check_failed;
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return Exit::check_failed;
  }
}

Exit parse_and_run(const std::vector<std::string>& words, Console& console) {
  CLI::App program("Train, check and play with small networks described in a JSON file");
  Action action;
  add_commands(program, action);
  try {
    program.parse(
        std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the end
  } catch (const CLI::CallForHelp&) {
    const CLI::App* command = given_command(&program);
    const CLI::App* parent = command->get_parent();
    console.print(command->help(parent == nullptr ? "" : full_name(parent)));
    return Exit::good;
  } catch (const CLI::CallForVersion& version) {
    console.print(std::string(version.what()) + "\n");
    return Exit::good;
  } catch (const CLI::ParseError& error) {
    return usage_error(program, error, words);
  }
  return action(console);
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  // Logs go to standard error, plainly: the text of an error starts with the file it is about.
  const auto logger = std::make_shared<spdlog::logger>(
      "autonet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  spdlog::set_default_logger(logger);
  Console console;
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  return static_cast<int>(guarded([&](Console& to) { return parse_and_run(words, to); }, console));
}

}  // namespace autonet
