#pragma once

#include <version>

// With -D_GLIBCXX_DEBUG, std::vector and std::string have another layout, so a host program and a
// library of which only one is compiled in that mode would read wild memory. Linking them fails
// instead, with the name of what is missing: each file that includes autonet refers to one of these
// names, and the library defines only the one that fits it.
namespace autonet::internal {

#ifdef _GLIBCXX_DEBUG
extern const char autonet_is_not_built_with_GLIBCXX_DEBUG;
[[maybe_unused, gnu::used]] static const char* const kDebugMode =
    &autonet_is_not_built_with_GLIBCXX_DEBUG;
#elif defined(__GLIBCXX__)
extern const char autonet_is_built_with_GLIBCXX_DEBUG;  // NOLINT(*-naming): the linker shows it
[[maybe_unused, gnu::used]] static const char* const kDebugMode =
    &autonet_is_built_with_GLIBCXX_DEBUG;
#endif

}  // namespace autonet::internal
