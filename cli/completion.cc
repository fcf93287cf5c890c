// autonet completion: scripts for the shell, made from the program's own list of commands.
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"

namespace autonet {
namespace {

struct Entry {
  std::string name;
  std::string description;
};

struct CommandWords {
  Entry command;
  std::vector<Entry> options;
  std::vector<std::string> words;  // its subcommands, or the values of its argument
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// All commands of the program with their options.
std::vector<CommandWords> command_words(const CLI::App& program) {
  std::vector<CommandWords> commands;
  for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; })) {
    CommandWords command{{app->get_name(), first_line(app->get_description())}, {}, {}};
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames())
        command.options.push_back({"--" + name, first_line(option->get_description())});
    }
    for (const CLI::App* below : app->get_subcommands([](const CLI::App*) { return true; }))
      command.words.push_back(below->get_name());
    if (command.command.name == "completion") command.words = {"bash", "zsh", "fish"};
    commands.push_back(std::move(command));
  }
  return commands;
}

std::string joined(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) text += (text.empty() ? "" : " ") + entry.name;
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// In single quotes, for all three shells.
std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char letter : text)
    result += letter == '\'' ? std::string("\u2019") : std::string(1, letter);
  return result + "'";
}

std::string all_names(const std::vector<CommandWords>& commands) {
  std::vector<Entry> names;
  for (const auto& command : commands) names.push_back(command.command);
  return joined(names);
}

std::string bash_script(const std::vector<CommandWords>& commands) {
  std::string text =
      "# Completion of autonet for bash. Use it now:   source <(autonet completion bash)\n"
      "# or always: autonet completion bash > ~/.local/share/bash-completion/completions/autonet\n"
      "_autonet() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} words=\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    words=" +
      in_quotes(all_names(commands) + " --help --version") +
      "\n"
      "  else\n"
      "    case ${COMP_WORDS[1]} in\n";
  for (const auto& command : commands) {
    text += "      " + command.command.name +
            ") words=" + in_quotes(joined(command.words) + " " + joined(command.options)) + " ;;\n";
  }
  text +=
      "    esac\n"
      "    if [[ $word != -* ]]; then\n"
      "      case ${COMP_WORDS[1]} in\n"
      "        completion | data | schema) ;;\n"
      "        *)\n"
      "          COMPREPLY=()\n"
      "          compopt -o default 2>/dev/null\n"
      "          return\n"
      "          ;;\n"
      "      esac\n"
      "    fi\n"
      "  fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "}\n"
      "complete -F _autonet autonet\n";
  return text;
}

std::string zsh_script(const std::vector<CommandWords>& commands) {
  std::string text =
      "#compdef autonet\n"
      "# Completion of autonet for zsh: autonet completion zsh > a folder of $fpath/_autonet\n"
      "_autonet() {\n"
      "  local -a entries\n"
      "  if ((CURRENT == 2)); then\n"
      "    entries=(\n";
  const auto item = [](const Entry& entry) {
    std::string name = entry.name + ":" + entry.description;
    return "      " + in_quotes(name) + "\n";
  };
  for (const auto& command : commands) text += item(command.command);
  text +=
      "    )\n"
      "    _describe 'command' entries\n"
      "    return\n"
      "  fi\n"
      "  case $words[2] in\n";
  for (const auto& command : commands) {
    text += "    " + command.command.name + ")\n      entries=(\n";
    for (const std::string& word : command.words) text += item({word, ""});
    for (const Entry& option : command.options) text += item(option);
    text += "      )\n      ;;\n";
  }
  text +=
      "  esac\n"
      "  if [[ $words[CURRENT] == -* || $words[2] == (completion|data|schema) ]]; then\n"
      "    _describe 'option' entries\n"
      "  else\n"
      "    _files\n"
      "  fi\n"
      "}\n"
      "if [[ $funcstack[1] == _autonet ]]; then\n"
      "  _autonet \"$@\"\n"
      "else\n"
      "  compdef _autonet autonet\n"
      "fi\n";
  return text;
}

std::string fish_script(const std::vector<CommandWords>& commands) {
  std::string text =
      "# Completion of autonet for fish:\n"
      "#   autonet completion fish > ~/.config/fish/completions/autonet.fish\n";
  for (const auto& command : commands) {
    const std::string& name = command.command.name;
    text += "complete -c autonet -n __fish_use_subcommand -f -a " + name + " -d " +
            in_quotes(command.command.description) + "\n";
    const std::string given = "complete -c autonet -n '__fish_seen_subcommand_from " + name + "'";
    if (!command.words.empty()) text += given + " -f -a " + in_quotes(joined(command.words)) + "\n";
    for (const Entry& option : command.options)
      text +=
          given + " -l " + option.name.substr(2) + " -d " + in_quotes(option.description) + "\n";
  }
  return text;
}

}  // namespace

void add_completion(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("completion", "Print a completion script for bash, zsh or fish");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->type_name("");
  command->footer("Example:\n  source <(autonet completion bash)");
  command->final_callback([shell, &program, &action] {
    const auto commands = command_words(program);
    std::string text = *shell == "bash"  ? bash_script(commands)
                       : *shell == "zsh" ? zsh_script(commands)
                                         : fish_script(commands);
    action = [text](Console& console) {
      console.print(text);
      return Exit::good;
    };
  });
}

}  // namespace autonet
