// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace outrigger {
namespace {

using nlohmann::json;

/// Builds a value from parse events and stops at the first broken limit. The library's own tree builder keeps
/// the last of two equal keys and has no limits.
class Builder final : public json::json_sax_t {
  public:
    explicit Builder(const JsonLimits& limits) : limits_(limits) {}

    bool null() override { return add(nullptr); }
    bool boolean(bool v) override { return add(v); }
    bool number_integer(number_integer_t v) override { return add(v); }
    bool number_unsigned(number_unsigned_t v) override { return add(v); }
    bool number_float(number_float_t v, const string_t&) override { return add(v); }
    bool string(string_t& v) override { return add(std::move(v)); }
    bool binary(binary_t&) override { return stop("binary value"); }
    bool start_object(std::size_t) override { return enter(json::object()); }
    bool start_array(std::size_t) override { return enter(json::array()); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool key(string_t& k) override {
        if (!count()) return false;
        const auto [at, fresh] = open_.back()->get_ref<json::object_t&>().emplace(std::move(k), nullptr);
        if (!fresh) return stop("a key occurs twice in one object");
        member_ = &at->second;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
        return stop(fmt::format("not valid JSON at byte {}", position));
    }

    const std::string& problem() const { return problem_; }
    json take() { return std::move(root_); }

  private:
    bool stop(std::string why) {
        if (problem_.empty()) problem_ = std::move(why);
        return false;
    }
    bool count() {
        return ++values_ <= limits_.values || stop(fmt::format("more than {} values", limits_.values));
    }
    /// Where the next value goes; it was reserved by key() inside an object.
    json& place(json value) {
        if (open_.empty()) return root_ = std::move(value);
        if (member_ != nullptr) return *std::exchange(member_, nullptr) = std::move(value);
        return open_.back()->get_ref<json::array_t&>().emplace_back(std::move(value));
    }
    bool add(json value) {
        if (!count()) return false;
        place(std::move(value));
        return true;
    }
    bool enter(json container) {
        if (!count()) return false;
        if (open_.size() >= limits_.depth)
            return stop(fmt::format("nested more than {} deep", limits_.depth));
        open_.push_back(&place(std::move(container)));
        return true;
    }
    bool leave() {
        open_.pop_back();
        return true;
    }

    const JsonLimits& limits_;
    json root_;
    std::vector<json*> open_;  // stays valid: a container only grows again after its last child is closed
    json* member_ = nullptr;
    std::size_t values_ = 0;
    std::string problem_;
};

}  // namespace

Result<json> parse_json(std::string_view text, const JsonLimits& limits) {
    const auto forbidden = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != ' ' && c != '\t' && c != '\r' && c != '\n';
    };
    if (text.empty()) return fail(Errc::decode, "empty answer where JSON was expected");
    // The library skips a byte order mark and takes NUL for the end of the text: both are refused here.
    if (text.front() == '\xef') return fail(Errc::decode, "JSON begins with a byte order mark");
    if (std::any_of(text.begin(), text.end(), forbidden)) {
        return fail(Errc::decode, "control character in JSON");
    }
    try {
        Builder builder(limits);
        if (!json::sax_parse(text.begin(), text.end(), &builder)) {
            return fail(Errc::decode, builder.problem().empty() ? "not valid JSON" : builder.problem());
        }
        return builder.take();
    } catch (const std::exception& e) {
        return fail(Errc::decode, fmt::format("JSON could not be read: {}", shown(e.what(), 100)));
    }
}

std::string shown(std::string_view text, std::size_t max) {
    std::string out;
    for (const char c : text) {
        if (out.size() >= max) {
            out.resize(max);
            return out + "...";
        }
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '\\') {
            out += c;
        } else {
            out += fmt::format("\\x{:02x}", byte);
        }
    }
    return out;
}

}  // namespace outrigger
