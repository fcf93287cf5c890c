#include "cli/sha256.h"

#ifdef AUTONET_HAVE_OPENSSL
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "autonet/autograd/error.h"
#include "text/hexadecimal.h"
#endif

namespace autonet::cli {

#ifdef AUTONET_HAVE_OPENSSL

std::optional<std::string> sha256_of(const std::string& path) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> state(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (state == nullptr || EVP_DigestInit_ex(state.get(), EVP_sha256(), nullptr) != 1)
    throw DataError("checking " + path + ": libcrypto has no SHA-256");
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(1 << 16);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    EVP_DigestUpdate(state.get(), buffer.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.eof()) throw DataError("checking " + path + ": the file cannot be read");
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned count = 0;
  EVP_DigestFinal_ex(state.get(), bytes.data(), &count);
  std::string text;
  for (unsigned i = 0; i < count; ++i) text += text::hexadecimal(bytes[i], 2);
  return text;
}

#else

std::optional<std::string> sha256_of(const std::string&) {
  return std::nullopt;
}

#endif

}  // namespace autonet::cli
