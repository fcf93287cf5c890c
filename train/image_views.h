#pragma once

#include <span>
#include <string_view>

#include "autonet/autograd/var.h"
#include "autonet/models/model.h"

namespace autonet {

/// What a trained model is asked about each image besides the image itself. Its answer is then the
/// mean of the answers: of the probabilities where the loss is softmax_cross_entropy, else of the
/// outputs.
struct ImageViews {
  bool flip = false;  ///< The mirror image too, left and right exchanged.
  /// The image moved by so many pixels up, down, left and right too. What lies outside of it is
  /// the model's "fill" or, without one, its nearest pixel.
  Index shift = 0;

  /// The number of views of an image: 1 (the image alone), 2, 5 or 10.
  Index count() const { return Index{flip ? 2 : 1} * (shift > 0 ? 5 : 1); }
};

namespace internal {

/// Throws ModelError unless the model reads images, and images so large that they can be moved.
/// `doing` begins the text.
void check_views(const Model& model, const ImageViews& views, std::string_view doing);

/// Records the model in evaluation mode on the views of images x [N,rows,columns,channels], or with
/// one view on any inputs. The output [N,outputs] is that of which Model::predictions() is the mean
/// over the views: the logarithm of the mean probability, or the mean output.
Var record_views(const Model& model, Var x, std::span<const Var> parameters,
                 std::span<const Var> states, Var step, const ImageViews& views);

}  // namespace internal
}  // namespace autonet
