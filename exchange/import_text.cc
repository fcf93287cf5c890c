// The model.json of an imported graph.
#include "exchange/import_layer.h"
#include "models/json_value.h"
#include "text/numbers.h"

namespace autonet::exchange {
namespace {

using autonet::internal::quoted_text;

std::string layer_text(const ImportedLayer& layer, const std::vector<ImportedLayer>& all,
                       Index before) {
  std::string line = text::concat("{ \"name\": ", quoted_text(layer.name),
                                  ", \"type\": ", quoted_text(layer.type));
  if (layer.inputs.size() != 1 || layer.inputs[0] != before) {
    std::vector<std::string> names;
    for (const Index input : layer.inputs)
      names.push_back(quoted_text(input < 0 ? "input" : all[static_cast<size_t>(input)].name));
    line += ", \"inputs\": [" + text::joined(names, ", ") + "]";
  }
  for (const auto& [key, value] : layer.keys)
    line += text::concat(", ", quoted_text(key), ": ", value);
  if (!layer.activation.empty()) line += ", \"activation\": " + quoted_text(layer.activation);
  return line + " }";
}

/// "classes" with their names, if there is one for each, or their number.
std::string classes_text(Index classes, const std::vector<std::string>& names) {
  if (std::ssize(names) != classes) return json(classes);
  std::vector<std::string> quoted;
  quoted.reserve(names.size());
  for (const std::string& name : names) quoted.push_back(quoted_text(name));
  return "[" + text::joined(quoted, ", ") + "]";
}

}  // namespace

std::string json(Index number) {
  return text::concat(number);
}
std::string json(double number) {
  return text::significant(number, 9);
}
std::string json_pair(Index a, Index b) {
  return a == b ? json(a) : text::concat("[", a, ", ", b, "]");
}

std::string model_text(const Importer& importer, const OnnxImportOptions& options,
                       const std::string& name, const std::vector<std::string>& class_names,
                       bool f64) {
  const std::vector<ImportedLayer>& all = importer.layers();
  const std::vector<Index> needed = importer.needed();
  const Index outputs = all[static_cast<size_t>(needed.back())].output.size();
  const bool classes = options.classes || !importer.final_softmax().empty() || !class_names.empty();
  std::string text = "{\n  \"name\": " + quoted_text(name) + ",\n";
  if (options.dataset.empty()) {
    std::vector<std::string> lengths;
    for (const Index length : importer.input().lengths()) lengths.push_back(json(length));
    text += "  \"input\": [" + text::joined(lengths, ", ") + "],\n";
    text += classes ? "  \"classes\": " + classes_text(outputs, class_names) + ",\n"
                    : "  \"outputs\": " + json(outputs) + ",\n";
  } else {
    text += "  \"data\": { \"dataset\": " + quoted_text(options.dataset) + " },\n";
  }
  text += "  \"layers\": [\n";
  Index before = -1;
  for (const Index i : needed) {
    text += "    " + layer_text(all[static_cast<size_t>(i)], all, before);
    text += i == needed.back() ? "\n" : ",\n";
    before = i;
  }
  text += "  ],\n  \"loss\": ";
  text +=
      classes || !options.dataset.empty() ? "\"softmax_cross_entropy\"" : "\"mean_squared_error\"";
  std::vector<std::string> training;
  if (f64) training.emplace_back("\"precision\": \"f64\"");
  if (!options.checkpoint.empty())
    training.push_back("\"checkpoint\": " + quoted_text(options.checkpoint));
  if (!training.empty()) text += ",\n  \"training\": { " + text::joined(training, ", ") + " }";
  return text + "\n}\n";
}

}  // namespace autonet::exchange
