#pragma once

#include <span>
#include <vector>

#include "autonet/autograd/var.h"

namespace autonet {

/// Records the gradient of y, which has one element, with respect to each of xs, on y's own tape.
/// Each answer has the type of its x.
///
/// The answers are recorded values like any other: they can be differentiated again, planned into a
/// Program or asked for their numbers. Rules are recorded only for calls between an x and y, and
/// only for the inputs through which an x is reached. An x that y does not depend on gets zeros.
/// One pass backwards over the tape (reverse mode), without recursion.
///
/// xs may be any recorded values of the same tape, not only leaves. Throws Error if y has more than
/// one element or a Var is from another tape.
std::vector<Var> grad(Var y, List<Var> xs);
/// The same for xs in braces: grad(y, {x}) is a vector of one.
std::vector<Var> grad(Var y, std::initializer_list<Var> xs);
/// The gradient with respect to a single x.
Var grad(Var y, Var x);

/// The same for a y of any shape, given its cotangent ybar, which has y's type: each answer is
/// xbar = ybar^T dy/dx. Throws Error if the types of ybar and y differ.
std::vector<Var> vjp(Var y, List<Var> xs, Var ybar);

/// Forward mode: the directional derivative sum_i dy/dx_i u_i, recorded in one pass forwards over
/// the tape. The result has y's type and is exact, without a step size. An op that is linear in an
/// input is its own tangent there; elsewhere the tangent is the transpose of the rule: the vjp of
/// the linear map ybar -> xbar. Throws Error if there are not as many directions as points, or a
/// direction has another type than its point.
Var jvp(Var y, List<Var> xs, List<Var> us);

/// A recorded constant of `type` whose elements all equal `value`, stored as one number.
Var filled(Tape& tape, const ArrayType& type, double value);

}  // namespace autonet
