#pragma once

#include <string>

#include "exchange/onnx_proto.h"

namespace autonet::exchange {

/// Reads the numbers of a tensor that are in another file into its raw_data. The file lies in
/// `folder`, that of the ONNX file, or below it. Does nothing for other tensors. Throws DataError
/// if the file is missing or too short, or its name leads out of the folder; nothing is allocated
/// before the sizes are checked.
void read_external_data(TensorProto& tensor, const std::string& folder);

}  // namespace autonet::exchange
