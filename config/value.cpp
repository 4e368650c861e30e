// SPDX-License-Identifier: Apache-2.0
#include "config/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "chain/base/hex.hpp"
#include "config/fields.hpp"
#include "config/nearest.hpp"

namespace outrigger::config {
namespace {

using Checked = tl::expected<Value, Problem>;

tl::unexpected<Problem> no(std::string what, std::string why, std::string fix) {
    return tl::unexpected<Problem>({std::move(what), std::move(why), std::move(fix)});
}

std::optional<double> parse_number(std::string_view text) {
    double v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return v;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return v;
}

/// "1000", "0.1": no exponent for the numbers people write.
std::string plain(double v) {
    if (v == std::floor(v) && std::abs(v) < 1e15) return fmt::format("{:.0f}", v);
    return fmt::format("{}", v);
}

/// "1,000" per cent.
std::string percent(double ratio) {
    const double v = std::round(ratio * 1e8) / 1e6;
    std::string text = plain(v);
    const auto point = std::min(text.find('.'), text.size());
    const std::size_t first_digit = text.starts_with('-') ? 1 : 0;
    for (std::size_t i = point; i > first_digit + 3; i -= 3) text.insert(i - 3, ",");
    return text + " %";
}

/// At least two decimals, as in "0.10".
std::string as_ratio(double v) {
    const std::string two = fmt::format("{:.2f}", v);
    return parse_number(two) == v ? two : fmt::format("{}", v);
}

std::string shown_of(const Node& node) {
    switch (node.kind) {
        case Node::Kind::boolean: return node.boolean ? "true" : "false";
        case Node::Kind::integer: return fmt::format("{}", node.integer);
        case Node::Kind::number: return plain(node.number);
        case Node::Kind::text: return fmt::format("\"{}\"", node.text);
        case Node::Kind::list: return "[...]";
        case Node::Kind::table: return "{...}";
        case Node::Kind::other: return node.text;
    }
    return "";
}

std::string example(const Field& field) {
    switch (field.type) {
        case Type::boolean: return "true";
        case Type::integer:
            return field.fallback.empty() ? plain(std::max(1.0, field.range.low))
                                          : std::string(field.fallback);
        case Type::number: return field.fallback.empty() ? "1000" : std::string(field.fallback);
        case Type::ratio: return parse_number(field.fallback) ? std::string(field.fallback) : "0.10";
        case Type::text: return "\"name\"";
        case Type::choice: return fmt::format("\"{}\"", choices_of(field).front());
        case Type::duration:
            return fmt::format("\"{}\"",
                               parse_duration(field.fallback) ? field.fallback : std::string_view("10m"));
        case Type::address: return "\"0x...\"";
        case Type::path: return "\"path/to/file\"";
        case Type::secret: return "\"${cred:keystore-password}\"";
        case Type::url: return "\"https://...\"";
        case Type::ws_url: return "\"wss://...\"";
        case Type::list: return "[\"a\", \"b\"]";
        case Type::addresses: return "[\"0x...\"]";
    }
    return "";
}

std::string assignment(const Field& field, std::string_view value) {
    return fmt::format("{} = {}", last_part(field.path), value);
}

tl::unexpected<Problem> wrong_kind(const Field& field, const Node& node, std::string_view wanted) {
    const std::string_view is =
        node.kind == Node::Kind::other ? std::string_view(node.text) : kind_name(node.kind);
    // What stands in a secret's place may be the secret.
    const std::string written =
        field.type == Type::secret ? std::string(last_part(field.path)) : assignment(field, shown_of(node));
    return no(fmt::format("{} is {}, where {} belongs", written, is, wanted), std::string(field.doc),
              assignment(field, example(field)));
}

std::string bounds(const Field& field) {
    const Range& r = field.range;
    const bool lower = r.low > std::numeric_limits<double>::lowest();
    const bool upper = r.high < std::numeric_limits<double>::max();
    if (lower && upper && r.low == r.high) return fmt::format("only {} is known", plain(r.low));
    std::string text;
    if (lower) text = fmt::format("{} {}", r.open_low ? "above" : "at least", plain(r.low));
    if (upper) text += fmt::format("{}at most {}", text.empty() ? "" : " and ", plain(r.high));
    return text;
}

bool inside(const Range& r, double v) {
    return (r.open_low ? v > r.low : v >= r.low) && v <= r.high;
}

tl::unexpected<Problem> outside(const Field& field, std::string_view written) {
    return no(fmt::format("{} is out of range", assignment(field, written)),
              fmt::format("{} must be {}", last_part(field.path), bounds(field)),
              assignment(field, example(field)));
}

Checked check_integer(const Field& field, const Node& node) {
    if (node.kind != Node::Kind::integer) return wrong_kind(field, node, "a whole number");
    if (!inside(field.range, static_cast<double>(node.integer))) return outside(field, shown_of(node));
    return Value{node.integer, shown_of(node)};
}

Checked check_number(const Field& field, const Node& node) {
    double v = node.number;
    if (node.kind == Node::Kind::integer) {
        v = static_cast<double>(node.integer);
    } else if (node.kind != Node::Kind::number) {
        return wrong_kind(field, node, "a number");
    }
    if (!std::isfinite(v) || !inside(field.range, v)) return outside(field, shown_of(node));
    return Value{v, plain(v)};
}

std::optional<double> parse_percent(std::string_view text) {
    if (!text.ends_with('%')) return std::nullopt;
    text.remove_suffix(1);
    if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
    const auto v = parse_number(text);
    return v ? std::optional(*v / 100) : std::nullopt;
}

Checked check_ratio(const Field& field, const Node& node) {
    double v = node.number;
    bool in_percent = false;
    if (node.kind == Node::Kind::integer) {
        v = static_cast<double>(node.integer);
    } else if (node.kind == Node::Kind::text) {
        if (!field.choices.empty() && node.text == field.choices) return Value{Unset{}, node.text};
        const auto parsed = parse_percent(node.text);
        if (!parsed) return wrong_kind(field, node, "a ratio such as 0.10 or \"10%\"");
        v = *parsed;
        in_percent = true;
    } else if (node.kind != Node::Kind::number) {
        return wrong_kind(field, node, "a ratio such as 0.10 or \"10%\"");
    }
    if (std::isfinite(v) && inside(field.range, v)) return Value{v, as_ratio(v)};
    if (!std::isfinite(v) || v < 0) return outside(field, shown_of(node));
    const std::string limit = fmt::format("a ratio is a share: 1 is 100 %; {} must be {} ({})",
                                          last_part(field.path), bounds(field), percent(field.range.high));
    if (!in_percent && v >= 1 && v > field.range.high && inside(field.range, v / 100)) {
        const std::string meant = as_ratio(v / 100);
        return no(fmt::format("{} is {}; did you mean {} ({})?", assignment(field, shown_of(node)),
                              percent(v), meant, percent(v / 100)),
                  limit, assignment(field, meant));
    }
    return no(fmt::format("{} is {}", assignment(field, shown_of(node)), percent(v)), limit,
              assignment(field, example(field)));
}

Checked check_duration(const Field& field, const Node& node) {
    if (node.kind == Node::Kind::integer || node.kind == Node::Kind::number) {
        return no(fmt::format("{} has no unit", assignment(field, shown_of(node))),
                  "a bare number could be seconds, minutes or blocks; a duration says which",
                  assignment(field, fmt::format("\"{}s\"", shown_of(node))));
    }
    if (node.kind != Node::Kind::text) return wrong_kind(field, node, "a duration such as \"90s\" or \"2m\"");
    if (!field.choices.empty() && node.text == field.choices) return Value{Span{}, node.text};
    const auto length = parse_duration(node.text);
    if (!length) {
        return no(fmt::format("{} is not a duration", assignment(field, shown_of(node))),
                  fmt::format("a duration is digits with a unit: ms, s, m, h, d{}",
                              field.choices.empty() ? "" : fmt::format("; or \"{}\"", field.choices)),
                  assignment(field, example(field)));
    }
    const double seconds = static_cast<double>(length->count()) / 1000;
    if (!inside(field.range, seconds)) {
        return no(fmt::format("{} is out of range", assignment(field, shown_of(node))),
                  fmt::format("{} must be {} seconds", last_part(field.path), bounds(field)),
                  assignment(field, example(field)));
    }
    const bool whole_seconds = field.range.low == std::floor(field.range.low);
    if (whole_seconds && length->count() % 1000 != 0) {
        return no(fmt::format("{} is not a whole number of seconds", assignment(field, shown_of(node))),
                  fmt::format("{} counts in seconds", last_part(field.path)),
                  assignment(field, example(field)));
    }
    return Value{Span{*length}, node.text};
}

Checked check_choice(const Field& field, const Node& node) {
    if (node.kind != Node::Kind::text) return wrong_kind(field, node, "text in quotes");
    const auto choices = choices_of(field);
    const auto it = std::find(choices.begin(), choices.end(), node.text);
    if (it != choices.end()) return Value{Choice{static_cast<std::size_t>(it - choices.begin())}, node.text};
    const auto close = nearest(node.text, choices);
    return no(fmt::format("{} is not known{}", assignment(field, shown_of(node)),
                          close ? fmt::format("; did you mean \"{}\"?", *close) : ""),
              fmt::format("{} is one of: {}", last_part(field.path), fmt::join(choices, ", ")),
              assignment(field, fmt::format("\"{}\"", close.value_or(choices.front()))));
}

Checked check_address(const Field& field, const Node& node) {
    if (node.kind != Node::Kind::text) return wrong_kind(field, node, "an address in quotes");
    const auto parsed = parse_address(node.text);
    if (parsed && *parsed == Address{}) {
        return no(fmt::format("{} is the zero address", last_part(field.path)),
                  "nothing and nobody lives there; what is sent to it is lost",
                  "write the real address, or delete the line");
    }
    if (parsed) return Value{*parsed, checksum_address(*parsed)};
    const bool shaped = node.text.size() == 42 && node.text.starts_with("0x") &&
                        node.text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos;
    if (!shaped) {
        return no(fmt::format("{} is not an address", assignment(field, shown_of(node))),
                  "an address is 0x and 40 hex digits", "copy the address again from its source");
    }
    return no(fmt::format("checksum of {} does not match: one character is wrong", node.text),
              "the capitals of an address are its checksum (EIP-55), and these do not fit its digits",
              "copy the address again from its source");
}

Checked check_url(const Field& field, const Node& node) {
    if (node.kind != Node::Kind::text) return wrong_kind(field, node, "a URL in quotes");
    const std::string& url = node.text;
    if (url.empty())
        return no("url is empty", "an endpoint needs an address", assignment(field, "\"${ETH_RPC_URL}\""));
    if (url.starts_with("ws://") || url.starts_with("wss://")) {
        return no(fmt::format("url = \"{}\" is a WebSocket", redacted_url(url)), "nodes are asked over HTTP",
                  "use the provider's https:// endpoint");
    }
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    const bool clean = url.find_first_of(" \t\r\n\"<>") == std::string::npos;
    if (scheme == 0 || url.size() == scheme || url[scheme] == '/' || !clean) {
        return no("url is not an http:// or https:// address",
                  "an endpoint is, for example, http://127.0.0.1:8545",
                  assignment(field, "\"${ETH_RPC_URL}\""));
    }
    if (url.ends_with("/v2/") || url.ends_with("/v3/")) {
        return no(fmt::format("url ends in {}: the access key is missing", url.substr(url.size() - 4)),
                  "providers put the key after this part", "paste the whole endpoint, key included");
    }
    return Value{url, redacted_url(url)};
}

/// Empty is allowed: `${ETH_WS_URL:-}` where there is none.
Checked check_ws_url(const Field& field, const Node& node) {
    if (node.kind != Node::Kind::text) return wrong_kind(field, node, "a URL in quotes");
    const std::string& url = node.text;
    if (url.empty()) return Value{url, url};
    const std::size_t scheme = url.starts_with("wss://") ? 6 : url.starts_with("ws://") ? 5 : 0;
    const bool clean = url.find_first_of(" \t\r\n\"<>") == std::string::npos;
    if (scheme == 0 || url.size() == scheme || url[scheme] == '/' || !clean) {
        return no(fmt::format("{} is not a ws:// or wss:// address", last_part(field.path)),
                  "a WebSocket is, for example, ws://127.0.0.1:8546",
                  assignment(field, "\"${ETH_WS_URL:-}\""));
    }
    return Value{url, redacted_url(url)};
}

Checked check_list(const Field& field, const Node& node) {
    if (node.kind != Node::Kind::list) return wrong_kind(field, node, "a list");
    std::vector<std::string> items;
    for (const Node& item : node.children) {
        if (item.kind != Node::Kind::text || item.text.empty()) {
            return no(fmt::format("{} holds {}, where text in quotes belongs", last_part(field.path),
                                  kind_name(item.kind)),
                      std::string(field.doc), assignment(field, example(field)));
        }
        if (std::find(items.begin(), items.end(), item.text) != items.end()) {
            return no(fmt::format("{} names {} twice", last_part(field.path), item.text),
                      "the order is the order of preference", fmt::format("delete one \"{}\"", item.text));
        }
        items.push_back(item.text);
    }
    std::string shown = fmt::format("[{}]", fmt::join(items, ", "));
    return Value{std::move(items), std::move(shown)};
}

Checked check_addresses(const Field& field, const Node& node) {
    if (node.kind != Node::Kind::list) return wrong_kind(field, node, "a list of addresses");
    std::vector<Address> items;
    std::string shown;
    for (const Node& item : node.children) {
        Checked one = check_address(field, item);
        if (!one) return one;
        items.push_back(std::get<Address>(one->held));
        shown += (shown.empty() ? "" : ", ") + one->shown;
    }
    return Value{std::move(items), "[" + shown + "]"};
}

Checked check_text(const Field& field, const Node& node) {
    if (node.kind != Node::Kind::text) return wrong_kind(field, node, "text in quotes");
    if (node.text.empty()) {
        return no(fmt::format("{} is empty", last_part(field.path)), std::string(field.doc),
                  "give it a value, or delete the line");
    }
    return Value{node.text, node.text};
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::int64_t total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0 || digits > 9) return std::nullopt;
        const std::int64_t count = *parse_integer(text.substr(0, digits));
        text.remove_prefix(digits);
        const std::size_t letters = std::min(text.find_first_of("0123456789"), text.size());
        const std::string_view unit = text.substr(0, letters);
        text.remove_prefix(letters);
        const std::int64_t scale = unit == "ms"  ? 1
                                   : unit == "s" ? 1000
                                   : unit == "m" ? 60'000
                                   : unit == "h" ? 3'600'000
                                   : unit == "d" ? 86'400'000
                                                 : 0;
        if (scale == 0) return std::nullopt;
        total += count * scale;  // nine digits of days fit 100 times over; the loop is bounded below
        if (total > 1'000'000'000'000'000) return std::nullopt;
    }
    return std::chrono::milliseconds(total);
}

Checked check(const Field& field, const Node& node) {
    switch (field.type) {
        case Type::boolean:
            if (node.kind != Node::Kind::boolean) return wrong_kind(field, node, "true or false");
            return Value{node.boolean, shown_of(node)};
        case Type::integer: return check_integer(field, node);
        case Type::number: return check_number(field, node);
        case Type::ratio: return check_ratio(field, node);
        case Type::choice: return check_choice(field, node);
        case Type::duration: return check_duration(field, node);
        case Type::address: return check_address(field, node);
        case Type::url: return check_url(field, node);
        case Type::ws_url: return check_ws_url(field, node);
        case Type::list: return check_list(field, node);
        case Type::addresses: return check_addresses(field, node);
        case Type::text:
        case Type::path:
        case Type::secret: return check_text(field, node);
    }
    return wrong_kind(field, node, "another kind of value");
}

Node node_of_text(const Field& field, std::string_view text) {
    Node node;
    node.kind = Node::Kind::text;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    node.text = std::string(text);
    if (field.type == Type::boolean && (text == "true" || text == "false")) {
        node.kind = Node::Kind::boolean;
        node.boolean = text == "true";
    } else if (field.type == Type::list || field.type == Type::addresses) {
        node.kind = Node::Kind::list;
        if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
        while (!text.empty()) {
            const std::size_t comma = std::min(text.find(','), text.size());
            std::string_view item = text.substr(0, comma);
            while (!item.empty() && (item.front() == ' ' || item.front() == '"')) item.remove_prefix(1);
            while (!item.empty() && (item.back() == ' ' || item.back() == '"')) item.remove_suffix(1);
            Node child;
            child.kind = Node::Kind::text;
            child.text = std::string(item);
            node.children.push_back(std::move(child));
            text.remove_prefix(std::min(comma + 1, text.size()));
        }
    } else if (field.type == Type::integer || field.type == Type::number || field.type == Type::ratio ||
               field.type == Type::duration) {
        if (const auto whole = parse_integer(text)) {
            node.kind = Node::Kind::integer;
            node.integer = *whole;
        } else if (const auto real = parse_number(text)) {
            node.kind = Node::Kind::number;
            node.number = *real;
        }
    }
    return node;
}

}  // namespace outrigger::config
