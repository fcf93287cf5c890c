#include "exchange/conformance.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <new>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "exchange/onnx_parts.h"

namespace autonet::exchange {
namespace {

namespace fs = std::filesystem;

constexpr Index kLargestFile = Index{1} << 31;

/// A case that failed, with the reason.
class Failure : public Error {
 public:
  using Error::Error;
};

std::string read(const fs::path& path) {
  return autonet::internal::read_file(path.string(), kLargestFile);
}

/// A value of a case: a tensor, a sequence of tensors, or none.
struct Value {
  std::vector<TensorProto> tensors;
  bool sequence = false;
  bool none = false;
};

Value value_of(const SequenceProto& list) {
  if (!list.sequence_values.empty()) throw NotSupported("a sequence of sequences");
  return {.tensors = list.tensor_values, .sequence = true};
}

/// The value of a file, which is of the type that the model declares.
Value read_value(const fs::path& path, const std::string& type) {
  const std::string bytes = read(path);
  if (type == "sequence") return value_of(read_sequence_proto(bytes, path.string()));
  if (type != "optional") return {.tensors = {read_tensor_proto(bytes, path.string())}};
  const OptionalProto optional = read_optional_proto(bytes, path.string());
  if (!optional.sequence_value.empty()) return value_of(optional.sequence_value[0]);
  return {.tensors = optional.tensor_value, .none = optional.tensor_value.empty()};
}

/// The values FOLDER/PREFIX_0.pb, PREFIX_1.pb, …
std::vector<Value> values_in(const fs::path& folder, const std::string& prefix,
                             const std::vector<OnnxValue>& declared) {
  std::vector<Value> values;
  for (size_t k = 0;; ++k) {
    const fs::path path = folder / text::concat(prefix, "_", k, ".pb");
    if (!fs::exists(path)) return values;
    values.push_back(read_value(path, k < declared.size() ? declared[k].type : ""));
  }
}

/// In float16 and bfloat16 two units of the last place are more than a thousandth.
/// `largest` is the largest number of the output: sums of such numbers round to its last place.
bool is_close(double got, double wanted, double largest, Element type) {
  if (std::isnan(wanted)) return std::isnan(got);
  if (std::isinf(wanted) || std::isinf(got)) return got == wanted;
  const double share = type == Element::bfloat16  ? 0x1p-6
                       : type == Element::float16 ? 0x1p-9
                                                  : 1e-3;
  const double rounding = type == Element::float32 ? 0x1p-23 * largest : 0.0;
  return std::abs(got - wanted) <= 1e-7 + share * std::abs(wanted) + rounding;
}

/// Some files call the bits of bfloat16 uint16, as NumPy does.
TensorProto as_declared(TensorProto tensor, Element declared) {
  if (declared == Element::bfloat16 &&
      tensor.data_type == static_cast<std::int64_t>(Element::uint16)) {
    tensor.data_type = static_cast<std::int64_t>(declared);
  }
  return tensor;
}

void compare(const Tensor& got, const TensorProto& expected, size_t k) {
  const auto where = text::concat("output ", k);
  const auto type = static_cast<Element>(expected.data_type);
  const Array wanted = array_of(expected, where);
  if (got.type != type) {
    throw Failure(text::concat(where, " is ", name_of(got.type), " instead of ", name_of(type)));
  }
  if (got.var.shape() != wanted.shape()) {
    throw Failure(text::concat(where, " is ", got.var.shape(), " instead of ", wanted.shape()));
  }
  const std::vector<double> a = got.var.value().to_vector();
  const std::vector<double> b = wanted.to_vector();
  double largest = 0.0;
  for (const double number : b) {
    if (std::isfinite(number)) largest = std::max(largest, std::abs(number));
  }
  for (size_t i = 0; i < a.size(); ++i) {
    const bool good = is_real(type) ? is_close(a[i], b[i], largest, type) : a[i] == b[i];
    if (!good) {
      throw Failure(text::concat(
          where, " at ", autonet::internal::position_text(static_cast<Index>(i), wanted.shape()),
          " is ", a[i], " instead of ", b[i]));
    }
  }
}

void compare(const Tensor& got, const Value& expected, size_t k) {
  if (got.none != expected.none || (got.items != nullptr) != expected.sequence)
    throw Failure(text::concat("output ", k, " is of another kind"));
  if (expected.none) return;
  if (!expected.sequence) {
    if (!got.var.valid()) throw Failure(text::concat("output ", k, " is of another kind"));
    return compare(got, as_declared(expected.tensors.at(0), got.type), k);
  }
  if (got.items->size() != expected.tensors.size()) {
    throw Failure(text::concat("output ", k, " has ", got.items->size(), " items instead of ",
                               expected.tensors.size()));
  }
  for (size_t i = 0; i < expected.tensors.size(); ++i)
    compare((*got.items)[i], as_declared(expected.tensors[i], (*got.items)[i].type), k);
}

/// Throws NotSupported for inputs that do not have the shape that the case's own model declares.
void check_declared(const autonet::internal::OnnxParts& parts, const std::vector<Tensor>& inputs) {
  for (size_t i = 0; i < std::min(inputs.size(), parts.inputs.size()); ++i) {
    const OnnxValue& declared = parts.inputs[i];
    if (!inputs[i].var.valid()) continue;
    const Shape& shape = inputs[i].var.shape();
    bool same = declared.any_rank || std::ssize(declared.lengths) == shape.rank();
    for (size_t k = 0; same && k < declared.lengths.size(); ++k) {
      same = declared.lengths[k] < 0 || declared.lengths[k] == shape[static_cast<int>(k)];
    }
    if (!same) {
      throw NotSupported(text::concat("the case contradicts itself: its input ", i, " is ", shape,
                                      ", but its model declares ", declared.str()));
    }
  }
}

void run_data_set(const autonet::internal::OnnxParts& parts, const fs::path& folder) {
  Tape tape;
  std::vector<Tensor> inputs;
  for (const Value& given : values_in(folder, "input", parts.inputs)) {
    const size_t at = inputs.size();
    const Element declared =
        at < parts.input_types.size() ? parts.input_types[at] : Element::undefined;
    Sequence items;
    for (const TensorProto& one : given.tensors) {
      const TensorProto tensor = as_declared(one, declared);
      const Array array = array_of(tensor, text::concat("input ", at));
      items.push_back({tape.variable(array), static_cast<Element>(tensor.data_type), {}});
    }
    Tensor value;
    value.none = given.none;
    if (given.sequence) value.items = std::make_shared<const Sequence>(std::move(items));
    inputs.push_back(given.sequence || given.none ? value : items.at(0));
  }
  check_declared(parts, inputs);
  std::vector<Var> weights;
  for (const OnnxWeight& weight : parts.weights) weights.push_back(tape.constant(weight.array));
  const std::vector<Tensor> outputs =
      autonet::internal::record_onnx(parts, tape, inputs, weights, true);
  const std::vector<Value> expected = values_in(folder, "output", parts.outputs);
  if (outputs.size() != expected.size()) {
    throw Failure(text::concat("it has ", outputs.size(), " outputs instead of ", expected.size()));
  }
  for (size_t k = 0; k < expected.size(); ++k) compare(outputs[k], expected[k], k);
}

/// The operator that a case tests. A case "X_expanded" tests the same as X, written by other
/// operators.
std::string operator_of(const fs::path& folder, const autonet::internal::OnnxParts& parts) {
  const std::string name = folder.filename().string();
  const size_t expanded = name.find("_expanded");
  if (expanded != name.npos) {
    const fs::path plain = folder.parent_path() / name.substr(0, expanded) / "model.onnx";
    if (fs::exists(plain)) {
      const ModelProto model = read_model_proto(read(plain), plain.string());
      if (!model.graph.empty() && !model.graph[0].node.empty())
        return model.graph[0].node.back().op_type;
    }
  }
  if (parts.graph().node.empty()) return "";
  return parts.graph().node.back().op_type;
}

void run_case(const fs::path& folder, CaseResult& result) {
  const fs::path path = folder / "model.onnx";
  const auto parts =
      autonet::internal::read_onnx(read(path), path.filename().string(), folder.string());
  result.operator_ = operator_of(folder, parts);
  autonet::internal::check_supported(parts, true);
  size_t sets = 0;
  for (;; ++sets) {
    const fs::path data = folder / text::concat("test_data_set_", sets);
    if (!fs::exists(data)) break;
    run_data_set(parts, data);
  }
  if (sets == 0) throw Failure("there is no test_data_set_0");
}

}  // namespace

std::vector<std::string> find_cases(const std::string& folder) {
  std::vector<std::string> cases;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename() == "model.onnx") cases.push_back(at->path().parent_path().string());
  }
  if (error) throw DataError(text::concat("reading ", folder, ": ", error.message()));
  if (cases.empty()) {
    throw DataError(text::concat("reading ", folder,
                                 ": there is no folder with model.onnx; Debian's package "
                                 "libonnx-testdata has cases in "
                                 "/usr/share/libonnx-testdata/data/node"));
  }
  std::ranges::sort(cases);
  return cases;
}

CaseResult run_case(const std::string& folder) {
  CaseResult result;
  const fs::path path(folder);
  result.name = path.filename().string();
  result.operator_ = "(not read)";
  try {
    run_case(path, result);
  } catch (const NotSupported& error) {
    result.status = CaseResult::Status::unsupported;
    result.reason = error.what();
  } catch (const Error& error) {
    result.status = CaseResult::Status::failed;
    result.reason = error.what();
  } catch (const std::bad_alloc&) {
    result.status = CaseResult::Status::failed;
    result.reason = "there is not enough memory";
  }
  return result;
}

const char* name_of(CaseResult::Status status) {
  switch (status) {
    case CaseResult::Status::passed:
      return "passed";
    case CaseResult::Status::failed:
      return "failed";
    case CaseResult::Status::unsupported:
      return "not supported";
  }
  return "";
}

}  // namespace autonet::exchange
