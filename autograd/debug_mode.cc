#include "autonet/autograd/debug_mode.h"

namespace autonet::internal {

#ifdef _GLIBCXX_DEBUG
const char autonet_is_not_built_with_GLIBCXX_DEBUG = 0;
#elif defined(__GLIBCXX__)
const char autonet_is_built_with_GLIBCXX_DEBUG = 0;
#endif

}  // namespace autonet::internal
