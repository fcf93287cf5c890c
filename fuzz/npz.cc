// An .npz file; what was read is written and read again to the same bytes.
#include "fuzz/fuzz.h"
#include "train/array_formats.h"

AUTONET_FUZZ_BYTES(autonet::DataError, bytes, {
  const autonet::ArrayFile file = autonet::internal::from_npz(bytes, "fuzz.npz");
  const std::string once = autonet::internal::to_npz(file);
  if (autonet::internal::to_npz(autonet::internal::from_npz(once, "again.npz")) != once) {
    std::abort();
  }
})
