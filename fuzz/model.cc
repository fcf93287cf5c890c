// The text of a model.json: read, or refused with lines and pointers.
#include "autonet/models/model.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_BYTES(autonet::ModelError, bytes, autonet::Model::parse(bytes, "fuzz.json"))
