// An IDX file of images, alone and with labels that fit two images.
#include "data/idx.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  using namespace std::string_view_literals;
  static const autonet::fuzz::MemoryFile kLabels("\0\0\x08\x01\0\0\0\x02\1\2"sv);
  try {
    autonet::internal::read_idx_array(path);
  } catch (const autonet::DataError&) {
    // It may still be a pair of files, of which the first is wrong.
  }
  autonet::internal::read_idx(path, kLabels.path(), 2, 3, 10);
})
