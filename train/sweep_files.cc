#include "train/sweep_files.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "train/atomic_file.h"

namespace autonet::internal {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr Index kMaxBytes = Index{64} << 20;

std::string record_of(const SweepRun& run) {
  return fs::path(run.checkpoint).replace_extension(".json").string();
}

Json to_json(const Metrics& metrics) {
  return {{"loss", metrics.loss}, {"accuracy", metrics.accuracy}, {"rmse", metrics.rmse}};
}

Metrics metrics_of(const nlohmann::json& json) {
  return {.loss = json.at("loss").get<double>(),
          .accuracy = json.at("accuracy").get<double>(),
          .rmse = json.at("rmse").get<double>()};
}

std::string sweep_text(const std::vector<SweepRun>& runs, const SweepOptions& options) {
  Json json{{"plan", options.plan}, {"halving", options.halving}, {"runs", Json::array()}};
  for (const SweepRun& run : runs) json["runs"].push_back(run.settings);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void load_record(SweepRun& run) {
  const std::string path = record_of(run);
  std::error_code none;
  if (!fs::exists(path, none)) return;
  try {
    const auto json = nlohmann::json::parse(read_file(path, kMaxBytes));
    run.ended = json.at("ended").get<bool>();
    run.error = json.at("error").get<std::string>();
    for (const auto& epoch : json.at("epochs")) {
      EpochReport& report = run.epochs.emplace_back();
      report.epoch = std::ssize(run.epochs);
      report.epochs = run.model.training().epochs;
      report.train = metrics_of(epoch.at("train"));
      report.validation = metrics_of(epoch.at("validation"));
      report.learning_rate = epoch.at("learning_rate").get<double>();
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError(text::concat("resuming a sweep: ", path, " is damaged: ", error.what(),
                                 "; delete it to have the run continued from its checkpoint"));
  }
}

}  // namespace

void open_sweep(std::vector<SweepRun>& runs, const SweepOptions& options) {
  const std::string file = (fs::path(options.folder) / "sweep.json").string();
  const std::string text = sweep_text(runs, options);
  std::error_code error;
  const bool exists = fs::exists(file, error);
  if (exists && !options.resume) {
    throw ModelError(text::concat("sweep: the folder ", options.folder,
                                  " holds a sweep; add --resume to go on with it, or name another "
                                  "folder with --out"));
  }
  if (!exists && options.resume) {
    throw DataError(text::concat("resuming a sweep: there is none in ", options.folder,
                                 "; leave out --resume to start it"));
  }
  if (options.resume) {
    if (read_file(file, kMaxBytes) != text) {
      throw ModelError(text::concat("resuming a sweep: the one in ", options.folder,
                                    " has another model, other values or other options; repeat "
                                    "its command, or name another folder with --out"));
    }
    for (SweepRun& run : runs) load_record(run);
    return;
  }
  fs::create_directories(options.folder, error);
  if (error) {
    throw DataError(
        text::concat("sweep: the folder ", options.folder, " cannot be made: ", error.message()));
  }
  write_atomically(file, text);
}

void save_record(const SweepRun& run) {
  Json json{{"run", run.number},
            {"settings", run.settings},
            {"ended", run.ended},
            {"error", run.error},
            {"epochs", Json::array()}};
  for (const EpochReport& report : run.epochs) {
    json["epochs"].push_back({{"train", to_json(report.train)},
                              {"validation", to_json(report.validation.value_or(Metrics{}))},
                              {"learning_rate", report.learning_rate}});
  }
  write_atomically(record_of(run), json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace autonet::internal
