#include "autonet/train/optimizer.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "autograd/walk.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

using internal::Walk;

/// Runs update(i, g) for every element i of a contiguous parameter with g, `factor` times its
/// gradient, which may be a strided view; false if a gradient is not finite. Elements are
/// independent, so the result does not depend on how they are divided among threads.
template <typename T, typename Update>
bool for_each_element(Context& context, const Array& gradient, double factor, Update update) {
  const T scale = static_cast<T>(factor);
  const Walk<1> walk(gradient.shape(), {&gradient});
  const T* g = gradient.data<T>();
  const Index size = gradient.size();
  constexpr Index kPiece = 1 << 15;
  // Infinities and NaNs have every exponent bit set, so adding the lowest exponent bit carries into
  // the sign bit. Integers are used because a sum of floats would keep the loop from vectorizing.
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits kLowest = Bits{1} << (std::numeric_limits<T>::digits - 1);
  constexpr Bits kSign = Bits{1} << (8 * sizeof(T) - 1);
  constexpr Bits kExponent = kSign - kLowest;
  std::atomic<bool> finite{true};
  context.parallel_for((size + kPiece - 1) / kPiece, [&](Index piece, int) {
    const Index end = std::min(size, (piece + 1) * kPiece);
    Bits all_carries = 0;
    walk.runs(piece * kPiece, end, [&](Index at, Index length, const std::array<Index, 1>& offset) {
      const T* from = g + offset[0];
      const Index step = walk.inner_stride(0);
      Bits carries = 0;
      if (step == 1) {
        for (Index k = 0; k < length; ++k) {
          carries |= (std::bit_cast<Bits>(from[k]) & kExponent) + kLowest;
          update(at + k, scale * from[k]);
        }
      } else {
        for (Index k = 0; k < length; ++k) {
          carries |= (std::bit_cast<Bits>(from[k * step]) & kExponent) + kLowest;
          update(at + k, scale * from[k * step]);
        }
      }
      all_carries |= carries;
    });
    if ((all_carries & kSign) != 0) finite = false;
  });
  return finite;
}

template <typename T>
bool sgd(Context& context, const OptimizerSettings& s, double decay, double rate, Array& value,
         Array& velocity, const Array& gradient, double factor) {
  T* w = value.data<T>();
  T* v = velocity.data<T>();
  const T lr = static_cast<T>(rate);
  const T m = static_cast<T>(s.momentum);
  const T l2 = static_cast<T>(decay);
  if (s.nesterov) {
    return for_each_element<T>(context, gradient, factor, [=](Index i, T g) {
      const T decayed = g + l2 * w[i];
      v[i] = m * v[i] + decayed;
      w[i] -= lr * (decayed + m * v[i]);
    });
  }
  return for_each_element<T>(context, gradient, factor, [=](Index i, T g) {
    v[i] = m * v[i] + (g + l2 * w[i]);
    w[i] -= lr * v[i];
  });
}

template <typename T>
bool adam(Context& context, const OptimizerSettings& s, double decay, double rate, Index t,
          Array& value, Array& first, Array& second, const Array& gradient, double factor) {
  const bool decoupled = s.type == OptimizerSettings::Type::adamw;
  T* w = value.data<T>();
  T* m1 = first.data<T>();
  T* m2 = second.data<T>();
  const T b1 = static_cast<T>(s.beta1);
  const T b2 = static_cast<T>(s.beta2);
  const T l2 = decoupled ? T{0} : static_cast<T>(decay);
  const T shrink = decoupled ? static_cast<T>(1.0 - rate * decay) : T{1};
  const T rate1 = static_cast<T>(rate / (1.0 - std::pow(s.beta1, static_cast<double>(t))));
  const T scale2 = static_cast<T>(1.0 / std::sqrt(1.0 - std::pow(s.beta2, static_cast<double>(t))));
  const T epsilon = static_cast<T>(s.epsilon);
  return for_each_element<T>(context, gradient, factor, [=](Index i, T raw) {
    const T g = raw + l2 * w[i];
    m1[i] = b1 * m1[i] + (T{1} - b1) * g;
    m2[i] = b2 * m2[i] + (T{1} - b2) * g * g;
    w[i] = shrink * w[i] - rate1 * m1[i] / (std::sqrt(m2[i]) * scale2 + epsilon);
  });
}

}  // namespace

OptimizerSettings sgd(double learning_rate, double momentum, bool nesterov) {
  OptimizerSettings settings;
  settings.type = OptimizerSettings::Type::sgd;
  settings.learning_rate = learning_rate;
  settings.momentum = momentum;
  settings.nesterov = nesterov;
  return settings;
}

OptimizerSettings adam(double learning_rate) {
  OptimizerSettings settings;
  settings.type = OptimizerSettings::Type::adam;
  settings.learning_rate = learning_rate;
  return settings;
}

OptimizerSettings adamw(double learning_rate, double weight_decay) {
  OptimizerSettings settings = adam(learning_rate);
  settings.type = OptimizerSettings::Type::adamw;
  settings.weight_decay = weight_decay;
  return settings;
}

int internal::slots_of(const OptimizerSettings& settings) {
  return settings.type == OptimizerSettings::Type::sgd ? 1 : 2;
}

Optimizer::Optimizer(const OptimizerSettings& settings, double l2_decay)
    : settings_(settings), l2_decay_(l2_decay) {
  slots_.resize(static_cast<size_t>(internal::slots_of(settings)));
}

Optimizer::Optimizer(const OptimizerSettings& settings, double l2_decay,
                     std::span<const ParameterFactors> factors, std::span<const Array> parameters)
    : Optimizer(settings, l2_decay) {
  for (size_t i = 0; i < parameters.size(); ++i) add_slots(parameters[i], factors[i]);
}

void Optimizer::add_slots(const Array& parameter, const ParameterFactors& factors) {
  const bool decoupled = settings_.type == OptimizerSettings::Type::adamw;
  decay_.push_back(factors.decay * (decoupled ? settings_.weight_decay : l2_decay_));
  rate_factors_.push_back(factors.learning_rate);
  for (auto& slot : slots_) slot.push_back(Array::zeros(parameter.type()));
}

void Optimizer::step(List<Array> parameters, List<Array> gradients) {
  Context context;
  step(context, parameters, gradients);
}

void Optimizer::step(Context& context, List<Array> parameters, List<Array> gradients) {
  const auto refuse = [](const auto&... what) {
    throw Error(text::concat("optimizer: ", what...));
  };
  if (decay_.empty())
    for (const Array& parameter : parameters)
      add_slots(parameter, {.decay = parameter.rank() >= 2 ? 1.0 : 0.0});
  if (parameters.size() != decay_.size() || gradients.size() != decay_.size()) {
    refuse(decay_.size(), " parameters are trained, but ", parameters.size(), " and ",
           gradients.size(), " gradients were given");
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    const ArrayType& type = slots_[0][i].type();
    if (parameters[i].type() != type || gradients[i].type() != type) {
      refuse("parameter ", i, " is ", type, ", but ", parameters[i].type(), " with gradient ",
             gradients[i].type(), " was given");
    }
    if (!parameters[i].is_contiguous() || !parameters[i].has_data())
      refuse("parameter ", i, " must be contiguous and have data");
    if (!gradients[i].has_data()) refuse("the gradient of parameter ", i, " has no data");
  }
  std::vector<Array> handles(parameters.begin(), parameters.end());  // they share the numbers
  size_t bad = 0;
  if (!update(context, handles, gradients, settings_.learning_rate, ++steps_, bad))
    refuse("the gradient of parameter ", bad, " is not finite; try a smaller learning rate");
}

bool Optimizer::update(Context& context, std::span<Array> values, std::span<const Array> gradients,
                       double learning_rate, Index t, size_t& bad, double factor) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (rate_factors_[i] == 0.0) continue;
    const double rate = rate_factors_[i] * learning_rate;
    const bool f32 = values[i].dtype() == DType::f32;
    bool finite = true;
    if (settings_.type == OptimizerSettings::Type::sgd) {
      finite = f32 ? sgd<float>(context, settings_, decay_[i], rate, values[i], slots_[0][i],
                                gradients[i], factor)
                   : sgd<double>(context, settings_, decay_[i], rate, values[i], slots_[0][i],
                                 gradients[i], factor);
    } else {
      finite = f32 ? adam<float>(context, settings_, decay_[i], rate, t, values[i], slots_[0][i],
                                 slots_[1][i], gradients[i], factor)
                   : adam<double>(context, settings_, decay_[i], rate, t, values[i], slots_[0][i],
                                  slots_[1][i], gradients[i], factor);
    }
    if (!finite) {
      bad = i;
      return false;
    }
  }
  return true;
}

}  // namespace autonet
