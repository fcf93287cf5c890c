#include "exchange/c_source_function_texts.h"

namespace autonet::internal {

std::span<const CFunction> layer_functions() {
  static const std::vector<CFunction> kFunctions = {
      {"convolve", {"writable", "flip_kernel"}, R"(
/* Mathematical convolution of images a [N,H,W,C] with a kernel b [R,S,C,K], y [N,Ho,Wo,K]: b is flipped, slid over a
   with `top` rows of zeros above a and `left` columns of zeros before it, and multiplied:

     y[n,i,j,k] = sum over r,s,c of a[n, i + r - top, j + s - left, c] * flip(b)[r,s,c,k]

   With w the weights of a layer, k the kernel's length, p the layer's padding and bars for derivatives of the loss:

     forward           y    = convolve(x,    flip(w),    p)
     input gradient    xbar = convolve(ybar, w,          k - p - 1)
     weight gradient   wbar = convolve(x,    flip(ybar), p)            */
static void convolve(array y, array a, array b, int32_t top, int32_t left) {
  const array w = flip_kernel(b);
  const int32_t channels = w.n[3];
  number *to = writable(y);
  for (int32_t n = 0; n < y.n[0]; ++n) {
    for (int32_t i = 0; i < y.n[1]; ++i) {
      for (int32_t j = 0; j < y.n[2]; ++j, to += channels) {
        for (int32_t k = 0; k < channels; ++k) to[k] = 0;
        for (int32_t r = 0; r < w.n[0]; ++r) {
          const int32_t row = i + r - top;
          if (row < 0 || row >= a.n[1]) continue; /* a zero */
          for (int32_t s = 0; s < w.n[1]; ++s) {
            const int32_t column = j + s - left;
            if (column < 0 || column >= a.n[2]) continue;
            const number *at_a = a.at + n * a.step[0] + row * a.step[1] + column * a.step[2];
            const number *at_w = w.at + r * w.step[0] + s * w.step[1];
            for (int32_t c = 0; c < w.n[2]; ++c) {
              const number a_c = at_a[c * a.step[3]], *w_c = at_w + c * w.step[2];
              for (int32_t k = 0; k < channels; ++k) to[k] += a_c * w_c[k * w.step[3]];
            }
          }
        }
      }
    }
  }
}
)"},
      {"window", {}, R"(
/* How a kernel slides: numbers for rows and for columns. */
typedef struct {
  int32_t kernel[2];   /* rows and columns of a pooling or of patches */
  int32_t stride[2];   /* from one place of the kernel to the next */
  int32_t dilation[2]; /* from one number of the kernel to the next */
  int32_t spread[2];   /* from one number of the input to the next, with zeros between */
  int32_t padding[2];  /* zeros above and to the left of the input */
  int32_t groups;      /* parts of the channels that are convolved apart */
} window;
)"},
      {"place_of", {"window"}, R"(
/* The row (axis 0) or column (axis 1) of an input of length n that place i of a kernel sees with its row or column r;
   -1 where it sees a zero. */
static int32_t place_of(window p, int32_t axis, int32_t i, int32_t r, int32_t n) {
  const int32_t at = i * p.stride[axis] + r * p.dilation[axis] - p.padding[axis];
  if (at < 0 || at % p.spread[axis] != 0 || at / p.spread[axis] >= n) return -1;
  return at / p.spread[axis];
}
)"},
      {"convolve_window", {"place_of", "writable", "flip_kernel"}, R"(
/* Mathematical convolution of images a [N,H,W,G*C] with a kernel b [R,S,C,G*K], y [N,Ho,Wo,G*K], in G groups: b is
   flipped and slid over a as the window says. In terms of stride 1, with w the weights of a layer, k the kernel's
   length, p the layer's padding and bars for derivatives of the loss:

     forward           y    = convolve(x,    flip(w),    p)
     input gradient    xbar = convolve(ybar, w,          k - p - 1)
     weight gradient   wbar = convolve(x,    flip(ybar), p)

   With other strides, stride and spread trade places in the input gradient, stride and dilation in the weight
   gradient. */
static void convolve_window(array y, array a, array b, window p) {
  const array w = flip_kernel(b);
  const int32_t channels = w.n[3] / p.groups;
  number *to = writable(y);
  for (int32_t n = 0; n < y.n[0]; ++n) {
    for (int32_t i = 0; i < y.n[1]; ++i) {
      for (int32_t j = 0; j < y.n[2]; ++j) {
        for (int32_t g = 0; g < p.groups; ++g, to += channels) {
          for (int32_t k = 0; k < channels; ++k) to[k] = 0;
          for (int32_t r = 0; r < w.n[0]; ++r) {
            const int32_t row = place_of(p, 0, i, r, a.n[1]);
            if (row < 0) continue;
            for (int32_t s = 0; s < w.n[1]; ++s) {
              const int32_t column = place_of(p, 1, j, s, a.n[2]);
              if (column < 0) continue;
              const number *at_a = a.at + n * a.step[0] + row * a.step[1] + column * a.step[2] + g * w.n[2] * a.step[3];
              const number *at_w = w.at + r * w.step[0] + s * w.step[1] + g * channels * w.step[3];
              for (int32_t c = 0; c < w.n[2]; ++c) {
                const number a_c = at_a[c * a.step[3]], *w_c = at_w + c * w.step[2];
                for (int32_t k = 0; k < channels; ++k) to[k] += a_c * w_c[k * w.step[3]];
              }
            }
          }
        }
      }
    }
  }
}
)"},
      {"largest_in", {"place_of"}, R"(
/* The largest number that place (i, j) of a pooling window sees in channel c of image n of x; of equal ones the first.
   Padding is never the largest. *row and *column become its place. */
static number largest_in(array x, window p, int32_t n, int32_t i, int32_t j, int32_t c, int32_t *row, int32_t *column) {
  number best = 0;
  int32_t seen = 0;
  for (int32_t r = 0; r < p.kernel[0]; ++r) {
    const int32_t h = place_of(p, 0, i, r, x.n[1]);
    for (int32_t s = 0; h >= 0 && s < p.kernel[1]; ++s) {
      const int32_t w = place_of(p, 1, j, s, x.n[2]);
      if (w < 0) continue;
      const number v = x.at[n * x.step[0] + h * x.step[1] + w * x.step[2] + c * x.step[3]];
      if (seen == 0 || v > best) {
        seen = 1;
        best = v;
        *row = h;
        *column = w;
      }
    }
  }
  return best;
}
)"},
      {"max_pool2d", {"largest_in", "writable"}, R"(
/* y [N,Ho,Wo,C] = the largest number of each window and channel of x [N,H,W,C]. */
static void max_pool2d(array y, array x, window p) {
  number *to = writable(y);
  int32_t row = 0, column = 0;
  for (int32_t n = 0; n < y.n[0]; ++n) {
    for (int32_t i = 0; i < y.n[1]; ++i) {
      for (int32_t j = 0; j < y.n[2]; ++j) {
        for (int32_t c = 0; c < y.n[3]; ++c) *to++ = largest_in(x, p, n, i, j, c, &row, &column);
      }
    }
  }
}
)"},
      {"pool_spread", {"fill", "largest_in", "writable"}, R"(
/* The input gradient of max_pool2d: each number of ybar is added at the place of its window's largest x. */
static void pool_spread(array xbar, array x, array ybar, window p) {
  int32_t row = 0, column = 0;
  fill(xbar, 0);
  for (int32_t n = 0; n < ybar.n[0]; ++n) {
    for (int32_t i = 0; i < ybar.n[1]; ++i) {
      for (int32_t j = 0; j < ybar.n[2]; ++j) {
        for (int32_t c = 0; c < ybar.n[3]; ++c) {
          (void)largest_in(x, p, n, i, j, c, &row, &column);
          writable(xbar)[n * xbar.step[0] + row * xbar.step[1] + column * xbar.step[2] + c] +=
              ybar.at[n * ybar.step[0] + i * ybar.step[1] + j * ybar.step[2] + c * ybar.step[3]];
        }
      }
    }
  }
}
)"},
      {"gather_patches", {"place_of", "writable"}, R"(
/* y[n,i,j,:] = the numbers of x that place (i, j) of a window sees: its rows, columns and channels in one row. */
static void gather_patches(array y, array x, window p) {
  number *to = writable(y);
  for (int32_t n = 0; n < y.n[0]; ++n) {
    for (int32_t i = 0; i < y.n[1]; ++i) {
      for (int32_t j = 0; j < y.n[2]; ++j) {
        for (int32_t r = 0; r < p.kernel[0]; ++r) {
          const int32_t row = place_of(p, 0, i, r, x.n[1]);
          for (int32_t s = 0; s < p.kernel[1]; ++s) {
            const int32_t column = place_of(p, 1, j, s, x.n[2]);
            const int32_t at = n * x.step[0] + row * x.step[1] + column * x.step[2];
            for (int32_t c = 0; c < x.n[3]; ++c) {
              *to++ = row < 0 || column < 0 ? 0 : x.at[at + c * x.step[3]];
            }
          }
        }
      }
    }
  }
}
)"},
      {"scatter_patches", {"fill", "place_of", "writable"}, R"(
/* The input gradient of gather_patches: each number of a patch is added where it was taken from. */
static void scatter_patches(array xbar, array ybar, window p) {
  fill(xbar, 0);
  for (int32_t n = 0; n < ybar.n[0]; ++n) {
    for (int32_t i = 0; i < ybar.n[1]; ++i) {
      for (int32_t j = 0; j < ybar.n[2]; ++j) {
        const number *from = ybar.at + n * ybar.step[0] + i * ybar.step[1] + j * ybar.step[2];
        int32_t place = 0; /* in the patch */
        for (int32_t r = 0; r < p.kernel[0]; ++r) {
          const int32_t row = place_of(p, 0, i, r, xbar.n[1]);
          for (int32_t s = 0; s < p.kernel[1]; ++s) {
            const int32_t column = place_of(p, 1, j, s, xbar.n[2]);
            const int32_t at = n * xbar.step[0] + row * xbar.step[1] + column * xbar.step[2];
            for (int32_t c = 0; c < xbar.n[3]; ++c, ++place) {
              if (row >= 0 && column >= 0) writable(xbar)[at + c] += from[place * ybar.step[3]];
            }
          }
        }
      }
    }
  }
}
)"},
  };
  return kFunctions;
}

}  // namespace autonet::internal
