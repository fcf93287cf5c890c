// What a host program does around the library: it forks, gets signals, throws from an observer,
// predicts in many threads, and builds very deep models.
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "autonet/autograd/error.h"
#include "autonet/train/fit.h"
#include "autonet/train/predictor.h"
#include "tests/train/quadrants.h"
#include "train/random_examples.h"
#include "train/run_state.h"
#include "train/step.h"

namespace autonet {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kNoThreadsAfterFork = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool kNoThreadsAfterFork = true;
#else
constexpr bool kNoThreadsAfterFork = false;
#endif
#else
constexpr bool kNoThreadsAfterFork = false;
#endif

/// True, with a message, where a child of a process with threads cannot start any.
bool skipped() {
  if (kNoThreadsAfterFork)
    MESSAGE("SKIPPED: forks, as ThreadSanitizer allows no threads after one");
  return kNoThreadsAfterFork;
}

/// Calls `work` in a child process and returns its exit status; a child that hangs is ended after
/// two minutes, with status 128 + SIGALRM.
template <typename Work>
int in_child(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(120);
    int status = 99;
    try {
      status = work();
    } catch (const std::exception&) {
    }
    ::_exit(status);
  }
  REQUIRE(child > 0);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) REQUIRE(errno == EINTR);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

double sum_of_pieces(Context& context) {
  std::vector<double> parts(64);
  context.parallel_for(64, [&](Index piece, int) {
    for (Index i = 0; i < 1000; ++i)
      parts[static_cast<size_t>(piece)] += static_cast<double>(i * piece);
  });
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

TEST_CASE("a child of a host that forks can use and destroy a context with threads") {
  if (skipped()) return;
  auto context = std::make_unique<Context>(4);
  const double expected = sum_of_pieces(*context);  // starts the threads
  for (int turn = 0; turn < 20; ++turn) {
    const int status = in_child([&] {
      for (int i = 0; i < 50; ++i) {
        if (sum_of_pieces(*context) != expected) return 1;
      }
      context.reset();
      Context own(3);
      return sum_of_pieces(own) == expected ? 0 : 2;
    });
    CHECK(status == 0);
    CHECK(sum_of_pieces(*context) == expected);  // the parent goes on
  }
  // A child that only ends, and one of a child.
  CHECK(in_child([&] {
          context.reset();
          return 0;
        }) == 0);
  CHECK(in_child([&] {
          const double own = sum_of_pieces(*context);
          const int below = in_child([&] { return sum_of_pieces(*context) == own ? 0 : 1; });
          return own == expected ? below : 3;
        }) == 0);
}

TEST_CASE("a fork while another thread computes leaves a context that throws in the child") {
  if (skipped()) return;
  Context context(2);
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  std::thread other([&] {
    context.parallel_for(2, [&](Index, int) {
      inside = true;
      while (!leave) std::this_thread::yield();
    });
  });
  while (!inside) std::this_thread::yield();
  const int status = in_child([&] {
    try {
      sum_of_pieces(context);
    } catch (const Error&) {
      return 0;
    }
    return 1;
  });
  leave = true;
  other.join();
  CHECK(status == 0);
}

TEST_CASE("a child can predict with the parent's predictor and train a model") {
  const Model m = model(kTraining);
  if (skipped()) return;
  const Predictor predictor(m, m.initial_weights(DType::f32, 1), {.max_batch = 16});
  const Array images = internal::random_examples(m, 40, 1).x;
  const std::vector<double> expected = predictor(images).outputs.to_vector();
  CHECK(in_child([&] {
          if (predictor(images).outputs.to_vector() != expected) return 1;
          FitOptions options;
          options.epochs = 1;
          return run(m, options).epochs.size() == 1 ? 0 : 2;
        }) == 0);
}

extern "C" void count_signal(int) {}

TEST_CASE("signals of the host, without SA_RESTART, change no byte, and handlers stay") {
  const internal::ScratchFolder scratch;
  const Model m = model(kTraining);
  FitOptions options;
  options.checkpoint = scratch.path("calm.npz");
  run(m, options);
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = count_signal;  // and no SA_RESTART: system calls are interrupted
  REQUIRE(::sigaction(SIGALRM, &action, &before) == 0);
  constexpr int kOthers[] = {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ};
  struct sigaction others[4];
  for (int i = 0; i < 4; ++i) REQUIRE(::sigaction(kOthers[i], nullptr, &others[i]) == 0);
  const itimerval often{.it_interval = {0, 300}, .it_value = {0, 300}};
  REQUIRE(::setitimer(ITIMER_REAL, &often, nullptr) == 0);
  options.checkpoint = scratch.path("stormy.npz");
  for (int turn = 0; turn < 5; ++turn) {
    options.overwrite = true;
    run(m, options);
    options.resume = true;
    options.epochs = 4;
    run(m, options);
    options.resume = false;
    options.epochs.reset();
  }
  const itimerval never{};
  REQUIRE(::setitimer(ITIMER_REAL, &never, nullptr) == 0);
  struct sigaction after {};
  REQUIRE(::sigaction(SIGALRM, &before, &after) == 0);
  CHECK((after.sa_handler == &count_signal));
  for (int i = 0; i < 4; ++i) {
    REQUIRE(::sigaction(kOthers[i], nullptr, &after) == 0);
    CHECK((after.sa_handler == others[i].sa_handler));  // the library sets none
  }
  CHECK(internal::file_content(scratch.path("stormy.npz")) ==
        internal::file_content(scratch.path("calm.npz")));
}

/// Throws a number of its own kind at the call `at` of one function.
struct Thrower : FitObserver {
  enum class Where { start, gradients, batch, epoch } where;
  int left;
  Thrower(Where w, int at) : where(w), left(at) {}
  void at(Where here) {
    if (here == where && left-- == 0) throw std::string("thrown by the host");
  }
  void on_start(Index, Index) override { at(Where::start); }
  void on_gradients(const StepArrays&) override { at(Where::gradients); }
  void on_batch(Index, Index, Index, double) override { at(Where::batch); }
  void on_epoch(const EpochReport&) override { at(Where::epoch); }
};

TEST_CASE(
    "what an observer throws reaches the host, and the run can be resumed to the same bytes") {
  using Where = Thrower::Where;
  const internal::ScratchFolder scratch;
  const Model m = model(kTraining);
  FitOptions options;
  options.checkpoint = scratch.path("whole.npz");
  run(m, options);
  const std::string weights = internal::file_content(options.checkpoint);
  const std::string state = internal::file_content(internal::run_file_of(options.checkpoint));
  int number = 0;
  for (const auto& [where, at] : {std::pair{Where::start, 0},
                                  {Where::gradients, 0},
                                  {Where::gradients, 7},
                                  {Where::batch, 0},
                                  {Where::batch, 8},
                                  {Where::epoch, 0},
                                  {Where::epoch, 2}}) {
    CAPTURE(number);
    Thrower thrower(where, at);
    options.checkpoint = scratch.path("part" + std::to_string(number++) + ".npz");
    options.observer = &thrower;
    options.resume = false;
    std::string caught;
    try {
      run(m, options);
    } catch (const std::string& thrown) {
      caught = thrown;
    }
    CHECK(caught == "thrown by the host");
    CHECK_FALSE(std::filesystem::exists(options.checkpoint + ".lock"));
    options.observer = nullptr;
    options.resume = std::filesystem::exists(internal::run_file_of(options.checkpoint));
    CHECK(options.resume == (at >= 7 || where == Where::epoch));
    run(m, options);
    CHECK(internal::file_content(options.checkpoint) == weights);
    CHECK(internal::file_content(internal::run_file_of(options.checkpoint)) == state);
  }
}

TEST_CASE("64 threads that share a predictor get the bits that one gets") {
  const Model m = model(kTraining);
  const Predictor predictor(m, m.initial_weights(DType::f32, 1), {.max_batch = 4});
  const Array images = internal::random_examples(m, 64, 1).x;
  std::vector<std::vector<double>> expected;
  for (Index t = 0; t < 64; ++t) {
    expected.push_back(
        predictor(images.slice(0, t, std::min<Index>(64 - t, 1 + t % 7))).outputs.to_vector());
  }
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (Index t = 0; t < 64; ++t) {
    threads.emplace_back([&, t] {
      for (Index round = 0; round < 10; ++round) {
        const Index k = (t + 13 * round) % 64;
        const Array own = images.slice(0, k, std::min<Index>(64 - k, 1 + k % 7));
        if (predictor(own).outputs.to_vector() != expected[static_cast<size_t>(k)]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a model of 10,000 layers is read, planned, trained and used without deep recursion") {
  std::string layers;
  for (int i = 0; i < 9'999; ++i) {
    layers += R"({"type": "linear", "units": 2, "activation": "tanh"},)";
  }
  const Model deep =
      Model::parse(R"({"input": [2], "classes": 2, "layers": [)" + layers +
                       R"({"type": "linear", "units": 2}], "training": {"batch_size": 2,
      "optimizer": {"type": "sgd", "learning_rate": 0.01}}})",
                   "deep.json");
  CHECK(deep.layers().size() == 10'000);
  Context context(2);
  const Examples examples = internal::random_examples(deep, 4, 1);
  const Trained trained = fit(deep, examples, context, {.epochs = 1});
  CHECK(trained.epochs.size() == 1);
  CHECK(Predictor(deep, trained.weights)(examples.x).outputs.shape() == Shape{4, 2});
}

}  // namespace
}  // namespace autonet
