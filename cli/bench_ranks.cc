#include "cli/bench_ranks.h"

#include "autonet/text/concat.h"
#include "cli/json.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

using internal::Network;
using internal::RankCost;

struct Row {
  RankCost cost;
  double exchange = 0.0;  // seconds
  double step() const { return cost.compute_seconds + exchange; }
};

Json json_of(const Row& row, Index batch, double alone) {
  return {{"ranks", row.cost.ranks},
          {"step_milliseconds", row.step() * 1e3},
          {"compute_milliseconds", row.cost.compute_seconds * 1e3},
          {"exchange_milliseconds", row.exchange * 1e3},
          {"exchanges", row.cost.exchanges},
          {"exchanged_bytes", row.cost.bytes},
          {"images_per_second", static_cast<double>(batch) / row.step()},
          {"speed_up", alone / row.step()}};
}

}  // namespace

void add_rank_options(CLI::App& command, RankOptions& options) {
  add_number(command, "--ranks", options.ranks, 1, 4096,
             "With --simulate: processes that share each step, each with --threads threads");
  command.add_flag("--simulate", options.simulate,
                   "Measure one process's part of the work, and add the exchanges computed\n"
                   "from --latency and --bandwidth");
  command.add_option("--latency", options.latency, "Of a small message between two processes")
      ->check(real_number(0.0, 1e6))
      ->type_name("MICROSECONDS")
      ->capture_default_str();
  command.add_option("--bandwidth", options.bandwidth, "At which a process gets data")
      ->check(real_number(1e-6, 1e6))
      ->type_name("GB/S")
      ->capture_default_str();
}

void print_simulation(const Model& model, Context& context, Index batch, double seconds,
                      const RankOptions& options, bool json, Console& console) {
  const Network network{.latency = options.latency * 1e-6,
                        .bytes_per_second = options.bandwidth * 1e9};
  std::vector<int> sizes;
  for (int ranks = 1; ranks < options.ranks.value_or(1); ranks *= 2) sizes.push_back(ranks);
  sizes.push_back(options.ranks.value_or(1));
  std::vector<Row> rows;
  for (const int ranks : sizes) {
    Row row{.cost = internal::simulate_rank(model, context, batch, ranks,
                                            seconds / static_cast<double>(sizes.size()))};
    row.exchange = internal::exchange_seconds(row.cost, network);
    rows.push_back(row);
  }
  const double alone = rows.front().step();
  if (json) {
    auto list = Json::array();
    for (const Row& row : rows) list.push_back(json_of(row, batch, alone));
    console.print(indented(Json{{"model", model.name()},
                                {"batch", batch},
                                {"threads", context.threads()},
                                {"latency_microseconds", options.latency},
                                {"gigabytes_per_second", options.bandwidth},
                                {"simulated", list}}));
    return;
  }
  text::Table table(
      {"processes", "images/s", "speed-up", "step, ms", "computing", "exchanging", "exchanged"});
  for (const Row& row : rows) {
    table.add({text::concat(row.cost.ranks),
               text::with_commas(static_cast<double>(batch) / row.step()),
               text::fixed(alone / row.step(), 2), text::fixed(row.step() * 1e3, 3),
               text::fixed(row.cost.compute_seconds * 1e3, 3), text::fixed(row.exchange * 1e3, 3),
               text::bytes_text(static_cast<std::size_t>(row.cost.bytes))});
  }
  console.print(text::concat(model.name(), ", batches of ", batch, ", ",
                             text::counted(context.threads(), "thread"),
                             " for each process, simulated:\na message takes ",
                             text::significant(options.latency, 3), " µs, and a process gets ",
                             text::significant(options.bandwidth, 3), " GB/s\n\n", table.text()));
}

std::string network_text(const Network& network) {
  return text::concat(text::significant(network.latency * 1e6, 3), " µs a message, ",
                      text::significant(network.bytes_per_second / 1e9, 3), " GB/s");
}

}  // namespace autonet::cli
