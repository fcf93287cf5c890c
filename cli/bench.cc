// autonet bench: measures how fast a model trains on this machine.
#include "train/bench.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/allocation_count.h"
#include "cli/bench_ranks.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/process_memory.h"
#include "cli/ranks.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/memory.h"

namespace autonet::cli {
namespace {

using internal::BenchResult;
using internal::StepTime;

struct Options {
  ModelChoice model;
  int threads = threads_of_rank();
  std::optional<Index> batch;
  double seconds = 3.0;
  bool steps = false;
  bool predict = false;
  RankOptions ranks;
  bool json = false;
};

constexpr double kGiga = 1e9;

/// Memory of the process in bytes.
struct Memory {
  std::size_t before = 0;   // without the model's training
  std::size_t planned = 0;  // with it, as planned; 0 if unknown
  std::size_t peak = 0;     // with it, as measured
};

Json json_of(const Model& model, bool predict, int threads, const BenchResult& result,
             const Memory& memory) {
  auto parts = Json::array();
  for (const StepTime& part : result.parts) {
    parts.push_back({{"step", part.label},
                     {"layer", part.layer},
                     {"milliseconds", part.seconds * 1e3},
                     {"multiply_adds", part.multiply_adds},
                     {"bytes", part.bytes}});
  }
  Json json = {{"model", model.name()},
               {"measured", predict ? "prediction" : "training"},
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
               {"bytes_allocated", result.allocated ? Json(*result.allocated) : Json(nullptr)},
               {"parts", parts}};
  if (!predict) {
    json["memory"] = {
        {"program", memory.before}, {"planned", memory.planned}, {"peak", memory.peak}};
  }
  return json;
}

std::string steps_text(const BenchResult& result) {
  text::Table table({"layer", "step", "ms", "GFLOP/s", "GB/s"});
  table.align_left({1});
  for (const StepTime& part : result.parts) {
    const double flops = 2 * part.multiply_adds / part.seconds;
    table.add({part.layer, part.label, text::fixed(part.seconds * 1e3, 3),
               flops > 0 ? text::fixed(flops / kGiga, 1) : "",
               text::fixed(part.bytes / part.seconds / kGiga, 1)});
  }
  return "\n" + table.text();
}

std::string result_text(const Model& model, const char* step, int threads,
                        const BenchResult& result, const Memory& memory) {
  const int decimals = result.step_seconds < 1e-4 ? 5 : 3;
  const auto milliseconds = [&](double seconds) { return text::fixed(seconds * 1e3, decimals); };
  text::Table table({text::concat(model.name(), ", batches of ", result.batch), ""});
  table.align_left({1});
  table.add({"threads", text::concat(threads, ", with ", result.instruction_set)});
  table.add({"images per second", text::with_commas(result.images_per_second)});
  table.add({step, text::concat(milliseconds(result.step_seconds),
                                " ms (10 % to 90 %: ", milliseconds(result.step_low), " to ",
                                milliseconds(result.step_high), "; ",
                                text::counted(result.steps, "step"), ")")});
  table.add({"arithmetic",
             text::concat(text::fixed(result.flops / kGiga, 1), " GFLOP/s, ",
                          text::percent(result.flops / result.peak_flops),
                          " of the measured peak of ", text::fixed(result.peak_flops / kGiga, 1))});
  if (memory.peak > 0) {
    table.add(
        {"memory", text::concat(text::bytes_text(memory.peak),
                                " (planned: ", text::bytes_text(memory.planned),
                                "; the program alone: ", text::bytes_text(memory.before), ")")});
  }
  if (result.allocated) {
    table.add({"allocated", text::counted(static_cast<Index>(*result.allocated), "byte") +
                                " in all measured steps together"});
  }
  return table.text();
}

ExitStatus run(const Options& options, Console& console) {
  const std::unique_ptr<Collective> ranks = started_together(nullptr);
  const Model model = load_model(options.model.name, options.model.settings);
  Context context(options.threads);
  const Index batch = options.batch.value_or(model.training().batch_size);
  internal::check_training_fits(model, batch, context.threads(), "bench", "--batch ", true);
  if (options.ranks.ranks || options.ranks.simulate) {
    if (!options.ranks.ranks || !options.ranks.simulate || ranks != nullptr) {
      throw ModelError(
          "bench: --ranks N goes with --simulate; to measure several processes, start them: mpirun "
          "-n N autonet bench MODEL");
    }
    print_simulation(model, context, batch, options.seconds, options.ranks, options.json, console);
    return ExitStatus::good;
  }
  if (options.predict && ranks != nullptr) {
    throw ModelError("bench: --predict measures one process; start it without mpirun");
  }
  const internal::BenchOptions how{.batch = options.batch,
                                   .seconds = options.seconds,
                                   .allocated_bytes = allocated_bytes,
                                   .collective = ranks.get()};
  Memory memory;
  if (!options.predict) {
    const auto planned = internal::training_memory(model, batch, context.threads());
    memory.before = process_memory().now;  // after planning, which has loaded the code of training
    if (planned) memory.planned = memory.before + planned->step();
  }
  const BenchResult result = options.predict ? internal::bench_prediction(model, context, how)
                                             : internal::bench(model, context, how);
  if (!options.predict) memory.peak = process_memory().peak;
  std::optional<internal::Network> network;
  if (ranks != nullptr) network = internal::measure_network(*ranks);
  if (ranks != nullptr && ranks->rank() > 0) return ExitStatus::good;
  if (options.json) {
    Json json = json_of(model, options.predict, context.threads(), result, memory);
    if (ranks != nullptr) {
      json["ranks"] = ranks->size();
      json["latency_microseconds"] = network->latency * 1e6;
      json["gigabytes_per_second"] = network->bytes_per_second / 1e9;
    }
    console.print(indented(json));
    return ExitStatus::good;
  }
  std::string text = result_text(model, options.predict ? "prediction" : "training step",
                                 context.threads(), result, memory);
  if (ranks != nullptr) {
    text += text::concat(
        "\nEach of ", ranks->size(),
        " processes did a part of each step; between them: ", network_text(*network), "\n");
  }
  console.print(text + (options.steps ? steps_text(result) : ""));
  return ExitStatus::good;
}

}  // namespace

void add_bench(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "bench", "Measure how fast a model trains, or predicts", run);
  add_model(command, options.model);
  add_threads(command, options.threads);
  add_batch(command, options.batch);
  command.add_option("--seconds", options.seconds, "Time to measure for")
      ->check(real_number(0.0, 3600.0))
      ->type_name("S")
      ->capture_default_str();
  command.add_flag("--steps", options.steps, "Show the time of each step of the program as well");
  command.add_flag("--predict", options.predict,
                   "Measure predictions instead: images in memory, probabilities out");
  add_rank_options(command, options.ranks);
  add_json(command, options.json);
  command.footer(
      "Runs whole training steps (forward pass, backward pass, optimizer) on random images in\n"
      "memory. It reads no data set and writes no file. The peak speed of the machine is measured\n"
      "in the same run.\n\n"
      "Examples:\n"
      "  autonet bench models/convnet1.json --threads 2\n"
      "  autonet bench models/convnet1.json --steps\n"
      "  autonet bench models/convnet1.json --predict --batch 1 --threads 1\n"
      "  mpirun -n 2 autonet bench models/convnet1.json --threads 1\n"
      "  autonet bench models/cifar_vgg.json --ranks 16 --simulate --latency 5");
}

}  // namespace autonet::cli
