// autonet completion: prints completion scripts for shells, made from the program's own parser.
#include "autonet/text/concat.h"
#include "cli/command.h"

namespace autonet::cli {
namespace {

const std::vector<std::string> kShells = {"bash", "zsh", "fish"};

struct Options {
  std::string shell;
  const CLI::App* program = nullptr;
};

struct Word {
  std::string text;
  std::string description;
};

struct CommandWords {
  Word name;
  std::vector<Word> options;
  std::vector<std::string> arguments;  // its subcommands, or the values of its argument
  bool takes_files = false;
};

Word word_of(const std::string& text, const std::string& description) {
  return {.text = text, .description = description.substr(0, description.find('\n'))};
}

std::vector<CommandWords> words_of(const CLI::App& program) {
  std::vector<CommandWords> commands;
  for (const CLI::App* app : program.get_subcommands({})) {
    CommandWords& command = commands.emplace_back();
    command.name = word_of(app->get_name(), app->get_description());
    for (const CLI::Option* option : app->get_options()) {
      command.takes_files = command.takes_files || option->get_positional();
      for (const std::string& name : option->get_lnames())
        command.options.push_back(word_of("--" + name, option->get_description()));
    }
    for (const CLI::App* below : app->get_subcommands({}))
      command.arguments.push_back(below->get_name());
    if (command.name.text == "completion") command.arguments = kShells;
    command.takes_files = command.takes_files && command.arguments.empty();
  }
  return commands;
}

std::string names_of(const std::vector<CommandWords>& commands, const char* separator,
                     bool with_files) {
  std::vector<std::string> names;
  for (const CommandWords& command : commands)
    if (with_files || !command.takes_files) names.push_back(command.name.text);
  return text::joined(names, separator);
}

/// The text in single quotes, which all three shells understand.
std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char letter : text)
    result += letter == '\'' ? std::string("\u2019") : std::string(1, letter);
  return result + "'";
}

std::string bash_script(const std::vector<CommandWords>& commands) {
  std::string cases;
  for (const auto& command : commands) {
    std::string words = text::joined(command.arguments, " ");
    for (const Word& option : command.options) words += " " + option.text;
    cases += text::concat("      ", command.name.text, ") words=", in_quotes(words), " ;;\n");
  }
  return text::concat(
      R"(# Completion of autonet for bash. For this shell only:  source <(autonet completion bash)
# For all shells: autonet completion bash > ~/.local/share/bash-completion/completions/autonet
_autonet() {
  local word=${COMP_WORDS[COMP_CWORD]} words=
  if ((COMP_CWORD == 1)); then
    words=)",
      in_quotes(names_of(commands, " ", true) + " --help --version"), R"(
  else
    case ${COMP_WORDS[1]} in
)",
      cases, R"(    esac
    if [[ $word != -* ]]; then
      case ${COMP_WORDS[1]} in
        )",
      names_of(commands, " | ", false), R"() ;;
        *)
          COMPREPLY=()
          compopt -o default 2>/dev/null
          return
          ;;
      esac
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _autonet autonet
)");
}

std::string zsh_script(const std::vector<CommandWords>& commands) {
  const auto item = [](const Word& word) {
    return text::concat("      ", in_quotes(word.text + ":" + word.description), "\n");
  };
  std::string names;
  std::string cases;
  for (const auto& command : commands) {
    names += item(command.name);
    cases += text::concat("    ", command.name.text, ")\n      entries=(\n");
    for (const std::string& argument : command.arguments) cases += item(word_of(argument, ""));
    for (const Word& option : command.options) cases += item(option);
    cases += "      )\n      ;;\n";
  }
  return text::concat(
      R"(#compdef autonet
# Completion of autonet for zsh: save it as _autonet in a folder of $fpath.
_autonet() {
  local -a entries
  if ((CURRENT == 2)); then
    entries=(
)",
      names, R"(    )
    _describe 'command' entries
    return
  fi
  case $words[2] in
)",
      cases, R"(  esac
  if [[ $words[CURRENT] == -* || $words[2] == ()",
      names_of(commands, "|", false), R"() ]]; then
    _describe 'option' entries
  else
    _files
  fi
}
if [[ $funcstack[1] == _autonet ]]; then
  _autonet "$@"
else
  compdef _autonet autonet
fi
)");
}

std::string fish_script(const std::vector<CommandWords>& commands) {
  std::string text =
      "# Completion of autonet for fish:\n"
      "#   autonet completion fish > ~/.config/fish/completions/autonet.fish\n";
  for (const auto& command : commands) {
    const auto& [name, description] = command.name;
    text += text::concat("complete -c autonet -n __fish_use_subcommand -f -a ", name, " -d ",
                         in_quotes(description), "\n");
    const std::string given =
        text::concat("complete -c autonet -n '__fish_seen_subcommand_from ", name, "'");
    if (!command.arguments.empty())
      text += text::concat(given, " -f -a ", in_quotes(text::joined(command.arguments, " ")), "\n");
    for (const Word& option : command.options) {
      text += text::concat(given, " -l ", option.text.substr(2), " -d ",
                           in_quotes(option.description), "\n");
    }
  }
  return text;
}

ExitStatus run(const Options& options, Console& console) {
  const auto commands = words_of(*options.program);
  console.print(options.shell == "bash"  ? bash_script(commands)
                : options.shell == "zsh" ? zsh_script(commands)
                                         : fish_script(commands));
  return ExitStatus::good;
}

}  // namespace

void add_completion(CLI::App& program, Action& action) {
  auto [command, options] = add_command(program, action, "completion",
                                        "Print a completion script for bash, zsh or fish", run);
  options.program = &program;
  command.add_option("SHELL", options.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember(kShells).description(""))
      ->type_name("");
  command.footer(
      "With this script the Tab key completes commands and options in your shell.\n\n"
      "Example:\n"
      "  source <(autonet completion bash)");
}

}  // namespace autonet::cli
