// A batch of CIFAR-10, also read as one of CIFAR-100.
#include "data/cifar.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  try {
    autonet::internal::read_cifar10({path});
  } catch (const autonet::DataError&) {
    // It may still be one of CIFAR-100.
  }
  autonet::internal::read_cifar100(path);
})
