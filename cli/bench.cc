// autonet bench: how fast a model trains on this machine.
#include "train/bench.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

#include "cli/allocation_count.h"
#include "cli/command.h"
#include "cli/process_memory.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/memory.h"

namespace autonet {
namespace {

using internal::BenchOptions;
using internal::BenchResult;
using internal::StepTime;

struct Options {
  std::string model;
  std::optional<int> threads;
  std::optional<Index> batch;
  double seconds = 3.0;
  bool steps = false;
  bool json = false;
};

constexpr double kGiga = 1e9;

/// Bytes of the process.
struct Memory {
  std::size_t before = 0;   // without the model's training
  std::size_t planned = 0;  // with it; 0 if unknown
  std::size_t peak = 0;     // as it was
};

nlohmann::ordered_json to_json(const Model& model, int threads, const BenchResult& result,
                               const Memory& memory) {
  auto parts = nlohmann::ordered_json::array();
  for (const StepTime& part : result.parts) {
    parts.push_back({{"step", part.label},
                     {"layer", part.layer},
                     {"milliseconds", part.seconds * 1e3},
                     {"multiply_adds", part.multiply_adds},
                     {"bytes", part.bytes}});
  }
  return {
      {"model", model.name()},
      {"threads", threads},
      {"batch", result.batch},
      {"instruction_set", result.instruction_set},
      {"steps", result.steps},
      {"images_per_second", result.images_per_second},
      {"step_milliseconds",
       {{"median", result.step_seconds * 1e3},
        {"percentile_10", result.step_low * 1e3},
        {"percentile_90", result.step_high * 1e3}}},
      {"multiply_adds", result.multiply_adds},
      {"gflops", result.flops / kGiga},
      {"peak_gflops", result.peak_flops / kGiga},
      {"share_of_peak", result.flops / result.peak_flops},
      {"bytes_allocated", result.allocated ? nlohmann::ordered_json(*result.allocated)
                                           : nlohmann::ordered_json(nullptr)},
      {"memory", {{"program", memory.before}, {"planned", memory.planned}, {"peak", memory.peak}}},
      {"parts", parts}};
}

std::string steps_text(const BenchResult& result) {
  text::Table table({"layer", "step", "ms", "GFLOP/s", "GB/s"});
  table.align_left({1});
  for (const StepTime& part : result.parts) {
    table.add({part.layer, part.label, text::fixed(part.seconds * 1e3, 3),
               part.multiply_adds > 0
                   ? text::fixed(2 * part.multiply_adds / part.seconds / kGiga, 1)
                   : "",
               text::fixed(part.bytes / part.seconds / kGiga, 1)});
  }
  return "\n" + table.text();
}

std::string result_text(const Model& model, int threads, const BenchResult& result,
                        const Memory& memory) {
  text::Table table({model.name() + ", batch " + std::to_string(result.batch), ""});
  table.align_left({1});
  table.add({"threads", std::to_string(threads) + ", " + result.instruction_set});
  table.add({"images a second", text::with_commas(static_cast<Index>(result.images_per_second))});
  table.add({"a training step", text::fixed(result.step_seconds * 1e3, 3) + " ms (" +
                                    text::fixed(result.step_low * 1e3, 3) + " to " +
                                    text::fixed(result.step_high * 1e3, 3) +
                                    ", 10th to 90th percentile of " +
                                    text::with_commas(result.steps) + " steps)"});
  table.add({"useful work", text::fixed(result.flops / kGiga, 1) + " GFLOP/s, " +
                                text::percent(result.flops / result.peak_flops) +
                                " of the measured peak " +
                                text::fixed(result.peak_flops / kGiga, 1)});
  if (memory.peak > 0) {
    const auto planned = static_cast<double>(memory.planned);
    table.add({"memory", text::bytes_text(static_cast<double>(memory.peak)) + " at its peak, " +
                             text::bytes_text(planned) + " planned; " +
                             text::bytes_text(static_cast<double>(memory.before)) +
                             " of it the program itself"});
  }
  if (result.allocated) {
    table.add({"allocated", std::to_string(*result.allocated) + " bytes in all measured steps"});
  }
  return table.text();
}

Exit run(const Options& options, Console& console) {
  const Model model = Model::load(options.model);
  Context context(options.threads.value_or(hardware_threads()));
  BenchOptions bench_options;
  bench_options.batch = options.batch;
  bench_options.seconds = options.seconds;
  bench_options.allocated_bytes = allocated_bytes;
  const Index batch = options.batch.value_or(model.training().batch_size);
  Memory memory;
  const auto planned = internal::training_memory(model, batch, context.threads());
  memory.before = process_memory().now;  // with the code that training runs through
  if (planned) memory.planned = memory.before + planned->step();
  const BenchResult result = internal::bench(model, context, bench_options);
  memory.peak = process_memory().peak;
  if (options.json) {
    console.print(to_json(model, context.threads(), result, memory).dump(2) + "\n");
  } else {
    console.print(result_text(model, context.threads(), result, memory) +
                  (options.steps ? steps_text(result) : ""));
  }
  return Exit::good;
}

}  // namespace

void add_bench(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "bench", "Measure how fast a model trains here: images a second, share of the peak");
  auto options = std::make_shared<Options>();
  add_model(*command, options->model);
  add_threads(*command, options->threads);
  command
      ->add_option("--batch", options->batch, "Images in a batch (default: the model's batch_size)")
      ->check(whole_number(1, 100000))
      ->type_name("N");
  command->add_option("--seconds", options->seconds, "Measure for about as long")
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("S")
      ->capture_default_str();
  command->add_flag("--steps", options->steps, "Show the time of each step of the program as well");
  add_json(*command, options->json);
  command->footer(
      "Whole training steps (forward, backward, the optimizer's update) on random pictures that\n"
      "stay in memory; no data set is read and nothing is written. The machine's peak is measured\n"
      "in the same run.\n\n"
      "Examples:\n"
      "  autonet bench models/convnet1.json --threads 2\n"
      "  autonet bench models/convnet1.json --steps");
  command->final_callback([options, &action] {
    action = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace autonet
