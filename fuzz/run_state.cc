// The text of the state in NAME.run.npz, in a file that is otherwise right.
#include <filesystem>

#include "autonet/models/model.h"
#include "fuzz/fuzz.h"
#include "fuzz/small_model.h"
#include "train/run_state.h"

AUTONET_FUZZ_BYTES(autonet::Error, bytes, {
  using namespace autonet;
  static const Model kModel = Model::parse(fuzz::kSmallModel, "fuzz.json");
  static internal::Run kRun =
      internal::start_run(kModel, 1, 10, kModel.initial_weights(DType::f32, 1));
  static const std::string kPath = text::concat("/dev/shm/autonet-fuzz-", ::getpid(), ".npz");
  ArrayFile file = internal::to_run_file(kModel, kRun);
  for (auto& [key, text] : file.texts) {
    if (key == "run") text = std::string(bytes);
  }
  struct Remove {
    ~Remove() {
      std::error_code ignored;
      std::filesystem::remove(kPath, ignored);
      std::filesystem::remove(internal::run_file_of(kPath), ignored);
    }
  } const remove;
  save_arrays(internal::run_file_of(kPath), file);
  internal::resume_run(kModel, kPath, std::nullopt, 10, 4);
})
