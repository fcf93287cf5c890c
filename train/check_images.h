#pragma once

#include <string_view>

#include "autonet/data/images.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// Throws DataError unless the vectors of `images` hold what its counts say and an image has the
/// model's shape. `doing` begins the message. Constant time.
void check_image_shape(const Model& model, const Images& images, std::string_view doing);

/// The same, and throws DataError too if a label is outside the model's classes or a pixel is not
/// finite. Reads all pixels: for the start of a run, not for each batch.
void check_images(const Model& model, const Images& images, std::string_view doing);

}  // namespace autonet::internal
