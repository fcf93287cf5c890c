#pragma once

#include <stdexcept>
#include <string>

#include <autonet/autonet.h>

/// The four functions to write, and what they may use. All arrays are f64. `a.at({n, i})` reads an
/// element and `a.set({n, i}, value)` writes it; `a.shape()[1]` is the length of axis 1.
namespace exercise {

using autonet::Array;
using autonet::Index;
using autonet::Shape;

// ---- To write ----

/// What a backward pass gives: the derivatives of the loss by each input of the layer, with the
/// shapes of x, w and b.
struct Gradients {
  Array xbar;
  Array wbar;
  Array bbar;
};

/// The convolution layer with stride 1, in convolution_layer.cc.
///
///     y[n,i,j,k] = b[k] + sum over r, s, c of x[n, i + r - padding, j + s - padding, c] w[r,s,c,k]
///
/// Shapes: x [N,H,W,C], w [R,R,C,K], b [K], y [N, H + 2 padding - R + 1, W + 2 padding - R + 1, K].
/// x counts as zero outside of its rows and columns.
Array convolution_forward(const Array& x, const Array& w, const Array& b, Index padding);
Gradients convolution_backward(const Array& x, const Array& w, const Array& ybar, Index padding);

/// The fully connected layer, in fully_connected_layer.cc.
///
///     y[n,o] = b[o] + sum over i of x[n,i] w[i,o]
///
/// Shapes: x [N,I], w [I,O], b [O], y [N,O].
Array fully_connected_forward(const Array& x, const Array& w, const Array& b);
Gradients fully_connected_backward(const Array& x, const Array& w, const Array& ybar);

// ---- To use ----

/// An array of zeros.
Array zeros(const Shape& shape);

/// The image x[n,:,:,c] of a batch [N,H,W,C], as an array [H,W].
Array image_of(const Array& batch, Index n, Index c);
/// Adds an image [H,W] to batch[n,:,:,c]. Throws Mistake if the sizes differ.
void add_to_image(Array& batch, Index n, Index c, const Array& image);

/// The kernel w[:,:,c,k] of weights [R,R,C,K], as an array [R,R].
Array kernel_of(const Array& weights, Index c, Index k);
/// Adds a kernel [R,R] to weights[:,:,c,k]. Throws Mistake if the sizes differ.
void add_to_kernel(Array& weights, Index c, Index k, const Array& kernel);

/// The kernel turned by 180 degrees: its rows and its columns in reverse order.
Array flip(const Array& kernel);

/// The convolution of mathematics: the kernel [R,S] is *flipped* and slides over the image [H,W],
/// to which `padding` zeros are added on each side, or from which rows and columns are removed if
/// it is negative. The result is [H + 2 padding - R + 1, W + 2 padding - S + 1].
Array convolve(const Array& image, const Array& kernel, Index padding);

/// A mistake that the helpers notice.
struct Mistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Thrown by a function that is not written yet.
struct NotWritten : std::runtime_error {
  NotWritten() : std::runtime_error("not written yet") {}
};

}  // namespace exercise
