#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/console.h"

namespace autonet {

/// The exit statuses of the program.
enum class Exit : int {
  good = 0,
  check_failed = 1,  // a check was made and failed, or a run broke down
  usage = 2,         // the command line or the model is wrong
  data = 3,          // data or files are missing or damaged
  inconclusive = 4,  // a check could neither pass nor fail
  interrupted = 130,
};

/// What a parsed command line asks for. Throws what the library throws.
using Action = std::function<Exit(Console&)>;

// Each command adds itself to the program's parser; when it is the one given, it leaves in `action`
// what to do. A file per command: parse, call, print.
void add_fit(CLI::App& program, Action& action);
void add_evaluate(CLI::App& program, Action& action);
void add_compare(CLI::App& program, Action& action);
void add_bench(CLI::App& program, Action& action);
void add_check_grad(CLI::App& program, Action& action);
void add_explain(CLI::App& program, Action& action);
void add_summary(CLI::App& program, Action& action);
void add_convolve(CLI::App& program, Action& action);
void add_data(CLI::App& program, Action& action);
void add_schema(CLI::App& program, Action& action);
void add_completion(CLI::App& program, Action& action);

}  // namespace autonet
