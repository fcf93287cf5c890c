#include "exchange/c_source_program.h"

#include <algorithm>

#include "autograd/arena.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_elementwise.h"

namespace autonet::internal {
namespace {

std::size_t at(Index id) {
  return static_cast<std::size_t>(id);
}

/// The layout that `call` gives a view of x; nothing if the call computes or copies.
std::optional<Array> view_of(const Node& call, const Array& x) {
  if (call.op->name() == "reshape" && !x.is_contiguous()) return std::nullopt;
  return call.op->view(x);
}

}  // namespace

bool writes_in_place(const Op& op) {
  return find_expression(op.name()) != nullptr || op.name() == "log_softmax" ||
         op.name() == "accumulate";
}

CProgram::CProgram(Tape& tape, std::span<const Var> given, std::span<const Var> outputs,
                   std::span<const CUpdate> updates)
    : tape_(tape),
      needed_(at(tape.size()), false),
      constant_(needed_),
      view_(needed_),
      in_place_(needed_),
      layouts_(needed_.size()),
      offsets_(needed_.size(), 0) {
  find_needed(given, outputs, updates);
  find_steps(updates);
  place(outputs, updates);
}

void CProgram::find_needed(std::span<const Var> given, std::span<const Var> outputs,
                           std::span<const CUpdate> updates) {
  alignas(64) static std::byte stand_in[64];  // never read, as only layouts are decided
  const auto is_given = [&](Index id) {
    return std::ranges::any_of(given, [&](const Var& v) { return v.id() == id; });
  };
  std::vector<bool> fixed(needed_.size());  // depends on constants alone
  for (Index id = 0; id < tape_.size(); ++id) {
    const Node& node = tape_.node(id);
    Array& layout = layouts_[at(id)];
    if (node.op == nullptr) {
      fixed[at(id)] = !is_given(id);
      constant_[at(id)] = fixed[at(id)];
      layout = node.value.has_data() ? node.value : Array::wrap(stand_in, node.type, nullptr);
      continue;
    }
    fixed[at(id)] = true;
    for (int i = 0; i < node.input_count; ++i) {
      if (!fixed[at(tape_.input(node, i))]) fixed[at(id)] = false;
    }
    const auto view =
        node.input_count == 1 ? view_of(node, layouts_[at(tape_.input(node, 0))]) : std::nullopt;
    view_[at(id)] = view.has_value();
    constant_[at(id)] = fixed[at(id)] && !view;
    layout = view ? *view : Array::wrap(stand_in, node.type, nullptr);
  }
  const auto need = [&](Var v) { needed_[at(v.id())] = true; };
  for (const Var& y : outputs) need(y);
  for (const CUpdate& update : updates) {
    need(update.gradient);
    need(update.parameter);
  }
  for (Index id = tape_.size() - 1; id >= 0; --id) {
    if (!needed_[at(id)] || constant_[at(id)]) continue;
    const Node& node = tape_.node(id);
    for (int i = 0; i < node.input_count; ++i) needed_[at(tape_.input(node, i))] = true;
  }
  for (Index id = 0; id < tape_.size(); ++id) {
    if (!needed_[at(id)]) continue;
    const bool leaf = tape_.node(id).op == nullptr;
    if (leaf && constant_[at(id)] && !tape_.node(id).value.has_data()) {
      throw Error(text::concat("to_c_source: the computation reads \"", tape_.name_of(id),
                               "\", which is not among its inputs"));
    }
    if (leaf || constant_[at(id)]) leaves_.push_back(id);
  }
}

Index CProgram::holder(Index id) const {
  while (view_[at(id)]) id = tape_.input(tape_.node(id), 0);
  return id;
}

void CProgram::find_steps(std::span<const CUpdate> updates) {
  std::vector<Index> calls;
  for (Index id = 0; id < tape_.size(); ++id) {
    const bool computes = tape_.node(id).op != nullptr && !constant_[at(id)] && !view_[at(id)];
    if (needed_[at(id)] && computes) calls.push_back(id);
  }
  // Each update follows the last call that it waits for.
  std::vector<std::vector<std::size_t>> after(calls.size() + 1);
  for (std::size_t u = 0; u < updates.size(); ++u) {
    const Index parameter = updates[u].parameter.id();
    const Index gradient = holder(updates[u].gradient.id());
    std::size_t place = 0;
    for (std::size_t k = 0; k < calls.size(); ++k) {
      bool waits = calls[k] == gradient;
      for (const Var& x : tape_.inputs_of(calls[k])) waits = waits || holder(x.id()) == parameter;
      if (waits) place = k + 1;
    }
    after[place].push_back(u);
  }
  for (std::size_t k = 0; k <= calls.size(); ++k) {
    if (k > 0) steps_.push_back({.call = calls[k - 1]});
    for (const std::size_t u : after[k]) steps_.push_back({.update = u});
  }
}

Index CProgram::reusable_input(Index call, std::span<const std::size_t> last_read,
                               std::size_t now) const {
  const Node& node = tape_.node(call);
  if (!writes_in_place(*node.op)) return -1;
  const bool only_first = node.op->name() == "accumulate";
  for (int i = 0; i < (only_first ? 1 : node.input_count); ++i) {
    const Index from = holder(tape_.input(node, i));
    const Node& source = tape_.node(from);
    if (source.op == nullptr || constant_[at(from)] || last_read[at(from)] != now) continue;
    bool alike = true;  // every input that lies there lies as y does
    for (int j = 0; j < node.input_count; ++j) {
      const Index other = tape_.input(node, j);
      if (holder(other) != from) continue;
      alike = alike && layouts_[at(other)].is_contiguous() && tape_.node(other).type == node.type &&
              (!only_first || j == 0);
    }
    if (alike && source.type.bytes() == node.type.bytes()) return from;
  }
  return -1;
}

void CProgram::place(std::span<const Var> outputs, std::span<const CUpdate> updates) {
  std::vector<std::size_t> last_read(needed_.size(), 0);
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    if (steps_[s].call < 0) {
      last_read[at(holder(updates[steps_[s].update].gradient.id()))] = s;
      continue;
    }
    for (const Var& x : tape_.inputs_of(steps_[s].call)) last_read[at(holder(x.id()))] = s;
  }
  for (const Var& y : outputs) last_read[at(holder(y.id()))] = steps_.size();

  std::vector<Lifetime> lifetimes;
  std::vector<std::size_t> buffer(needed_.size());  // of each call
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const Index call = steps_[s].call;
    if (call < 0) continue;
    const std::size_t last = std::max(s, last_read[at(call)]);
    const Index reused = reusable_input(call, last_read, s);
    if (reused >= 0) {
      in_place_[at(call)] = true;
      buffer[at(call)] = buffer[at(reused)];
      lifetimes[buffer[at(call)]].last = last;
    } else {
      buffer[at(call)] = lifetimes.size();
      lifetimes.push_back({.bytes = tape_.node(call).type.bytes(), .first = s, .last = last});
    }
  }
  const ArenaPlan arena = plan_arena(lifetimes);
  for (const CStep& step : steps_) {
    if (step.call < 0) continue;
    const std::size_t bytes = bytes_of(tape_.node(step.call).type.dtype);
    offsets_[at(step.call)] = arena.offsets[buffer[at(step.call)]] / bytes;
    // The arena is a multiple of 64 bytes, of which C needs what is used.
    memory_ =
        std::max(memory_, offsets_[at(step.call)] +
                              static_cast<std::size_t>(tape_.node(step.call).type.shape.size()));
  }
}

}  // namespace autonet::internal
