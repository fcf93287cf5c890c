#include "check/replay.h"

#include <set>

#include "autograd/flush_denormals.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"
#include "check/limits.h"

namespace autonet::internal {
namespace {

/// The entries that the outputs need, in order; not what known ones need.
std::vector<Index> needed(Tape& tape, std::span<const Var> outputs, const Replay::Values& known) {
  std::set<Index> found;
  std::vector<Index> open;
  for (const Var& output : outputs) open.push_back(output.id());
  while (!open.empty()) {
    const Index id = open.back();
    open.pop_back();
    if (!found.insert(id).second || known.contains(id)) continue;
    for (const Var& input : tape.inputs_of(id)) open.push_back(input.id());
  }
  return {found.begin(), found.end()};
}

/// Throws Error if so many copies of these values take more than kMostGiB.
void require_room(Tape& tape, std::span<const Index> ids, int copies) {
  constexpr double kGiB = 1 << 30;
  double bytes = 0.0;
  for (const Index id : ids) bytes += static_cast<double>(tape.node(id).type.bytes());
  if (bytes * copies <= kMostGiB * kGiB) return;
  throw Error(
      text::concat("check_grad: every value of several runs is kept, which takes more than ",
                   kMostGiB, " GiB here; use a smaller batch"));
}

}  // namespace

double ReplayCall::multiply_adds() const {
  std::vector<ArrayType> types;
  for (const Array& input : inputs) types.push_back(input.type());
  return op->multiply_adds(types, output.type());
}

void require_room(std::span<const Var> outputs, int replays) {
  if (outputs.empty()) return;
  Tape& tape = outputs[0].tape();
  require_room(tape, needed(tape, outputs, {}), replays);
}

Replay::Replay(Context& context, std::span<const Var> points, std::span<const Var> outputs,
               const Values& known)
    : context_(context) {
  Tape& tape = outputs[0].tape();
  const std::vector<Index> ids = needed(tape, outputs, known);
  require_room(tape, ids, 2);
  std::unordered_map<Index, int> point_of;
  std::unordered_map<Index, int> call_of;
  Values values;
  for (const Var& point : points) {
    point_of.emplace(point.id(), static_cast<int>(points_.size()));
    points_.push_back(Array::zeros({point.shape(), DType::f64}));
    values.emplace(point.id(), points_.back());
  }
  for (const Index id : ids) {
    const Node& node = tape.node(id);
    if (const auto given = known.find(id); given != known.end()) {
      values.emplace(id, given->second.to(DType::f64));
      continue;
    }
    if (node.op == nullptr) {
      if (values.contains(id)) continue;
      if (!node.value.has_data()) {
        throw Error(
            text::concat("replay: placeholder \"", tape.name_of(id), "\" is not among the points"));
      }
      values.emplace(id, node.value.to(DType::f64));
      continue;
    }
    ReplayCall call;
    call.id = id;
    call.op = node.op;
    call.label = tape.label_text(node.label);
    call.of_rule = node.rule_of >= 0;
    std::vector<ArrayType> types;
    for (int i = 0; i < node.input_count; ++i) {
      const Index input = tape.input(node, i);
      call.inputs.push_back(values.at(input));
      types.push_back(call.inputs.back().type());
      const auto maker = call_of.find(input);
      const auto point = point_of.find(input);
      call.makers.push_back(maker == call_of.end() ? -1 : maker->second);
      call.points.push_back(point == point_of.end() ? -1 : point->second);
      const bool moves =
          point != point_of.end() ||
          (maker != call_of.end() && calls_[static_cast<size_t>(maker->second)].carries);
      call.reached.push_back(moves && node.op->differentiable(i));
      call.carries = call.carries || call.reached.back();
    }
    if (call.inputs.size() == 1) {
      if (const std::optional<Array> view = node.op->view(call.inputs[0])) {
        call.output = *view;
        call.is_view = true;
      }
    }
    if (!call.is_view) call.output = Array::uninitialized(node.op->infer(types));
    values.emplace(id, call.output);
    call_of.emplace(id, static_cast<int>(calls_.size()));
    calls_.push_back(std::move(call));
  }
  for (const Var& output : outputs) {
    outputs_.push_back(values.at(output.id()));
    const auto made = call_of.find(output.id());
    if (made != call_of.end()) calls_[static_cast<size_t>(made->second)].matters = true;
  }
  for (size_t k = calls_.size(); k-- > 0;) {
    if (!calls_[k].matters) continue;
    for (size_t i = 0; i < calls_[k].inputs.size(); ++i) {
      const int made = calls_[k].makers[i];
      if (made < 0 || !calls_[k].op->differentiable(static_cast<int>(i))) continue;
      calls_[static_cast<size_t>(made)].matters = true;
    }
  }
  const auto maker = call_of.find(outputs[0].id());
  const auto point = point_of.find(outputs[0].id());
  if (maker != call_of.end()) output_call_ = maker->second;
  if (point != point_of.end()) output_point_ = point->second;
}

void Replay::compute(ReplayCall& call) {
  const internal::FlushDenormals flush;  // as the tape does
  if (!call.is_view) call.op->forward(context_, call.inputs, call.output);
  call.choices = call.op->choices(context_, call.inputs);
}

void Replay::run() {
  for (ReplayCall& call : calls_) compute(call);
}

void Replay::run_by(const Forward& forward) {
  for (size_t k = 0; k < calls_.size(); ++k) {
    if (!calls_[k].is_view) forward(context_, k, calls_[k].output);
  }
}

std::uint64_t Replay::choices() const {
  std::uint64_t hash = 0;
  for (const ReplayCall& call : calls_) {
    hash = (hash ^ call.choices) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 29;
  }
  return hash;
}

std::string name_of_call(const ReplayCall& call) {
  return text::concat(call.op->name(), call.label.empty() ? "" : " of ", call.label);
}

}  // namespace autonet::internal
