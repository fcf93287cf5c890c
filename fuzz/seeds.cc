// Writes the first inputs of each target: fuzz_seeds FOLDER makes FOLDER/TARGET/….
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "autonet/exchange/to_onnx.h"
#include "autonet/models/model.h"
#include "fuzz/small_model.h"
#include "train/array_formats.h"
#include "train/run_state.h"

namespace autonet::fuzz {
namespace {

using namespace std::string_literals;

#include "tests/data/samples.inc"

std::filesystem::path folder;

void put(const std::string& target, const std::string& name, const std::string& bytes) {
  std::filesystem::create_directories(folder / target);
  std::ofstream(folder / target / name, std::ios::binary) << bytes;
}

template <size_t kSize>
std::string text_of(const unsigned char (&bytes)[kSize]) {
  return {reinterpret_cast<const char*>(bytes), kSize};
}

/// Adds a text, and the same packed by gzip.
void put_both(const std::string& target, const std::string& bytes) {
  put(target, "plain", bytes);
  const std::string path = (folder / target / "packed").string();
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

std::string little(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 255);
  return bytes;
}

std::string npy(const std::string& type, const std::string& order, const std::string& shape) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  header.resize(117, ' ');
  return "\x93NUMPY\x01\x00\x76\x00"s + header + "\n" + std::string(48, '\1');
}

/// A file in a tar archive.
std::string member(const std::string& name, const std::string& content, char kind = '0') {
  std::string block(512, '\0');
  const auto set = [&](size_t at, const std::string& text) {
    block.replace(at, text.size(), text);
  };
  set(0, name);
  std::string size(11, '0');
  size[10] = static_cast<char>('0' + content.size() % 8);
  size[9] = static_cast<char>('0' + content.size() / 8 % 8);
  set(124, size);
  set(148, std::string(8, ' '));
  block[156] = kind;
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::string digits(6, '0');
  for (size_t i = 6; i > 0; --i, sum /= 8) digits[i - 1] = static_cast<char>('0' + sum % 8);
  set(148, digits + '\0');
  std::string padded = content;
  padded.resize((content.size() + 511) / 512 * 512);
  return block + padded;
}

void put_models() {
  for (const auto& entry : std::filesystem::directory_iterator(AUTONET_SOURCE_DIR "/models")) {
    if (entry.path().extension() != ".json" || entry.path().stem().extension() == ".schema")
      continue;
    std::ifstream file(entry.path());
    put("model", entry.path().stem().string(), {std::istreambuf_iterator<char>(file), {}});
  }
  put("model", "small", kSmallModel);
  int number = 0;
  for (const char* setting : {"training.epochs=7", "layers.c.channels=4", "layers.0.kernel=[1,2]",
                              "/layers/output/units=5", "loss=mean_squared_error",
                              "layers=[{\"type\":\"linear\",\"units\":3}]", "name=a.b", "x="}) {
    put("set", std::to_string(number++), setting);
  }
}

void put_arrays() {
  const Model model = Model::parse(kSmallModel, "m.json");
  internal::Run run = internal::start_run(model, 1, 10, model.initial_weights(DType::f32, 1));
  const ArrayFile weights = internal::to_weights_file(model, run);
  const ArrayFile whole = internal::to_run_file(model, run);
  ArrayFile tiny;
  tiny.arrays.push_back({"x", Array::scalar(1.5)});
  tiny.texts.emplace_back("model", "{}");
  int number = 0;
  for (const ArrayFile& file : {weights, whole, tiny, ArrayFile{}}) {
    put("npz", std::to_string(number), internal::to_npz(file));
    put("safetensors", std::to_string(number++), internal::to_safetensors(file));
  }
  for (const auto& [key, text] : whole.texts) {
    if (key == "run") put("run_state", "start", text);
  }
  put("npy", "f4", npy("<f4", "False", "(3, 4)"));
  put("npy", "u1", npy("|u1", "True", "(6, 8)"));
  put("npy", "i8", npy("<i8", "False", "(6,)"));
}

void put_graphs() {
  const Model model = Model::parse(kSmallModel, "m.json");
  const Weights weights = model.initial_weights(DType::f32, 1);
  put("onnx", "small", to_onnx(model, weights));
  put("onnx", "logits", to_onnx(model, weights, {.channels_first = true, .logits = true}));
}

void put_data() {
  put_both("idx", "\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\3"s + "abcdefghijkl");
  std::string line = "6.0000";
  for (int i = 0; i < 256; ++i) line += i % 3 == 0 ? " -1" : " 0.5";
  put_both("usps", line + "\n" + line + " \n");
  put("cifar", "ten", "\3" + std::string(3072, 'x'));
  put("cifar", "hundred", "\3\4" + std::string(3072, 'x'));
  put("norb", "dat",
      little(0x1E3D4C55) + little(4) + little(1) + little(2) + little(2) + little(3) +
          "abcdefghijkl");
  put("svhn", "two", text_of(kSvhn));
  put_both("csv", "x,w,y,z\n1,2,0,0.5\n\"3\",4,1,\"7\"\n");
  put("csv", "semicolon", "x;y;z\n1;a;2\n");
  put_both("libsvm", "1 1:0.5 3:2 # x\n-1 2:1e-3\n");
  put("picture", "png", text_of(kPng));
  put("picture", "ppm", "P6\n2 2\n255\nabcdefghijkl");
  put("picture", "pgm", "P5 # c\n3 2 255\nabcdef");
  put("jpeg", "grey", text_of(kJpeg));
  put_both("tar", member("in/a.bin", "abc") + member("in/", "", '5') + member("../b.bin", "b") +
                      std::string(1024, '\0'));
}

}  // namespace
}  // namespace autonet::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  autonet::fuzz::folder = argv[1];
  autonet::fuzz::put_models();
  autonet::fuzz::put_arrays();
  autonet::fuzz::put_graphs();
  autonet::fuzz::put_data();
  return 0;
}
