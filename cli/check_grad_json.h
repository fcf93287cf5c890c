#pragma once

#include <nlohmann/json.hpp>

#include "autonet/check/report.h"
#include "autonet/check/self_test.h"

namespace autonet::cli {

/// The report of check-grad as JSON.
nlohmann::ordered_json to_json(const CheckReport& report);
/// The result of the self-test as JSON, with one entry for each mistake planted.
nlohmann::ordered_json to_json(const SelfTestReport& report);

}  // namespace autonet::cli
