// .npz and .safetensors: changed bits are found.
#include "train/checksum.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "autonet/autograd/error.h"
#include "train/array_formats.h"

namespace autonet::internal {
namespace {

ArrayFile sample_file() {
  ArrayFile file;
  file.arrays.push_back({"conv_1/weight", Array::from<float>({2, 3}, {1, 2, 3, 4, 5, 6})});
  file.arrays.push_back({"conv_1/bias", Array::from<double>({3}, {0.1, -0.2, 1e300})});
  file.texts.emplace_back("model", "{ \"name\": \"net\" }\n");
  file.texts.emplace_back("run", "{}");
  return file;
}

/// True if a file that was read is `expected`, but for texts that were added.
bool same_content(const ArrayFile& found, const ArrayFile& expected) {
  const auto has = [](const auto& all, const auto& one) {
    return std::ranges::find(all, one) != all.end();
  };
  for (const auto& text : expected.texts) {
    if (!has(found.texts, text)) return false;
  }
  if (found.arrays.size() != expected.arrays.size()) return false;
  for (size_t i = 0; i < found.arrays.size(); ++i) {
    const NamedArray& a = found.arrays[i];
    const NamedArray& b = expected.arrays[i];
    if (a.name != b.name || a.array.type() != b.array.type()) return false;
    if (a.array.to_vector() != b.array.to_vector()) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("the checksum is the CRC-32 of zip archives") {
  Checksum sum;
  sum.add("1234");
  sum.add("56789");
  CHECK(sum.text() == "cbf43926");  // the check value of the CRC catalogue
}

TEST_CASE("every flipped bit of a file is an error or changes nothing") {
  struct Format {
    const char* name;
    std::string (*write)(const ArrayFile&);
    ArrayFile (*read)(std::string_view, const std::string&);
  };
  for (const Format& format : {Format{".npz", to_npz, from_npz},
                               Format{".safetensors", to_safetensors, from_safetensors}}) {
    const std::string good = format.write(sample_file());
    int errors = 0;
    for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      try {
        if (same_content(format.read(bad, "f"), sample_file())) continue;
        FAIL_CHECK(format.name << ": bit " << bit % 8 << " of byte " << bit / 8);
      } catch (const DataError&) {
        ++errors;
      }
    }
    CHECK(errors > 1000);
  }
}

TEST_CASE("a .safetensors file with a checksum is compared with it, one without is read") {
  ArrayFile one;
  one.arrays.push_back({"a", Array::from<float>({2}, {1, 2})});
  const std::string bytes = to_safetensors(one);
  CHECK(from_safetensors(bytes, "f").checked);
  CHECK(from_safetensors(bytes, "f").texts.empty());
  std::string changed = bytes;
  changed.back() ^= 1;
  try {
    from_safetensors(changed, "f");
    FAIL("a changed number must not be read");
  } catch (const DataError& error) {
    const std::string text = error.what();
    CHECK_MESSAGE(text.starts_with("reading f: the file is damaged: its checksum is "), text);
  }
  std::string foreign = changed;
  foreign.replace(foreign.find("autonet_crc32"), 13, "another_crc32");
  const ArrayFile read = from_safetensors(foreign, "f");
  CHECK_FALSE(read.checked);
  CHECK(read.arrays[0].array.shape() == Shape{2});
  CHECK(from_npz(to_npz(one), "f").checked);
}

}  // namespace autonet::internal
