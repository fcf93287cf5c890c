#pragma once

#include <string>
#include <vector>

namespace autonet::internal {

/// Collects the mistakes in one model file, so that all are reported at once.
class Mistakes {
 public:
  explicit Mistakes(std::string file) : file_(std::move(file)) {}

  /// A line that stands for a value which was set from outside the file, by `setting`; a mistake on
  /// it begins with `--set SETTING` in place of the file and the line.
  int set_line(const std::string& setting);

  /// `pointer` is the JSON pointer of the wrong value; empty for the file as a whole.
  void add(int line, const std::string& pointer, const std::string& text);

  bool empty() const { return found_.empty(); }
  size_t size() const { return found_.size(); }
  const std::string& file() const { return file_; }

  /// Throws ModelError with a line `FILE:LINE: POINTER: text` for each mistake, in the order of the
  /// lines, at most a hundred; those of set_line() come first. Does nothing if there are no
  /// mistakes.
  void throw_if_any() const;

 private:
  struct Mistake {
    int line;
    std::string text;
  };
  std::string place(int line) const;

  std::string file_;
  std::vector<Mistake> found_;
  std::vector<std::string> settings_;  // those of set_line(), whose lines are -1, -2, ...
};

}  // namespace autonet::internal
