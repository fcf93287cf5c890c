#pragma once

#include <string>

#include "autonet/check/report.h"

namespace autonet::cli {

/// The report as JUnit XML for build servers: a test case for each tensor, rule and claim, and one
/// for the verdict.
std::string to_junit(const CheckReport& report, const std::string& name);

}  // namespace autonet::cli
