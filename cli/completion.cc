// autonet completion: prints completion scripts for shells, made from the program's own parser.
#include "autonet/text/concat.h"
#include "check/rule_edits.h"
#include "cli/command.h"
#include "data/table.h"

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

struct OptionWords {
  std::string name;
  std::string description;
  std::vector<std::string> values;  // to choose from; empty if it takes none or any
  bool takes_value = false;
  bool takes_file = false;  // its value is a file or a folder
};

struct CommandWords {
  Word name;
  std::vector<OptionWords> options;
  std::vector<std::string> arguments;  // its subcommands, or the values of its argument
  bool takes_files = false;
  bool takes_model = false;  // its first file is a model
};

/// The values of an option that is chosen from a list.
std::vector<std::string> values_of(const std::string& option) {
  if (option == "--mode") return {"fast", "full", "sample="};
  if (option == "--data") return {"random", "model"};
  if (option == "--filter") return {"blur", "sharpen", "edges"};
  if (option == "--average") return {"flip", "shift", "flip,shift"};
  if (option == "--order") return {"1", "2"};
  std::vector<std::string> names;
  if (option == "--plant") {
    for (const internal::RuleEdit& mistake : internal::rule_edits())
      if (!mistake.name.empty()) names.push_back(mistake.name);
  }
  return names;
}

/// True if the values of options with this placeholder are files or folders.
bool names_file(const std::string& placeholder) {
  return placeholder == "FILE" || placeholder == "DIR" || placeholder == "MATRIX";
}

/// The names of the data sets, which follow `data list` and its neighbours.
std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const internal::DatasetInfo& info : internal::dataset_table()) names.push_back(info.name);
  return names;
}

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
      command.takes_model = command.takes_model || option->get_name(true).starts_with("MODEL");
      for (const std::string& name : option->get_lnames()) {
        const Word word = word_of("--" + name, option->get_description());
        command.options.push_back({.name = word.text,
                                   .description = word.description,
                                   .values = values_of(word.text),
                                   .takes_value = option->get_items_expected_max() > 0,
                                   .takes_file = names_file(option->get_type_name())});
      }
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

/// The lines of a case statement of bash and zsh over "COMMAND OPTION", for all options that take a
/// value. They set `values` to the words to choose from, to FILES, or to NOTHING (a number).
std::string value_cases(const std::vector<CommandWords>& commands) {
  std::string cases;
  const auto add = [&](const std::string& what, const std::string& values) {
    cases += text::concat("    ", what, ") values=", in_quotes(values), " ;;\n");
  };
  for (const auto& command : commands) {
    for (const OptionWords& option : command.options) {
      if (!option.takes_value) continue;
      add(text::concat("'", command.name.text, " ", option.name, "'"),
          !option.values.empty() ? text::joined(option.values, " ")
          : option.takes_file    ? "FILES"
                                 : "NOTHING");
    }
  }
  add("'data list' | 'data info' | 'data fetch' | 'data show'", text::joined(dataset_names(), " "));
  return cases;
}

std::string models_of(const std::vector<CommandWords>& commands) {
  std::vector<std::string> names;
  for (const CommandWords& command : commands)
    if (command.takes_model) names.push_back(command.name.text);
  return text::joined(names, " | ");
}

std::string bash_script(const std::vector<CommandWords>& commands) {
  std::string cases;
  for (const auto& command : commands) {
    std::string words = text::joined(command.arguments, " ");
    for (const OptionWords& option : command.options) words += " " + option.name;
    cases += text::concat("      ", command.name.text, ") words=", in_quotes(words), " ;;\n");
  }
  return text::concat(
      R"(# Completion of autonet for bash. For this shell only:  source <(autonet completion bash)
# For all shells: autonet completion bash > ~/.local/share/bash-completion/completions/autonet
_autonet() {
  local word=${COMP_WORDS[COMP_CWORD]} words= values=
  case "${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD-1]}" in
)",
      value_cases(commands), R"(  esac
  if [[ $values == FILES || $values == NOTHING ]]; then
    COMPREPLY=()
    [[ $values == NOTHING ]] || compopt -o default 2>/dev/null
    return
  elif [[ $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
    return
  fi
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
        )",
      models_of(commands), R"()
          if [[ ${COMP_WORDS[1]} == compare || "${COMP_WORDS[*]:2:COMP_CWORD-2}" != *.json* ]]; then
            mapfile -t COMPREPLY < <(compgen -f -X '!*.json' -- "$word"; compgen -d -- "$word")
            compopt -o filenames 2>/dev/null
          else
            COMPREPLY=()
            compopt -o default 2>/dev/null
          fi
          return
          ;;
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
    for (const OptionWords& option : command.options)
      cases += item({.text = option.name, .description = option.description});
    cases += "      )\n      ;;\n";
  }
  return text::concat(
      R"(#compdef autonet
# Completion of autonet for zsh: save it as _autonet in a folder of $fpath.
_autonet() {
  local -a entries
  local values=
  case "$words[2] $words[CURRENT-1]" in
)",
      value_cases(commands), R"(  esac
  if [[ $values == NOTHING ]]; then
    return
  elif [[ $values == FILES ]]; then
    _files
    return
  elif [[ -n $values ]]; then
    compadd -- ${=values}
    return
  fi
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
  elif [[ $words[2] == ()",
      models_of(commands),
      R"() && ( $words[2] == compare || "$words[3,CURRENT-1]" != *.json* ) ]]; then
    _files -g '*.json'
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
    for (const OptionWords& option : command.options) {
      const std::string values = option.values.empty()
                                     ? (option.takes_value && !option.takes_file ? " -f" : "")
                                     : " -f -a " + in_quotes(text::joined(option.values, " "));
      text += text::concat(given, " -l ", option.name.substr(2), option.takes_value ? " -r" : "",
                           values, " -d ", in_quotes(option.description), "\n");
    }
    if (command.takes_model)
      text += text::concat(given, " -k -f -a '(__fish_complete_suffix .json)'\n");
  }
  text += text::concat(
      "complete -c autonet -n '__fish_seen_subcommand_from list info fetch show' -f -a ",
      in_quotes(text::joined(dataset_names(), " ")), "\n");
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
