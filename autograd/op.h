#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "autograd/array.h"
#include "autograd/context.h"
#include "autograd/var.h"

namespace autonet {

/// What an op says about itself. An op is a pure function of arrays to one array; its attributes
/// (a stride, an axis) are members of the object, fixed at construction. Objects are immutable and
/// shared between tapes and programs, so every function here is const and safe from many threads.
///
/// A rule (vjp) sees only recorded values and so can only call recorded ops: that is what makes
/// derivatives of every order come from the same rule.
class Op {
 public:
  virtual ~Op() = default;

  /// The op's one spelling: C++ function, errors, docs, tests.
  virtual std::string_view name() const = 0;

  /// The arity() of an op that takes one or more inputs, as a concatenation does.
  static constexpr int kVariadic = -1;

  /// The number of inputs, or kVariadic. Tape::record refuses any other number, so that the other
  /// functions may read inputs[0] … inputs[arity() - 1].
  virtual int arity() const { return 1; }

  /// Type of the output for inputs of these types. The only place that refuses shapes: throws Error
  /// with both numbers and both shapes.
  virtual ArrayType infer(std::span<const ArrayType> inputs) const = 0;

  /// Numbers to numbers. `inputs` may be strided views; y has the inferred type and an unspecified
  /// content, is contiguous and overlaps no input. Must give the same bits for any number of
  /// threads of `context`, and allocate nothing beyond its scratch memory.
  virtual void forward(Context& context, std::span<const Array> inputs, Array& y) const = 0;

  /// For ops that only look at their (single) input otherwise, as a flip does: the output as a view
  /// of x, or std::nullopt where forward() must copy. May depend on x's layout, not on its numbers.
  virtual std::optional<Array> view(const Array& x) const;

  /// Vector-Jacobian product: the cotangent of input i, from ybar, the cotangent of y. Shape and
  /// dtype are those of inputs[i]. Called only where differentiable(i).
  virtual Var vjp(int i, std::span<const Var> inputs, Var y, Var ybar) const = 0;

  /// False for inputs with no useful derivative: labels, a step number, the choice of a maximum.
  virtual bool differentiable(int i) const;

  /// True if y is a linear function of input i while the others stand still.
  virtual bool linear_in(int i) const;

  /// How y changes along u in input i while the others stand still, told by the forward code alone
  /// and never by the rule: Im f(x + i h u) / h for an h so small that nothing of it rounds (the
  /// complex step: J. Martins, P. Sturdza, J. Alonso, ACM TOMS 29, 2003). A check of the rule uses
  /// it. By default the op itself where it is linear in input i, else std::nullopt: not known.
  virtual std::optional<Array> complex_step(Context& context, std::span<const Array> inputs, int i,
                                            const Array& u) const;

  /// A fingerprint of the choices that forward() makes at these inputs, for ops that are smooth
  /// only between them: on which side of its kink each number lies, where each maximum is. Two
  /// points with equal fingerprints lie on one smooth piece. 0 for ops without kinks.
  virtual std::uint64_t choices(Context& context, std::span<const Array> inputs) const;

  /// Multiplications with accumulation that forward() is asked for; 0 for what only moves or maps
  /// numbers.
  virtual double multiply_adds(std::span<const ArrayType> inputs, const ArrayType& y) const;

  /// The attributes as text ("stride 2, groups 4"), empty if there are none.
  virtual std::string attributes() const;
};

}  // namespace autonet
