#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/console.h"
#include "cli/exit_status.h"

namespace autonet::cli {

/// The commands, in the order in which the help lists them. To add one, write a file that defines
/// `void add_NAME(CLI::App& program, Action& action)` and add its row here.
#define AUTONET_COMMANDS(ROW) \
  ROW(fit)                    \
  ROW(evaluate)               \
  ROW(predict)                \
  ROW(compare)                \
  ROW(report)                 \
  ROW(check_grad)             \
  ROW(verify_resume)          \
  ROW(replay)                 \
  ROW(sweep)                  \
  ROW(bench)                  \
  ROW(summary)                \
  ROW(explain)                \
  ROW(convolve)               \
  ROW(export)                 \
  ROW(import)                 \
  ROW(conformance)            \
  ROW(weights)                \
  ROW(data)                   \
  ROW(schema)                 \
  ROW(completion)

/// The work that a parsed command line asks for. Throws the library's errors.
using Action = std::function<ExitStatus(Console&)>;

#define AUTONET_DECLARE(name) void add_##name(CLI::App& program, Action& action);
AUTONET_COMMANDS(AUTONET_DECLARE)
#undef AUTONET_DECLARE

/// A command's parser, and the place that its options are read into.
template <typename Options>
struct Command {
  CLI::App& parser;
  Options& options;
};

/// Adds a command below `parent`. When the command line names it, `action` becomes a call of `run`
/// with its options.
template <typename Options>
Command<Options> add_command(CLI::App& parent, Action& action, const std::string& name,
                             const std::string& summary,
                             ExitStatus (*run)(const Options&, Console&)) {
  auto options = std::make_shared<Options>();
  CLI::App* parser = parent.add_subcommand(name, summary);
  parser->final_callback([options, run, &action] {
    action = [options, run](Console& console) { return run(*options, console); };
  });
  return {*parser, *options};
}

}  // namespace autonet::cli
