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

void History::resume(std::span<const EpochReport> finished, const Json& page) {
  epochs_.assign(finished.begin(), finished.end());
  const auto number = [](const Json& json) { return json.is_number() ? json.get<double>() : 0.0; };
  const auto numbers = [&](const Json& row) {
    std::vector<double> list;
    for (const Json& entry : row) list.push_back(entry.is_number() ? entry.get<double>() : NAN);
    return list;
  };
  try {
    std::vector<Index> same;  // epochs
    for (const Json& row : page.at("epochs")) {
      const auto epoch =
          std::ranges::find(epochs_, row.at("epoch").get<Index>(), &EpochReport::epoch);
      if (epoch == epochs_.end() || row.at("train") != metrics_json(epoch->train)) continue;
      epoch->seconds = number(row.at("seconds"));
      epoch->images_per_second = number(row.at("speed"));
      same.push_back(epoch->epoch);
    }
    const Json& norms = page.at("norms");
    for (size_t i = 0; i < norms.at("epochs").size(); ++i) {
      Norms kept{.epoch = norms["epochs"][i].get<Index>(),
                 .gradients = numbers(norms.at("gradients").at(i)),
                 .updates = numbers(norms.at("updates").at(i))};
      const bool fits = kept.gradients.size() == model_.parameters().size() &&
                        kept.updates.size() == model_.parameters().size();
      if (fits && std::ranges::find(same, kept.epoch) != same.end()) norms_.push_back(kept);
    }
  } catch (const Json::exception&) {
    // It is no page, or one of another version: what was read so far is right.
  }
}

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

Json History::metrics_json(const Metrics& metrics) const {
  return Json::array(
      {rounded(metrics.loss), rounded(model_.classes() > 0 ? metrics.accuracy : metrics.rmse)});
}

Json History::missing_json() const {
  Json ranges = Json::array();
  for (const EpochReport& report : epochs_) {
    if (std::ranges::binary_search(norms_, report.epoch, {}, &Norms::epoch)) continue;
    if (!ranges.empty() && ranges.back()[1] == report.epoch - 1) {
      ranges.back()[1] = report.epoch;
    } else {
      ranges.push_back({report.epoch, report.epoch});
    }
  }
  return ranges;
}

Json History::json() const {
  Json epochs = Json::array();
  for (const size_t i : chosen(epochs_.size(), kMostPoints)) {
    const EpochReport& report = epochs_[i];
    epochs.push_back({{"epoch", report.epoch},
                      {"train", metrics_json(report.train)},
                      {"validation", report.validation ? metrics_json(*report.validation) : Json()},
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
           {{"names", names},
            {"epochs", at},
            {"gradients", gradients},
            {"updates", updates},
            {"missing", missing_json()}}}};
}

}  // namespace autonet::cli
