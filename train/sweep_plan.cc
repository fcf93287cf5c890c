#include "train/sweep_plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

[[noreturn]] void wrong(const std::string& setting, const std::string& what) {
  throw ModelError("--set " + setting + ": " + what);
}

/// The parts between the commas that stand outside brackets and quotes.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\' && i + 1 < text.size()) parts.back() += text[i++];
      if (c == '"') quoted = false;
    } else if (c == ',' && depth <= 0) {
      parts.emplace_back();
      continue;
    } else {
      if (c == '"') quoted = true;
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
    }
    parts.back() += text[i];
  }
  return parts;
}

/// Reads the whole text as a finite number.
bool read_number(const std::string& text, double& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return !text.empty() && error == std::errc() && stop == end && std::isfinite(number);
}

bool whole_number(const std::string& text) {
  return text.find_first_not_of("0123456789", text.starts_with('-') ? 1 : 0) == text.npos;
}

constexpr std::string_view kLog = "log:";

/// True if the value is meant as a range; "../file" is not.
bool meant_as_range(const std::string& value) {
  if (value.starts_with(kLog)) return true;
  double ignored = 0.0;
  const size_t dots = value.find("..");
  return dots != value.npos && read_number(value.substr(0, dots), ignored);
}

SweepAxis range_axis(const std::string& setting, const std::string& path,
                     const std::string& value) {
  SweepAxis axis{.path = path, .logarithmic = value.starts_with(kLog)};
  const std::string bounds = axis.logarithmic ? value.substr(kLog.size()) : value;
  const size_t dots = bounds.find("..");
  const std::string low = bounds.substr(0, dots);
  const std::string high = dots == bounds.npos ? "" : bounds.substr(dots + 2);
  if (!read_number(low, axis.low) || !read_number(high, axis.high)) {
    wrong(setting, "a range must be two numbers, as in 0.001..0.1 or log:0.001..0.1");
  }
  if (axis.low >= axis.high) {
    wrong(setting, text::concat("a range must go from a smaller to a larger number, got ", low,
                                " and ", high));
  }
  if (axis.logarithmic && axis.low <= 0.0) {
    wrong(setting, text::concat("a range with log: must begin above 0, got ", low));
  }
  axis.whole = whole_number(low) && whole_number(high);
  if (axis.whole && std::max(std::abs(axis.low), std::abs(axis.high)) > 1e15) {
    wrong(setting, "whole numbers in a range must lie between -1e15 and 1e15");
  }
  return axis;
}

/// The text of a draw: u is uniform in [0, 1).
std::string value_of(const SweepAxis& axis, double u) {
  if (!axis.values.empty()) {
    const auto count = static_cast<double>(axis.values.size());
    return axis.values[static_cast<size_t>(std::floor(u * count))];
  }
  if (axis.whole && !axis.logarithmic) {
    const double number = axis.low + std::floor(u * (axis.high - axis.low + 1.0));
    return text::fixed(std::min(number, axis.high), 0);
  }
  const double number =
      axis.logarithmic
          ? std::exp(std::log(axis.low) + u * (std::log(axis.high) - std::log(axis.low)))
          : axis.low + u * (axis.high - axis.low);
  const double within = std::clamp(number, axis.low, axis.high);
  if (axis.whole) return text::fixed(std::round(within), 0);
  const std::string rounded = text::significant(within, 4);
  double value = 0.0;  // rounding may leave the range
  const bool inside = read_number(rounded, value) && value >= axis.low && value <= axis.high;
  return inside ? rounded : text::significant(within, 17);
}

}  // namespace

SweepAxis parse_axis(const std::string& setting) {
  const size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    wrong(setting, "must be PATH=VALUES, as in training.optimizer.learning_rate=0.1,0.01");
  }
  const std::string path = setting.substr(0, equals);
  const std::vector<std::string> values = split(setting.substr(equals + 1));
  if (values.size() == 1 && meant_as_range(values[0])) return range_axis(setting, path, values[0]);
  for (const std::string& value : values) {
    if (value.empty()) wrong(setting, "a value is missing");
    if (meant_as_range(value)) {
      wrong(setting, text::concat("give either a range or a list of values; ", value,
                                  " is a range within a list"));
    }
    if (std::ranges::count(values, value) > 1) {
      wrong(setting, text::concat("the value ", value, " is given more than once"));
    }
  }
  return {.path = path, .values = values};
}

std::vector<SweepSettings> grid_of(const std::vector<SweepAxis>& axes) {
  std::vector<SweepSettings> runs(1);
  for (const SweepAxis& axis : axes) {
    if (axis.values.empty()) {
      throw ModelError(text::concat("sweep: ", axis.path,
                                    " has a range, from which values are drawn: say how many "
                                    "runs with --random N, or list its values"));
    }
    const auto count = static_cast<Index>(runs.size() * axis.values.size());
    if (axis.values.size() > static_cast<size_t>(kMaxSweepRuns) || count > kMaxSweepRuns) {
      throw ModelError(text::concat("sweep: the grid has more than ",
                                    text::with_commas(kMaxSweepRuns),
                                    " runs; give fewer values, or use --random N"));
    }
    std::vector<SweepSettings> more;
    for (const SweepSettings& run : runs) {
      for (const std::string& value : axis.values) {
        more.push_back(run);
        more.back().push_back(axis.path + "=" + value);
      }
    }
    runs = std::move(more);
  }
  return runs;
}

std::vector<SweepSettings> random_of(const std::vector<SweepAxis>& axes, Index count,
                                     std::uint64_t seed) {
  std::vector<Random> streams;
  streams.reserve(axes.size());
  for (const SweepAxis& axis : axes) streams.emplace_back(seed, stream_of("sweep/" + axis.path));
  std::vector<SweepSettings> runs;
  std::set<SweepSettings> seen;
  // Draws that repeat an earlier one are left out; the bound ends the search where none are new.
  for (Index draw = 0; draw < 100 * count + 1000 && std::ssize(runs) < count; ++draw) {
    SweepSettings run;
    for (size_t i = 0; i < axes.size(); ++i) {
      run.push_back(axes[i].path + "=" + value_of(axes[i], streams[i].uniform()));
    }
    if (seen.insert(run).second) runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace autonet::internal
