// USPS as text, packed or not.
#include "data/usps.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, autonet::internal::read_usps(path))
