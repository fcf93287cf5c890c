#include "exchange/onnx_proto.h"

#include <bit>

#include "autonet/text/concat.h"
#include "exchange/wire.h"

namespace autonet::exchange {
namespace {

// Each message calls `field` with the number and the place of each of its fields: both reading and
// writing go by these lists.

void visit(OtherProto& /*m*/, auto&& /*field*/) {}

void visit(MetadataEntry& m, auto&& field) {
  field(1, m.key);
  field(2, m.value);
}

void visit(TensorProto& m, auto&& field) {
  field(1, m.dims);
  field(2, m.data_type);
  field(4, m.float_data);
  field(5, m.int32_data);
  field(6, m.string_data);
  field(7, m.int64_data);
  field(8, m.name);
  field(9, m.raw_data);
  field(10, m.double_data);
  field(11, m.uint64_data);
  field(13, m.external_data);
  field(14, m.data_location);
}

void visit(SequenceProto& m, auto&& field) {
  field(3, m.tensor_values);
  field(5, m.sequence_values);
}

void visit(OptionalProto& m, auto&& field) {
  field(3, m.tensor_value);
  field(5, m.sequence_value);
}

void visit(Dimension& m, auto&& field) {
  field(1, m.dim_value);
  field(2, m.dim_param);
}

void visit(TensorShapeProto& m, auto&& field) {
  field(1, m.dim);
}

void visit(TensorTypeProto& m, auto&& field) {
  field(1, m.elem_type);
  field(2, m.shape);
}

void visit(TypeProto& m, auto&& field) {
  field(1, m.tensor_type);
  field(4, m.sequence_type);
  field(5, m.map_type);
  field(8, m.sparse_tensor_type);
  field(9, m.optional_type);
}

void visit(ValueInfoProto& m, auto&& field) {
  field(1, m.name);
  field(2, m.type);
  field(3, m.doc_string);
}

void visit(AttributeProto& m, auto&& field) {
  field(1, m.name);
  field(2, m.f);
  field(3, m.i);
  field(4, m.s);
  field(5, m.t);
  field(6, m.g);
  field(7, m.floats);
  field(8, m.ints);
  field(9, m.strings);
  field(20, m.type);
  field(21, m.ref_attr_name);
}

void visit(NodeProto& m, auto&& field) {
  field(1, m.input);
  field(2, m.output);
  field(3, m.name);
  field(4, m.op_type);
  field(5, m.attribute);
  field(7, m.domain);
}

void visit(GraphProto& m, auto&& field) {
  field(1, m.node);
  field(2, m.name);
  field(5, m.initializer);
  field(10, m.doc_string);
  field(11, m.input);
  field(12, m.output);
  field(15, m.sparse_initializer);
}

void visit(OperatorSetId& m, auto&& field) {
  field(1, m.domain);
  field(2, m.version);
}

void visit(ModelProto& m, auto&& field) {
  field(1, m.ir_version);
  field(2, m.producer_name);
  field(3, m.producer_version);
  field(6, m.doc_string);
  field(7, m.graph);
  field(8, m.opset_import);
  field(14, m.metadata_props);
  field(25, m.functions);
}

/// Reads messages and counts their parts.
class MessageReader {
 public:
  template <typename M>
  void read(WireReader& in, M& message, int depth) {
    if (depth > kDeepest) in.fail(text::concat("messages are nested deeper than ", kDeepest));
    while (!in.at_end()) {
      const Tag tag = in.tag();
      bool known = false;
      visit(message, [&](int number, auto& value) {
        if (known || tag.number != static_cast<std::uint64_t>(number)) return;
        known = true;
        read_value(in, tag.type, value, depth);
      });
      if (!known) in.skip(tag.type);
    }
  }

 private:
  void count(const WireReader& in) {
    if (++parts_ > kMostParts) in.fail(text::concat("there are more than ", kMostParts, " parts"));
  }

  static void expect(const WireReader& in, WireType type, WireType expected) {
    if (type == expected) return;
    in.fail(text::concat("a field has wire type ", static_cast<int>(type), " instead of ",
                         static_cast<int>(expected), ": the file is damaged"));
  }

  void read_value(WireReader& in, WireType type, std::int64_t& value, int /*depth*/) {
    expect(in, type, WireType::varint);
    value = static_cast<std::int64_t>(in.varint());
  }
  void read_value(WireReader& in, WireType type, float& value, int /*depth*/) {
    expect(in, type, WireType::fixed32);
    value = std::bit_cast<float>(in.fixed32());
  }
  void read_value(WireReader& in, WireType type, double& value, int /*depth*/) {
    expect(in, type, WireType::fixed64);
    value = std::bit_cast<double>(in.fixed64());
  }
  void read_value(WireReader& in, WireType type, std::string& value, int /*depth*/) {
    expect(in, type, WireType::bytes);
    value = in.bytes();
  }
  template <typename T>
  void read_value(WireReader& in, WireType type, std::optional<T>& value, int depth) {
    value.emplace();
    read_value(in, type, *value, depth);
  }
  void read_value(WireReader& in, WireType type, std::vector<std::int64_t>& values, int depth) {
    read_numbers(in, type, WireType::varint, values, depth);
  }
  void read_value(WireReader& in, WireType type, std::vector<float>& values, int depth) {
    read_numbers(in, type, WireType::fixed32, values, depth);
  }
  void read_value(WireReader& in, WireType type, std::vector<double>& values, int depth) {
    read_numbers(in, type, WireType::fixed64, values, depth);
  }
  void read_value(WireReader& in, WireType type, std::vector<std::string>& values, int depth) {
    count(in);
    read_value(in, type, values.emplace_back(), depth);
  }
  template <typename M>
  void read_value(WireReader& in, WireType type, std::vector<M>& messages, int depth) {
    expect(in, type, WireType::bytes);
    count(in);
    WireReader part = in.message();
    read(part, messages.emplace_back(), depth + 1);
  }

  /// One number of a list, or several in one field ("packed").
  template <typename T>
  void read_numbers(WireReader& in, WireType type, WireType single, std::vector<T>& values,
                    int depth) {
    if (type != WireType::bytes) {
      count(in);
      read_value(in, type, values.emplace_back(), depth);
      return;
    }
    WireReader numbers = in.message();
    // Floating-point numbers are no larger in memory than in the file.
    const size_t width = single == WireType::varint ? 1 : sizeof(T);
    if (single != WireType::varint) values.reserve(values.size() + numbers.bytes_left() / width);
    while (!numbers.at_end()) {
      if (single == WireType::varint) count(numbers);
      read_value(numbers, single, values.emplace_back(), depth);
    }
  }

  std::int64_t parts_ = 0;
};

template <typename M>
std::string written(const M& message);

void write(WireWriter& out, int number, std::int64_t value) {
  out.tag(number, WireType::varint);
  out.varint(static_cast<std::uint64_t>(value));
}
void write(WireWriter& out, int number, float value) {
  out.tag(number, WireType::fixed32);
  out.fixed32(std::bit_cast<std::uint32_t>(value));
}
void write(WireWriter& out, int number, const std::string& value) {
  out.tag(number, WireType::bytes);
  out.bytes(value);
}

// Scalar fields with their default, 0 or "", are left out; std::optional says which are written.
void write_field(WireWriter& out, int number, std::int64_t value) {
  if (value != 0) write(out, number, value);
}
void write_field(WireWriter& out, int number, const std::string& value) {
  if (!value.empty()) write(out, number, value);
}
template <typename T>
void write_field(WireWriter& out, int number, const std::optional<T>& value) {
  if (value) write(out, number, *value);
}
void write_field(WireWriter& out, int number, const std::vector<std::string>& values) {
  for (const std::string& value : values) write(out, number, value);
}
template <typename T>
requires std::is_arithmetic_v<T>
void write_field(WireWriter& out, int number, const std::vector<T>& values) {
  if (values.empty()) return;
  WireWriter packed;
  for (const T value : values) {
    if constexpr (std::is_same_v<T, float>) {
      packed.fixed32(std::bit_cast<std::uint32_t>(value));
    } else if constexpr (std::is_same_v<T, double>) {
      packed.fixed64(std::bit_cast<std::uint64_t>(value));
    } else {
      packed.varint(static_cast<std::uint64_t>(value));
    }
  }
  write(out, number, packed.take());
}
template <typename M>
requires std::is_class_v<M>
void write_field(WireWriter& out, int number, const std::vector<M>& messages) {
  for (const M& message : messages) write(out, number, written(message));
}

template <typename M>
std::string written(const M& message) {
  WireWriter out;
  // `visit` serves reading too, so it takes a message that may be changed; nothing is changed here.
  visit(const_cast<M&>(message),
        [&](int number, const auto& value) { write_field(out, number, value); });
  return out.take();
}

template <typename M>
M read_whole(std::string_view bytes, const std::string& name) {
  WireReader in(bytes, name);
  M message;
  MessageReader().read(in, message, 1);
  return message;
}

}  // namespace

ModelProto read_model_proto(std::string_view bytes, const std::string& name) {
  return read_whole<ModelProto>(bytes, name);
}

TensorProto read_tensor_proto(std::string_view bytes, const std::string& name) {
  return read_whole<TensorProto>(bytes, name);
}

SequenceProto read_sequence_proto(std::string_view bytes, const std::string& name) {
  return read_whole<SequenceProto>(bytes, name);
}

OptionalProto read_optional_proto(std::string_view bytes, const std::string& name) {
  return read_whole<OptionalProto>(bytes, name);
}

std::string write_model_proto(const ModelProto& model) {
  return written(model);
}

std::string write_tensor_proto(const TensorProto& tensor) {
  return written(tensor);
}

}  // namespace autonet::exchange
