#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// A value of a model that a sweep varies: a list to choose from, or a range.
struct SweepAxis {
  std::string path;                      // "training.optimizer.learning_rate"
  std::vector<std::string> values = {};  // of a list, as texts of JSON; empty: a range
  double low = 0.0;                      // the bounds of a range, both included
  double high = 0.0;
  bool logarithmic = false;  // the logarithm is drawn uniformly
  bool whole = false;        // both bounds are written as whole numbers, so the draws are too
};

/// The settings of one run, "PATH=VALUE" for each axis.
using SweepSettings = std::vector<std::string>;

constexpr Index kMaxSweepRuns = 10000;

/// Reads an axis: "PATH=a,b,c", "PATH=lo..hi" or "PATH=log:lo..hi". Commas within brackets or
/// quotes belong to a value: "kernel=[3,3],[5,5]" has two. Throws ModelError if the path or a value
/// is missing, or the range has no two numbers in order (for log: above 0).
SweepAxis parse_axis(const std::string& setting);

/// Every combination of the values; the last axis changes fastest. Throws ModelError if an axis is
/// a range or there are more than kMaxSweepRuns combinations.
std::vector<SweepSettings> grid_of(const std::vector<SweepAxis>& axes);

/// Up to `count` distinct combinations that are drawn at random; fewer only if the lists hold no
/// more. The first ones do not depend on `count`. Real numbers have four significant digits.
std::vector<SweepSettings> random_of(const std::vector<SweepAxis>& axes, Index count,
                                     std::uint64_t seed);

}  // namespace autonet::internal
