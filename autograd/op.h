#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/autograd/var.h"

namespace autonet {

struct Fusion;

/// What of a call can be computed for some examples of a batch alone.
enum class BatchUse {
  whole,  ///< nothing: it needs all examples at once
  each,   ///< entry n of y, along axis 0, follows from entries n of the inputs that vary
  sum,    ///< y is a sum over the examples, which forward() makes leaf by leaf
};

/// The interface of an op: a pure function of arrays to one array. Its attributes (a stride, an
/// axis) are members of the object, fixed at construction. Objects are immutable and shared between
/// tapes and programs, so every function here is const and may be called by several threads.
///
/// A rule (vjp) gets recorded values only and so can only call recorded ops. The same rule
/// therefore gives derivatives of every order.
class Op {
 public:
  virtual ~Op() = default;

  /// The name of the op: the same in C++, JSON, errors, docs and tests.
  virtual std::string_view name() const = 0;

  /// The arity() of an op that takes one or more inputs, as a concatenation does.
  static constexpr int kVariadic = -1;

  /// The number of inputs, or kVariadic. Tape::record refuses any other number, so that the other
  /// functions may read inputs[0] … inputs[arity() - 1].
  virtual int arity() const { return 1; }

  /// Type of the output for inputs of these types. The only place that refuses shapes: throws Error
  /// with both numbers and both shapes.
  virtual ArrayType infer(std::span<const ArrayType> inputs) const = 0;

  /// Computes y from the inputs. `inputs` may be strided views. y has the inferred type and
  /// unspecified contents, is contiguous and overlaps no input. Must give the same bits for any
  /// number of threads of `context`, and allocate nothing beyond the context's scratch memory.
  virtual void forward(Context& context, std::span<const Array> inputs, Array& y) const = 0;

  /// For ops that rearrange their only input, as a flip does: the output as a view of x, or
  /// std::nullopt where forward() must copy. May depend on x's layout, not on its numbers. By
  /// default std::nullopt.
  virtual std::optional<Array> view(const Array& /*x*/) const { return std::nullopt; }

  /// Vector-Jacobian product: the cotangent of input i, from ybar, the cotangent of y. Shape and
  /// dtype are those of inputs[i]. Called only where differentiable(i).
  virtual Var vjp(int i, std::span<const Var> inputs, Var y, Var ybar) const = 0;

  /// False for inputs without a useful derivative: labels, a step number, the choice of a maximum.
  /// By default true.
  virtual bool differentiable(int /*i*/) const { return true; }

  /// True if y is a linear function of input i while the others are constant, so that the op is its
  /// own derivative. By default false.
  virtual bool linear_in(int /*i*/) const { return false; }

  /// The change of y along u in input i while the others are constant, computed from the forward
  /// code and not from the rule: Im f(x + i h u) / h for an h so small that nothing rounds (the
  /// complex step: J. Martins, P. Sturdza, J. Alonso, ACM TOMS 29, 2003). Used to check the rule.
  /// By default the op itself where it is linear in input i, else std::nullopt: not available.
  virtual std::optional<Array> complex_step(Context& context, std::span<const Array> inputs, int i,
                                            const Array& u) const;

  /// A fingerprint of the choices that forward() makes at these inputs, for ops with kinks: on
  /// which side of its kink each number lies, where each maximum is. Two points with equal
  /// fingerprints lie on one smooth piece. By default 0: no kinks.
  virtual std::uint64_t choices(Context& /*context*/, std::span<const Array> /*inputs*/) const {
    return 0;
  }

  /// How forward() treats a batch whose examples lie along axis axes[i] of input i; -1 where input
  /// i is the same for all examples. `inputs` have layouts, but no numbers yet. For `each` and
  /// `sum` it may set axes[i] for such an input that has one entry for each example. Where it gives
  /// `each`, forward() on a part of the examples gives the same bits as on all of them. By default
  /// `whole`, which is always right.
  virtual BatchUse batch_use(std::span<const Array> /*inputs*/, std::span<int> /*axes*/) const {
    return BatchUse::whole;
  }

  /// Number of multiply-adds that forward() does; 0, the default, for ops that move numbers or
  /// treat each one by itself.
  virtual double multiply_adds(std::span<const ArrayType> /*inputs*/,
                               const ArrayType& /*y*/) const {
    return 0.0;
  }

  /// Patterns that begin with this op and can be done in one pass, for Program. By default none.
  virtual std::span<const Fusion> fusions() const { return {}; }

  /// The attributes as text ("stride 2, groups 4"), empty by default.
  virtual std::string attributes() const { return {}; }
};

}  // namespace autonet
