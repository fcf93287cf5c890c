// SVHN: a MATLAB file, compressed or not.
#include "data/svhn.h"
#include "data/matlab.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  autonet::internal::read_matlab(path, 1 << 20);
  autonet::internal::read_svhn(path, 2);
})
