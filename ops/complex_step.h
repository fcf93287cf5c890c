#pragma once

#include <cstdint>
#include <functional>

#include "autonet/autograd/array.h"
#include "autonet/ops/elementwise.h"

namespace autonet::internal {

// Parts of Op::complex_step and Op::choices for the ops of this folder.

/// The imaginary step h. Far below 1e-8, so that h^2 vanishes beside 1 and the slope Im f(x + ih)/h
/// has no truncation error; far above the smallest number, so that products of it stay exact.
constexpr double kComplexStep = 0x1p-200;

/// A fingerprint of the signs of x's elements, each -1, 0 or 1.
std::uint64_t fingerprint_of_signs(const Array& x);
/// A fingerprint of x's numbers, bit by bit.
std::uint64_t fingerprint_of_numbers(const Array& x);

/// The position of each element in x, modulo 2^24 so that f32 holds it exactly. A routine that
/// selects elements of it returns the positions that it chooses.
Array positions_in(const ArrayType& x);

/// out[k] = slope(k) for each element of `type`, in row-major order.
Array array_of(const ArrayType& type, const std::function<double(std::size_t)>& slope);

}  // namespace autonet::internal
