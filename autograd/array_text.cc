#include <algorithm>
#include <ostream>

#include "autonet/autograd/array.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/var.h"
#include "autonet/text/concat.h"
#include "text/numbers.h"

namespace autonet {
namespace {

constexpr Index kMostShown = 8;  // elements along an axis
constexpr Index kAtEachEnd = 3;

/// The numbers along axes `axis` and up, at a position along the axes before it.
void write(const Array& array, std::vector<Index>& position, std::string& text) {
  const auto axis = static_cast<int>(position.size());
  if (axis == array.rank()) {
    text += text::significant(array.at(position), 6);
    return;
  }
  const Index length = array.shape()[axis];
  text += "[";
  for (Index i = 0; i < length; ++i) {
    if (i > 0) text += ", ";
    if (length > kMostShown && i == kAtEachEnd) {
      text += "…, ";
      i = length - kAtEachEnd;
    }
    position.push_back(i);
    write(array, position, text);
    position.pop_back();
  }
  text += "]";
}

}  // namespace

std::string Array::str() const {
  if (!has_data()) return "(no data)";
  std::string text;
  std::vector<Index> position;
  write(*this, position, text);
  return text;
}

std::ostream& operator<<(std::ostream& out, const Array& array) {
  return out << array.str();
}

std::ostream& operator<<(std::ostream& out, const Var& var) {
  return out << var.value().str();
}

namespace {

Array view_of(void* numbers, size_t count, const Shape& shape, DType dtype) {
  if (static_cast<Index>(count) != shape.size()) {
    throw Error(text::concat("view: ", count, " numbers given for shape ", shape, ", which holds ",
                             shape.size()));
  }
  if (count == 0) return Array::zeros({shape, dtype});  // an empty vector has no address
  return Array::wrap(numbers, {shape, dtype}, nullptr);
}

}  // namespace

template <typename T>
Array view(std::span<T> numbers, const Shape& shape) {
  using Number = std::remove_const_t<T>;
  return view_of(const_cast<Number*>(numbers.data()), numbers.size(), shape, dtype_of<Number>());
}
template Array view(std::span<float>, const Shape&);
template Array view(std::span<double>, const Shape&);
template Array view(std::span<const float>, const Shape&);
template Array view(std::span<const double>, const Shape&);

}  // namespace autonet
