// .npz and .safetensors: round trips, the same bytes each time, and damaged files.
#include "train/array_formats.h"

#include <doctest/doctest.h>

#include <unistd.h>
#include <zlib.h>

#include <cstring>

#include <filesystem>
#include <fstream>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"

namespace autonet::internal {
namespace {

ArrayFile sample_file() {
  ArrayFile file;
  file.arrays.push_back({"conv_1/weight", Array::from<float>({2, 3}, {1, 2, 3, 4, 5, 6})});
  file.arrays.push_back({"conv_1/bias", Array::from<double>({3}, {0.1, -0.2, 1e300})});
  file.arrays.push_back({"scalar", Array::scalar(7.0)});
  file.arrays.push_back({"empty", Array::zeros({{0, 4}, DType::f32})});
  // A view is written like an array of its own.
  file.arrays.push_back({"flipped", Array::from<float>({2, 2}, {1, 2, 3, 4}).swap_axes(0, 1)});
  file.texts.emplace_back("model", "{ \"name\": \"ü\" }\n");
  file.texts.emplace_back("run", "");
  return file;
}

void check_same(const ArrayFile& a, const ArrayFile& b) {
  REQUIRE(a.arrays.size() == b.arrays.size());
  for (size_t i = 0; i < a.arrays.size(); ++i) {
    CHECK(a.arrays[i].name == b.arrays[i].name);
    CHECK(a.arrays[i].array.type() == b.arrays[i].array.type());
    CHECK(a.arrays[i].array.to_vector() == b.arrays[i].array.to_vector());
  }
  CHECK(a.texts == b.texts);
}

struct Format {
  const char* name;
  std::string (*write)(const ArrayFile&);
  ArrayFile (*read)(std::string_view, const std::string&);
};
const Format kFormats[] = {{".npz", to_npz, from_npz},
                           {".safetensors", to_safetensors, from_safetensors}};

}  // namespace

TEST_CASE("both formats read what they wrote, and write the same bytes each time") {
  for (const Format& format : kFormats) {
    INFO(format.name);
    const std::string bytes = format.write(sample_file());
    CHECK(bytes == format.write(sample_file()));
    check_same(format.read(bytes, "f"), sample_file());
  }
}

TEST_CASE(
    "an .npz holds its texts in the archive's comment, or as arrays where they are too long") {
  ArrayFile file = sample_file();
  const std::string bytes = to_npz(file);
  CHECK(bytes.find("__model__") == std::string::npos);
  CHECK(bytes.find("autonet texts ") > bytes.find("PK\5\6"));
  std::string damaged = bytes;
  damaged[damaged.size() - 4] ^= 1;
  CHECK_THROWS_AS(from_npz(damaged, "f"), DataError);
  file.texts.emplace_back("long", std::string(70'000, 'x'));
  const std::string longer = to_npz(file);
  CHECK(longer.find("__model__.npy") != std::string::npos);
  check_same(from_npz(longer, "f"), file);
}

TEST_CASE("an .npz file begins as the zip and .npy formats require") {
  ArrayFile one;
  one.arrays.push_back({"a", Array::from<float>({2}, {1, 2})});
  const std::string bytes = to_npz(one);
  CHECK(bytes.substr(0, 4) == "PK\3\4");
  CHECK(bytes.substr(30, 5) == "a.npy");
  CHECK(bytes.substr(35, 6) == "\x93NUMPY");
  CHECK(bytes.substr(45, 59) == "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }  ");
  CHECK(static_cast<unsigned char>(bytes[43]) == 118);  // 10 + 118 = 128, a multiple of 64
}

TEST_CASE("NumPy's own files are read: compressed, and in column-major order") {
  // numpy.savez_compressed(f, a=asfortranarray([[1,2,3],[4,5,6]], '<f8'), b=array([0.5,-1],
  // '<f4')), NumPy 1.24.2
  const std::string hex =
      "504b0304140000000800000021000b2760db59000000b000000005001400612e6e707901001000b00000"
      "000000000059000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a1aea3a09e"
      "965f54529498179f5f94920a120f292a4d050a17672416a402b91a463a0ac69a3a0ab50ae4032e0630f8"
      "600fa1051c203403941681d21c505ac20100504b03041400000008000000210084a99aef4c0000008800"
      "000005001400622e6e70790100100088000000000000004c000000000000009bec17ea1b10c9c850c650"
      "ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416"
      "a402f91a463a9a3a0ab50a14002e0606067b068686fd00504b01021403140000000800000021000b2760"
      "db59000000b0000000050000000000000000000000800100000000612e6e7079504b0102140314000000"
      "08000000210084a99aef4c00000088000000050000000000000000000000800190000000622e6e707950"
      "4b0506000000000200020066000000130100000000";
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  const ArrayFile file = from_npz(bytes, "numpy.npz");
  REQUIRE(file.arrays.size() == 2);
  CHECK(file.arrays[0].name == "a");
  CHECK(file.arrays[0].array.shape() == Shape{2, 3});
  CHECK(file.arrays[0].array.to_vector() == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(file.arrays[1].array.type() == ArrayType{{2}, DType::f32});
  CHECK(file.arrays[1].array.to_vector() == std::vector<double>{0.5, -1});
}

TEST_CASE("a damaged file is an error that names it, never a crash") {
  constexpr std::uint64_t kSeed = 41;
  CAPTURE(kSeed);
  Random random(kSeed);
  for (const Format& format : kFormats) {
    const std::string good = format.write(sample_file());
    int errors = 0;
    for (size_t length = 0; length < good.size(); length += 7) {
      try {
        format.read(std::string_view(good).substr(0, length), "cut");
      } catch (const DataError& error) {
        CHECK(std::string(error.what()).find("reading cut") == 0);
        ++errors;
      }
    }
    CHECK(errors > 50);  // every cut file is refused
    for (int trial = 0; trial < 20'000; ++trial) {
      std::string bad = good;
      for (std::uint64_t changes = random.below(3) + 1; changes > 0; --changes) {
        bad[random.below(bad.size())] = static_cast<char>(random.below(256));
      }
      try {
        format.read(bad, "changed");
      } catch (const DataError&) {
        ++errors;
      }
    }
    INFO(format.name);
    CHECK(errors > 1000);
  }
}

TEST_CASE("a .safetensors header may name its arrays in any order") {
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const float numbers[] = {1.0F, 2.0F};
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(numbers), sizeof numbers);
  const ArrayFile file = from_safetensors(bytes, "f");
  REQUIRE(file.arrays.size() == 2);
  CHECK(file.arrays[0].name == "b");
  CHECK(file.arrays[0].array.item() == 1.0);
  CHECK(file.arrays[1].array.item() == 2.0);
  bytes.replace(bytes.find("[4,8]"), 5, "[2,6]");
  CHECK_THROWS_WITH_AS(from_safetensors(bytes, "f"),
                       "reading f: array \"a\": offset 2, expected 4: arrays must leave no hole "
                       "and not overlap",
                       DataError);
}

TEST_CASE("sizes in a header are compared with the size of the file") {
  std::string header = R"({"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,8]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  CHECK_THROWS_WITH_AS(
      from_safetensors(bytes + header + "12345678", "f"),
      "reading f: array \"a\": shape [1099511627776] needs 4398046511104 bytes, has 8", DataError);
  bytes.assign(8, '\x7f');
  CHECK_THROWS_AS(from_safetensors(bytes, "f"), DataError);
  header = std::string(100'000, '[');
  bytes.assign(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  CHECK_THROWS_WITH_AS(from_safetensors(bytes + header, "f"),
                       "reading f: byte 8: the header is not a JSON object", DataError);
}

/// The .npz of one array whose header has `from` replaced by `to`, of the same length, with a
/// correct checksum.
std::string forged(const std::string& from, const std::string& to) {
  ArrayFile one;
  one.arrays.push_back({"a", Array::zeros({{0, 111, 1111}, DType::f32})});
  std::string bytes = to_npz(one);
  REQUIRE(from.size() == to.size());
  const size_t at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  bytes.replace(at, from.size(), to);
  constexpr size_t kBody = 35;  // 30 bytes of header and "a.npy"
  const size_t directory = bytes.find("PK\1\2");
  const auto crc =
      static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + kBody),
                                       static_cast<uInt>(directory - kBody)));
  std::memcpy(bytes.data() + directory + 16, &crc, 4);
  return bytes;
}

TEST_CASE("wrong .npy headers with a correct checksum are refused") {
  const std::string shape = "(0, 111, 1111), }                ";
  const auto error = [&](const std::string& to) {
    try {
      from_npz(forged(shape, to), "f");
    } catch (const DataError& caught) {
      return std::string(caught.what());
    }
    return std::string("accepted");
  };
  CHECK(error(shape) == "accepted");
  CHECK(error("(0, 1125899906842624, 4503599), }") ==
        "reading f: array \"a\": shape: too many elements in [0,1125899906842624,4503599]");
  CHECK(error("(0, -11, 1111), }                ") ==
        "reading f: array \"a\": its shape cannot be read");
  CHECK(error("(1, 111, 1111), }                ") ==
        "reading f: array \"a\": its shape holds 123321 numbers of 4 bytes, but it has 0 bytes");
  CHECK(error("(0,1,2,3,4,5,6), }               ") ==
        "reading f: array \"a\": it has too many axes");
  CHECK(error("                                 ") ==
        "reading f: array \"a\": its shape cannot be read");
}

TEST_CASE("zip entries that share a name or their bytes are refused") {
  ArrayFile twins;
  twins.arrays.push_back({"a", Array::scalar(1.0)});
  twins.arrays.push_back({"a", Array::scalar(2.0)});
  try {
    from_npz(to_npz(twins), "f");
    FAIL("two arrays of one name must not be read");
  } catch (const DataError& error) {
    CHECK(std::string(error.what()).find("there are two entries \"a.npy\"") != std::string::npos);
  }
  // A hundred entries, each of which skips the headers of the next ones, so that all share a body.
  ArrayFile one;
  one.arrays.push_back({"aaa", Array::zeros({{5000}, DType::f64})});
  const std::string bytes = to_npz(one);
  const size_t directory = bytes.find("PK\1\2");
  const size_t end = bytes.find("PK\5\6");
  constexpr size_t kHeader = 37;  // with the name "100.npy"
  const auto put = [](std::string& to, size_t at, size_t number, size_t width) {
    for (size_t i = 0; i < width; ++i) to[at + i] = static_cast<char>(number >> 8 * i);
  };
  std::string bomb;
  std::string entries;
  for (size_t i = 0; i < 100; ++i) {
    std::string header = bytes.substr(0, kHeader);
    header.replace(30, 3, std::to_string(100 + i));
    put(header, 28, (99 - i) * kHeader, 2);  // the length of an extra field
    std::string entry = bytes.substr(directory, end - directory);
    entry.replace(46, 3, std::to_string(100 + i));
    put(entry, 42, bomb.size(), 4);
    bomb += header;
    entries += entry;
  }
  bomb += bytes.substr(kHeader, directory - kHeader);
  std::string last = bytes.substr(end);
  put(last, 8, 100, 2);
  put(last, 10, 100, 2);
  put(last, 12, entries.size(), 4);
  put(last, 16, bomb.size(), 4);
  bomb += entries;
  try {
    from_npz(bomb + last, "f");
    FAIL("entries that overlap must not be read");
  } catch (const DataError& error) {
    CHECK(std::string(error.what()).find("entries overlap") != std::string::npos);
  }
}

TEST_CASE("a file is replaced as a whole, in the format that its name says") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("autonet_formats_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "weights.npz").string();
  save_arrays(path, sample_file());
  save_arrays(path, sample_file());
  check_same(load_arrays(path), sample_file());
  save_arrays((folder / "w.safetensors").string(), sample_file());
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 2);  // nothing left over
  CHECK_THROWS_WITH_AS(save_arrays("weights.txt", {}),
                       "checkpoint weights.txt: the name must end in .npz or .safetensors",
                       ModelError);
  const std::string nowhere = (folder / "no" / "weights.npz").string();
  CHECK_THROWS_WITH_AS(save_arrays(nowhere, {}),
                       ("cannot write " + nowhere + ": No such file or directory").c_str(),
                       DataError);
  std::filesystem::create_directory(folder / "folder.npz");
  CHECK_THROWS_AS(save_arrays((folder / "folder.npz").string(), {}), DataError);
  CHECK_THROWS_AS(load_arrays((folder / "missing.npz").string()), DataError);
  std::filesystem::remove_all(folder);
}

}  // namespace autonet::internal
