#pragma once

/// @file
/// The public interface, for programs that embed autonet; link the CMake target autonet::autonet.
///
/// The library neither prints nor exits: it returns, calls an observer, or throws autonet::Error.
/// It keeps no global state, so each thread can have its own tapes, programs and contexts.

#include "autograd/accumulate.h"  // IWYU pragma: export
#include "autograd/context.h"     // IWYU pragma: export
#include "autograd/eigen.h"       // IWYU pragma: export
#include "autograd/error.h"       // IWYU pragma: export
#include "autograd/grad.h"        // IWYU pragma: export
#include "autograd/op.h"          // IWYU pragma: export
#include "autograd/program.h"     // IWYU pragma: export
#include "autograd/random.h"      // IWYU pragma: export
#include "autograd/tape.h"        // IWYU pragma: export
#include "check/check_grad.h"     // IWYU pragma: export
#include "check/self_test.h"      // IWYU pragma: export
#include "data/splits.h"          // IWYU pragma: export
#include "models/model.h"         // IWYU pragma: export
#include "ops/activation.h"       // IWYU pragma: export
#include "ops/arithmetic.h"       // IWYU pragma: export
#include "ops/conv2d.h"           // IWYU pragma: export
#include "ops/dropout.h"          // IWYU pragma: export
#include "ops/fusion.h"           // IWYU pragma: export
#include "ops/math.h"             // IWYU pragma: export
#include "ops/matmul.h"           // IWYU pragma: export
#include "ops/normalization.h"    // IWYU pragma: export
#include "ops/pad.h"              // IWYU pragma: export
#include "ops/patches.h"          // IWYU pragma: export
#include "ops/pool.h"             // IWYU pragma: export
#include "ops/reduce.h"           // IWYU pragma: export
#include "ops/softmax.h"          // IWYU pragma: export
#include "ops/table.h"            // IWYU pragma: export
#include "ops/views.h"            // IWYU pragma: export
#include "train/check_model.h"    // IWYU pragma: export
#include "train/checkpoint.h"     // IWYU pragma: export
#include "train/evaluate.h"       // IWYU pragma: export
#include "train/fit.h"            // IWYU pragma: export
#include "train/weights.h"        // IWYU pragma: export
