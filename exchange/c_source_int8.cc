#include "exchange/c_source_int8.h"

#include <algorithm>
#include <cmath>

#include "autonet/ops/elementwise.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_record.h"
#include "ops/recognize.h"

namespace autonet::internal {
namespace {

using text::concat;

/// y = s · factor[k] + offset[k] for each channel k.
struct EachChannel {
  std::vector<double> factor, offset;
};

class Quantizer {
 public:
  Quantizer(const CRecording& recording, const CProgram& program)
      : tape_(*recording.tape), program_(program), output_(recording.output) {
    const auto size = static_cast<std::size_t>(tape_.size());
    readers_.resize(size);
    for (Index id = 0; id < tape_.size(); ++id) {
      if (tape_.node(id).op == nullptr || program_.constant(id)) continue;
      for (const Var& x : tape_.inputs_of(id)) readers_[at(x.id())].push_back(id);
    }
    add_value(recording.x.id(), "x");
    done_.resize(size, false);
  }

  Int8Model run() {
    for (const CStep& step : program_.steps()) {
      if (!done_[at(step.call)]) add_step(step.call);
    }
    return std::move(model_);
  }

 private:
  static std::size_t at(Index id) { return static_cast<std::size_t>(id); }

  /// The value whose bytes an entry shows; -1 if there is none.
  int value_of(Index id, bool& flat) const {
    while (program_.view(id)) {
      const Node& node = tape_.node(id);
      if (node.op->name() != "reshape" || node.type.shape.rank() != 2) return -1;
      flat = true;
      id = tape_.input(node, 0);
    }
    const auto found = std::ranges::find(ids_, id);
    return found == ids_.end() ? -1 : static_cast<int>(found - ids_.begin());
  }

  void refuse(Index call) {
    const std::string& label = tape_.label_text(tape_.node(call).label);
    model_.unsupported.insert(concat(label.empty() ? "prediction" : label, ": ",
                                     tape_.node(call).op->name(), " in 8 bits"));
  }

  std::size_t add_value(Index id, const std::string& name) {
    const Array numbers = tape_.value(id);
    double low = 0.0;
    double high = 0.0;
    for (const double v : numbers.to_vector()) {
      low = std::min(low, v);
      high = std::max(high, v);
    }
    Int8Value value{.name = name};
    value.scale = std::max((high - low) / 255.0, 1e-12);
    value.zero = static_cast<int>(std::lround(-128.0 - low / value.scale));
    const Shape& s = numbers.shape();
    value.image = s.rank() == 4 ? Shape{s[1], s[2], s[3]} : Shape{1, 1, s[s.rank() - 1]};
    value.first = value.last = model_.steps.size();
    model_.values.push_back(value);
    ids_.push_back(id);
    return model_.values.size() - 1;
  }

  /// The numbers of a constant for each channel; nothing if it differs from place to place.
  std::optional<std::vector<double>> each_channel(Index id, std::size_t channels) const {
    if (!program_.constant(id)) return std::nullopt;
    std::vector<double> numbers = tape_.value(id).to_vector();
    if (numbers.size() == 1) numbers.resize(channels, numbers[0]);
    const Shape& shape = tape_.node(id).type.shape;
    const bool last = shape.rank() == 0 || shape[shape.rank() - 1] == shape.size();
    return numbers.size() == channels && last ? std::optional(numbers) : std::nullopt;
  }

  /// Adds the call `id` on value `x` to what is done for each channel; false if it is not such.
  bool join(Index id, Index x, EachChannel& each) const {
    const Node& node = tape_.node(id);
    const std::string op(node.op->name());
    const std::size_t channels = each.factor.size();
    if (node.input_count == 1) {
      const double c = op == "negate" || op == "scale" || op == "add_constant"
                           ? constant_of(find_function(op), *node.op).value_or(0.0)
                           : 0.0;
      for (std::size_t k = 0; k < channels; ++k) {
        const double by = op == "negate" ? -1.0 : op == "scale" ? c : 1.0;
        each.factor[k] *= by;
        each.offset[k] = each.offset[k] * by + (op == "add_constant" ? c : 0.0);
      }
      return op == "negate" || op == "scale" || op == "add_constant";
    }
    if (node.input_count != 2) return false;
    const bool first = tape_.input(node, 0) == x;
    const auto other = each_channel(tape_.input(node, first ? 1 : 0), channels);
    const bool known = op == "add" || op == "sub" || op == "mul" || (op == "div" && first);
    if (!other || !known) return false;
    for (std::size_t k = 0; k < channels; ++k) {
      const double c = (*other)[k];
      const double by = op == "mul"             ? c
                        : op == "div"           ? 1.0 / c
                        : op == "sub" && !first ? -1.0
                                                : 1.0;
      each.factor[k] *= by;
      each.offset[k] *= by;
      if (op == "add" || (op == "sub" && !first)) each.offset[k] += c;
      if (op == "sub" && first) each.offset[k] -= c;
    }
    return true;
  }

  void add_step(Index call) {
    const Node& node = tape_.node(call);
    Int8Step step{.layer = tape_.label_text(node.label)};
    const int x = node.input_count > 0 ? value_of(tape_.input(node, 0), step.flat) : -1;
    if (x < 0) return refuse(call);
    step.x = static_cast<std::size_t>(x);
    model_.values[step.x].last = model_.steps.size();
    if (const auto pool = as_max_pool2d(*node.op)) {
      step.kind = Int8Step::Kind::pool;
      step.kernel = pool->kernel;
      step.window = pool->window;
      step.y = add_value(call, name_of(call));
      model_.values[step.y].scale = model_.values[step.x].scale;
      model_.values[step.y].zero = model_.values[step.x].zero;
      model_.steps.push_back(std::move(step));
      return;
    }
    const auto channels = static_cast<std::size_t>(node.type.shape[node.type.shape.rank() - 1]);
    EachChannel each{.factor = std::vector<double>(channels, model_.values[step.x].scale),
                     .offset = std::vector<double>(channels, 0.0)};
    if (!begin(call, step, each)) return refuse(call);
    Index end = call;
    while (!step.relu && end != output_.id() && readers_[at(end)].size() == 1) {
      const Index next = readers_[at(end)][0];
      if (tape_.node(next).op->name() == "relu") {
        step.relu = true;
      } else {
        EachChannel joined = each;
        if (!join(next, end, joined)) break;
        each = joined;
      }
      end = next;
      done_[at(end)] = true;
    }
    finish(end, std::move(step), std::move(each));
  }

  /// What the call itself does; false if it cannot be done in bytes.
  bool begin(Index call, Int8Step& step, EachChannel& each) {
    const Node& node = tape_.node(call);
    const auto conv = as_conv2d(*node.op);
    if (!conv && !(is_matmul(*node.op) && node.type.shape.rank() == 2)) {
      step.kind = Int8Step::Kind::each;
      step.relu = node.op->name() == "relu";
      return !step.flat && (step.relu || join(call, tape_.input(node, 0), each));
    }
    const Index w = tape_.input(node, 1);
    if (!program_.constant(w)) return false;
    const Array weights = tape_.value(w);
    if (conv) {
      step.kernel = {weights.shape()[0], weights.shape()[1]};
      step.window = conv->window;
      if (step.window.groups != 1 || step.window.rows.input_dilation != 1 ||
          step.window.cols.input_dilation != 1) {
        return false;
      }
    }
    round_weights(weights.to_vector(), step, each);
    return true;
  }

  static void round_weights(const std::vector<double>& w, Int8Step& step, EachChannel& each) {
    const std::size_t channels = each.factor.size();
    std::vector<double> scale(channels, 1e-12);
    for (std::size_t i = 0; i < w.size(); ++i) {
      scale[i % channels] = std::max(scale[i % channels], std::abs(w[i]) / 127.0);
    }
    for (std::size_t i = 0; i < w.size(); ++i) {
      step.weights.push_back(static_cast<std::int8_t>(std::lround(w[i] / scale[i % channels])));
    }
    for (std::size_t k = 0; k < channels; ++k) each.factor[k] *= scale[k];
  }

  std::string name_of(Index id) const {
    const std::string& label = tape_.label_text(tape_.node(id).label);
    return concat(label, "_", tape_.node(id).op->name());
  }

  void finish(Index end, Int8Step step, EachChannel each) {
    step.y = add_value(end, name_of(end));
    step.to_numbers = end == output_.id();
    const Int8Value& y = model_.values[step.y];
    const double unit = step.to_numbers ? 1.0 : y.scale;
    for (std::size_t k = 0; k < each.factor.size(); ++k) {
      step.multiplier.push_back(each.factor[k] / unit);
      step.offset.push_back(each.offset[k] / unit + (step.to_numbers ? 0.0 : y.zero));
    }
    model_.steps.push_back(std::move(step));
  }

  Tape& tape_;
  const CProgram& program_;
  Var output_;
  std::vector<std::vector<Index>> readers_;
  std::vector<bool> done_;
  std::vector<Index> ids_;  // of the values
  Int8Model model_;
};

}  // namespace

Int8Model to_int8(const Model& model, const Weights& weights, const Array& calibration,
                  Context& context) {
  CRecording r = record_outputs(model, weights, calibration, context);
  const CProgram program(*r.tape, std::span(&r.x, 1), std::span(&r.output, 1));
  Quantizer quantizer(r, program);
  Int8Model bytes = quantizer.run();
  // The last step gives numbers: sums of products without a ReLU.
  const bool ends =
      !bytes.steps.empty() && bytes.steps.back().to_numbers &&
      bytes.steps.back().kind == Int8Step::Kind::convolve && !bytes.steps.back().relu &&
      bytes.values.back().image.size() == static_cast<Index>(bytes.steps.back().multiplier.size());
  if (bytes.unsupported.empty() && !ends) {
    bytes.unsupported.insert("prediction: in 8 bits the last layer must be linear");
  }
  return bytes;
}

}  // namespace autonet::internal
