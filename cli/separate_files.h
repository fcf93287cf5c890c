#pragma once

#include <string>
#include <vector>

namespace autonet::cli {

/// A file that a command reads or writes.
struct UsedFile {
  std::string option;  // that names it, or what it is: "--log", "the checkpoint"
  std::string path;    // empty: there is none
  bool written = true;
};

/// True if both paths are one file, also as a link and before it exists.
bool same_file(const std::string& a, const std::string& b);

/// Throws ModelError if a file that is written is also another one of these, under whatever name.
void check_separate(const std::vector<UsedFile>& files);

}  // namespace autonet::cli
