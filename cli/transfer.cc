#include "cli/transfer.h"

#ifdef AUTONET_HAVE_CURL
#include <curl/curl.h>
#include <dlfcn.h>

#include <array>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "autonet/text/concat.h"
#include "text/numbers.h"
#include "train/atomic_file.h"
#endif

namespace autonet::cli {

#ifdef AUTONET_HAVE_CURL

namespace {

constexpr Index kMost = Index{1} << 33;  // bytes of a file whose size is not published

/// The functions of libcurl, which is loaded by the first call.
struct Curl {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) setopt = nullptr;
  decltype(&curl_easy_perform) perform = nullptr;
  decltype(&curl_easy_getinfo) getinfo = nullptr;
  decltype(&curl_easy_strerror) strerror = nullptr;
  decltype(&curl_easy_cleanup) cleanup = nullptr;
  bool loaded = false;
};

const Curl& libcurl() {
  static const Curl kCurl = [] {
    Curl curl;
    void* library = nullptr;
    for (const char* name : {"libcurl.so.4", "libcurl.4.dylib"})
      if (library == nullptr) library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return curl;
    bool all = true;
    const auto find = [&](auto& function, const char* name) {
      function =
          reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      all = all && function != nullptr;
    };
    find(curl.global_init, "curl_global_init");
    find(curl.easy_init, "curl_easy_init");
    find(curl.setopt, "curl_easy_setopt");
    find(curl.perform, "curl_easy_perform");
    find(curl.getinfo, "curl_easy_getinfo");
    find(curl.strerror, "curl_easy_strerror");
    find(curl.cleanup, "curl_easy_cleanup");
    curl.loaded = all && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return curl;
  }();
  return kCurl;
}

struct State {
  CURL* curl;
  int descriptor;
  Index done;
  Index total;
  DownloadObserver* observer;
  bool begun = false;
  std::string wrong_size;
  std::string no_space;
};

std::string sizes(const char* does, Index sent, Index published) {
  return text::concat(does, " ", text::counted(sent, "byte"), ", but ",
                      text::with_commas(published), " were published");
}

/// Called by libcurl with what has arrived. A return value other than the count ends the transfer.
size_t receive(char* bytes, size_t size, size_t count, void* user) {
  State& state = *static_cast<State*>(user);
  const auto arrived = static_cast<Index>(size * count);
  if (!std::exchange(state.begun, true) && state.total > 0) {
    curl_off_t announced = -1;
    libcurl().getinfo(state.curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    const Index whole = state.done + static_cast<Index>(announced);
    if (announced >= 0 && whole != state.total) {
      state.wrong_size = sizes("announces", whole, state.total);
      return 0;
    }
  }
  const Index most = state.total > 0 ? state.total : kMost;
  if (state.done + arrived > most) {
    state.wrong_size = text::concat("sends more than ", text::counted(most, "byte"),
                                    state.total > 0 ? ", the published size" : "");
    return 0;
  }
  const int error = internal::write_all(state.descriptor, {bytes, size * count});
  if (error != 0) {
    state.no_space = std::strerror(error);
    return 0;
  }
  state.done += arrived;
  state.observer->on_progress(state.done, state.total);
  return size * count;
}

Transfer outcome(CURLcode code, const State& state, const char* detail, long status, int timeout) {
  using End = Transfer::End;
  if (!state.no_space.empty()) return {End::no_space, state.no_space};
  if (!state.wrong_size.empty()) return {End::failed, state.wrong_size};
  const std::string seconds = text::counted(timeout, "second");
  switch (code) {
    case CURLE_OK:
      if (state.total > 0 && state.done < state.total)
        return {End::cut_short, sizes("ends after", state.done, state.total)};
      return {End::complete, ""};
    case CURLE_RANGE_ERROR:
      return {End::not_resumed, "cannot send a part of the file"};
    case CURLE_HTTP_RETURNED_ERROR:
      if (status == 416) return {End::not_resumed, "cannot send a part of the file"};
      if (status == 404 || status == 410)
        return {End::failed, text::concat("does not have the file (status ", status, ")")};
      return {End::failed, text::concat("refuses the request (status ", status, ")")};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {End::failed, "there is no such server, or no network"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {End::failed, "the proxy is not found"};
    case CURLE_COULDNT_CONNECT:
      return {End::failed, "the server refuses the connection"};
    case CURLE_OPERATION_TIMEDOUT:
      if (state.begun) return {End::cut_short, "sends nothing for " + seconds};
      return {End::failed, "does not answer within " + seconds};
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      if (!state.begun) return {End::failed, "closes the connection without an answer"};
      return {End::cut_short, "cuts the connection after " + text::counted(state.done, "byte")};
    case CURLE_TOO_MANY_REDIRECTS:
      return {End::failed, "redirects without end"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return {End::failed, "is not an address that begins with http:// or https://"};
    default:
      return {End::failed, *detail != '\0' ? detail : libcurl().strerror(code)};
  }
}

}  // namespace

std::string transfer_lacks() {
  return libcurl().loaded ? "" : "libcurl is not installed; install libcurl4";
}

Transfer transfer(const std::string& url, int descriptor, Index from, Index total, int timeout,
                  DownloadObserver& observer) {
  if (const std::string lacks = transfer_lacks(); !lacks.empty())
    return {Transfer::End::failed, lacks};
  const std::unique_ptr<CURL, void (*)(CURL*)> owner(libcurl().easy_init(), libcurl().cleanup);
  CURL* curl = owner.get();
  if (curl == nullptr) return {Transfer::End::failed, "libcurl does not start"};
  const auto set = libcurl().setopt;
  State state{.curl = curl,
              .descriptor = descriptor,
              .done = from,
              .total = total,
              .observer = &observer,
              .wrong_size = "",
              .no_space = ""};
  std::array<char, CURL_ERROR_SIZE> detail{};
  set(curl, CURLOPT_URL, url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  set(curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
  set(curl, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  set(curl, CURLOPT_FOLLOWLOCATION, 1L);
  set(curl, CURLOPT_MAXREDIRS, 5L);
  set(curl, CURLOPT_FAILONERROR, 1L);
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_USERAGENT, "autonet");
  set(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(timeout));
  set(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(timeout));
  set(curl, CURLOPT_ERRORBUFFER, detail.data());
  set(curl, CURLOPT_WRITEFUNCTION, receive);
  set(curl, CURLOPT_WRITEDATA, &state);
  if (from > 0) set(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(from));
  const CURLcode code = libcurl().perform(curl);
  long status = 0;
  libcurl().getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return outcome(code, state, detail.data(), status, timeout);
}

#else

std::string transfer_lacks() {
  return "the program was built without libcurl; install libcurl4-openssl-dev and build it again";
}

Transfer transfer(const std::string&, int, Index, Index, int, DownloadObserver&) {
  return {Transfer::End::failed, transfer_lacks()};
}

#endif

}  // namespace autonet::cli
