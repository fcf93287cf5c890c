#include "cli/report/report.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/program_graph.h"
#include "cli/report/encode.h"
#include "cli/report/page.h"
#include "cli/report/sections.h"
#include "cli/trained_model.h"
#include "cli/version.h"
#include "data/file_bytes.h"
#include "train/atomic_file.h"
#include "train/step.h"

namespace autonet::cli {
namespace {

constexpr size_t kMostGraphBytes = 400'000;
constexpr Index kMostPageBytes = 100'000'000;

/// The program of a training step as a drawing; empty if it is too large for a page.
std::string graph_of(const Model& model) {
  const TrainingSettings& settings = model.training();
  const Weights weights = model.initial_weights(settings.precision, settings.seed);
  Context context;
  const internal::ModelProgram planned(model, context, 1, Model::Mode::training, weights,
                                       settings.seed);
  const std::string svg =
      svg_text(text::concat(model.name(), ", training step"), report_of(planned.program()));
  return svg.size() <= kMostGraphBytes ? svg : std::string();
}

}  // namespace

Report::Report(std::string path, const Model& model, const Splits& data, int threads)
    : path_(std::move(path)),
      model_(model),
      data_(data),
      threads_(threads),
      context_(threads),
      history_(model),
      filters_(model),
      graph_(graph_of(model)) {
  internal::check_writable(path_);
}

void Report::on_resume(std::span<const EpochReport> finished) {
  Json page;
  try {
    page = data_of_page(internal::read_file(path_, kMostPageBytes));
  } catch (const DataError&) {
    // There is no page yet; the new one says which epochs have no gradients.
  }
  history_.resume(finished, page);
}

void Report::on_gradients(const StepArrays& step) {
  const bool first = history_.weights().parameters.empty();
  history_.on_gradients(step);
  if (first) filters_.add(step.epoch - 1, history_.weights());
}

void Report::on_epoch(const EpochReport& report) {
  history_.on_epoch(report);
  filters_.add(report.epoch, history_.weights());
  NamedPart part{"validation", data_.validation};
  if (part.examples.count() == 0) part = {"train", data_.train};
  write(history_.weights(), part,
        {{"epoch", report.epoch},
         {"epochs", report.epochs},
         {"weights", text::concat("the weights after epoch ", report.epoch)},
         {"done", false}});
}

void Report::finish(const Trained& result) {
  history_.complete(result.epochs);
  const Index last = result.epochs.empty() ? 0 : result.epochs.back().epoch;
  if (filters_.shown() && history_.weights().parameters.empty()) filters_.add(last, result.weights);
  write(result.weights, judged_part(data_),
        {{"epoch", last},
         {"epochs", last},
         {"weights", result.best_epoch == 0
                         ? std::string("the weights of the checkpoint")
                         : text::concat("the weights of epoch ", result.best_epoch, ", the best")},
         {"done", true}});
}

void Report::write(const Weights& weights, const NamedPart& part, const Json& state) {
  Json json = history_.json();
  const bool classes = model_.classes() > 0;
  json["model"] = model_.name();
  json["data"] = data_name(model_);
  json["version"] = kVersion;
  json["threads"] = threads_;
  json["state"] = state;
  json["counts"] = {data_.train.count(), data_.validation.count(), data_.test.count()};
  json["noun"] = input_noun(model_);
  json["classes"] = model_.classes();
  json["names"] = class_names_of(model_, data_);
  json["loss"] = model_.loss_name();
  json["precision"] = name_of(model_.training().precision);
  json["input"] = to_json(model_.input_shape());
  json["probabilities"] = model_.loss_key() == "cross_entropy";
  json["layers"] = layers_json(model_);
  json["filters"] = filters_.json();
  json["examples"] = examples_json(model_, data_, part, weights);
  json["judgement"] = nullptr;
  json["regression"] = nullptr;
  if (classes) {
    json["judgement"] =
        judgement_json(model_, data_, part, judge(model_, data_, part, weights, context_));
  } else {
    json["regression"] = regression_json(model_, part, weights, context_);
  }
  json["config"] = model_.text();
  internal::write_atomically(path_, page_text(model_.name(), json, graph_));
}

}  // namespace autonet::cli
