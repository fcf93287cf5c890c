#pragma once

#include <string>

#include "autonet/ops/window.h"
#include "models/layer.h"

namespace autonet::internal {

/// Throws LayerMistake unless the layer's input is an image [rows, columns, channels].
void require_image(const Layer& layer);

/// Throws LayerMistake unless `groups` divides the channels of the layer's input and of its output.
void require_groups(const Layer& layer, Index groups, Index output_channels);

/// The window that the layer's "kernel", "stride", "padding" and "dilation" describe for its input.
/// Without "stride", the stride is the kernel's size; without "dilation", the dilation is 1. Throws
/// LayerMistake if the kernel does not fit.
Window window_of(const Layer& layer);

/// [rows, columns, `channels`] of the output for the layer's input and this window.
Shape window_output(const Layer& layer, const Window& window, Index channels);

/// A key for a whole number or [rows, columns].
Key extent_key(const std::string& name, const std::string& doc, const std::string& fallback = "");
/// "padding", with margins from `low` up.
Key padding_key(double low);

}  // namespace autonet::internal
