#pragma once

/// @file
/// The public interface, for programs that embed autonet; link the CMake target autonet::autonet.
///
/// The library neither prints nor exits: it returns, calls an observer, or throws autonet::Error.
/// Each thread can have its own tapes, programs and contexts: they share no state but a list,
/// behind a lock, by which Vars find their tape.

#include "autonet/autograd/accumulate.h"       // IWYU pragma: export
#include "autonet/autograd/context.h"          // IWYU pragma: export
#include "autonet/autograd/error.h"            // IWYU pragma: export
#include "autonet/autograd/grad.h"             // IWYU pragma: export
#include "autonet/autograd/op.h"               // IWYU pragma: export
#include "autonet/autograd/program.h"          // IWYU pragma: export
#include "autonet/autograd/random.h"           // IWYU pragma: export
#include "autonet/autograd/tape.h"             // IWYU pragma: export
#include "autonet/check/check_grad.h"          // IWYU pragma: export
#include "autonet/check/check_gradient.h"      // IWYU pragma: export
#include "autonet/check/self_test.h"           // IWYU pragma: export
#include "autonet/data/examples.h"             // IWYU pragma: export
#include "autonet/data/splits.h"               // IWYU pragma: export
#include "autonet/exchange/c_source.h"         // IWYU pragma: export
#include "autonet/exchange/from_onnx.h"        // IWYU pragma: export
#include "autonet/exchange/onnx_graph.h"       // IWYU pragma: export
#include "autonet/exchange/pytorch_weights.h"  // IWYU pragma: export
#include "autonet/exchange/to_onnx.h"          // IWYU pragma: export
#include "autonet/models/model.h"              // IWYU pragma: export
#include "autonet/ops/activation.h"            // IWYU pragma: export
#include "autonet/ops/arithmetic.h"            // IWYU pragma: export
#include "autonet/ops/compare.h"               // IWYU pragma: export
#include "autonet/ops/conv2d.h"                // IWYU pragma: export
#include "autonet/ops/dropout.h"               // IWYU pragma: export
#include "autonet/ops/einsum.h"                // IWYU pragma: export
#include "autonet/ops/index.h"                 // IWYU pragma: export
#include "autonet/ops/losses.h"                // IWYU pragma: export
#include "autonet/ops/math.h"                  // IWYU pragma: export
#include "autonet/ops/matmul.h"                // IWYU pragma: export
#include "autonet/ops/normalization.h"         // IWYU pragma: export
#include "autonet/ops/pad.h"                   // IWYU pragma: export
#include "autonet/ops/patches.h"               // IWYU pragma: export
#include "autonet/ops/pool.h"                  // IWYU pragma: export
#include "autonet/ops/rearrange.h"             // IWYU pragma: export
#include "autonet/ops/reduce.h"                // IWYU pragma: export
#include "autonet/ops/softmax.h"               // IWYU pragma: export
#include "autonet/ops/table.h"                 // IWYU pragma: export
#include "autonet/ops/upsample.h"              // IWYU pragma: export
#include "autonet/ops/views.h"                 // IWYU pragma: export
#include "autonet/train/batches.h"             // IWYU pragma: export
#include "autonet/train/check_model.h"         // IWYU pragma: export
#include "autonet/train/checkpoint.h"          // IWYU pragma: export
#include "autonet/train/evaluate.h"            // IWYU pragma: export
#include "autonet/train/fit.h"                 // IWYU pragma: export
#include "autonet/train/load_data.h"           // IWYU pragma: export
#include "autonet/train/optimizer.h"           // IWYU pragma: export
#include "autonet/train/parameters.h"          // IWYU pragma: export
#include "autonet/train/predictor.h"           // IWYU pragma: export
#include "autonet/train/trainer.h"             // IWYU pragma: export
#include "autonet/train/weights.h"             // IWYU pragma: export
