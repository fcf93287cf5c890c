#include "autonet/models/model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <optional>

#include "autonet/autograd/error.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "models/initialize.h"
#include "models/layers/activation.h"
#include "models/losses.h"
#include "models/read_model.h"

namespace autonet {

Model Model::load(const std::string& path, const std::vector<std::string>& settings) {
  return parse(internal::read_model_file(path), path, settings);
}

Model Model::parse(std::string_view text, const std::string& file,
                   const std::vector<std::string>& settings) {
  Model model;
  model.parts_ =
      std::make_shared<const internal::ModelParts>(internal::read_model(text, file, settings));
  return model;
}

const std::string& Model::name() const {
  return parts_->name;
}
const std::string& Model::text() const {
  return parts_->text;
}
const std::string& Model::file() const {
  return parts_->file;
}
const std::vector<std::string>& Model::settings() const {
  return parts_->settings;
}
const DataSpec& Model::data() const {
  return parts_->data;
}
const TrainingSettings& Model::training() const {
  return parts_->training;
}
const Shape& Model::input_shape() const {
  return parts_->input;
}
Shape Model::batch_shape(Index n) const {
  std::array<Index, Shape::kMaxRank> lengths{n};  // no allocation: called for each batch
  std::ranges::copy(parts_->input.lengths(), lengths.begin() + 1);
  return Shape(
      std::span<const Index>(lengths).first(static_cast<size_t>(parts_->input.rank()) + 1));
}
Index Model::tokens() const {
  return parts_->tokens;
}
Index Model::outputs() const {
  return parts_->outputs;
}
Index Model::classes() const {
  return parts_->classes;
}
const std::vector<std::string>& Model::class_names() const {
  return parts_->class_names;
}
std::span<const Parameter> Model::parameters() const {
  return parts_->parameters;
}
std::span<const State> Model::states() const {
  return parts_->states;
}
std::span<const LayerInfo> Model::layers() const {
  return parts_->infos;
}
std::string Model::checkpoint_path() const {
  const std::filesystem::path path(parts_->training.checkpoint);
  if (path.empty()) return {};
  return (std::filesystem::path(parts_->file).parent_path() / path).string();
}

Weights Model::initial_weights(DType dtype, std::uint64_t seed) const {
  Weights weights;
  for (const Parameter& parameter : parts_->parameters) {
    weights.parameters.push_back(internal::initialize(parameter.init, {parameter.shape, dtype},
                                                      parameter.fan_in, parameter.fan_out, seed,
                                                      parameter.name));
  }
  for (const State& state : parts_->states) {
    weights.states.push_back(Array::full({state.shape, dtype}, state.initial));
  }
  return weights;
}

namespace {

/// Throws Error unless `vars` have the shapes of the model's `parts`, its parameters or states.
template <typename Part>
void require_shapes(const char* what, std::span<const Var> vars, const std::vector<Part>& parts) {
  if (vars.size() != parts.size()) {
    throw Error(text::concat("Model::record: the model has ", parts.size(), " ", what, ", got ",
                             vars.size()));
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (vars[i].shape() == parts[i].shape) continue;
    throw Error(text::concat("Model::record: ", parts[i].name, " is ", parts[i].shape, ", got ",
                             vars[i].shape()));
  }
}

/// The number of the recomputed block of each layer, 0 for layers whose values are kept. A run of n
/// layers with "recompute" is cut into blocks of about sqrt(n) layers: then both the values kept
/// between blocks and those recomputed at once grow like sqrt(n) (T. Chen et al.,
/// arXiv:1604.06174). A block has at least three layers, because a convolution, a ReLU or a pooling
/// alone has little to recompute.
std::vector<int> recomputed_blocks(const std::vector<internal::Layer>& layers) {
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
  const internal::ModelParts& model = *parts_;
  require_shapes("parameters", parameters, model.parameters);
  require_shapes("states", states, model.states);
  if (x.rank() == 0 || x.shape() != batch_shape(x.shape()[0])) {
    throw Error(text::concat("Model::record: the inputs of ", model.name, " are [N,",
                             model.input.str().substr(1), ", got ", x.shape()));
  }
  Recorded recorded;
  std::vector<Var> outputs;
  size_t parameter = 0;
  size_t state = 0;
  const std::vector<int> blocks = recomputed_blocks(model.graph);
  std::optional<Recompute> block;
  for (size_t i = 0; i < model.graph.size(); ++i) {
    const internal::Layer& layer = model.graph[i];
    if (i == 0 || blocks[i] != blocks[i - 1]) {
      block.reset();
      if (blocks[i] > 0 && mode == Mode::training) block.emplace(x.tape());
    }
    std::vector<Var> inputs;
    for (Index input : layer.inputs) {
      inputs.push_back(input < 0 ? x : outputs[static_cast<size_t>(input)]);
    }
    const internal::LayerCall call{
        .layer = layer,
        .inputs = inputs,
        .parameters = parameters.subspan(parameter, layer.parameters.size()),
        .states = states.subspan(state, layer.states.size()),
        .mode = mode,
        .step = step,
        .seed = seed.value_or(model.training.seed),
        .exact = model.exact,
        .new_states = recorded.new_states};
    const Label label(x.tape(), layer.name);
    try {
      Var y = layer.type->record(call);
      if (layer.fields->has("activation")) {
        y = internal::record_activation(layer.fields->text("activation"), y);
      }
      outputs.push_back(y);
    } catch (const Error& error) {
      throw Error(text::concat("layer \"", layer.name, "\": ", error.what()));
    }
    parameter += layer.parameters.size();
    state += layer.states.size();
  }
  recorded.output = outputs.back().rank() == 2 ? outputs.back() : flatten(outputs.back());
  recorded.layers = std::move(outputs);
  return recorded;
}

Var Model::loss(Var output, Var targets) const {
  const internal::LossType& loss = internal::loss_type(*parts_->loss);
  const bool one_hot_labels = loss.real_targets && classes() > 0 && targets.rank() == 1;
  return loss.record(*parts_->loss, output, one_hot_labels ? one_hot(targets, classes()) : targets);
}

Var Model::predictions(Var output) const {
  return internal::loss_type(*parts_->loss).predictions(output);
}

const std::string& Model::loss_name() const {
  return internal::loss_type(*parts_->loss).title;
}
const std::string& Model::loss_key() const {
  return internal::loss_type(*parts_->loss).json_key;
}

}  // namespace autonet
