// The format of Protocol Buffers: numbers by hand, and what is refused.
#include "exchange/wire.h"

#include "tests/exchange/small_graph.h"

namespace autonet::exchange {
namespace {

std::string error_of_model(std::string_view bytes) {
  return error_of([&] { (void)read_model_proto(bytes, "m.onnx"); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("whole numbers are groups of 7 bits, the lowest first") {
  WireWriter out;
  out.varint(300);
  CHECK(out.take() == "\xAC\x02");  // the example of the format's description
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                     std::uint64_t{1} << 63U, ~std::uint64_t{0}}) {
    out.varint(number);
    const std::string bytes = out.take();
    WireReader in(bytes, "x");
    CHECK(in.varint() == number);
    CHECK(in.at_end());
  }
}

TEST_CASE("a message is read as it was written") {
  ModelProto model;
  model.ir_version = 8;
  model.opset_import.push_back({"", 17});
  GraphProto& graph = model.graph.emplace_back();
  graph.name = "g";
  NodeProto& node = graph.node.emplace_back();
  node.op_type = "Conv";
  node.input = {"x", "", "b"};
  node.attribute.push_back(attribute("i", Index{-5}));
  node.attribute.push_back(attribute("zero", Index{0}));
  node.attribute.push_back(attribute("f", 0.25));
  node.attribute.push_back(attribute("s", "text"));
  node.attribute.push_back(attribute("ints", std::vector<Index>{-1, 0, 1 << 20}));
  graph.initializer.push_back(
      tensor_proto("w", Array::from<double>({2}, {0.5, -2.0}), Element::float32));
  const ModelProto read = read_model_proto(write_model_proto(model), "m.onnx");
  REQUIRE(read.graph.size() == 1);
  const NodeProto& same = read.graph[0].node.at(0);
  CHECK(read.opset_import.at(0).version == 17);
  CHECK(same.input == node.input);
  CHECK(same.attribute.at(0).i == -5);
  CHECK(same.attribute.at(1).i == 0);
  CHECK(same.attribute.at(2).f == 0.25F);
  CHECK(same.attribute.at(3).s == "text");
  CHECK(same.attribute.at(4).ints == node.attribute[4].ints);
  CHECK(array_of(read.graph[0].initializer.at(0), "w").to_vector() ==
        std::vector<double>{0.5, -2.0});
}

TEST_CASE("fields that are not known are passed over") {
  WireWriter out;
  out.tag(100, WireType::varint);
  out.varint(7);
  out.tag(101, WireType::bytes);
  out.bytes("unknown");
  out.tag(1, WireType::varint);
  out.varint(8);
  out.tag(102, WireType::fixed64);
  out.fixed64(1);
  CHECK(read_model_proto(out.take(), "m.onnx").ir_version == 8);
}

TEST_CASE("damaged messages are refused with the place") {
  using std::string_literals::operator""s;
  CHECK(contains(error_of_model("\x08"), "m.onnx: at byte 1: the file ends within a number"));
  CHECK(contains(error_of_model("\x3A\x05xx"), "a value of 5 bytes was expected, but 2 are left"));
  CHECK(contains(error_of_model("\x0B"), "wire type 3"));
  CHECK(contains(error_of_model("\x00\x00"s), "a field has a wrong number"));
  CHECK(contains(error_of_model("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), "64 bits"));
  CHECK(contains(error_of_model("\x0A\x01x"), "wire type 2 instead of 0"));
  // A length near 2^64 does not overflow.
  CHECK(contains(error_of_model("\x3A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), "are left"));
}

TEST_CASE("messages that contain each other are refused beyond a depth") {
  // A graph in an attribute of a node of a graph …
  std::string graph;
  for (int k = 0; k < 40; ++k) {
    WireWriter attribute;
    attribute.tag(6, WireType::bytes);
    attribute.bytes(graph);
    WireWriter node;
    node.tag(5, WireType::bytes);
    node.bytes(attribute.take());
    WireWriter outer;
    outer.tag(1, WireType::bytes);
    outer.bytes(node.take());
    graph = outer.take();
  }
  WireWriter model;
  model.tag(7, WireType::bytes);
  model.bytes(graph);
  CHECK(contains(error_of_model(model.take()), "nested deeper than 64"));
}

TEST_CASE("a small file cannot hold so many parts that they fill the memory") {
  std::string nodes;  // empty nodes, two bytes each
  for (std::int64_t i = 0; i <= kMostParts; ++i) nodes += std::string_view("\x0A\x00", 2);
  WireWriter model;
  model.tag(7, WireType::bytes);
  model.bytes(nodes);
  CHECK(contains(error_of_model(model.take()), "more than 4194304 parts"));
}

TEST_CASE("a tensor whose numbers do not fit its shape is refused before it is made") {
  TensorProto tensor;
  tensor.dims = {1 << 20, 1 << 20};
  tensor.data_type = static_cast<std::int64_t>(Element::float32);
  tensor.raw_data = "12345678";
  CHECK(contains(error_of([&] { (void)array_of(tensor, "w"); }),
                 "w has the shape [1048576,1048576] and the number type float, which needs "
                 "1099511627776 times 4 bytes, but there are 8"));
  tensor.dims = {-1};
  CHECK(contains(error_of([&] { (void)array_of(tensor, "w"); }), "a length is -1"));
  tensor.dims = {1};
  tensor.data_type = static_cast<std::int64_t>(Element::string);
  CHECK(contains(error_of([&] { (void)array_of(tensor, "w"); }), "the number type string"));
}

TEST_CASE("whole numbers beyond 2^53 are refused, but for the ends of the range") {
  TensorProto tensor;
  tensor.dims = {1};
  tensor.data_type = static_cast<std::int64_t>(Element::int64);
  tensor.int64_data = {std::numeric_limits<std::int64_t>::max()};
  CHECK(array_of(tensor, "w").to_vector()[0] == doctest::Approx(9.223372036854775807e18));
  tensor.int64_data = {(std::int64_t{1} << 53) + 1};
  CHECK(contains(error_of([&] { (void)array_of(tensor, "w"); }), "beyond 2^53"));
}

TEST_CASE("half precision is read and rounded") {
  TensorProto tensor;
  tensor.dims = {4};
  tensor.data_type = static_cast<std::int64_t>(Element::float16);
  tensor.int32_data = {0x3C00, 0xC000, 0x0001, 0x7C00};
  const std::vector<double> numbers = array_of(tensor, "w").to_vector();
  CHECK(numbers[0] == 1.0);
  CHECK(numbers[1] == -2.0);
  CHECK(numbers[2] == std::ldexp(1.0, -24));
  CHECK(std::isinf(numbers[3]));
  Tape tape;
  const Var x = tape.variable(Array::from<float>({3}, {1.0F + 0x1p-11F, 65519.0F, 65520.0F}));
  const std::vector<double> rounded = wrapped(x, Element::float16).value().to_vector();
  CHECK(rounded[0] == 1.0);  // halfway: to the even one
  CHECK(rounded[1] == 65504.0);
  CHECK(std::isinf(rounded[2]));
}

TEST_CASE("numbers of 8 bits and fewer are read and rounded") {
  const auto numbers = [](Element type, const std::string& bytes, Index count) {
    TensorProto tensor;
    tensor.dims = {count};
    tensor.data_type = static_cast<std::int64_t>(type);
    tensor.raw_data = bytes;
    return array_of(tensor, "w").to_vector();
  };
  // The largest number, the smallest one, -1 and NaN of the tables in ONNX's description.
  const std::vector<double> e4m3 = numbers(Element::float8e4m3fn, "\x7E\x01\xB8\x7F", 4);
  CHECK(e4m3[0] == 448.0);
  CHECK(e4m3[1] == std::ldexp(1.0, -9));
  CHECK(e4m3[2] == -1.0);
  CHECK(std::isnan(e4m3[3]));
  CHECK(numbers(Element::float8e5m2, "\x7B\x7C", 2)[0] == 57344.0);
  CHECK(std::isinf(numbers(Element::float8e5m2, "\x7B\x7C", 2)[1]));
  CHECK(std::isnan(numbers(Element::float8e4m3fnuz, "\x80", 1)[0]));
  CHECK(numbers(Element::float4e2m1, "\x71", 2) == std::vector<double>{0.5, 6.0});
  CHECK(numbers(Element::int4, "\x8F\x07", 3) == std::vector<double>{-1.0, -8.0, 7.0});
  CHECK(numbers(Element::uint2, "\xE4", 4) == std::vector<double>{0.0, 1.0, 2.0, 3.0});
  Tape tape;
  const Var x = tape.variable(Array::from<float>({4}, {17.0F, 1000.0F, -0.3F, 19.0F}));
  CHECK(wrapped(x, Element::float8e4m3fn).value().to_vector() ==
        std::vector<double>{16.0, 448.0, -0.3125, 20.0});
  CHECK(std::isnan(wrapped(x, Element::float8e4m3fn, false).value().at({1})));
  CHECK(wrapped(x, Element::int4).value().at({0}) == 1.0);
}

}  // namespace autonet::exchange
