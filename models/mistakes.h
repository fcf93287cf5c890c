#pragma once

#include <string>
#include <vector>

namespace autonet {

/// The mistakes found in one model file, collected so that all are reported at once.
class Mistakes {
 public:
  explicit Mistakes(std::string file) : file_(std::move(file)) {}

  /// `pointer` is the JSON pointer of what is wrong; empty means the file as a whole.
  void add(int line, const std::string& pointer, const std::string& text);

  bool empty() const { return found_.empty(); }
  size_t size() const { return found_.size(); }
  const std::string& file() const { return file_; }

  /// Throws ModelError with a line `FILE:LINE: POINTER: text` a mistake, by line; of very many,
  /// the first hundred. Does nothing if there are none.
  void throw_if_any() const;

 private:
  struct Mistake {
    int line;
    std::string text;
  };
  std::string file_;
  std::vector<Mistake> found_;
};

}  // namespace autonet
