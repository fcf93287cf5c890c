#include "models/graph.h"
#include "text/suggest.h"

#include <map>
#include <set>
#include <string>


namespace autonet {
namespace {

constexpr const char* kImage = "input";

const LayerType* type_of(const Fields& fields) {
  for (const LayerType& type : layer_table()) {
    if (type.object.name == fields.type) return &type;
  }
  return nullptr;
}

/// The layers on their way to being a graph.
class Builder {
 public:
  Builder(std::span<const FieldsPtr> all, const Shape& image, Mistakes& mistakes)
      : all_(all), image_(image), mistakes_(mistakes), layers_(all.size()), good_(all.size()) {}

  std::vector<Layer> build() {
    name_layers();
    for (size_t i = 0; i < all_.size(); ++i) {
      good_[i] = connect(i) && all_[i]->good && plan(i);
    }
    // Only in a graph that is otherwise right is it sure that nothing was meant to use it.
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
            "\"" + name + "\" is already the name of /layers/" + std::to_string(first->second));
      }
    }
    std::map<std::string, int> counts;
    for (size_t i = 0; i < all_.size(); ++i) {
      int& count = counts[all_[i]->type];
      ++count;
      if (all_[i]->type.empty() || all_[i]->lines.count("name") > 0) continue;
      std::string name = all_[i]->type + "_" + std::to_string(count);
      while (positions_.count(name) > 0) name = all_[i]->type + "_" + std::to_string(++count);
      layers_[i].name = name;
      positions_.emplace(name, static_cast<Index>(i));
    }
  }

  /// Finds what layer i reads. False if that is not to be had, or itself not good.
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
          layer.fields->type + " takes " +
              (one ? "1 input" : std::to_string(layer.type->min_inputs) + " inputs or more") +
              ", got " + std::to_string(names.size()) +
              (one && names.size() > 1 ? "; join them first with add or concat" : ""));
      good = false;
    }
    for (const std::string& name : names) {
      const auto found = positions_.find(name);
      if (name == kImage) {
        layer.inputs.push_back(-1);
      } else if (found != positions_.end() && found->second < static_cast<Index>(i)) {
        layer.inputs.push_back(found->second);
      } else {
        report_input(i, name, found == positions_.end() ? -1 : found->second);
        good = false;
      }
    }
    return good;
  }

  void report_input(size_t i, const std::string& name, Index position) {
    const Fields& fields = *all_[i];
    if (position == static_cast<Index>(i)) {
      fields.mistake(mistakes_, "inputs", "\"" + name + "\" is this layer itself");
    } else if (position >= 0) {
      fields.mistake(mistakes_, "inputs",
                     "\"" + name + "\" comes later, at /layers/" + std::to_string(position) +
                         "; a layer can only read earlier ones, and cycles cannot be");
    } else {
      std::vector<std::string> known = {kImage};
      for (size_t j = 0; j < i; ++j) {
        if (!layers_[j].name.empty()) known.push_back(layers_[j].name);
      }
      fields.mistake(mistakes_, "inputs",
                     "no earlier layer is called " + quoted_text(name) + text::did_you_mean(name, known));
    }
  }

  bool plan(size_t i) {
    Layer& layer = layers_[i];
    try {
      layer.type->plan(layer);
      bounded_shape(layer.output.lengths(), kMaxOutput, "an output");
      return true;
    } catch (const LayerMistake& mistake) {
      layer.fields->mistake(mistakes_, mistake.key, mistake.text);
      return false;
    }
  }

  void report_unused() {
    for (size_t i = 0; i + 1 < all_.size(); ++i) {
      if (used_.count(static_cast<Index>(i)) > 0) continue;
      all_[i]->mistake(mistakes_, "",
                       "nothing uses the output of \"" + layers_[i].name +
                           "\", and only the last layer's output is the model's");
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

}  // namespace autonet
