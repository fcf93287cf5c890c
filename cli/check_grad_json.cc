#include "cli/check_grad_json.h"

#include <cmath>
#include <vector>

namespace autonet::cli {
namespace {

using Json = nlohmann::ordered_json;

/// A number as JSON; null for infinity and NaN, which JSON does not have.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json tensor_json(const TensorCheck& tensor) {
  const auto lengths = tensor.shape.lengths();
  Json json = {
      {"name", tensor.name},
      {"shape", std::vector<Index>(lengths.begin(), lengths.end())},
      {"complex_error", number(tensor.complex_error)},
      {"without_complex_step", tensor.without_complex},
      {"checked", tensor.checked},
      {"elements", tensor.total},
      {"worst_absolute", number(tensor.worst_absolute)},
      {"worst_relative", number(tensor.worst_relative)},
      {"worst_position", tensor.worst_position ? Json(*tensor.worst_position) : Json(nullptr)},
      {"analytic", number(tensor.analytic)},
      {"numeric", number(tensor.numeric)},
      {"zeros", tensor.zeros}};
  json["does_nothing"] = tensor.does_nothing;
  json["verdict"] = name_of(tensor.verdict);
  json["diagnosis"] = tensor.diagnosis;
  return json;
}

}  // namespace

Json to_json(const CheckReport& report) {
  auto tensors = Json::array();
  for (const TensorCheck& tensor : report.tensors) tensors.push_back(tensor_json(tensor));
  auto rules = Json::array();
  for (const RuleCheck& rule : report.rules) {
    rules.push_back({{"op", rule.op},
                     {"input", rule.input},
                     {"calls", rule.calls},
                     {"against", rule.against},
                     {"worst", number(rule.worst)},
                     {"kinks", rule.kinks},
                     {"layer", rule.where},
                     {"verdict", name_of(rule.verdict)},
                     {"diagnosis", rule.diagnosis}});
  }
  auto claims = Json::array();
  for (const ClaimCheck& claim : report.claims) {
    claims.push_back({{"name", claim.name},
                      {"claim", claim.claim},
                      {"compared", claim.compared},
                      {"worst", number(claim.worst)},
                      {"allowed", claim.bound},
                      {"verdict", name_of(claim.verdict)},
                      {"details", claim.details}});
  }
  Json json = {{"verdict", name_of(report.verdict)},
               {"stopped", report.stopped},
               {"tensors", tensors},
               {"rules", rules},
               {"claims", claims},
               {"notes", report.notes},
               {"findings", findings(report)}};
  for (const CheckReport& second : report.second) json["second_order"] = to_json(second);
  return json;
}

Json to_json(const SelfTestReport& report) {
  auto planted = Json::array();
  for (const PlantedMistake& mistake : report.planted) {
    using Outcome = PlantedMistake::Outcome;
    planted.push_back({{"mistake", mistake.mistake},
                       {"op", mistake.op},
                       {"input", mistake.input},
                       {"layer", mistake.where},
                       {"outcome", mistake.outcome == Outcome::caught   ? "caught"
                                   : mistake.outcome == Outcome::missed ? "missed"
                                   : mistake.outcome == Outcome::unseen ? "unseen"
                                                                        : "no effect"},
                       {"tensors", mistake.tensors}});
  }
  return {{"verdict", name_of(report.verdict())},
          {"stopped", report.stopped},
          {"wrong_already", report.wrong},
          {"planted", planted}};
}

}  // namespace autonet::cli
