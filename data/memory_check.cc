#include "data/memory_check.h"

#include "autograd/available_memory.h"
#include "data/file_bytes.h"
#include "text/numbers.h"

namespace autonet::internal {

void check_memory_for(const std::string& path, std::string_view doing, std::uint64_t bytes) {
  constexpr std::uint64_t kSmall = std::uint64_t{16} << 20;
  if (bytes < kSmall) return;
  const std::size_t available = available_memory();
  if (bytes <= available) return;
  fail_reading(path, doing, " ", text::bytes_text(bytes), ", but only ",
               text::bytes_text(available),
               " of memory are available; free memory, or use a smaller file");
}

}  // namespace autonet::internal
