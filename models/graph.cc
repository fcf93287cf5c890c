#include "models/graph.h"

#include <map>
#include <set>
#include <string>

#include "autonet/text/concat.h"
#include "text/suggest.h"

namespace autonet::internal {
namespace {

constexpr const char* kImage = "input";

const LayerType* type_of(const Fields& fields) {
  for (const LayerType& type : layer_table()) {
    if (type.object.name == fields.type) return &type;
  }
  return nullptr;
}

/// Builds the graph in one pass over the layers.
class Builder {
 public:
  Builder(std::span<const FieldsPtr> all, const Shape& image, Mistakes& mistakes)
      : all_(all), image_(image), mistakes_(mistakes), layers_(all.size()), good_(all.size()) {}

  std::vector<Layer> build() {
    name_layers();
    for (size_t i = 0; i < all_.size(); ++i) {
      good_[i] = connect(i) && all_[i]->good && plan(i) ? 1 : 0;
    }
    // In a graph with other mistakes, a layer may be unused because of one of them.
    if (mistakes_.empty()) report_unused();
    return std::move(layers_);
  }

 private:
  void name_layers() {
    for (size_t i = 0; i < all_.size(); ++i) {
      if (!all_[i]->has("name")) continue;
      const std::string& name = all_[i]->text("name");
      layers_[i].name = name;
      const auto [first, fresh] = positions_.emplace(name, static_cast<Index>(i));
      if (!fresh) {
        all_[i]->mistake(
            mistakes_, "name",
            text::concat("\"", name, "\" is already the name of /layers/", first->second));
      }
    }
    std::map<std::string, int> counts;
    for (size_t i = 0; i < all_.size(); ++i) {
      int& count = counts[all_[i]->type];
      ++count;
      if (all_[i]->type.empty() || all_[i]->in_file("name")) continue;
      std::string name = text::concat(all_[i]->type, "_", count);
      while (positions_.count(name) > 0) name = text::concat(all_[i]->type, "_", ++count);
      layers_[i].name = name;
      positions_.emplace(name, static_cast<Index>(i));
    }
  }

  /// Finds the inputs of layer i. False if one is missing or wrong.
  bool connect(size_t i) {
    Layer& layer = layers_[i];
    layer.fields = all_[i];
    layer.type = type_of(*all_[i]);
    if (layer.type == nullptr) return false;
    if (!layer.fields->has("inputs")) {
      layer.inputs = {static_cast<Index>(i) - 1};
    } else if (!find_inputs(i)) {
      return false;
    }
    bool good = true;
    for (Index input : layer.inputs) {
      const bool image = input < 0;
      const auto from = static_cast<size_t>(input);
      used_.insert(input);
      good = good && (image ? image_.rank() > 0 : good_[from]);
      layer.input_names.push_back(image ? kImage : layers_[from].name);
      layer.input_shapes.push_back(image ? image_ : layers_[from].output);
    }
    return good;
  }

  bool find_inputs(size_t i) {
    Layer& layer = layers_[i];
    const auto& names = layer.fields->get<std::vector<std::string>>("inputs");
    bool good = true;
    if (names.size() < layer.type->min_inputs || names.size() > layer.type->max_inputs) {
      const bool one = layer.type->max_inputs == 1;
      layer.fields->mistake(
          mistakes_, "inputs",
          text::concat(
              layer.fields->type, " takes ",
              one ? "1 input"
                  : text::concat(layer.type->min_inputs, " to ", layer.type->max_inputs, " inputs"),
              ", got ", names.size(),
              one && names.size() > 1 ? "; join them first with add or concat" : ""));
      good = false;
    }
    for (const std::string& name : names) {
      const auto found = positions_.find(name);
      if (name == kImage) {
        layer.inputs.push_back(-1);
      } else if (found != positions_.end() && found->second < static_cast<Index>(i)) {
        layer.inputs.push_back(found->second);
      } else {
        const Index position = found == positions_.end() ? -1 : found->second;
        layer.fields->mistake(mistakes_, "inputs", input_error(i, name, position));
        good = false;
      }
    }
    return good;
  }

  /// Why layer i cannot read the layer `name`, which is at `position` or unknown (-1).
  std::string input_error(size_t i, const std::string& name, Index position) const {
    if (position == static_cast<Index>(i))
      return text::concat('"', name, "\" is this layer itself");
    if (position >= 0) {
      return text::concat('"', name, "\" comes later, at /layers/", position,
                          "; a layer can read only earlier layers, so that there are no cycles");
    }
    std::vector<std::string> known = {kImage};
    for (size_t j = 0; j < i; ++j) {
      if (!layers_[j].name.empty()) known.push_back(layers_[j].name);
    }
    return text::concat("no earlier layer is called ", quoted_text(name),
                        text::did_you_mean(name, known));
  }

  bool plan(size_t i) {
    Layer& layer = layers_[i];
    try {
      layer.type->plan(layer);
      set_factors(layer);
      bounded_shape(layer.output.lengths(), kMaxOutput, "an output");
      return true;
    } catch (const LayerMistake& mistake) {
      layer.fields->mistake(mistakes_, mistake.key, mistake.text);
      return false;
    }
  }

  /// Gives the parameters of a layer its factors on learning rate and decay.
  static void set_factors(Layer& layer) {
    for (Parameter& parameter : layer.parameters) {
      parameter.learning_rate_factor = layer.fields->number("learning_rate_factor");
      parameter.decay_factor = layer.fields->number("decay_factor");
    }
  }

  void report_unused() {
    for (size_t i = 0; i + 1 < all_.size(); ++i) {
      if (used_.count(static_cast<Index>(i)) > 0) continue;
      all_[i]->mistake(mistakes_, "",
                       text::concat("no layer reads the output of \"", layers_[i].name,
                                    "\", and the model's output is that of the last layer"));
    }
  }

  std::span<const FieldsPtr> all_;
  const Shape& image_;
  Mistakes& mistakes_;
  std::vector<Layer> layers_;
  std::vector<char> good_;
  std::map<std::string, Index> positions_;
  std::set<Index> used_;
};

}  // namespace

std::vector<Layer> build_graph(std::span<const FieldsPtr> layers, const Shape& image,
                               Mistakes& mistakes) {
  return Builder(layers, image, mistakes).build();
}

}  // namespace autonet::internal
