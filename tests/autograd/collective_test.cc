// Programs that several processes run together, here threads: the same bits as alone.
#include "autonet/autograd/collective.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "autograd/exchange.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/dropout.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/normalization.h"
#include "autonet/ops/softmax.h"
#include "tests/thread_ranks.h"

namespace autonet::internal {
namespace {

constexpr int kSizes[] = {1, 2, 3, 4, 7, 20};

Array normal(const Shape& shape, DType dtype, std::uint64_t stream) {
  Random random(77, stream);
  Array values = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < values.size(); ++i) values.data<double>()[i] = random.normal();
  return values.to(dtype);
}

bool same_bits(const Array& a, const Array& b) {
  const Array x = a.contiguous();
  const Array y = b.contiguous();
  return x.type() == y.type() && std::memcmp(x.raw(), y.raw(), x.type().bytes()) == 0;
}

}  // namespace

TEST_CASE("ranks share the parts of a batch: each is of one rank") {
  for (const Index batch : {1, 24, 100, 401, 1600}) {
    const Leaves leaves(batch);
    for (const int size : kSizes) {
      Index next = 0;
      Index example = 0;
      for (int rank = 0; rank < size; ++rank) {
        const Share share = share_of(leaves, rank, size);
        const Share examples = examples_of(leaves, share);
        CHECK(share.first == next);
        CHECK(examples.first == example);
        CHECK(share.end - share.first <= (leaves.parts + size - 1) / size);
        next = share.end;
        example = examples.end;
      }
      CHECK(next == leaves.parts);
      CHECK(example == batch);
    }
  }
}

TEST_CASE("sums whose parts are on several ranks have the bits of one rank") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Leaves leaves(401);
    REQUIRE(leaves.parts == 16);
    const Array parts_of_a = normal({leaves.parts, 16}, dtype, 1);  // 64 bytes or a multiple
    const Array parts_of_b = normal({leaves.parts, 32}, dtype, 2);
    std::vector<Array> expected;
    for (const Array& parts : {parts_of_a, parts_of_b}) {
      Context context;
      Array copy = parts.clone();
      Array y = Array::zeros({{parts.shape()[1]}, dtype});
      add_in_tree(context, static_cast<std::byte*>(copy.raw()), leaves.parts, y);
      expected.push_back(y);
    }
    for (const int size : kSizes) {
      CAPTURE(size);
      ThreadRank::run(size, [&](Collective& ranks) {
        Context context;
        std::vector<Array> copies{parts_of_a.clone(), parts_of_b.clone()};
        std::vector<Array> sums{Array::zeros({{16}, dtype}), Array::zeros({{32}, dtype})};
        // What the rank does not have must not matter.
        const Share own = share_of(leaves, ranks.rank(), size);
        for (Array& copy : copies) {
          for (Index part = 0; part < leaves.parts; ++part) {
            if (part >= own.first && part < own.end) continue;
            Array other = copy.slice(0, part, 1);
            other.fill(std::numeric_limits<double>::quiet_NaN());
          }
        }
        SumExchange exchange(ranks, leaves, sums);
        const std::vector<std::byte*> parts{static_cast<std::byte*>(copies[0].raw()),
                                            static_cast<std::byte*>(copies[1].raw())};
        exchange.begin(context, parts);
        exchange.finish();
        CHECK(same_bits(sums[0], expected[0]));
        CHECK(same_bits(sums[1], expected[1]));
        exchange.finish();  // of nothing
      });
    }
  }
}

TEST_CASE("any() is true on all ranks if it is on one") {
  for (const int size : kSizes) {
    ThreadRank::run(size, [&](Collective& ranks) {
      CHECK_FALSE(ranks.any(false));
      CHECK(ranks.any(ranks.rank() == size - 1));
      CHECK(ranks.any(true));
    });
  }
}

namespace {

struct Ran {
  std::vector<Array> outputs = {};
  ExampleRange read = {};    // of x
  ExampleRange labels = {};  // read
  std::size_t received = 0;  // bytes
};

/// A network with sums over the batch, statistics of it, dropout, and a large fully connected
/// weight, whose gradient needs all rows: its loss, output, gradients.
Ran run(Index batch, DType dtype, int threads, Collective* ranks) {
  Context context(threads);
  Tape tape(context);
  const Var x = tape.placeholder({{batch, 30}, dtype}, "x");
  const Var labels = tape.placeholder({{batch}, dtype}, "labels");
  const auto leaf = [&](const Shape& shape, std::uint64_t stream) {
    return tape.variable(normal(shape, dtype, stream));
  };
  const std::vector<Var> leaves{leaf({600}, 2), leaf({600}, 3), leaf({600}, 4), leaf({600, 7}, 5)};
  const Var weights = tape.variable(normal({30, 600}, dtype, 6));
  const Var h = tanh(matmul(x, weights) * leaves[0]);
  const Var normed = batch_norm_training(h, leaves[1], leaves[2], 1e-5).y;
  const Var step = tape.constant(Array::scalar(3.0, DType::f64));
  const Var z = matmul(dropout(relu(normed), step, 0.3, 9, 4), leaves[3]);
  const Var loss = softmax_cross_entropy(z, labels);
  std::vector<Var> outputs{z, loss};
  for (const Var& bar : grad(loss, leaves)) outputs.push_back(bar);
  const std::vector<Var> inputs{x, labels};
  Program program(context, inputs, outputs, {.batch = inputs, .collective = ranks});
  Ran ran{.read = program.examples_read(0), .labels = program.examples_read(1)};
  program.input(0).fill(std::numeric_limits<double>::quiet_NaN());
  program.input(0)
      .slice(0, ran.read.first, ran.read.count)
      .copy_from(normal(x.shape(), dtype, 1).slice(0, ran.read.first, ran.read.count));
  for (Index n = 0; n < batch; ++n) program.input(1).set({n}, static_cast<double>(n * 3 % 7));
  program.rehearse();
  program.run();
  program.run();  // as a replay
  for (size_t i = 0; i < outputs.size(); ++i) ran.outputs.push_back(program.output(i).clone());
  if (ranks != nullptr) ran.received = dynamic_cast<ThreadRank&>(*ranks).received();
  std::vector<double> seconds(program.steps().size());
  program.run_timed(seconds);
  for (size_t i = 0; i < outputs.size(); ++i) {
    CHECK(same_bits(program.output(i), ran.outputs[i]));
  }
  return ran;
}

}  // namespace

TEST_CASE("a program has the same bits on any number of ranks, and each reads its own examples") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const Index batch : {20, 97, 401}) {
      CAPTURE(batch);
      const Ran alone = run(batch, dtype, 1, nullptr);
      CHECK(std::isfinite(alone.outputs[1].item()));
      CHECK(alone.read.count == batch);
      const Leaves leaves(batch);
      for (const int size : kSizes) {
        CAPTURE(size);
        ThreadRank::run(size, [&](Collective& ranks) {
          const Ran own = run(batch, dtype, 1 + ranks.rank() % 2, &ranks);
          for (size_t i = 0; i < alone.outputs.size(); ++i) {
            CAPTURE(i);
            CHECK(same_bits(own.outputs[i], alone.outputs[i]));
          }
          const Share share = examples_of(leaves, share_of(leaves, ranks.rank(), size));
          const bool shares = size > 1 && leaves.parts > 1;
          CHECK(own.read.count == (shares ? share.end - share.first : batch));
          CHECK((own.received > 0) == shares);
          CHECK(own.labels.count == batch);  // the loss is computed by all
        });
      }
    }
  }
}

}  // namespace autonet::internal
