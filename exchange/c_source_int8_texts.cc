#include "exchange/c_source_function_texts.h"

namespace autonet::internal {

std::span<const CFunction> int8_functions() {
  static const std::vector<CFunction> kFunctions = {
      {"image8", {}, R"(
/* An image of bytes, row by row, channels innermost; a vector is an image of one pixel. A byte q stands for the number
   scale * (q - zero). The scales are part of the multipliers below. */
typedef struct {
  int8_t *at;
  int32_t rows, columns, channels;
  int32_t zero;
} image8;
)"},
      {"window8", {}, R"(
/* How a kernel slides: numbers for rows and for columns. */
typedef struct {
  int32_t kernel[2];
  int32_t stride[2];
  int32_t dilation[2];
  int32_t padding[2]; /* above and to the left */
} window8;
)"},
      {"to_byte", {}, R"(
/* v rounded to the nearest whole number from `lowest` to 127. */
static int8_t to_byte(float v, int32_t lowest) {
  if (v <= (float)lowest) return (int8_t)lowest;
  if (v >= 127.0f) return 127;
  return (int8_t)(int32_t)(v < 0.0f ? v - 0.5f : v + 0.5f);
}
)"},
      {"flat", {"image8"}, R"(
/* An image as a vector. */
static image8 flat(image8 x) {
  x.channels *= x.rows * x.columns;
  x.rows = x.columns = 1;
  return x;
}
)"},
      {"quantize", {"image8", "to_byte"}, R"(
/* Writes numbers as bytes: y = x * multiplier + zero. */
static void quantize(image8 y, const float *x, float multiplier) {
  const int32_t count = y.rows * y.columns * y.channels;
  for (int32_t i = 0; i < count; ++i) y.at[i] = to_byte(x[i] * multiplier + (float)y.zero, -128);
}
)"},
      {"sums_at", {"image8", "window8"}, R"(
/* sums[k] = the sum over r,s,c of (x[i + r, j + s, c] - zero) w[r,s,c,k]: y = convolve(x, flip(w), p) at one place. */
static void sums_at(image8 x, const int8_t *w, int32_t channels, window8 p, int32_t i, int32_t j) {
  for (int32_t k = 0; k < channels; ++k) sums[k] = 0;
  for (int32_t r = 0; r < p.kernel[0]; ++r) {
    const int32_t row = i * p.stride[0] + r * p.dilation[0] - p.padding[0];
    if (row < 0 || row >= x.rows) continue; /* a zero */
    for (int32_t s = 0; s < p.kernel[1]; ++s) {
      const int32_t column = j * p.stride[1] + s * p.dilation[1] - p.padding[1];
      if (column < 0 || column >= x.columns) continue;
      const int8_t *x_c = x.at + (row * x.columns + column) * x.channels;
      const int8_t *w_c = w + (r * p.kernel[1] + s) * x.channels * channels;
      for (int32_t c = 0; c < x.channels; ++c, w_c += channels) {
        const int32_t number = x_c[c] - x.zero;
        for (int32_t k = 0; k < channels; ++k) sums[k] += number * w_c[k];
      }
    }
  }
}
)"},
      {"convolve8", {"sums_at", "to_byte"}, R"(
/* A convolution or, for an image of one pixel, a linear layer: y[i,j,k] = sums[k] * multiplier[k] + offset[k]. The bias,
   the scales of x, w and y and the zero of y are in multiplier and offset; `lowest` is the zero of y after a ReLU. */
static void convolve8(image8 y, image8 x, const int8_t *w, const float *multiplier, const float *offset, int32_t lowest,
                      window8 p) {
  int8_t *to = y.at;
  for (int32_t i = 0; i < y.rows; ++i) {
    for (int32_t j = 0; j < y.columns; ++j) {
      sums_at(x, w, y.channels, p, i, j);
      for (int32_t k = 0; k < y.channels; ++k) *to++ = to_byte((float)sums[k] * multiplier[k] + offset[k], lowest);
    }
  }
}
)"},
      {"linear8", {"sums_at"}, R"(
/* The last layer, whose outputs are numbers: y[k] = sums[k] * multiplier[k] + offset[k]. */
static void linear8(float *y, int32_t channels, image8 x, const int8_t *w, const float *multiplier, const float *offset) {
  const window8 one = {.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .padding = {0, 0}};
  sums_at(x, w, channels, one, 0, 0);
  for (int32_t k = 0; k < channels; ++k) y[k] = (float)sums[k] * multiplier[k] + offset[k];
}
)"},
      {"each8", {"image8", "to_byte"}, R"(
/* y = (x - zero) * multiplier[k] + offset[k] for each number of channel k; `lowest` is the zero of y after a ReLU. */
static void each8(image8 y, image8 x, const float *multiplier, const float *offset, int32_t lowest) {
  const int32_t count = y.rows * y.columns * y.channels;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t k = i % y.channels;
    y.at[i] = to_byte((float)(x.at[i] - x.zero) * multiplier[k] + offset[k], lowest);
  }
}
)"},
      {"max_pool8", {"image8", "window8"}, R"(
/* The largest byte of each window and channel. */
static void max_pool8(image8 y, image8 x, window8 p) {
  int8_t *to = y.at;
  for (int32_t i = 0; i < y.rows; ++i) {
    for (int32_t j = 0; j < y.columns; ++j) {
      for (int32_t c = 0; c < y.channels; ++c) {
        int32_t best = -128;
        for (int32_t r = 0; r < p.kernel[0]; ++r) {
          const int32_t row = i * p.stride[0] + r * p.dilation[0] - p.padding[0];
          for (int32_t s = 0; row >= 0 && row < x.rows && s < p.kernel[1]; ++s) {
            const int32_t column = j * p.stride[1] + s * p.dilation[1] - p.padding[1];
            if (column < 0 || column >= x.columns) continue;
            const int32_t v = x.at[(row * x.columns + column) * x.channels + c];
            if (v > best) best = v;
          }
        }
        *to++ = (int8_t)best;
      }
    }
  }
}
)"},
      {"softmax", {"exponential"}, R"(
/* y = e^y / sum of e^y. The largest y is subtracted first, so that no power overflows. */
static void softmax(float *y, int32_t count) {
  float largest = y[0], sum = 0.0f;
  for (int32_t k = 1; k < count; ++k) {
    if (y[k] > largest) largest = y[k];
  }
  for (int32_t k = 0; k < count; ++k) {
    y[k] = exponential(y[k] - largest);
    sum += y[k];
  }
  for (int32_t k = 0; k < count; ++k) y[k] /= sum;
}
)"},
  };
  return kFunctions;
}

}  // namespace autonet::internal
