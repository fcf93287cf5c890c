// A LIBSVM file, with any number of features and with four.
#include "data/libsvm.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  autonet::internal::read_libsvm(path, 4);
  autonet::internal::read_libsvm(path);
})
