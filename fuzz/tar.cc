// A tar archive, packed or not: two members are taken out, and nothing else may be written.
#include <filesystem>

#include "data/unpack_tar.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_FILE(path, {
  static const std::string kFolder = [] {
    std::string name = "/dev/shm/autonet-fuzz-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    return name;
  }();
  const auto remove_all = [] {
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
      const std::string name = entry.path().filename().string();
      if (name != "one" && name != "two") std::abort();
      std::filesystem::remove(entry.path());
    }
  };
  try {
    autonet::internal::unpack_tar(path, {{.name = "a.bin", .bytes = 3, .path = kFolder + "/one"},
                                         {.name = "b.bin", .path = kFolder + "/two"}});
  } catch (const autonet::DataError&) {
    remove_all();
    throw;
  }
  remove_all();
})
