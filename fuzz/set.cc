// A setting, PATH=VALUE, on a model.
#include "autonet/models/model.h"
#include "fuzz/fuzz.h"
#include "fuzz/small_model.h"

AUTONET_FUZZ_BYTES(autonet::ModelError, bytes,
                   autonet::Model::parse(autonet::fuzz::kSmallModel, "fuzz.json",
                                         {std::string(bytes)}))
