#pragma once

#include <string>

#include "autonet/check/report.h"
#include "autonet/check/self_test.h"

namespace autonet::cli {

/// The numbers of a report as tables, at most 80 columns wide: tensors along directions and by
/// element, rules, claims; then those of order 2.
std::string tables_of(const CheckReport& report);

/// The result of the self-test: a table with a row for each rule and a column for each mistake.
std::string table_of(const SelfTestReport& report);

}  // namespace autonet::cli
