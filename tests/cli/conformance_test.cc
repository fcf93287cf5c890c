// conformance: ONNX's own cases where they are installed, and cases made here.
#include <nlohmann/json.hpp>

#include "exchange/onnx_writer.h"
#include "exchange/tensor.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

constexpr const char* kCases = "/usr/share/libonnx-testdata/data/node";

/// Writes a case of an operator of one f32 vector.
void write_case(const TestFolder& folder, const std::string& name, const std::string& type,
                const std::vector<float>& x, const std::vector<float>& y) {
  using namespace exchange;
  const auto vector = [](const std::string& of, const std::vector<float>& numbers) {
    return tensor_proto(of, Array::from<float>({std::ssize(numbers)}, numbers), Element::float32);
  };
  const auto info = [](const std::string& of) {
    ValueInfoProto value;
    value.name = of;
    value.type.emplace_back().tensor_type.emplace_back().elem_type = 1;
    return value;
  };
  ModelProto model;
  model.opset_import.push_back({"", 17});
  GraphProto& graph = model.graph.emplace_back();
  NodeProto& node = graph.node.emplace_back();
  node.op_type = type;
  node.input = {"x"};
  node.output = {"y"};
  graph.input.push_back(info("x"));
  graph.output.push_back(info("y"));
  std::filesystem::create_directories(folder.path(name + "/test_data_set_0"));
  folder.write(name + "/model.onnx", write_model_proto(model));
  folder.write(name + "/test_data_set_0/input_0.pb", write_tensor_proto(vector("x", x)));
  folder.write(name + "/test_data_set_0/output_0.pb", write_tensor_proto(vector("y", y)));
}

}  // namespace

TEST_CASE("a case passes, fails or is not supported, with the reason") {
  const TestFolder folder;
  write_case(folder, "good", "Relu", {-1, 2}, {0, 2});
  const Outcome good = run_program(folder, {"conformance", "."});
  CHECK(good.status == 0);
  write_case(folder, "wrong_number", "Relu", {-1, 2}, {0, 2.5F});
  write_case(folder, "wrong_shape", "Relu", {-1, 2}, {0});
  write_case(folder, "unknown", "NoSuchOp", {-1}, {0});
  write_case(folder, "damaged", "Relu", {-1}, {0});
  folder.write("damaged/model.onnx", "\x3A\x7F");
  const Outcome all = run_program(folder, {"conformance", "."});
  CHECK(all.status == 1);
  CHECK_MESSAGE(contains(all.out, "wrong_number: failed: output 0 at [1] is 2 instead of 2.5"),
                all.out);
  CHECK(contains(all.out, "wrong_shape: failed: output 0 is [2] instead of [1]\n"));
  CHECK(contains(all.out, "unknown: not supported: model.onnx: not supported: operator NoSuchOp"));
  CHECK(contains(all.out, "damaged: failed: reading model.onnx: at byte 2: "));
  const Outcome as_json = run_program(folder, {"conformance", ".", "--json"});
  const json parsed = json::parse(as_json.out);
  CHECK(parsed["total"] == json({{"passed", 1}, {"failed", 3}, {"not_supported", 1}}));
  CHECK(parsed["cases"].size() == 5);
}

TEST_CASE("ONNX's cases pass or are not supported; none fails that is right itself") {
  if (!std::filesystem::exists(kCases)) {
    MESSAGE("SKIPPED: " << std::string(kCases)
                        << ", of Debian's package libonnx-testdata, is not installed");
    return;
  }
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"conformance", kCases, "--json"});
  const json parsed = json::parse(outcome.out);
  CHECK(parsed["total"]["passed"] >= 880);
  for (const auto& result : parsed["cases"]) {
    const bool explained = result["result"] == "passed" || !result["reason"].empty();
    CHECK_MESSAGE(explained, result["case"]);
    // This case leaves out the epsilon with which its outputs were computed.
    const bool wrong_itself = result["case"] == "test_adam_multiple";
    if (!wrong_itself) CHECK_MESSAGE(result["result"] != "failed", result.dump());
  }
}

}  // namespace autonet::cli
