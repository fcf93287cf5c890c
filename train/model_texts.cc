#include "train/model_texts.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "autograd/fingerprint.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "text/hexadecimal.h"
#include "train/array_formats.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::json;

/// The part of a model that is compared.
Json compared_part(const std::string& text, Compared compared) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return nullptr;
  if (compared == Compared::run) {
    json.erase("$schema");
    if (json.contains("training") && json["training"].is_object()) {
      for (const char* key : {"epochs", "early_stopping", "checkpoint"})
        json["training"].erase(key);
    }
    return json;
  }
  Json part = Json::object();
  const std::vector<const char*> keys =
      compared == Compared::layers
          ? std::vector<const char*>{"layers"}
          : std::vector<const char*>{"name", "input", "classes", "outputs", "layers"};
  for (const char* key : keys) {
    if (json.contains(key)) part[key] = json[key];
  }
  if (compared == Compared::network && json.contains("data")) {
    for (const char* key : {"dataset", "file"}) {
      if (json["data"].contains(key)) part["data"][key] = json["data"][key];
    }
  }
  if (part.contains("layers") && part["layers"].is_array()) {
    for (Json& layer : part["layers"]) {
      if (!layer.is_object()) continue;
      for (const char* key :
           {"init", "bias_init", "method", "recompute", "learning_rate_factor", "decay_factor"}) {
        layer.erase(key);
      }
    }
  }
  return part;
}

std::string brief(const Json* value) {
  if (value == nullptr) return "absent";
  std::string text = value->dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= 40 ? text : value->is_object() ? "an object" : text.substr(0, 37) + "...";
}

std::string step_of(const std::string& key) {
  std::string step = "/";
  for (const char c : key) step += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return step;
}

void compare(const Json* before, const Json* after, const std::string& pointer,
             std::vector<std::string>& lines) {
  if (before != nullptr && after != nullptr) {
    if (*before == *after) return;
    if (before->is_object() && after->is_object()) {
      Json keys = *before;
      keys.update(*after);
      for (const auto& item : keys.items()) {
        const auto in = [&](const Json* object) {
          const auto found = object->find(item.key());
          return found == object->end() ? nullptr : &*found;
        };
        compare(in(before), in(after), pointer + step_of(item.key()), lines);
      }
      return;
    }
    if (before->is_array() && after->is_array()) {
      for (size_t i = 0; i < std::max(before->size(), after->size()); ++i) {
        compare(i < before->size() ? &(*before)[i] : nullptr,
                i < after->size() ? &(*after)[i] : nullptr, text::concat(pointer, "/", i), lines);
      }
      return;
    }
  }
  lines.push_back(text::concat(pointer, ": ", brief(before), ", now ", brief(after)));
}

}  // namespace

std::vector<std::string> differences(const std::string& before, const std::string& after,
                                     Compared compared) {
  constexpr size_t kShown = 10;
  const Json a = compared_part(before, compared);
  const Json b = compared_part(after, compared);
  std::vector<std::string> lines;
  if (a.is_null() || b.is_null()) return lines;
  compare(&a, &b, "", lines);
  if (lines.size() > kShown) {
    const size_t more = lines.size() - kShown;
    lines.resize(kShown);
    lines.push_back(text::concat("and ", more, " more"));
  }
  return lines;
}

std::string named_text(const Model& model) {
  Json json = Json::parse(model.text(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return model.text();
  json["name"] = model.name();
  return json.dump();
}

const std::string* find_text(const ArrayFile& file, const std::string& key) {
  for (const auto& [name, text] : file.texts) {
    if (name == key) return &text;
  }
  return nullptr;
}

std::string run_identity(const Model& model, std::uint64_t seed, Index examples,
                         const Weights& initial) {
  std::uint64_t hash = stream_of(compared_part(named_text(model), Compared::run).dump());
  const auto mix = [&](std::uint64_t number) { hash = stream_of(text::concat(hash, " ", number)); };
  mix(seed);
  mix(static_cast<std::uint64_t>(examples));
  for (const Array& array : initial.parameters) mix(fingerprint_of(array));
  for (const Array& array : initial.states) mix(fingerprint_of(array));
  return text::hexadecimal(hash, 16);
}

std::vector<std::string> differences_from(const Model& model, const ArrayFile& file,
                                          Compared compared) {
  const std::string* text = find_text(file, "model");
  if (text == nullptr) return {};
  Json stored = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  Json now = Json::parse(named_text(model));
  if (!stored.is_object()) return {};
  if (const std::string* name = find_text(file, "name")) {
    stored["name"] = *name;
  } else if (!stored.contains("name")) {  // an older checkpoint, whose model had its file's name
    now.erase("name");
  }
  return differences(stored.dump(), now.dump(), compared);
}

void check_replaceable(const Model& model, const std::string& path) {
  std::error_code none;
  if (!std::filesystem::exists(path, none)) return;
  const std::string end =
      "\nGive the run another file with --checkpoint, or replace this one with --overwrite.";
  ArrayFile file;
  try {
    file = load_texts(path);
  } catch (const DataError& error) {
    throw ModelError(text::concat("checkpoint ", path,
                                  " exists and is not one that this program "
                                  "can read (",
                                  error.what(), "), so it is not replaced.", end));
  }
  if (find_text(file, "model") == nullptr) {
    throw ModelError(text::concat("checkpoint ", path,
                                  " exists and was not written by a run: it "
                                  "holds no model, so it is not replaced.",
                                  end));
  }
  const std::vector<std::string> lines = differences_from(model, file, Compared::network);
  if (lines.empty()) return;
  throw ModelError(text::concat("checkpoint ", path, " holds another model than ", model.file(),
                                ", so it is not replaced:\n  ", text::joined(lines, "\n  "), end));
}

void check_same_model(const Model& model, const ArrayFile& file, const std::string& path,
                      Compared compared) {
  const std::vector<std::string> lines = differences_from(model, file, compared);
  if (lines.empty()) return;
  throw ModelError(text::concat(
      "checkpoint ", path, " was written for another model than ", model.file(), ":\n  ",
      text::joined(lines, "\n  "), "\nTrain ", model.name(),
      " into a file of its own (\"checkpoint\", or --checkpoint), or use the model of this file."));
}

}  // namespace autonet::internal
