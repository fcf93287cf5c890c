#include "autonet/exchange/from_onnx.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "autonet/autograd/error.h"
#include "autonet/ops/math.h"
#include "autonet/text/concat.h"
#include "data/table.h"
#include "exchange/import_layer.h"
#include "models/fields.h"

namespace autonet {
namespace {

using exchange::Importer;

/// The lengths of the input without the batch.
std::vector<Index> input_lengths(const internal::OnnxParts& parts,
                                 const OnnxImportOptions& options) {
  const OnnxValue& input = parts.inputs[0];
  std::vector<Index> lengths = options.input;
  const bool declared = !input.any_rank && input.lengths.size() > 1;
  if (lengths.empty() && declared) lengths.assign(input.lengths.begin() + 1, input.lengths.end());
  bool good = !lengths.empty() && lengths.size() <= 3 &&
              (!declared || lengths.size() + 1 == input.lengths.size());
  for (size_t i = 0; good && i < lengths.size(); ++i) {
    const Index given = declared ? input.lengths[i + 1] : -1;
    good = lengths[i] > 0 && (given < 0 || given == lengths[i]);
  }
  if (!good) {
    throw ModelError(text::concat(
        parts.name, ": its input ", input.name, " is ", input.str(),
        options.input.empty() ? "" : ", which the given lengths do not fit",
        "; a model needs [N,features], [N,steps,features] or an image, with all lengths but N "
        "(--input LENGTHS gives those that the file leaves open)"));
  }
  return lengths;
}

/// Throws ModelError unless the graph has one input and one output, both of numbers.
void check_ends(const internal::OnnxParts& parts) {
  std::vector<std::string> lines;
  if (parts.inputs.size() != 1)
    lines.push_back(text::concat("it has ", parts.inputs.size(), " inputs; a model has one"));
  if (parts.outputs.size() != 1)
    lines.push_back(text::concat("it has ", parts.outputs.size(), " outputs; a model has one"));
  if (lines.empty()) return;
  throw ModelError(text::concat(parts.name, " cannot be written as a model of autonet:\n  ",
                                text::joined(lines, "\n  ")));
}

/// True if images are [N,C,H,W] and not [N,H,W,C], as the nodes that read the input show.
bool channels_first(const internal::OnnxParts& parts, const std::vector<Index>& lengths) {
  if (lengths.size() != 3) return false;
  for (const exchange::NodeProto& node : parts.graph().node) {
    if (std::ranges::find(node.input, parts.inputs[0].name) == node.input.end()) continue;
    const bool exchanges = node.op_type == "Transpose" && !node.attribute.empty() &&
                           node.attribute[0].ints == std::vector<std::int64_t>{0, 3, 1, 2};
    if (exchanges) return false;
    for (const char* word : {"Conv", "Pool", "Normalization", "Resize", "Upsample"}) {
      if (node.op_type.find(word) != node.op_type.npos) return true;
    }
  }
  return lengths[0] <= lengths[2];  // the channels are the shorter axis
}

/// The layers of the graph. If they cannot be made with channels first, or last, as the input seems
/// to have them, the other way is tried, and `first` changed.
std::unique_ptr<Importer> importer_of(const internal::OnnxParts& parts,
                                      const std::vector<Index>& lengths, bool& first) {
  auto importer = std::make_unique<Importer>(parts, lengths, first);
  try {
    importer->make_layers();
    return importer;
  } catch (const ModelError&) {
    if (lengths.size() != 3) throw;
    try {
      auto other = std::make_unique<Importer>(parts, lengths, !first);
      other->make_layers();
      first = !first;
      return other;
    } catch (const ModelError&) {  // the first reason is the better one
    }
    throw;
  }
}

std::string model_name(const internal::OnnxParts& parts, const OnnxImportOptions& options,
                       const std::string& file) {
  const std::string& graph = parts.graph().name;
  for (const std::string& name : {options.name, graph == "main_graph" ? "" : graph,
                                  std::filesystem::path(file).stem().string()}) {
    if (internal::is_layer_name(name) && name != "input") return name;
  }
  return "imported";
}

/// Throws ModelError if the inputs of the data set have another shape.
void check_dataset(const std::string& dataset, const Shape& input, const std::string& file) {
  for (const internal::DatasetInfo& info : internal::dataset_table()) {
    if (info.name != dataset || info.image == input) continue;
    throw ModelError(text::concat(file, ": its inputs are ", input, ", but those of ", dataset,
                                  " are ", info.image));
  }
}

/// The names of the classes, if autonet wrote the file.
std::vector<std::string> class_names(const internal::OnnxParts& parts, Index outputs) {
  std::vector<std::string> names;
  for (const exchange::MetadataEntry& entry : parts.model.metadata_props) {
    if (entry.key != "classes") continue;
    size_t first = 0;
    for (size_t comma = 0; comma != entry.value.npos; first = comma + 1) {
      comma = entry.value.find(',', first);
      names.push_back(entry.value.substr(first, comma - first));
    }
  }
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  const bool good = std::ssize(names) == outputs && !sorted[0].empty() &&
                    std::ranges::adjacent_find(sorted) == sorted.end();
  return good ? names : std::vector<std::string>{};
}

/// n inputs: waves, or whole numbers.
Array waves(const Model& model, Index n, DType dtype) {
  Array x = Array::uninitialized({model.batch_shape(n), dtype});
  const Index count = x.size();
  Array flat = x.reshape(Shape{count});
  for (Index i = 0; i < count; ++i) {
    const double wave = std::sin(0.7 * static_cast<double>(i) + 0.01 * static_cast<double>(i % 97));
    const auto tokens = static_cast<double>(model.tokens());
    flat.set({i}, tokens > 0 ? std::floor((0.5 + 0.499 * wave) * tokens) : wave);
  }
  return x;
}

/// The largest difference of model and graph, as a share of the largest output.
double compare(const OnnxGraph& graph, const Importer& importer, const ImportedModel& imported,
               bool first) {
  const Model& model = imported.model;
  const Index n =
      graph.inputs()[0].lengths.empty() || graph.inputs()[0].lengths[0] < 1 ? 2 : importer.batch();
  const DType dtype = model.training().precision;
  const Array x = waves(model, n, dtype);
  Tape tape;
  const auto vars = [&](const std::vector<Array>& arrays) {
    std::vector<Var> all;
    all.reserve(arrays.size());
    for (const Array& array : arrays) all.push_back(tape.constant(array));
    return all;
  };
  const Recorded recorded = model.record(tape.constant(x), vars(imported.weights.parameters),
                                         vars(imported.weights.states), Model::Mode::evaluation,
                                         tape.constant(Array::scalar(0.0, dtype)));
  const std::string& softmax = importer.final_softmax();
  const Var ours = softmax.empty() ? recorded.output : model.predictions(recorded.output);
  const bool image = x.rank() == 4 && first;
  const Array given = image ? x.permute({0, 3, 1, 2}).contiguous() : x;
  const Var theirs = graph(tape, {tape.constant(given.to(graph.inputs()[0].dtype))})[0];
  const std::vector<double> a = ours.value().to_vector();
  const std::vector<double> b =
      (softmax == "log_softmax" ? exp(theirs) : theirs).value().to_vector();
  if (a.size() != b.size()) return 1.0;
  double most = 0.0;
  double largest = 1e-30;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    const double apart = std::abs(a[i] - b[i]);
    most = std::max(most, a[i] == b[i] ? 0.0 : std::isnan(apart) ? HUGE_VAL : apart);
    largest = std::max(largest, std::abs(b[i]));
  }
  return most / largest;
}

/// True if a forward pass of one input takes gigabytes or minutes.
bool is_large(const Model& model) {
  double numbers = 0.0;
  double multiply_adds = 0.0;
  for (const LayerInfo& layer : model.layers()) {
    numbers += static_cast<double>(layer.units);
    multiply_adds += layer.multiply_adds;
  }
  return numbers > 1e8 || multiply_adds > 1e12;
}

Weights weights_of(const Importer& importer, DType dtype) {
  Weights weights;
  for (const Index i : importer.needed()) {
    const exchange::ImportedLayer& layer = importer.layers()[static_cast<size_t>(i)];
    for (const Array& array : layer.parameters)
      weights.parameters.push_back(array.to(dtype).contiguous());
    for (const Array& array : layer.states) weights.states.push_back(array.to(dtype).contiguous());
  }
  return weights;
}

}  // namespace

ImportedModel from_onnx(const OnnxGraph& graph, const std::string& file,
                        const OnnxImportOptions& options) {
  const internal::OnnxParts& parts = internal::parts_of(graph);
  internal::check_supported(parts);
  check_ends(parts);
  const std::vector<Index> lengths = input_lengths(parts, options);
  bool first = channels_first(parts, lengths);
  const std::unique_ptr<Importer> made = importer_of(parts, lengths, first);
  const Importer& importer = *made;
  const std::vector<Index> needed = importer.needed();
  const Index outputs = importer.layers()[static_cast<size_t>(needed.back())].output.size();
  check_dataset(options.dataset, importer.input(), parts.name);
  const bool f64 = parts.inputs[0].type == "double";
  const Model model =
      Model::parse(exchange::model_text(importer, options, model_name(parts, options, file),
                                        class_names(parts, outputs), f64),
                   file);
  ImportedModel imported{model, weights_of(importer, model.training().precision)};
  for (size_t i = 0; i < imported.weights.parameters.size(); ++i) {
    const Parameter& wanted = model.parameters()[i];
    if (wanted.shape == imported.weights.parameters[i].shape()) continue;
    throw ModelError(text::concat(parts.name, ": the weights of ", wanted.name, " are ",
                                  imported.weights.parameters[i].shape(), ", not ", wanted.shape));
  }
  if (is_large(model)) return imported;
  imported.difference = compare(graph, importer, imported, first);
  constexpr double kMost = 1e-3;
  if (!(*imported.difference <= kMost)) {
    throw ModelError(text::concat(
        parts.name, ": the layers that were found compute other outputs than the graph, different ",
        "by ", *imported.difference, " of the largest; this is a mistake of autonet's. ",
        "The graph can still be run as it is: autonet import FILE --run INPUTS"));
  }
  return imported;
}

}  // namespace autonet
