#include "cli/program.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/version.h"
#include "text/suggest.h"
#include "text/visible.h"
#include "text/wrap.h"

namespace autonet::cli {
namespace {

constexpr const char* kStart =
    "A model is a JSON file that lists the layers of a network, its data set and its training.\n\n"
    "Start here:\n"
    "  autonet fit models/quickstart.json          train a small network\n"
    "  autonet evaluate models/quickstart.json     show how well it does\n"
    "  autonet check-grad models/quickstart.json   verify its gradients\n"
    "  autonet convolve                            blur and sharpen a sample picture\n"
    "  autonet fit --help                          options of one command\n\n"
    "Data sets are looked for in --data-dir, then in $AUTONET_DATA, then in\n"
    "$XDG_CACHE_HOME/autonet (~/.cache/autonet). To see what is found: autonet data list\n\n";

constexpr int kHelpColumn = 28;

/// The text with its paragraphs in lines of at most 80 columns. Lines that begin with a space stay.
std::string wrapped_lines(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  std::string paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) result += text::wrapped(paragraph, 80, "") + "\n";
    paragraph.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != ' ') {
      paragraph += (paragraph.empty() ? "" : " ") + line;
      if (line.back() == ':') end_paragraph();
    } else {
      end_paragraph();
      result += line + "\n";
    }
  }
  end_paragraph();
  return result;
}

/// Writes a message as it is, without control characters that come from a file or a name.
class PlainMessages : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    const std::string text = text::visible({message.payload.data(), message.payload.size()}) + "\n";
    to.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<PlainMessages>();
  }
};

class Formatter : public CLI::Formatter {
 public:
  std::string make_option_desc(const CLI::Option* option) const override {
    return text::wrapped(CLI::Formatter::make_option_desc(option), 80 - kHelpColumn, "");
  }
  std::string make_description(const CLI::App* app) const override {
    return wrapped_lines(CLI::Formatter::make_description(app));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    std::stringstream text;
    CLI::detail::format_help(text, command->get_name(),
                             text::wrapped(command->get_description(), 80 - kHelpColumn, ""),
                             static_cast<size_t>(kHelpColumn));
    return text.str();
  }
  std::string make_footer(const CLI::App* app) const override {
    return wrapped_lines(CLI::Formatter::make_footer(app));
  }
};

void add_commands(CLI::App& program, Action& action) {
  program.name(program_as_called());
  program.require_subcommand(1);
  program.set_help_flag("-h,--help", "Show this help");
  program.set_version_flag("--version", text::concat("autonet ", kVersion), "Show the version");
  program.group("Commands");
  program.formatter(std::make_shared<Formatter>());
  program.get_formatter()->column_width(static_cast<size_t>(kHelpColumn));
  program.get_formatter()->label("SUBCOMMAND", "COMMAND");
  program.get_formatter()->label("Positionals", "Arguments");
  program.get_formatter()->label("REQUIRED", "(required)");
  program.get_formatter()->label("Excludes", "not with");
  program.get_formatter()->label("Needs", "with");
  program.footer(kStart + exit_status_help());
#define AUTONET_ADD(name) add_##name(program, action);
  AUTONET_COMMANDS(AUTONET_ADD)
#undef AUTONET_ADD
}

/// The innermost command on the command line, for example `list` in `autonet data list`.
const CLI::App* given_command(const CLI::App* app) {
  const auto below = app->get_subcommands();
  return below.empty() ? app : given_command(below.front());
}

std::string full_name(const CLI::App* app) {
  return app->get_parent() == nullptr ? app->get_name()
                                      : full_name(app->get_parent()) + " " + app->get_name();
}

/// "; did you mean …" for the first unknown command or option, or "" if nothing is close to it.
std::string suggestion(const CLI::App& program, const std::vector<std::string>& words) {
  const CLI::App* command = given_command(&program);
  std::vector<std::string> commands;
  for (const CLI::App* below : command->get_subcommands({})) commands.push_back(below->get_name());
  std::vector<std::string> options;
  for (const CLI::Option* option : command->get_options())
    for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    const auto& known = name.rfind("--", 0) == 0 ? options : commands;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = text::nearest(name, known);
    if (!near.empty()) return text::concat("; did you mean \"", near, "\"?");
  }
  return "";
}

ExitStatus usage_error(const CLI::App& program, const CLI::ParseError& error,
                       const std::vector<std::string>& words) {
  std::string what = error.what();
  if (words.empty()) what = "no command was given";
  const bool unknown = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
                       dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (unknown && !words.empty() && given_command(&program) == &program)
    what = text::concat("there is no command \"", words.front(), "\"");
  spdlog::error("autonet: {}{}\nFor help: {} --help", what,
                unknown ? suggestion(program, words) : std::string(),
                full_name(given_command(&program)));
  return ExitStatus::usage;
}

/// Runs the action. Prints an error that it throws, and gives each kind of error its exit status.
ExitStatus guarded(const Action& action, Console& console) {
  try {
    return action(console);
  } catch (const ModelError& error) {
    spdlog::error("{}", error.what());
    return ExitStatus::usage;
  } catch (const DataError& error) {
    spdlog::error("{}", error.what());
    return ExitStatus::data;
  } catch (const std::bad_alloc&) {
    spdlog::error("autonet: out of memory; use a smaller batch_size or model");
    return ExitStatus::failed;
  } catch (const std::exception& error) {
    spdlog::error("{}", with_pasteable_examples(error.what()));
    return ExitStatus::failed;
  }
}

/// Names from the command line are shown on a terminal, between the program's own colours.
void refuse_controls(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (text::has_controls(word)) {
      throw ModelError(text::concat("autonet: the argument \"", word,
                                    "\" has a control character, which terminals obey; rename the "
                                    "file or leave the character out"));
    }
  }
}

ExitStatus parse_and_run(const std::vector<std::string>& words, Console& console) {
  refuse_controls(words);
  CLI::App program(
      "Train small neural networks that are described in a JSON file, and check their gradients");
  Action action;
  add_commands(program, action);
  try {
    program.parse(
        std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 wants the last first
  } catch (const CLI::CallForHelp&) {
    const CLI::App* command = given_command(&program);
    const CLI::App* parent = command->get_parent();
    console.print(
        with_pasteable_examples(command->help(parent == nullptr ? "" : full_name(parent))));
    return ExitStatus::good;
  } catch (const CLI::CallForVersion& version) {
    console.print(text::concat(version.what(), "\n"));
    return ExitStatus::good;
  } catch (const CLI::ParseError& error) {
    return usage_error(program, error, words);
  }
  return action(console);
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  // Errors go to standard error without a prefix, because many begin with "FILE:LINE:".
  const auto logger = std::make_shared<spdlog::logger>(
      "autonet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::make_unique<PlainMessages>());
  spdlog::set_default_logger(logger);
  Console console;
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  return static_cast<int>(guarded([&](Console& to) { return parse_and_run(words, to); }, console));
}

}  // namespace autonet::cli
