#include "cli/separate_files.h"

#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

namespace fs = std::filesystem;

/// The path from the root, without links and dots. The file need not exist.
fs::path whole_path(const std::string& path) {
  std::error_code unknown;
  const fs::path file = fs::absolute(internal::file_behind_links(path), unknown).lexically_normal();
  const fs::path folder = fs::weakly_canonical(file.parent_path(), unknown);
  return unknown ? file : folder / file.filename();
}

}  // namespace

bool same_file(const std::string& a, const std::string& b) {
  std::error_code unknown;  // a file that does not exist has no equivalent
  return whole_path(a) == whole_path(b) || fs::equivalent(a, b, unknown);
}

void check_separate(const std::vector<UsedFile>& files) {
  for (size_t i = 0; i < files.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      const UsedFile& a = files[i];
      const UsedFile& b = files[k];
      if (a.path.empty() || b.path.empty() || (!a.written && !b.written)) continue;
      if (!same_file(a.path, b.path)) continue;
      throw ModelError(text::concat(a.option, " ", a.path, ": this file is also ", b.option, ", ",
                                    b.path, "; name another file"));
    }
  }
}

}  // namespace autonet::cli
