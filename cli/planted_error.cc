#include "cli/planted_error.h"

#include <memory>

#include "autograd/tape.h"
#include "ops/arithmetic.h"

namespace autonet {
namespace {

class PlantedError : public Op {
 public:
  std::string_view name() const override { return "planted_error"; }
  ArrayType infer(std::span<const ArrayType> inputs) const override { return inputs[0]; }
  void forward(Context& /*context*/, std::span<const Array> inputs, Array& y) const override {
    y.copy_from(inputs[0]);
  }
  Var vjp(int /*i*/, std::span<const Var> /*inputs*/, Var /*y*/, Var ybar) const override {
    return scale(ybar, 1.001);
  }
};

}  // namespace

Var plant_error(Var x) {
  return x.tape().record(std::make_shared<PlantedError>(), {x});
}

}  // namespace autonet
