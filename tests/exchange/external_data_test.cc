// Weights that an ONNX file keeps in another file.
#include <doctest/doctest.h>

#include "tests/data/scratch.h"
#include "tests/exchange/small_graph.h"

namespace autonet::exchange {
namespace {

/// A graph y = x + w whose w [2] is in another file.
std::string bytes_with(const std::vector<MetadataEntry>& entries) {
  SmallGraph g;
  const std::string x = g.input("x", {2});
  g.weight("w", Array::from<double>({2}, {0.5, -4.0}));
  TensorProto& w = g.writer.graph().initializer[0];
  w.raw_data.clear();
  w.data_location = 1;
  w.external_data = entries;
  g.output(g.writer.node("Add", {x, "w"}));
  return g.bytes();
}

std::string numbers_file() {
  return "12345678" +
         tensor_proto("", Array::from<double>({2}, {0.5, -4.0}), Element::float64).raw_data;
}

std::string error_with(const internal::ScratchFolder& folder,
                       const std::vector<MetadataEntry>& entries) {
  const std::string path = folder.write("m.onnx", bytes_with(entries));
  return error_of([&] { (void)OnnxGraph::load(path); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("weights in another file are read") {
  const internal::ScratchFolder folder;
  folder.write("m.data", numbers_file());
  const std::string path = folder.write(
      "m.onnx", bytes_with({{"location", "m.data"}, {"offset", "8"}, {"length", "16"}}));
  const OnnxGraph graph = OnnxGraph::load(path);
  CHECK(graph.weights().at(0).array.to_vector() == std::vector<double>{0.5, -4.0});
}

TEST_CASE("a file of weights that is missing, too short or elsewhere is refused") {
  const internal::ScratchFolder folder;
  folder.write("m.data", numbers_file());
  CHECK(contains(error_with(folder, {{"location", "no.data"}}), "no.data is not there"));
  CHECK(contains(error_with(folder, {}), "not in the folder of the model"));
  CHECK(
      contains(error_with(folder, {{"location", "../m.data"}}), "not in the folder of the model"));
  CHECK(contains(error_with(folder, {{"location", "/etc/passwd"}}), "not in the folder"));
  CHECK(contains(error_with(folder, {{"location", "m.data"}, {"offset", "9"}}),
                 "it needs bytes 9 to 25 of "));
  CHECK(contains(error_with(folder, {{"location", "m.data"}, {"length", "8"}}),
                 "it needs 16 bytes, but the file says 8"));
  CHECK(contains(error_with(folder, {{"location", "m.data"}, {"offset", "-1"}}),
                 "its offset is not a number"));
  CHECK(contains(error_with(folder, {{"location", "m.data"}, {"offset", "18446744073709551615"}}),
                 "which has 24"));
  // Without a folder, as from memory, there is no other file.
  const std::string bytes = bytes_with({{"location", "m.data"}});
  CHECK(contains(error_of([&] { (void)OnnxGraph::parse(bytes, "m.onnx"); }), "in another file"));
}

}  // namespace autonet::exchange
