#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autonet::exchange {

// The messages of an ONNX file that autonet reads and writes, with the names of onnx.proto
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). The numbers of their fields stand in
// onnx_proto.cc. Fields that are not listed are passed over.

/// TensorProto.DataType.
enum class Element : std::int32_t {
  undefined = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  string = 8,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  uint64 = 13,
  complex64 = 14,
  complex128 = 15,
  bfloat16 = 16,
  float8e4m3fn = 17,
  float8e4m3fnuz = 18,
  float8e5m2 = 19,
  float8e5m2fnuz = 20,
  uint4 = 21,
  int4 = 22,
  float4e2m1 = 23,
  float8e8m0 = 24,
  uint2 = 25,
  int2 = 26,
};

struct MetadataEntry {
  std::string key;
  std::string value;
};

struct TensorProto {
  std::vector<std::int64_t> dims;
  std::int64_t data_type = 0;
  std::vector<float> float_data;
  std::vector<std::int64_t> int32_data;
  std::vector<std::string> string_data;
  std::vector<std::int64_t> int64_data;
  std::string name;
  std::string raw_data;
  std::vector<double> double_data;
  std::vector<std::int64_t> uint64_data;
  std::vector<MetadataEntry> external_data;  // where they are, if data_location is 1
  std::int64_t data_location = 0;            // 1: in another file
};

struct Dimension {
  std::optional<std::int64_t> dim_value;  // not set: any length
  std::string dim_param;
};

struct TensorShapeProto {
  std::vector<Dimension> dim;
};

struct TensorTypeProto {
  std::int64_t elem_type = 0;
  std::vector<TensorShapeProto> shape;  // none or one
};

/// A message of which autonet only needs to know that it is there.
struct OtherProto {};

/// A list of tensors.
struct SequenceProto {
  std::vector<TensorProto> tensor_values;
  std::vector<SequenceProto> sequence_values;
};

/// A value, or none.
struct OptionalProto {
  std::vector<TensorProto> tensor_value;      // none or one
  std::vector<SequenceProto> sequence_value;  // none or one
};

struct TypeProto {
  std::vector<TensorTypeProto> tensor_type;  // none or one, as those that follow
  std::vector<OtherProto> sequence_type;
  std::vector<OtherProto> map_type;
  std::vector<OtherProto> sparse_tensor_type;
  std::vector<OtherProto> optional_type;
};

struct ValueInfoProto {
  std::string name;
  std::vector<TypeProto> type;  // none or one
  std::string doc_string;
};

struct GraphProto;

struct AttributeProto {
  enum Type : std::int8_t {
    kFloat = 1,
    kInt = 2,
    kString = 3,
    kTensor = 4,
    kGraph = 5,
    kFloats = 6,
    kInts = 7,
    kStrings = 8,
  };
  std::string name;
  std::string ref_attr_name;
  std::optional<float> f;
  std::optional<std::int64_t> i;
  std::optional<std::string> s;
  std::vector<TensorProto> t;  // none or one
  std::vector<GraphProto> g;   // none or one
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> strings;
  std::int64_t type = 0;
};

struct NodeProto {
  std::vector<std::string> input;  // "" for an optional input that is absent
  std::vector<std::string> output;
  std::string name;
  std::string op_type;
  std::vector<AttributeProto> attribute;
  std::string domain;
};

struct GraphProto {
  std::vector<NodeProto> node;
  std::string name;
  std::vector<TensorProto> initializer;
  std::vector<OtherProto> sparse_initializer;
  std::string doc_string;
  std::vector<ValueInfoProto> input;
  std::vector<ValueInfoProto> output;
};

struct OperatorSetId {
  std::string domain;
  std::int64_t version = 0;
};

struct ModelProto {
  std::int64_t ir_version = 0;
  std::string producer_name;
  std::string producer_version;
  std::string doc_string;
  std::vector<GraphProto> graph;  // none or one
  std::vector<OperatorSetId> opset_import;
  std::vector<MetadataEntry> metadata_props;
  std::vector<OtherProto> functions;
};

/// Reads a file's bytes. `name` is the file's name in errors. Throws DataError if they are damaged,
/// nested too deeply or hold more parts than kMostParts.
ModelProto read_model_proto(std::string_view bytes, const std::string& name);
TensorProto read_tensor_proto(std::string_view bytes, const std::string& name);
SequenceProto read_sequence_proto(std::string_view bytes, const std::string& name);
OptionalProto read_optional_proto(std::string_view bytes, const std::string& name);

/// The bytes of a file.
std::string write_model_proto(const ModelProto& model);
std::string write_tensor_proto(const TensorProto& tensor);

/// The most messages, and the most whole numbers and texts in lists, in one file: so that a small
/// file cannot take much memory.
constexpr std::int64_t kMostParts = std::int64_t{1} << 22;
/// The most messages that contain each other.
constexpr int kDeepest = 64;

}  // namespace autonet::exchange
