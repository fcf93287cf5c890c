#pragma once

#include <string>

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
/// folder. Throws ModelError if there is neither; the error lists the installed models.
Model load_model(const std::string& name);

}  // namespace autonet::cli
