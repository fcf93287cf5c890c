#pragma once

#include <string>
#include <vector>

namespace autonet::exchange {

/// The result of one case of ONNX's tests: a folder with model.onnx and, in test_data_set_N, the
/// inputs and outputs as input_K.pb and output_K.pb.
struct CaseResult {
  enum class Status { passed, failed, unsupported };
  std::string name;       // of the folder
  std::string operator_;  // which the case tests
  Status status = Status::passed;
  std::string reason;  // why it is not passed
};

/// The folders in and below `folder` that hold a case, sorted. Throws DataError if there is none.
std::vector<std::string> find_cases(const std::string& folder);

/// Runs a case. Outputs must have the right type and shape; numbers may differ by 1e-7 and a
/// thousandth, as in ONNX's own runner, those of float by the rounding of the largest number of the
/// output (2^-23 of it) besides, and those of float16 and bfloat16 by two units of the last place.
/// Never throws because of what is in the folder: damaged files make the case fail.
CaseResult run_case(const std::string& folder);

/// "passed", "failed" or "not supported".
const char* name_of(CaseResult::Status status);

}  // namespace autonet::exchange
