#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "autonet/ops/window.h"
#include "exchange/c_source_program.h"
#include "exchange/c_source_text.h"

namespace autonet::internal {

/// An array that C code reads: a constant, or a result in the memory.
struct CArray {
  std::string name;
  std::string at;  ///< C text of where its first number is
  Array layout;    ///< shape and steps
  std::string comment = {};
};

/// A row-major array of this type whose numbers are never read, for its shape and steps.
Array layout_of(const ArrayType& type);

/// What the functions of one C file have in common.
struct CParts {
  DType dtype = DType::f32;
  CNames names;
  std::set<std::string> functions = {};  ///< that are called
  std::vector<CArray> constants = {};    ///< with the numbers
  std::string locals = {};  ///< declarations of results and windows of the function being written
  std::set<std::string> unsupported = {};  ///< "conv_1: argsort", what cannot be written
  int axes = 1;                            ///< the most axes of an array
};

/// Writes the steps of a program as C calls.
class CCalls {
 public:
  /// `names`: what C calls the leaves that are not constant. `unlabelled`: begins the names of
  /// values of no layer.
  CCalls(const CProgram& program, CParts& parts, std::map<Index, std::string> names,
         std::string unlabelled);

  /// C text that reads entry `id`: its name, or views of it. Adds what it needs to the parts.
  std::string expression(Index id);
  /// Lines of C that compute a call, with a comment before them.
  std::string lines_of(Index call);
  /// "conv_1", "conv_1, backward": where a call belongs.
  std::string part_of(Index call) const;

 private:
  std::string name_of(Index id) const;
  std::string view_expression(Index id);
  std::string permuted(Index id, const std::string& x);
  std::string use(const std::string& function);
  std::string call_text(Index call, const std::string& y);
  std::string convolution(Index call, const std::string& y);
  std::string window_name(Index call, const KernelSize& kernel, const Window& window);
  std::string pieces(Index call, const std::string& y);
  std::string comment_of(Index call) const;
  void add_constant(Index id);
  void add_value(Index id);
  void note_axes(int rank) { parts_.axes = std::max(parts_.axes, rank); }

  const CProgram& program_;
  Tape& tape_;
  CParts& parts_;
  std::map<Index, std::string> names_;
  std::string unlabelled_;
  std::map<std::string, std::string> windows_;           // the name of each literal
  std::map<std::pair<Index, int>, Index> last_of_rule_;  // the last call of each rule
};

/// The C text of an array's declaration after "static const array ".
std::string array_text(const CArray& array);

}  // namespace autonet::internal
