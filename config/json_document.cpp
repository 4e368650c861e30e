// SPDX-License-Identifier: Apache-2.0
// JSON with places. nlohmann/json reports none, so the reader counts what it has consumed.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "config/document.hpp"

namespace outrigger::config {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 32;

/// Reads characters and tells, through a shared counter, how many were read.
class Counting {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    Counting(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
    reference operator*() const { return *at_; }
    Counting& operator++() {
        ++at_;
        *furthest_ = std::max(*furthest_, at_);
        return *this;
    }
    Counting operator++(int) {
        Counting before = *this;
        ++*this;
        return before;
    }
    friend bool operator!=(const Counting& a, const Counting& b) { return a.at_ != b.at_; }

  private:
    const char* at_;
    const char** furthest_;
};

class Builder final : public nlohmann::json_sax<json> {
  public:
    Builder(std::string_view file, std::string_view text, const char* const* read)
        : file_(file), text_(text), read_(read) {}

    bool null() override {
        return scalar(Node::Kind::other, [](Node& n) { n.text = "null"; });
    }
    bool boolean(bool v) override {
        return scalar(Node::Kind::boolean, [&](Node& n) { n.boolean = v; });
    }
    bool number_integer(number_integer_t v) override {
        return scalar(Node::Kind::integer, [&](Node& n) { n.integer = v; });
    }
    bool number_unsigned(number_unsigned_t v) override {
        if (v > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
            return scalar(Node::Kind::other, [](Node& n) { n.text = "a number too large to be one"; });
        }
        return scalar(Node::Kind::integer, [&](Node& n) { n.integer = static_cast<std::int64_t>(v); });
    }
    bool number_float(number_float_t v, const string_t& /*written*/) override {
        return scalar(Node::Kind::number, [&](Node& n) { n.number = v; });
    }
    bool string(string_t& v) override {
        return scalar(Node::Kind::text, [&](Node& n) { n.text = v; });
    }
    bool binary(binary_t& /*v*/) override { return false; }
    bool start_object(std::size_t /*n*/) override { return open(Node::Kind::table); }
    bool start_array(std::size_t /*n*/) override { return open(Node::Kind::list); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        const Place at = token_start();
        const auto& siblings = stack_.back().children;
        if (const auto first =
                std::find_if(siblings.begin(), siblings.end(), [&](const Node& n) { return n.key == name; });
            first != siblings.end()) {
            report(at, fmt::format("{} is given twice", name),
                   fmt::format("line {} gives it already; which of the two counts would be a guess",
                               first->key_place.line),
                   "delete one of the two", name);
        }
        pending_key_ = name;
        pending_place_ = at;
        return true;
    }

    bool parse_error(std::size_t /*position*/, const std::string& /*last*/,
                     const nlohmann::detail::exception& e) override {
        std::string why = e.what();
        if (const auto cut = why.find("] "); cut != std::string::npos && why.starts_with("[json"))
            why = why.substr(cut + 2);
        report(place_of(offset() > 0 ? offset() - 1 : 0), "the file is not JSON", std::move(why),
               "a comma too many or too few, or a missing quote, near this place", "");
        failed_ = true;
        return false;
    }

    Document finish(bool parsed) {
        document_.usable = parsed && !failed_;
        document_.root = std::move(root_);
        return std::move(document_);
    }

  private:
    std::size_t offset() const {
        return std::min(static_cast<std::size_t>(*read_ - text_.data()), text_.size());
    }

    Place place_of(std::size_t at) const {
        const std::string_view before = text_.substr(0, at);
        const auto line = std::count(before.begin(), before.end(), '\n');
        const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
        return {static_cast<int>(line) + 1, static_cast<int>(at - start) + 1};
    }

    /// Where the token just read begins; the reader stands right behind it, or one further behind a number.
    Place token_start() const {
        std::size_t at = offset();
        const auto part_of_word = [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
        };
        if (at > 0 && !part_of_word(text_[at - 1]) && text_[at - 1] != '"' && text_[at - 1] != '{' &&
            text_[at - 1] != '[')
            --at;
        if (at == 0) return {1, 1};
        if (text_[at - 1] == '"') {
            for (--at; at > 0;) {
                --at;
                std::size_t slashes = 0;
                while (slashes < at && text_[at - 1 - slashes] == '\\') ++slashes;
                if (text_[at] == '"' && slashes % 2 == 0) break;
            }
            return place_of(at);
        }
        if (!part_of_word(text_[at - 1])) return place_of(at - 1);
        while (at > 0 && part_of_word(text_[at - 1])) --at;
        return place_of(at);
    }

    void report(Place at, std::string what, std::string why, std::string fix, std::string key) {
        document_.errors.push_back({.key = std::move(key),
                                    .where = fmt::format("{}:{}:{}", file_, at.line, at.column),
                                    .what = std::move(what),
                                    .why = std::move(why),
                                    .fix = std::move(fix),
                                    .line = at.line,
                                    .column = at.column});
    }

    Node start(Node::Kind kind) {
        Node node;
        node.kind = kind;
        node.place = token_start();
        node.key = std::exchange(pending_key_, {});
        node.key_place = std::exchange(pending_place_, {});
        return node;
    }

    template <class Fill>
    bool scalar(Node::Kind kind, Fill fill) {
        Node node = start(kind);
        fill(node);
        return attach(std::move(node));
    }

    bool open(Node::Kind kind) {
        Node node = start(kind);
        if (stack_.size() >= kMaxDepth) {
            report(node.place, "the file is nested too deeply", "no configuration is that deep",
                   "remove some of the brackets", "");
            failed_ = true;
            return false;
        }
        stack_.push_back(std::move(node));
        return true;
    }

    bool close() {
        Node node = std::move(stack_.back());
        stack_.pop_back();
        return attach(std::move(node));
    }

    bool attach(Node node) {
        if (stack_.empty()) {
            root_ = std::move(node);
        } else {
            stack_.back().children.push_back(std::move(node));
        }
        return true;
    }

    std::string_view file_;
    std::string_view text_;
    const char* const* read_;
    Document document_;
    Node root_;
    std::vector<Node> stack_;
    std::string pending_key_;
    Place pending_place_;
    bool failed_ = false;
};

}  // namespace

Document parse_json(std::string_view file, std::string_view text) {
    const char* read = text.data();
    Builder builder(file, text, &read);
    const bool parsed =
        json::sax_parse(Counting(text.data(), &read), Counting(text.data() + text.size(), &read), &builder,
                        nlohmann::detail::input_format_t::json, /*strict=*/true, /*ignore_comments=*/true);
    Document document = builder.finish(parsed);
    if (document.usable && document.root.kind != Node::Kind::table) {
        document.usable = false;
        document.errors.push_back({.key = "",
                                   .where = fmt::format("{}:1:1", file),
                                   .what = "the file is not a table",
                                   .why = "a configuration is a JSON object",
                                   .fix = "start the file with {",
                                   .line = 1,
                                   .column = 1});
    }
    return document;
}

}  // namespace outrigger::config
