#pragma once

#include <string>
#include <vector>

#include "autonet/data/splits.h"
#include "autonet/train/image_views.h"
#include "autonet/train/weights.h"

namespace autonet::cli {

/// One part of the data, and its name: "test", "validation" or "train".
struct NamedPart {
  std::string name;
  Examples examples;
};

/// The part that a trained model is judged by: the test examples, without any those for validation,
/// without any those for training.
NamedPart judged_part(const Splits& data);

/// An example whose class the model got wrong.
struct Mistake {
  Index example = 0;    // its number in the part
  Index truth = 0;      // its class
  Index predicted = 0;  // the class with the largest output
  double output = 0.0;  // of the predicted class: a probability where the model gives these
  double margin = 0.0;  // how much larger that is than the output of the true class
};

/// How a classifier does on one part of the data, class by class.
struct Judgement {
  std::string part = {};                 // its name
  std::vector<std::string> names = {};   // of the classes
  std::vector<Index> counts = {};        // [true class, predicted class] in row-major order
  std::vector<Mistake> mistakes = {};    // the largest margins first
  std::vector<double> confidences = {};  // for each example the largest output
  std::vector<bool> right = {};          // for each example, true if its class was predicted

  Index classes() const { return static_cast<Index>(names.size()); }
  Index count(Index truth, Index predicted) const {
    return counts[static_cast<size_t>(truth * classes() + predicted)];
  }
  /// The number of examples of a class, and the fraction of them that were predicted correctly (0
  /// if there are none).
  Index examples_of(Index truth) const;
  double accuracy_of(Index truth) const;
};

/// Judges a classifier. Throws what predict() throws.
Judgement judge(const Model& model, const Splits& data, const NamedPart& part,
                const Weights& weights, Context& context, const ImageViews& views = {});

/// The names of a model's classes: those of its data set, or their numbers.
std::vector<std::string> class_names_of(const Model& model, const Splits& data);

}  // namespace autonet::cli
