#pragma once

#include <map>
#include <string>
#include <vector>

#include "autonet/exchange/c_source.h"
#include "exchange/c_source_calls.h"
#include "exchange/c_source_record.h"

namespace autonet::internal {

/// The C files of a model while they are written.
class CFile {
 public:
  CFile(const Model& model, const Weights& weights, const CSourceOptions& options,
        Context& context);

  /// Adds the function NAME_predict.
  void write_prediction();
  /// Adds the function NAME_train_step.
  void write_training();
  /// The files. Throws ModelError if something could not be written.
  CSource finish();

 private:
  /// An array that the code changes: a trained parameter or a state.
  struct Changing {
    std::string name;     // of the array
    std::string numbers;  // of its memory
    Array start;
    std::vector<std::string> slots = {};  // of the optimizer
  };

  void add_changing();
  /// The C names of the leaves that are not constant.
  std::map<Index, std::string> leaf_names(const CRecording& recording) const;
  /// True if predictions are made with a moving average of the weights.
  bool averages() const { return options_.train && model_.training().ema.has_value(); }
  std::string average_lines();
  /// The arrays that the code changes and that are to be saved.
  std::vector<const std::vector<Changing>*> saved() const {
    return {&parameters_, &states_, &averages_};
  }
  std::vector<Var> given(const CRecording& recording) const;
  std::string body_of(const CProgram& program, CCalls& calls, const CRecording& recording);
  std::string update_lines(CCalls& calls, const CRecording& recording, std::size_t update);
  std::string adam_beginning() const;
  /// The names that arrays of one function take are free again for the next.
  void begin_function();
  void end_function();
  std::string local_array(const std::string& name, const std::string& at, const Shape& shape) const;

  std::string header_text(std::size_t memory_bytes) const;
  std::string weights_text() const;
  std::string code_text() const;
  std::size_t memory_bytes() const;
  std::size_t constant_bytes() const;
  /// True if the code counts the training steps.
  bool counts_steps() const { return averages() || parts_.functions.contains("dropout_mask"); }
  const char* type() const { return parts_.dtype == DType::f32 ? "float" : "double"; }

  const Model& model_;
  const Weights& weights_;
  CSourceOptions options_;
  Context& context_;
  CParts parts_;
  CNames names_outside_;
  std::string prefix_, upper_;
  std::vector<Changing> parameters_, states_;
  std::vector<Changing> averages_;  // of the parameters, then of the states
  std::string functions_;           // NAME_predict and NAME_train_step
  std::string declarations_;        // in the header
  std::size_t memory_ = 0;          // numbers
};

}  // namespace autonet::internal
