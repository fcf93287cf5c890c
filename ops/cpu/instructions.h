#pragma once

#include <string>
#include <vector>

namespace autonet::cpu {

/// The instruction sets for which the routines are compiled and which this machine has, the best
/// first: {"AVX3", "AVX2", "SSSE3", …}.
std::vector<std::string> instruction_sets();

/// From now on the routines use this set or, where a routine lacks it, a lesser one. Sums then have
/// the bits that they have on a machine without the better sets. To be called before any
/// computation. Throws ModelError if instruction_sets() does not hold the name.
void limit_instructions(const std::string& name);

}  // namespace autonet::cpu
