#include "cli/report/history.h"

#include <algorithm>
#include <cmath>

#include "cli/report/encode.h"

namespace autonet::cli {
namespace {

double norm(const std::vector<double>& numbers) {
  double sum = 0.0;
  for (const double number : numbers) sum += number * number;
  return std::sqrt(sum);
}

/// The numbers of at most `most` of `count` items: evenly chosen, with the last one.
std::vector<size_t> chosen(size_t count, size_t most) {
  const size_t step = (count + most - 1) / std::max<size_t>(1, most);
  std::vector<size_t> numbers;
  for (size_t i = 0; i < count; ++i) {
    if ((count - 1 - i) % std::max<size_t>(1, step) == 0) numbers.push_back(i);
  }
  return numbers;
}

}  // namespace

void History::on_gradients(const StepArrays& step) {
  if (live_.parameters.empty()) {
    live_.parameters.assign(step.parameters.begin(), step.parameters.end());
    live_.states.assign(step.states.begin(), step.states.end());
    for (const Array& array : step.parameters) before_.push_back(array.clone());
  }
  if (step.batch != step.batches) return;
  gradients_.clear();
  for (size_t i = 0; i < step.parameters.size(); ++i) {
    before_[i].copy_from(step.parameters[i]);
    gradients_.push_back(norm(step.gradients[i].to_vector()));
  }
}

void History::on_epoch(const EpochReport& report) {
  epochs_.push_back(report);
  Norms norms{.epoch = report.epoch, .gradients = gradients_};
  for (size_t i = 0; i < before_.size(); ++i) {
    const std::vector<double> old = before_[i].to_vector();
    std::vector<double> change = live_.parameters[i].to_vector();
    for (size_t k = 0; k < change.size(); ++k) change[k] -= old[k];
    const double size = norm(old);
    norms.updates.push_back(size > 0.0 ? norm(change) / size : 0.0);
  }
  norms_.push_back(norms);
}

void History::complete(const std::vector<EpochReport>& epochs) {
  std::vector<EpochReport> all = epochs;
  for (EpochReport& report : all) {
    const auto seen = std::ranges::find(epochs_, report.epoch, &EpochReport::epoch);
    if (seen != epochs_.end()) report = *seen;  // with its time
  }
  epochs_ = all;
}

Json History::json() const {
  const auto metrics = [&](const Metrics& m) {
    return Json::array({rounded(m.loss), rounded(model_.classes() > 0 ? m.accuracy : m.rmse)});
  };
  Json epochs = Json::array();
  for (const size_t i : chosen(epochs_.size(), kMostPoints)) {
    const EpochReport& report = epochs_[i];
    epochs.push_back({{"epoch", report.epoch},
                      {"train", metrics(report.train)},
                      {"validation", report.validation ? metrics(*report.validation) : Json()},
                      {"rate", rounded(report.learning_rate)},
                      {"seconds", rounded(report.seconds)},
                      {"speed", rounded(report.images_per_second)},
                      {"best", report.best}});
  }
  Json names = Json::array();
  for (const Parameter& parameter : model_.parameters()) names.push_back(parameter.name);
  Json at = Json::array();
  Json gradients = Json::array();
  Json updates = Json::array();
  const auto row = [](const std::vector<double>& numbers) {
    Json list = Json::array();
    for (const double number : numbers) list.push_back(rounded(number));
    return list;
  };
  for (const size_t i : chosen(norms_.size(), kMostPoints)) {
    at.push_back(norms_[i].epoch);
    gradients.push_back(row(norms_[i].gradients));
    updates.push_back(row(norms_[i].updates));
  }
  return {{"epochs", epochs},
          {"norms",
           {{"names", names}, {"epochs", at}, {"gradients", gradients}, {"updates", updates}}}};
}

}  // namespace autonet::cli
