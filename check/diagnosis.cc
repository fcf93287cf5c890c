#include "check/diagnosis.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autonet/autograd/array.h"
#include "autonet/text/concat.h"
#include "check/vectors.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

using text::concat;

const std::string kCounted = "wrong at ";

bool near(double a, double b, const Closeness& closeness) {
  return std::abs(a - b) <=
         closeness.relative * std::max(std::abs(a), std::abs(b)) + closeness.absolute;
}

/// "1.001", or "1 + 1e-07" where six digits do not show the difference from 1.
std::string factor_text(double ratio) {
  if (std::abs(ratio - 1.0) >= 1e-4) return text::significant(ratio, 6);
  return concat(ratio > 1.0 ? "1 + " : "1 - ", text::significant(std::abs(ratio - 1.0), 6));
}

class Diagnosis {
 public:
  Diagnosis(std::span<const ElementSample> samples, std::span<const double> gradient,
            const Shape& shape, const Closeness& closeness, Index batch)
      : samples_(samples),
        gradient_(gradient),
        shape_(shape),
        closeness_(closeness),
        batch_(batch) {
    for (const ElementSample& sample : samples) {
      const double claimed = gradient[static_cast<size_t>(sample.element)];
      (near(claimed, sample.right, closeness_) ? good_ : wrong_).push_back(sample);
    }
  }

  std::string text() const {
    if (wrong_.empty()) return {};
    for (const auto& guess : {factor(), flipped(), exchanged(), border(), one_index()}) {
      if (guess) return *guess;
    }
    return concat(kCounted, wrong_.size(), " of ", samples_.size(), " elements compared");
  }

 private:
  double claimed(const ElementSample& sample) const {
    return gradient_[static_cast<size_t>(sample.element)];
  }

  std::optional<std::string> factor() const {
    double low = 0.0;
    double high = 0.0;
    for (size_t k = 0; k < wrong_.size(); ++k) {
      const double ratio = wrong_[k].right == 0.0 ? HUGE_VAL : claimed(wrong_[k]) / wrong_[k].right;
      low = k == 0 ? ratio : std::min(low, ratio);
      high = k == 0 ? ratio : std::max(high, ratio);
    }
    const double ratio = (low + high) / 2;
    const bool steady = high - low <= std::min(kAlike * std::abs(ratio) + kAlikeAbsolute,
                                               kSteadyFactor * std::abs(ratio - 1.0));
    if (!steady || !std::isfinite(ratio) || samples_.size() < 2) return std::nullopt;
    // One wrong number among right ones does not show a factor.
    if (wrong_.size() == 1 && good_.size() > 1) return std::nullopt;
    if (std::abs(ratio) < kAlikeAbsolute) {
      return good_.empty() ? std::optional("it is zero where y changes: a term is missing")
                           : std::nullopt;
    }
    const std::string where = good_.empty() ? "" : " at every wrong element";
    if (near(ratio, -1.0, kByDifferences)) return "the sign is wrong" + where;
    const auto size = static_cast<double>(batch_);
    if (batch_ > 1 && near(ratio, size, kByDifferences)) {
      return concat("it is ", batch_, " times too large", where,
                    ", which is the batch size: a mean is missing");
    }
    if (batch_ > 1 && near(ratio * size, 1.0, kByDifferences)) {
      return concat("it is ", batch_, " times too small", where,
                    ", which is the batch size: a mean is taken twice");
    }
    return concat("it is ", factor_text(ratio), " times the change of y", where,
                  ": a factor is wrong");
  }

  /// True if a view of the gradient has every sample's right number.
  bool explained_by(const Array& view) const {
    const std::vector<double> seen = view.to_vector();
    return samples_.size() >= 3 && std::ranges::all_of(samples_, [&](const ElementSample& sample) {
             return near(seen[static_cast<size_t>(sample.element)], sample.right, closeness_);
           });
  }

  std::optional<std::string> flipped() const {
    for (unsigned subset = 1; subset < (1u << shape_.rank()); ++subset) {
      std::vector<int> axes;
      for (int axis = 0; axis < shape_.rank(); ++axis) {
        if ((subset >> axis & 1u) != 0) axes.push_back(axis);
      }
      // Along an axis of length 1 a flip changes nothing.
      if (std::ranges::any_of(axes, [&](int axis) { return shape_[axis] < 2; })) continue;
      if (!explained_by(Array::from<double>(shape_, gradient_).flip(axes))) continue;
      std::string names;
      for (const int axis : axes) names += concat(names.empty() ? "" : " and ", axis);
      return concat("it is right except for a flip along ", axes.size() > 1 ? "axes " : "axis ",
                    names, shape_.rank() == 4 ? ": check that the kernel is flipped" : "");
    }
    return std::nullopt;
  }

  std::optional<std::string> exchanged() const {
    for (int p = 0; p < shape_.rank(); ++p) {
      for (int q = p + 1; q < shape_.rank(); ++q) {
        if (shape_[p] < 2 || shape_[q] < 2) continue;
        const Shape other = shape_.with(p, shape_[q]).with(q, shape_[p]);
        if (explained_by(Array::from<double>(other, gradient_).swap_axes(p, q))) {
          return concat("it looks transposed: axes ", p, " and ", q, " are exchanged");
        }
      }
    }
    return std::nullopt;
  }

  bool on_border(const ElementSample& sample, int first_axis) const {
    const std::vector<Index> position = position_of(sample.element, shape_);
    for (int axis = first_axis; axis < first_axis + 2; ++axis) {
      const Index place = position[static_cast<size_t>(axis)];
      if (place == 0 || place == shape_[axis] - 1) return true;
    }
    return false;
  }

  std::optional<std::string> border() const {
    if (shape_.rank() != 4 || good_.empty()) return std::nullopt;
    for (const int first_axis : {1, 0}) {  // the rows of images, of kernels
      const auto outside = [&](const ElementSample& s) { return on_border(s, first_axis); };
      if (std::ranges::all_of(wrong_, outside) && std::ranges::none_of(good_, outside)) {
        return "it is wrong only at the border: check the padding";
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> one_index() const {
    if (good_.empty() || wrong_.size() < 2) return std::nullopt;
    const auto places = [&](const std::vector<ElementSample>& samples) {
      std::vector<std::vector<Index>> positions;
      positions.reserve(samples.size());
      for (const ElementSample& s : samples) positions.push_back(position_of(s.element, shape_));
      return positions;
    };
    const auto same = common_index(places(wrong_), places(good_));
    if (!same) return std::nullopt;
    return concat("it is wrong only at index ", same->index, " of axis ", same->axis);
  }

  std::span<const ElementSample> samples_;
  std::span<const double> gradient_;
  const Shape& shape_;
  Closeness closeness_;
  Index batch_;
  std::vector<ElementSample> good_;
  std::vector<ElementSample> wrong_;
};

}  // namespace

std::string diagnose_elements(std::span<const ElementSample> samples,
                              std::span<const double> gradient, const Shape& shape,
                              const Closeness& closeness, Index batch) {
  return Diagnosis(samples, gradient, shape, closeness, batch).text();
}

std::optional<AxisIndex> common_index(std::span<const std::vector<Index>> wrong,
                                      std::span<const std::vector<Index>> good) {
  for (size_t axis = 0; axis < wrong[0].size(); ++axis) {
    const Index index = wrong[0][axis];
    const auto there = [&](const std::vector<Index>& position) { return position[axis] == index; };
    if (std::ranges::all_of(wrong, there) && std::ranges::none_of(good, there)) {
      return AxisIndex{axis, index};
    }
  }
  return std::nullopt;
}

bool says_how(const std::string& diagnosis) {
  return !diagnosis.starts_with(kCounted);
}

}  // namespace autonet::internal
