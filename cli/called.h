#pragma once

#include <string>
#include <vector>

#include "autonet/models/model.h"

namespace autonet::cli {

/// How the user calls this program: "autonet", or what a script that started it says in
/// AUTONET_COMMAND, such as "./dev".
std::string program_as_called();

/// A command line of this program that can be pasted into the shell.
std::string command_line(const std::string& words);

/// The text, in which each example, a line that begins with "  autonet ", is such a command line.
std::string with_pasteable_examples(const std::string& text);

/// The model that a user names: a JSON file, or one of the models that are installed with the
/// program, by its name ("quickstart"). The checkpoint of an installed model is in the current
/// folder. `settings` change values of it, as in Model::load(). Throws ModelError if there is
/// neither; the error lists the installed models.
Model load_model(const std::string& name, const std::vector<std::string>& settings = {});

/// The model and its settings as words of a command: "m.json --set training.epochs=3".
std::string model_words(const Model& model);

/// The word as an argument in a shell command, in quotes if it needs them.
std::string shell_word(const std::string& word);

}  // namespace autonet::cli
