// An array in NumPy's format.
#include "data/npy.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_BYTES(autonet::DataError, bytes, {
  const autonet::internal::Npy npy = autonet::internal::parse_npy(bytes, "fuzz.npy");
  autonet::internal::to_array(npy, "fuzz.npy");
})
