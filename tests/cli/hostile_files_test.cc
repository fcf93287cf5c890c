// Small files that would unpack to gigabytes, endless files and pipes: an error in little memory.
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "cli/picture.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

/// Runs the program where it may have so many bytes of address space.
Outcome run_capped(const TestFolder& folder, std::vector<std::string> words,
                   rlim_t most = rlim_t{1} << 30) {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  const rlimit capped{.rlim_cur = most, .rlim_max = before.rlim_max};
  words.insert(words.end(), {"--threads", "1"});
  if (words[0] == "predict") words.resize(words.size() - 2);
  REQUIRE(::setrlimit(RLIMIT_AS, &capped) == 0);
  const Outcome outcome = run_program(folder, words);
  REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);
  return outcome;
}

void put(std::string& out, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> 8 * i & 255);
}

/// The deflated form of `start` and then zeros up to `size` bytes, and its checksum.
std::string deflated(const std::string& start, std::uint64_t size, std::uint32_t& crc, int bits) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string piece(1 << 22, '\0');
  std::string out;
  std::string room(1 << 16, '\0');
  uLong sum = crc32(0, nullptr, 0);
  for (std::uint64_t done = 0; done < size;) {
    const std::uint64_t count = std::min<std::uint64_t>(piece.size(), size - done);
    if (done == 0) std::memcpy(piece.data(), start.data(), start.size());
    sum = crc32(sum, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(count));
    stream.next_in = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_in = static_cast<uInt>(count);
    do {
      stream.next_out = reinterpret_cast<Bytef*>(room.data());
      stream.avail_out = static_cast<uInt>(room.size());
      deflate(&stream, done + count == size ? Z_FINISH : Z_NO_FLUSH);
      out.append(room.data(), room.size() - stream.avail_out);
    } while (stream.avail_out == 0);
    if (done == 0) std::memset(piece.data(), 0, start.size());
    done += count;
  }
  deflateEnd(&stream);
  crc = static_cast<std::uint32_t>(sum);
  return out;
}

/// The start of an .npy file of f4 numbers.
std::string npy_start(const std::string& shape) {
  std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  dictionary.resize(117, ' ');
  std::string start = "\x93NUMPY\1";
  start += '\0';
  put(start, dictionary.size() + 1, 2);
  return start + dictionary + "\n";
}

/// A .npz file with one compressed array of `count` zeros in f4.
std::string packed_npz(const std::string& name, std::uint64_t count, const std::string& shape) {
  const std::string start = npy_start(shape);
  const std::uint64_t size = start.size() + 4 * count;
  std::uint32_t crc = 0;
  const std::string body = deflated(start, size, crc, -MAX_WBITS);
  const std::string entry = name + ".npy";
  std::string fields;
  for (const auto& [number, bytes] : std::vector<std::pair<std::uint64_t, int>>{
           {20, 2}, {0, 2}, {8, 2}, {0, 2}, {0x21, 2}, {crc, 4}, {body.size(), 4}, {size, 4}}) {
    put(fields, number, bytes);
  }
  put(fields, entry.size(), 2);
  put(fields, 0, 2);
  std::string out = "PK\3\4" + fields + entry + body;
  const std::size_t directory = out.size();
  out += "PK\1\2";
  put(out, 20, 2);
  out += fields;
  put(out, 0, 2 + 2 + 2 + 4 + 4);
  out += entry;
  const std::size_t end = out.size();
  out += "PK\5\6";
  put(out, 0, 4);
  put(out, 1, 2);
  put(out, 1, 2);
  put(out, end - directory, 4);
  put(out, directory, 4);
  put(out, 0, 2);
  return out;
}

TEST_CASE("arrays that a model does not have are refused before they are unpacked") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  constexpr std::uint64_t kCount = std::uint64_t{1} << 28;  // 1 GiB of numbers
  folder.write("other.npz", packed_npz("unknown", kCount, "(268435456,)"));
  folder.write("shape.npz", packed_npz("output/weight", kCount, "(268435456,)"));
  CHECK(std::filesystem::file_size(folder.path("other.npz")) < 2'000'000);
  const Outcome other = run_capped(folder, {"evaluate", "m.json", "--checkpoint", "other.npz"});
  CHECK(other.status == 3);
  CHECK(other.err ==
        "checkpoint other.npz: array \"unknown\" [268435456] is unknown to the model m; was it "
        "written for another model?\n");
  const Outcome shape = run_capped(folder, {"evaluate", "m.json", "--checkpoint", "shape.npz"});
  CHECK(shape.status == 3);
  CHECK(shape.err ==
        "checkpoint shape.npz: array \"output/weight\" is [268435456] but the model needs "
        "[256,10]\n");
  const Outcome from = run_capped(folder, {"fit", "m.json", "--init-from", "shape.npz"});
  CHECK(from.status == 3);
  CHECK_MESSAGE(contains(from.err, "output/weight: [256,10] in the model, [268435456] in the file"),
                from.err);
  folder.write("m.npz", packed_npz("unknown", kCount, "(268435456,)"));
  CHECK(run_capped(folder, {"fit", "m.json"}).status == 2);  // not a checkpoint: not replaced
  CHECK(run_capped(folder, {"fit", "m.json", "--resume"}).status == 3);
  CHECK(run_capped(folder, {"replay", "m.npz"}).status == 3);
  // Inputs: of a wrong shape, and too many for the memory.
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet", "--overwrite"}).status == 0);
  const Outcome inputs = run_capped(folder, {"predict", "m.json", "other.npz"});
  CHECK(inputs.status == 3);
  CHECK_MESSAGE(contains(inputs.err, "are [268435456] but the model m needs"), inputs.err);
  folder.write("many.npz", packed_npz("x", kCount, "(1048576, 16, 16, 1)"));
  const Outcome many = run_capped(folder, {"predict", "m.json", "many.npz"});
  CHECK(many.status == 3);
  CHECK_MESSAGE(contains(many.err, "reading many.npz: array \"x\" unpacks to 1.0 GiB, but only"),
                many.err);
}

TEST_CASE("files of zeros without an end and sparse files are refused in little memory") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  for (const std::string name : {"zero.npz", "zero.safetensors", "zero.json"}) {
    std::filesystem::create_symlink("/dev/zero", folder.path(name));
  }
  for (const std::string name : {"sparse.npz", "sparse.safetensors"}) {
    folder.write(name, "");
    std::filesystem::resize_file(folder.path(name), std::uintmax_t{700} << 20);
  }
  for (const std::string name :
       {"zero.npz", "zero.safetensors", "sparse.npz", "sparse.safetensors"}) {
    CAPTURE(name);
    const Outcome outcome = run_capped(folder, {"evaluate", "m.json", "--checkpoint", name});
    CHECK(outcome.status == 3);
    CHECK(outcome.err.starts_with("reading " + name + ": "));
    CHECK(run_capped(folder, {"fit", "m.json", "--checkpoint", name}).status == 2);
  }
  CHECK(run_capped(folder, {"evaluate", "zero.json"}).status == 2);
}

TEST_CASE("a small picture file of many pixels takes little memory") {
  const TestFolder folder;
  Picture large{.rows = 6000, .cols = 6600, .channels = 1, .pixels = {}};
  large.pixels.assign(static_cast<std::size_t>(large.size()), 0);
  write_png(folder.path("large.png"), large);
  CHECK(std::filesystem::file_size(folder.path("large.png")) < 200'000);
  std::filesystem::create_directories(folder.path("pictures/a"));
  std::filesystem::create_directories(folder.path("pictures/b"));
  large.rows = large.cols = 8;
  large.pixels.resize(64);
  write_png(folder.path("pictures/b/small.png"), large);
  std::filesystem::copy(folder.path("large.png"), folder.path("pictures/a/large.png"));
  folder.write("f.json", R"({"data": {"folder": "pictures", "size": [8, 8], "validation": 0},
    "layers": [{"type": "linear", "units": 2}], "loss": "softmax_cross_entropy",
    "training": {"epochs": 1, "checkpoint": "f.npz"}})");
  folder.write("m.json", small_model("m"));
  const rlim_t cap = rlim_t{400} << 20;
  const Outcome fit = run_capped(folder, {"fit", "f.json", "--quiet"}, cap);
  CHECK_MESSAGE(fit.status == 0, fit.err);
  const Outcome resized = run_capped(folder, {"predict", "f.json", "large.png"}, cap);
  CHECK_MESSAGE(resized.status == 0, resized.err);
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const Outcome refused = run_capped(folder, {"predict", "m.json", "large.png"}, cap);
  CHECK(refused.status == 3);
  CHECK_MESSAGE(contains(refused.err, "large.png is [6000,6600,1] but the model needs"),
                refused.err);
}

TEST_CASE("what does not fit into the memory is refused before it is taken, with what would fit") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome bench = run_capped(folder, {"bench", "m.json", "--batch", "1000000"});
  CHECK(bench.status == 1);
  CHECK_MESSAGE(contains(bench.err, "bench: training m on batches of 1000000 takes at least "),
                bench.err);
  CHECK_MESSAGE(contains(bench.err, " would fit: --batch "), bench.err);
  // Nine tenths of the batch that is named run, with most of the memory taken.
  const size_t at = bench.err.find("would fit: --batch ") + 19;
  const Index largest = std::stol(bench.err.substr(at));
  CAPTURE(largest);
  CHECK(largest > 300'000);  // of 2 KiB for each example
  const std::string most = text::concat(largest * 9 / 10);
  const Outcome near = run_capped(folder, {"bench", "m.json", "--batch", most, "--seconds", "0"});
  CHECK_MESSAGE(near.status == 0, near.err);
  const Outcome summary = run_capped(folder, {"summary", "m.json", "--batch", "1000000"});
  CHECK_MESSAGE(summary.status == 0, summary.err);
  CHECK_MESSAGE(contains(summary.out, "Training on batches of 1000000 with 1 thread takes"),
                summary.out);
  std::string wide = small_model("wide");
  wide.insert(
      wide.find("    { \"name\": \"output\""),
      "{\"type\": \"linear\", \"units\": 20000}, {\"type\": \"linear\", \"units\": 20000},");
  folder.write("wide.json", wide);
  const Outcome fit = run_capped(folder, {"fit", "wide.json", "--quiet"});
  CHECK(fit.status == 1);
  CHECK_MESSAGE(contains(fit.err, "not even a batch of 1 would fit"), fit.err);
}

std::string own_model(const std::string& data) {
  return R"({"data": {)" + data + R"(}, "layers": [{"type": "linear", "units": 2}],
    "loss": "softmax_cross_entropy", "classes": 2, "training": {"epochs": 1, "batch_size": 8,
    "optimizer": {"type": "sgd", "learning_rate": 0.1}}})";
}

TEST_CASE("data that unpack to more than the memory are refused, not read") {
  const TestFolder folder;
  std::uint32_t crc = 0;
  constexpr std::uint64_t kSize = (std::uint64_t{1} << 30) + 16;
  const std::string idx{"\0\0\x08\x03\x00\x10\x00\x00\x00\x00\x00\x20\x00\x00\x00\x20", 16};
  folder.write("x.idx.gz", deflated(idx, kSize, crc, 16 + MAX_WBITS));
  folder.write("y.idx.gz", deflated(idx, kSize, crc, 16 + MAX_WBITS));
  folder.write("i.json", own_model(R"("file": "x.idx.gz", "labels": "y.idx.gz")"));
  folder.write("t.csv.gz", deflated("a,b\n1,0\n", kSize, crc, 16 + MAX_WBITS));
  folder.write("c.json", own_model(R"("file": "t.csv.gz", "label": "b")"));
  folder.write("x.npz", packed_npz("x", std::uint64_t{1} << 28, "(67108864, 4)"));
  folder.write("n.json", own_model(R"("file": "x.npz")"));
  for (const std::string model : {"i.json", "c.json", "n.json"}) {
    const Outcome outcome = run_capped(folder, {"fit", model});
    CAPTURE(model);
    CHECK_MESSAGE(outcome.status == 3, outcome.err);
    CHECK_MESSAGE(contains(outcome.err, "of memory are available"), outcome.err);
  }
}

}  // namespace
}  // namespace autonet::cli
