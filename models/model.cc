#include "models/model.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include "autograd/error.h"
#include "models/layers/layers.h"
#include "models/losses.h"
#include "models/model_parts.h"
#include "ops/views.h"

namespace autonet {

const std::string& Model::name() const {
  return impl_->name;
}
const std::string& Model::text() const {
  return impl_->text;
}
const std::string& Model::file() const {
  return impl_->file;
}
const DataSpec& Model::data() const {
  return impl_->data;
}
const TrainingSettings& Model::training() const {
  return impl_->training;
}
const Shape& Model::image_shape() const {
  return impl_->image;
}
Index Model::classes() const {
  return impl_->classes;
}
std::span<const Parameter> Model::parameters() const {
  return impl_->parameters;
}
std::span<const State> Model::states() const {
  return impl_->states;
}
std::span<const LayerInfo> Model::layers() const {
  return impl_->infos;
}

std::string Model::checkpoint_path() const {
  const std::filesystem::path path(impl_->training.checkpoint);
  if (path.empty()) return {};
  return (std::filesystem::path(impl_->file).parent_path() / path).string();
}

std::vector<Array> Model::initial_parameters(DType dtype, std::uint64_t seed) const {
  std::vector<Array> arrays;
  for (const Parameter& parameter : impl_->parameters) {
    arrays.push_back(initialize(parameter.init, {parameter.shape, dtype}, parameter.fan_in,
                                parameter.fan_out, seed, parameter.name));
  }
  return arrays;
}

std::vector<Array> Model::initial_states(DType dtype) const {
  std::vector<Array> arrays;
  for (const State& state : impl_->states) {
    arrays.push_back(Array::full({state.shape, dtype}, state.initial));
  }
  return arrays;
}

namespace {

/// Throws Error unless the vars have the shapes of `parts`.
template <typename Part>
void require_shapes(const char* what, std::span<const Var> vars, const std::vector<Part>& parts) {
  if (vars.size() != parts.size()) {
    throw Error(std::string("Model::record: the model has ") + std::to_string(parts.size()) + " " +
                what + ", got " + std::to_string(vars.size()));
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (vars[i].shape() == parts[i].shape) continue;
    throw Error("Model::record: " + parts[i].name + " is " + parts[i].shape.str() + ", got " +
                vars[i].shape().str());
  }
}

/// The block of each layer, 0 for none. A run of n layers that are to be recomputed is cut into
/// blocks of about sqrt(n), which makes what is kept between blocks and what is recomputed at once
/// grow like sqrt(n) too (T. Chen et al., arXiv:1604.06174); three at least, as a convolution, a
/// ReLU and a pooling by themselves have little to recompute.
std::vector<int> recomputed_blocks(const std::vector<Layer>& layers) {
  std::vector<int> blocks(layers.size(), 0);
  int block = 0;
  for (size_t i = 0; i < layers.size();) {
    size_t end = i;
    while (end < layers.size() && layers[end].fields->flag("recompute")) ++end;
    const auto root = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(end - i))));
    const size_t length = std::max<size_t>(3, root);
    for (size_t k = i; k < end; ++k) {
      if ((k - i) % length == 0) ++block;
      blocks[k] = block;
    }
    i = std::max(end, i + 1);
  }
  return blocks;
}

}  // namespace

Recorded Model::record(Var x, std::span<const Var> parameters, std::span<const Var> states,
                       Mode mode, Var step, std::optional<std::uint64_t> seed) const {
  const Impl& model = *impl_;
  require_shapes("parameters", parameters, model.parameters);
  require_shapes("states", states, model.states);
  const Shape& image = model.image;
  if (x.rank() != 4 || x.shape() != Shape{x.shape()[0], image[0], image[1], image[2]}) {
    throw Error("Model::record: the images of " + model.name + " are [N," + image.str().substr(1) +
                ", got " + x.shape().str());
  }
  Recorded recorded;
  std::vector<Var> outputs;
  size_t parameter = 0;
  size_t state = 0;
  const std::vector<int> blocks = recomputed_blocks(model.graph);
  std::optional<Recompute> block;
  for (size_t i = 0; i < model.graph.size(); ++i) {
    const Layer& layer = model.graph[i];
    if (i == 0 || blocks[i] != blocks[i - 1]) {
      block.reset();
      if (blocks[i] > 0 && mode == Mode::training) block.emplace(x.tape());
    }
    std::vector<Var> inputs;
    for (Index input : layer.inputs) {
      inputs.push_back(input < 0 ? x : outputs[static_cast<size_t>(input)]);
    }
    const LayerCall call{layer,
                         inputs,
                         parameters.subspan(parameter, layer.parameters.size()),
                         states.subspan(state, layer.states.size()),
                         mode,
                         step,
                         seed.value_or(model.training.seed),
                         model.exact,
                         recorded.new_states};
    const Label label(x.tape(), layer.name);
    try {
      Var y = layer.type->record(call);
      if (layer.fields->has("activation")) {
        y = record_activation(layer.fields->text("activation"), y);
      }
      outputs.push_back(y);
    } catch (const Error& error) {
      throw Error("layer \"" + layer.name + "\": " + error.what());
    }
    parameter += layer.parameters.size();
    state += layer.states.size();
  }
  recorded.output = outputs.back().rank() == 2 ? outputs.back() : flatten(outputs.back());
  return recorded;
}

Var Model::loss(Var output, Var labels) const {
  return internal::loss_type(*impl_->loss).record(*impl_->loss, output, labels);
}

const std::string& Model::loss_name() const {
  return internal::loss_type(*impl_->loss).title;
}
const std::string& Model::loss_key() const {
  return internal::loss_type(*impl_->loss).json_key;
}

}  // namespace autonet
