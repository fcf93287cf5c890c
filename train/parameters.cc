#include "autonet/train/parameters.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/matmul.h"
#include "autonet/text/concat.h"
#include "models/initialize.h"
#include "train/finite.h"

namespace autonet {

Array* Parameters::find(const std::string& name) {
  const auto found = std::ranges::find(named_, name, &NamedArray::name);
  return found == named_.end() ? nullptr : &found->array;
}

Var Parameters::on(Tape& tape, const std::string& name, const Shape& shape, const Init& init) {
  Array* array = find(name);
  if (array == nullptr) {
    // A kernel of n places, C inputs and K outputs: each output sums n C numbers.
    const Index outputs = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    const Index inputs = shape.rank() < 2 ? 1 : shape[shape.rank() - 2];
    const Index places = shape.size() / std::max<Index>(1, inputs * outputs);
    named_.push_back({name, internal::initialize(init, {shape, dtype_}, places * inputs,
                                                 places * outputs, seed_, name)});
    array = &named_.back().array;
  }
  if (array->shape() != shape) {
    throw Error(text::concat("parameters: \"", name, "\" is ", array->shape(),
                             ", but was asked for as ", shape));
  }
  const Var leaf = tape.find_leaf(*array);
  return leaf.valid() ? leaf : tape.variable(*array, name);
}

std::vector<Array> Parameters::arrays() const {
  std::vector<Array> arrays;
  for (const NamedArray& named : named_) arrays.push_back(named.array);
  return arrays;
}

std::vector<Var> Parameters::leaves(Tape& tape) const {
  std::vector<Var> leaves;
  for (const NamedArray& named : named_)
    if (const Var leaf = tape.find_leaf(named.array); leaf.valid()) leaves.push_back(leaf);
  return leaves;
}

void Parameters::load(const std::string& path) {
  const ArrayFile file = load_arrays(path);
  for (const NamedArray& read : file.arrays)
    internal::check_finite(read.array.to(dtype_), path, read.name);
  for (const NamedArray& read : file.arrays) {
    Array* array = find(read.name);
    if (array == nullptr) {
      named_.push_back({read.name, read.array.to(dtype_).clone()});
    } else {
      array->copy_from(read.array);
    }
  }
}

namespace {

Var with_bias(Var y, const NamedLayer& layer) {
  const Index outputs = layer.shape[layer.shape.rank() - 1];
  return y + layer.parameters.on(y.tape(), layer.name + "/bias", {outputs}, {});
}

}  // namespace

Var linear(Var x, const NamedLayer& layer) {
  const Label label(x.tape(), layer.name);
  const Var w = layer.parameters.on(x.tape(), layer.name + "/weight", layer.shape, layer.init);
  return with_bias(matmul(x, w), layer);
}

Var conv2d(Var x, const NamedLayer& layer, const Window& window) {
  const Label label(x.tape(), layer.name);
  const Var w = layer.parameters.on(x.tape(), layer.name + "/weight", layer.shape, layer.init);
  return with_bias(conv2d(x, w, window), layer);
}

}  // namespace autonet
