#include "cli/allocation_count.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

// Replaces operator new in a program by one that counts, so that `bench`, a benchmark and a test
// can show what allocates nothing. Programs that use the library keep their own operator new.

namespace {

std::atomic<std::uint64_t> calls{0};
std::atomic<std::uint64_t> requested{0};

void* counted(std::size_t size, std::size_t alignment) {
  calls.fetch_add(1, std::memory_order_relaxed);
  requested.fetch_add(size, std::memory_order_relaxed);
  const std::size_t wanted = size == 0 ? 1 : size;
  return alignment <= alignof(std::max_align_t)
             ? std::malloc(wanted)
             : std::aligned_alloc(alignment, (wanted + alignment - 1) / alignment * alignment);
}

void* counted_or_throw(std::size_t size, std::size_t alignment) {
  if (void* memory = counted(size, alignment)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// GCC does not see that the new and delete below match.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t size) {
  return counted_or_throw(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size, 0);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace autonet::cli {

std::uint64_t allocation_count() {
  return calls.load(std::memory_order_relaxed);
}

std::uint64_t allocated_bytes() {
  return requested.load(std::memory_order_relaxed);
}

}  // namespace autonet::cli
