#pragma once

#include "models/layer.h"
#include "ops/window.h"

namespace autonet {

/// Throws LayerMistake unless the layer's input is an image [rows, columns, channels].
void require_image(const Layer& layer);

/// The window that "stride", "padding" and "dilation" describe for this input and "kernel"
/// ("dilation" is 1 and "stride" the kernel where the layer has no such key). Throws LayerMistake
/// if the kernel does not fit.
Window window_of(const Layer& layer);

/// [rows, columns, `channels`] that the window leaves of the layer's input.
Shape window_output(const Layer& layer, const Window& window, Index channels);

/// "padding", with margins from `low`.
Key padding_key(double low, const std::string& fallback);

}  // namespace autonet
