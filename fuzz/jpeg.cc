// A JPEG file. The seeds alone make it another target than that of other pictures.
#include "data/picture.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  const std::array<autonet::Index, 3> size = autonet::internal::picture_size(path);
  if (size[0] * size[1] > 1 << 16) return;  // larger ones only take longer
  const autonet::internal::Picture picture = autonet::internal::read_picture(path);
  if (picture.size() != std::ssize(picture.pixels) || picture.rows != size[0]) std::abort();
})
