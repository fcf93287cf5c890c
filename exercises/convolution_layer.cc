// Exercise 1: the convolution layer by the flip and padding rules. layers.h says what each function
// computes and what it may use. For one channel, with a kernel of R rows and columns:
//
//     y    = convolve(x,    flip(w),    padding)
//     xbar = convolve(ybar, w,          R - padding - 1)
//     wbar = convolve(x,    flip(ybar), padding)
//
// With several channels and images, think about what is summed: y[n,:,:,k] over the input channels
// c, xbar[n,:,:,c] over the output channels k, and wbar[:,:,c,k] over the images n.
#include "exercises/layers.h"

namespace exercise {

Array convolution_forward(const Array& /*x*/, const Array& /*w*/, const Array& /*b*/,
                          Index /*padding*/) {
  throw NotWritten();
}

Gradients convolution_backward(const Array& /*x*/, const Array& /*w*/, const Array& /*ybar*/,
                               Index /*padding*/) {
  throw NotWritten();
}

}  // namespace exercise
