// A .safetensors file; what was read is written and read again to the same bytes.
#include "fuzz/fuzz.h"
#include "train/array_formats.h"

AUTONET_FUZZ_BYTES(autonet::DataError, bytes, {
  using namespace autonet::internal;
  const std::string once = to_safetensors(from_safetensors(bytes, "fuzz.safetensors"));
  if (to_safetensors(from_safetensors(once, "again.safetensors")) != once) std::abort();
})
