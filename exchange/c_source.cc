#include "autonet/exchange/c_source.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/weights.h"
#include "exchange/c_source_int8_render.h"
#include "exchange/c_source_write.h"

namespace autonet {
namespace {

void check_options(const Weights& weights, const CSourceOptions& options) {
  if (options.batch < 1 || options.batch > 65536) {
    throw Error(text::concat("to_c_source: batch must be from 1 to 65536, got ", options.batch));
  }
  if (options.int8 && options.train) {
    throw Error("to_c_source: int8 is for prediction only; leave out train");
  }
  if (options.int8 && !options.calibration.has_data()) {
    throw Error("to_c_source: int8 needs calibration, inputs that show the ranges of activations");
  }
  for (const Array& array : weights.parameters) {
    for (const double number : array.to_vector()) {
      if (number - number != 0.0) throw Error("to_c_source: a weight is not finite");
    }
  }
}

}  // namespace

CSource to_c_source(const Model& model, const Weights& weights, const CSourceOptions& options) {
  internal::check_weights(model, weights, "to_c_source");
  check_options(weights, options);
  Context context;
  if (options.int8) return internal::int8_source(model, weights, options.calibration, context);
  internal::CFile file(model, weights, options, context);
  file.write_prediction();
  if (options.train) file.write_training();
  return file.finish();
}

}  // namespace autonet
