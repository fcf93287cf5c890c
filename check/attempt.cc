#include "check/attempt.h"

#include <exception>
#include <new>

namespace autonet::internal {

std::optional<std::string> error_of(const std::function<void()>& work) {
  try {
    work();
    return std::nullopt;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace autonet::internal
