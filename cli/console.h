#pragma once

#include <string>
#include <string_view>

namespace autonet::cli {

/// The two output streams of the program: results go to standard output, progress and notes to
/// standard error.
///
/// If the reader of the results has closed its end (`| head`), the rest of the output is dropped
/// without an error. Any other failed write to standard output (a full disk) throws DataError. A
/// failed write to standard error is ignored, so that a long run does not end because of it. A file
/// that grows beyond the limit of the system (ulimit -f) is a failed write, not the end.
class Console {
 public:
  /// Inspects the streams, NO_COLOR, TERM and the locale. Makes the process ignore SIGPIPE
  /// and SIGXFSZ.
  Console();

  /// Writes results, without buffering. Control characters that come from a file or a name are
  /// written out, here and in note().
  void print(std::string_view text);
  /// Writes progress and notes to standard error, without buffering.
  void note(std::string_view text);

  /// True if standard error is a terminal that can redraw a line and show colours (TERM is not
  /// "dumb", NO_COLOR is not set).
  bool animated() const { return animated_; }
  /// The same for standard output.
  bool results_coloured() const { return results_coloured_; }
  /// True if the locale can show line-drawing characters.
  bool unicode() const { return unicode_; }
  /// Current width of the terminal on standard error in columns; elsewhere $COLUMNS, or 80.
  int width() const;

 private:
  bool closed_ = false;
  bool animated_ = false;
  bool results_coloured_ = false;
  bool unicode_ = false;
};

/// The text in a terminal colour ("1;32" is bold green) if `on`, else unchanged.
std::string coloured(std::string_view text, std::string_view colour, bool on);

}  // namespace autonet::cli
