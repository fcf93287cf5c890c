#include "train/check_examples.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

/// "[N,2,3,1]" for the shape [2,3,1] of one input.
std::string many(const Shape& one) {
  return "[N," + one.str().substr(1);
}

/// What an input and a number of it are called.
struct Nouns {
  const char* input;
  const char* number;
};
Nouns nouns(const Model& model) {
  return model.input_shape().rank() == 3 ? Nouns{"image", "pixel"} : Nouns{"input", "number"};
}

template <typename T, typename Bad>
Index find_in(const Array& array, Bad bad) {
  const T* numbers = array.data<T>();
  return std::find_if(numbers, numbers + array.size(), bad) - numbers;
}

/// The place of the first number that is `bad` in row-major order; -1 if there is none.
template <typename Bad>
Index find_bad(const Array& array, Bad bad) {
  const Array numbers = array.contiguous();
  const Index place =
      array.dtype() == DType::f32 ? find_in<float>(numbers, bad) : find_in<double>(numbers, bad);
  return place < array.size() ? place : -1;
}

/// Not a function, so that it is compiled into the loop over all numbers.
constexpr auto kNotFinite = [](double v) { return !std::isfinite(v); };

/// True for what is not a whole number from 0 to count - 1.
auto no_index_below(Index count) {
  return [count = static_cast<double>(count)](double v) {
    return !(v >= 0.0 && v < count && v == std::floor(v));
  };
}

double number_at(const Array& array, Index place) {
  return array.reshape({array.size()}).at({place});
}

/// in_file: true if x has a type, but its numbers are in a file.
void check_input_shape(const Model& model, const Array& x, std::string_view doing,
                       bool in_file = false) {
  const bool numbers = x.has_data() || in_file;
  if (numbers && x.rank() > 0 && x.shape() == model.batch_shape(x.shape()[0])) return;
  throw DataError(text::concat(doing, ": the inputs are ", x.shape(), " but the model ",
                               model.name(), " needs ", many(model.input_shape())));
}

/// rows: the numbers of the inputs for errors; empty: 0, 1, …
void check_input_values(const Model& model, const Array& x, std::string_view doing,
                        std::span<const Index> rows = {}) {
  const auto row = [&](Index i) { return rows.empty() ? i : rows[static_cast<size_t>(i)]; };
  const auto [input, number] = nouns(model);
  if (model.tokens() > 0) {
    if (const Index bad = find_bad(x, no_index_below(model.tokens())); bad >= 0) {
      const Index size = model.input_shape().size();
      throw DataError(text::concat(doing, ": number ", bad % size, " of input ", row(bad / size),
                                   " is ", number_at(x, bad), ", not a whole number from 0 to ",
                                   model.tokens() - 1));
    }
  }
  if (const Index bad = find_bad(x, kNotFinite); bad >= 0) {
    const Index size = model.input_shape().size();
    throw DataError(text::concat(doing, ": ", number, " ", bad % size, " of ", input, " ",
                                 row(bad / size), " is ", number_at(x, bad), "; all ", number,
                                 "s must be finite"));
  }
}

}  // namespace

void check_inputs(const Model& model, const Array& x, std::string_view doing) {
  check_input_shape(model, x, doing);
  check_input_values(model, x, doing);
}

void check_shapes(const Model& model, const Examples& examples, std::string_view doing) {
  const Array& x = examples.x;
  const Array& y = examples.y.numbers();
  check_input_shape(model, x, doing, examples.bytes != nullptr);
  const Index count = x.shape()[0];
  const bool one_each = y.shape() == Shape{count};
  if (model.classes() > 0 && !one_each) {
    throw DataError(text::concat(doing, ": the labels are ", y.shape(), " but ", count, " inputs ",
                                 x.shape(), " need ", Shape{count}));
  }
  const bool fits =
      y.shape() == Shape{count, model.outputs()} || (one_each && model.outputs() == 1);
  if (model.classes() == 0 && !fits) {
    throw DataError(text::concat(
        doing, ": the targets are ", y.shape(), " but ", count, " inputs ", x.shape(), " need ",
        Shape{count, model.outputs()}, ", as the model ", model.name(), " predicts ",
        model.outputs() == 1 ? "1 number" : text::concat(model.outputs(), " numbers")));
  }
}

void check_examples(const Model& model, const Examples& examples, std::string_view doing) {
  check_shapes(model, examples, doing);
  const char* const input = nouns(model).input;
  const Array& y = examples.y.numbers();
  if (model.classes() > 0) {
    if (const Index bad = find_bad(y, no_index_below(model.classes())); bad >= 0) {
      const double label = number_at(y, bad);
      throw DataError(
          text::concat(doing, ": label ", label, " of ", input, " ", bad,
                       label == std::floor(label)
                           ? text::concat(" is outside the model's ", model.classes(), " classes")
                           : " is not the number of a class"));
    }
  } else if (const Index bad = find_bad(y, kNotFinite); bad >= 0) {
    throw DataError(text::concat(doing, ": target ", bad % model.outputs(), " of ", input, " ",
                                 bad / model.outputs(), " is ", number_at(y, bad),
                                 "; all targets must be finite"));
  }
  if (examples.file == nullptr) check_input_values(model, examples.x, doing);
}

void check_rows(const Model& model, const Array& batch, std::span<const Index> rows,
                std::string_view doing) {
  check_input_values(model, batch, doing, rows);
}

}  // namespace autonet::internal
