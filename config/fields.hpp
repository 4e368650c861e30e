// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "config/value.hpp"

namespace outrigger::config {

/// The tables a field may stand in.
enum class Section : std::uint8_t {
    root,      // the path is complete: "guard.max_tx_usd"
    rpc,       // [[chain.rpc]]
    defaults,  // [defaults] only
    policy,    // [defaults], [profiles.NAME] and [[position]]: the layered ones
    position,  // [[position]] only
    venue,     // [venues.NAME]
};

/// What a field's value may look like.
enum class Type : std::uint8_t {
    boolean,
    integer,
    number,
    ratio,
    text,
    choice,
    duration,
    address,
    path,
    secret,
    url,
    ws_url,
    list,
    addresses,
};

struct Range {
    double low = std::numeric_limits<double>::lowest();
    double high = std::numeric_limits<double>::max();
    bool open_low = false;  // low itself is not allowed
};

/// What a field's value is stored into; the pointer of the field's own section is set.
struct Slot {
    Settings& settings;
    RpcEndpoint* rpc = nullptr;
    PositionSettings* position = nullptr;
    VenueSettings* venue = nullptr;
};

/// One key of the configuration. The table of these is the only description of the keys: the parser, the
/// defaults, the checks, the names of environment variables and docs/configuration.md come from it.
struct Field {
    Section section = Section::root;
    std::string_view path{};  // within the section
    Type type = Type::text;
    std::string_view unit{};      // of a number; "" when it has none
    std::string_view fallback{};  // built-in default as a person would write it; "" when there is none
    Range range{};                // of a number; of a duration, in seconds
    std::string_view
        choices{};  // of a choice, "a|b|c" in the order of the enumerators; of a duration, its special word
    std::string_view doc{};  // one line
    bool required = false;
    bool file_only = false;        // names a thing in the file; no environment variable, no --set
    std::string_view only_kind{};  // of a venue field: the kind it belongs to
    std::function<void(Slot&, const Value&)> store{};
};

/// All keys, in the order of the reference page.
const std::vector<Field>& fields();

/// The last part of a key: "max_tx_usd".
std::string_view last_part(std::string_view path);

/// The choices of a field, in order.
std::vector<std::string> choices_of(const Field& field);

/// The environment variable of a key: OUTRIGGER__GUARD__MAX_TX_USD.
std::string environment_name(std::string_view path);

/// docs/configuration.md, from the table.
std::string reference_page();

}  // namespace outrigger::config
