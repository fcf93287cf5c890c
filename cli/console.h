#pragma once

#include <string>
#include <string_view>

namespace autonet {

/// The two streams of the program: results go to standard output, everything else to standard
/// error.
///
/// A reader of the results that has gone (`| head`) ends the output quietly; a write that fails in
/// any other way (a full disk) throws DataError. Trouble on standard error is ignored: progress is
/// no reason to lose a run.
class Console {
 public:
  /// Looks at the streams and at NO_COLOR, TERM, COLUMNS and the locale. Ignores SIGPIPE for the
  /// process.
  Console();

  /// Writes results, at once.
  void print(std::string_view text);
  /// Writes progress and notes to standard error, at once.
  void note(std::string_view text);

  /// Standard error is a terminal that can redraw a line (not TERM=dumb, NO_COLOR not set).
  bool animated() const { return animated_; }
  /// Standard error shows colours; `results_coloured` is the same of standard output.
  bool coloured() const { return coloured_; }
  bool results_coloured() const { return results_coloured_; }
  /// Line-drawing characters can be shown.
  bool unicode() const { return unicode_; }
  /// Columns of the terminal on standard error as it is now, 80 where it is none.
  int width() const;

 private:
  bool closed_ = false;
  bool animated_ = false;
  bool coloured_ = false;
  bool results_coloured_ = false;
  bool unicode_ = false;
};

/// The text in an SGR colour ("1;32") if `on`, else as it is.
std::string coloured(std::string_view text, std::string_view sgr, bool on);

}  // namespace autonet
