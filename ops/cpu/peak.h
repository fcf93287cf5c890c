#pragma once

#include "autonet/autograd/shape.h"

namespace autonet::cpu {

/// Multiplies and adds in registers as fast as one core can, `rounds` times: the peak against which
/// the speed of routines is measured. Returns the number of multiply-adds.
double multiply_add_at_peak(DType dtype, Index rounds);

/// The instruction set that the routines use on this machine ("AVX3").
const char* instruction_set();

}  // namespace autonet::cpu
