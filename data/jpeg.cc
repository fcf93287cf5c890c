// JPEG pictures, by libjpeg if the program is built with it.
#ifdef AUTONET_HAVE_JPEG
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>
#endif

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/memory_check.h"
#include "data/picture_formats.h"

namespace autonet::internal {

#ifdef AUTONET_HAVE_JPEG

namespace {

/// How libjpeg reports: an error jumps back to `jump`; the text of an error or of the first warning
/// is kept, and nothing is printed.
struct Report {
  jpeg_error_mgr base{};
  std::jmp_buf jump{};
  char text[JMSG_LENGTH_MAX] = {};
};

Report& report_of(j_common_ptr info) {
  return *reinterpret_cast<Report*>(info->err);  // `base` is the first member
}

[[noreturn]] void on_error(j_common_ptr info) {
  Report& report = report_of(info);
  report.base.format_message(info, report.text);
  std::longjmp(report.jump, 1);
}

void on_message(j_common_ptr info, int level) {
  Report& report = report_of(info);
  if (level >= 0) return;  // remarks
  if (report.base.num_warnings++ == 0) report.base.format_message(info, report.text);
}

/// What is decoded: the size, then the pixels if `pixels` is not null.
struct Decoded {
  Index rows = 0;
  Index cols = 0;
  Index channels = 0;
  std::uint8_t* pixels = nullptr;
};

/// False, with a text in the report, if the bytes are no whole JPEG. There is no object with a
/// destructor here, as an error leaves the function by a jump.
bool decode(const unsigned char* bytes, size_t count, Decoded& decoded, Report& report) {
  jpeg_decompress_struct info{};
  info.err = jpeg_std_error(&report.base);
  report.base.error_exit = on_error;
  report.base.emit_message = on_message;
  if (setjmp(report.jump) != 0) {
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes, static_cast<unsigned long>(count));
  jpeg_read_header(&info, TRUE);
  info.out_color_space = info.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  decoded.rows = info.image_height;
  decoded.cols = info.image_width;
  decoded.channels = info.out_color_space == JCS_RGB ? 3 : 1;
  if (decoded.pixels != nullptr) {
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = decoded.pixels + info.output_scanline * decoded.cols * decoded.channels;
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
  }
  jpeg_destroy_decompress(&info);
  return report.base.num_warnings == 0;  // a file that is cut short is only a warning to libjpeg
}

void decode_or_throw(const std::string& path, const std::string& bytes, Decoded& decoded) {
  Report report;
  if (!decode(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), decoded, report))
    fail_reading(path, "not a valid JPEG: ", report.text);
  check_picture_size(path, decoded.rows, decoded.cols);
}

}  // namespace

std::array<Index, 3> jpeg_size(const std::string& path, const std::string& bytes) {
  Decoded decoded;
  decode_or_throw(path, bytes, decoded);
  return {decoded.rows, decoded.cols, decoded.channels};
}

Picture read_jpeg(const std::string& path, const std::string& bytes) {
  Decoded decoded;
  decode_or_throw(path, bytes, decoded);
  Picture picture{.rows = decoded.rows, .cols = decoded.cols, .channels = decoded.channels};
  // A progressive JPEG keeps two bytes for each number until it is complete.
  check_memory_for(path, "its pixels take", 3 * static_cast<std::uint64_t>(picture.size()));
  picture.pixels.resize(static_cast<size_t>(picture.size()));
  decoded.pixels = picture.pixels.data();
  decode_or_throw(path, bytes, decoded);
  return picture;
}

#else

Picture read_jpeg(const std::string& path, const std::string& /*bytes*/) {
  fail_reading(path,
               "autonet was built without libjpeg, which reads JPEG files; install it "
               "(Debian: libjpeg-dev) and build again");
}
std::array<Index, 3> jpeg_size(const std::string& path, const std::string& bytes) {
  read_jpeg(path, bytes);
  return {};
}

#endif

}  // namespace autonet::internal
