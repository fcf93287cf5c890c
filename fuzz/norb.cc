// The images of small NORB, with categories that fit one pair; and the input as the categories.
#include "data/norb.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  using namespace std::string_view_literals;
  static const autonet::fuzz::MemoryFile kCategories(
      "\x54\x4C\x3D\x1E\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\4\0\0\0"sv);
  try {
    autonet::internal::read_norb(path, path, 2, 3);
  } catch (const autonet::DataError&) {
    // One file cannot be both; its beginning has been read as images.
  }
  autonet::internal::read_norb(path, kCategories.path(), 2, 3);
})
