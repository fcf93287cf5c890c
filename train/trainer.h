#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <vector>

#include "autonet/autograd/context.h"
#include "autonet/autograd/tape.h"
#include "autonet/train/optimizer.h"
#include "autonet/train/parameters.h"

namespace autonet {

/// Trains parameters on a loss that is written as a C++ function of recorded inputs:
///
///     Trainer step(context, p, adam(1e-2),
///                  [&](Var x, Var y) { return mean_squared_error(net(x), y); });
///     const double loss = step(x, y);  // one step on these arrays
///
/// The first step on inputs of some shapes records and plans the computation; later steps on the
/// same shapes replay the plan and allocate nothing. So the loss must not depend on the numbers of
/// its inputs except through recorded ops.
class Trainer {
 public:
  /// `loss` takes one to four Vars and gives a scalar. Context and parameters must outlive the
  /// trainer.
  template <typename Loss>
  Trainer(Context& context, Parameters& parameters, const OptimizerSettings& optimizer, Loss loss)
      : Trainer(context, parameters, optimizer, Erased(erase(std::move(loss)))) {}
  ~Trainer();
  /// Takes over what the other has planned; using the other throws Error.
  Trainer(Trainer&&) noexcept;
  /// The same.
  Trainer& operator=(Trainer&&) noexcept;

  /// Does one step on these inputs and returns the loss before it. Throws what recording throws;
  /// Error if the loss is not a scalar, no parameter was recorded, or loss or gradient is not
  /// finite.
  template <typename... Arrays>
  double operator()(const Arrays&... inputs) {
    return step({inputs...});
  }
  /// The same with the inputs as a list.
  double step(List<Array> inputs);

  /// The optimizer, whose learning rate may be changed between steps.
  Optimizer& optimizer();

 private:
  using Erased = std::function<Var(std::span<const Var>)>;
  struct State;

  Trainer(Context& context, Parameters& parameters, const OptimizerSettings& optimizer,
          Erased loss);

  template <typename Loss>
  static Erased erase(Loss loss) {
    return [loss](std::span<const Var> x) -> Var {
      constexpr auto kTakes = []<size_t... I>(std::index_sequence<I...>) {
        return std::is_invocable_r_v<Var, const Loss&, decltype((void)I, Var())...>;
      };
      if constexpr (kTakes(std::make_index_sequence<1>())) {
        return call<1>(loss, x);
      } else if constexpr (kTakes(std::make_index_sequence<2>())) {
        return call<2>(loss, x);
      } else if constexpr (kTakes(std::make_index_sequence<3>())) {
        return call<3>(loss, x);
      } else {
        static_assert(kTakes(std::make_index_sequence<4>()), "a loss takes one to four Vars");
        return call<4>(loss, x);
      }
    };
  }
  template <size_t N, typename Loss>
  static Var call(const Loss& loss, std::span<const Var> x) {
    check_count(x.size(), N);
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return loss(x[I]...);
    }
    (std::make_index_sequence<N>());
  }
  static void check_count(size_t given, size_t taken);

  State& state();

  std::unique_ptr<State> state_;
};

}  // namespace autonet
