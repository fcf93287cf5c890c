#include "cli/show_layers.h"

#include <algorithm>

#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "cli/judgement.h"
#include "cli/report/anatomy.h"
#include "cli/terminal_image.h"
#include "cli/trained_model.h"
#include "text/numbers.h"

namespace autonet::cli {
namespace {

constexpr int kColumns = 80;

/// `class 5, predicted 3 (64.20 %)`, or target and output in regression.
std::string outcome_text(const Model& model, const Splits& data, Index n, const Anatomy& anatomy) {
  const double target = internal::piece_of(data.train, n, 1).y.numbers().to_vector().at(0);
  if (model.classes() == 0) {
    return text::concat("target ", text::significant(target, 4), ", output ",
                        text::significant(anatomy.predictions.at(0), 4));
  }
  const std::vector<std::string> names = class_names_of(model, data);
  const auto best = std::ranges::max_element(anatomy.predictions);
  const std::string output =
      model.loss_key() == "cross_entropy" ? text::percent(*best) : text::significant(*best, 4);
  return text::concat("class ", names[static_cast<size_t>(target)], ", predicted ",
                      names[static_cast<size_t>(best - anatomy.predictions.begin())], " (", output,
                      ")");
}

}  // namespace

ShowLayers::ShowLayers(Console& console, const Model& model, const Splits& data, Index every)
    : console_(console), model_(model), data_(data), every_(every) {}

void ShowLayers::on_gradients(const StepArrays& step) {
  if (!live_.parameters.empty()) return;
  live_.parameters.assign(step.parameters.begin(), step.parameters.end());
  live_.states.assign(step.states.begin(), step.states.end());
}

void ShowLayers::on_batch(Index epoch, Index batch, Index batches, double /*loss*/) {
  if (++updates_ % every_ != 0) return;
  Random random(static_cast<std::uint64_t>((epoch - 1) * batches + batch), stream_of("show"));
  const auto n = static_cast<Index>(random.below(static_cast<std::uint64_t>(data_.train.count())));
  const Anatomy anatomy = anatomy_of(model_, live_, data_.train, n);
  const Shades shades = shades_of(console_.animated(), console_.unicode());
  const int width = std::min(kColumns, console_.width());
  std::string text = console_.animated() ? "\r\x1b[K" : "";  // over the progress bar
  text += text::concat("epoch ", epoch, ", batch ", batch, ": training ", input_noun(model_), " ",
                       n, ", ", outcome_text(model_, data_, n, anatomy), "\ninput ",
                       anatomy.input.values.shape(), "\n",
                       terminal_image(anatomy.input.values, width, shades));
  for (size_t i = 0; i < anatomy.layers.size(); ++i) {
    const Array& values = anatomy.layers[i].values;
    text += text::concat(model_.layers()[i].name, " ", values.shape(), "\n",
                         terminal_image(values, width, shades));
  }
  console_.note(text + "\n");
}

}  // namespace autonet::cli
