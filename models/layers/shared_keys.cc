#include "models/layers/layers.h"

namespace autonet {

Key init_key() {
  return {"init", Key::Kind::init,
          "how weights start: \"he\", \"xavier\", \"orthogonal\", or one of these, normal, "
          "uniform, constant with a number as {\"normal\": 0.1}",
          "{\"xavier\": 1}"};
}

Key bias_key() {
  return {"bias", Key::Kind::flag, "whether a bias is added to each output channel", "true"};
}

Key bias_init_key() {
  return {"bias_init", Key::Kind::init, "how the bias starts", "{\"constant\": 0}"};
}

Key extent_key(const std::string& name, const std::string& doc, const std::string& fallback) {
  Key key{name, Key::Kind::extent, doc + "; a number or [rows, columns]", fallback};
  key.required = fallback.empty();
  key.low = 1;
  key.high = 4096;
  return key;
}

}  // namespace autonet
