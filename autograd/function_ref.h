#pragma once

#include <type_traits>
#include <utility>

namespace autonet {

/// A reference to something callable with Args whose result is ignored. Unlike std::function it
/// never allocates. It must not outlive what it refers to.
template <typename... Args>
class FunctionRef {
 public:
  /// Refers to `function`. Not explicit, so that a lambda can be passed where a FunctionRef is
  /// taken.
  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
      FunctionRef(F&& function)  // NOLINT(*-explicit-constructor,*-forwarding-reference-overload)
      : object_(const_cast<void*>(static_cast<const void*>(&function))),
        call_([](void* object, Args... args) {
          (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
        }) {}

  /// Calls the function.
  void operator()(Args... args) const { call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  void (*call_)(void*, Args...);
};

}  // namespace autonet
