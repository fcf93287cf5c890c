#pragma once

#include <string>

#include "cli/json.h"
#include "cli/judgement.h"

namespace autonet::cli {

/// The accuracy of each class and what it is taken for, in lines of at most 80 columns: a matrix if
/// it fits there and has at most 20 classes; otherwise the least accurate classes and the most
/// frequent confusions.
std::string confusion_text(const Judgement& judgement);

/// {"part": "test", "per_class": [{"name": "0", "examples": 359, "accuracy": …}, …],
///  "confusion": [[…], …], "confusions": [{"class": "4", "predicted": "9", "count": 7}, …]}
/// with null for the matrix of more than 20 classes, and the 20 most frequent confusions.
Json to_json(const Judgement& judgement);

}  // namespace autonet::cli
