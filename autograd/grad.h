#pragma once

#include <span>
#include <vector>

#include "autograd/var.h"

namespace autonet {

/// Records the gradient of a scalar y with respect to each of xs, on y's own tape.
///
/// The answers are recorded values like any other: they can be differentiated again, planned into a
/// Program or asked for their numbers. Only calls that lie between an x and y get a rule recorded,
/// and only for the inputs through which an x is reached. An x that y does not depend on gets
/// zeros. Works by one pass backwards over the tape (reverse mode), without recursion.
///
/// xs may be any recorded values of the same tape, not only leaves. Throws Error if y is not a
/// scalar (one element) or a var is of another tape.
std::vector<Var> grad(Var y, std::span<const Var> xs);
Var grad(Var y, Var x);

/// The same for any y, given the cotangent ybar of y's type: each answer is ybar^T dy/dx.
std::vector<Var> vjp(Var y, std::span<const Var> xs, Var ybar);

/// Forward mode: the directional derivative dy/dx · u, recorded in one pass forwards over the tape.
/// Exact: it takes no step. An op is its own tangent in an input that it is linear in; elsewhere
/// the tangent is the transpose of its rule, the vjp of the (linear) map ybar -> xbar. Throws Error
/// if a direction has not its point's type.
Var jvp(Var y, std::span<const Var> xs, std::span<const Var> us);

/// A recorded constant of `type` filled with one value, stored once.
Var filled(Tape& tape, const ArrayType& type, double value);

}  // namespace autonet
