#include "cli/judgement.h"

#include <algorithm>

#include "autonet/text/concat.h"
#include "autonet/train/predictor.h"

namespace autonet::cli {

NamedPart judged_part(const Splits& data) {
  if (data.test.count() > 0) return {"test", data.test};
  if (data.validation.count() > 0) return {"validation", data.validation};
  return {"train", data.train};
}

Index Judgement::examples_of(Index truth) const {
  Index sum = 0;
  for (Index k = 0; k < classes(); ++k) sum += count(truth, k);
  return sum;
}

double Judgement::accuracy_of(Index truth) const {
  const Index all = examples_of(truth);
  return all == 0 ? 0.0 : static_cast<double>(count(truth, truth)) / static_cast<double>(all);
}

std::vector<std::string> class_names_of(const Model& model, const Splits& data) {
  std::vector<std::string> names = data.class_names;
  for (Index k = std::ssize(names); k < model.classes(); ++k) names.push_back(text::concat(k));
  names.resize(static_cast<size_t>(model.classes()));
  return names;
}

Judgement judge(const Model& model, const Splits& data, const NamedPart& part,
                const Weights& weights, Context& context, const ImageViews& views) {
  Judgement judgement{.part = part.name, .names = class_names_of(model, data)};
  const Index classes = model.classes();
  judgement.counts.resize(static_cast<size_t>(classes * classes));
  const Index count = part.examples.count();
  const Index length = internal::piece_length(part.examples);
  for (Index first = 0; first < count; first += length) {
    const Examples piece =
        internal::piece_of(part.examples, first, std::min(length, count - first));
    const Prediction prediction = predict(model, weights, piece.x, context, views);
    const std::vector<double> outputs = prediction.outputs.to_vector();
    const std::vector<double> labels = piece.y.numbers().to_vector();
    for (Index n = 0; n < piece.count(); ++n) {
      const double* row = outputs.data() + n * classes;
      const auto truth = static_cast<Index>(labels[static_cast<size_t>(n)]);
      const Index predicted = prediction.classes[static_cast<size_t>(n)];
      ++judgement.counts[static_cast<size_t>(truth * classes + predicted)];
      judgement.confidences.push_back(row[predicted]);
      judgement.right.push_back(truth == predicted);
      if (truth == predicted) continue;
      judgement.mistakes.push_back({.example = first + n,
                                    .truth = truth,
                                    .predicted = predicted,
                                    .output = row[predicted],
                                    .margin = row[predicted] - row[truth]});
    }
  }
  std::ranges::stable_sort(judgement.mistakes, std::ranges::greater(), &Mistake::margin);
  return judgement;
}

}  // namespace autonet::cli
