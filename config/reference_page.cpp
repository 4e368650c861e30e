// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "config/fields.hpp"

namespace outrigger::config {
namespace {

/// "limits" of "limits.max_gas_gwei"; empty without a group.
std::string_view group_of(std::string_view path) {
    const auto dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

/// The table a field is written in, as its header.
std::string header_of(const Field& f) {
    const std::string_view group = group_of(f.path);
    switch (f.section) {
        case Section::root: return group.empty() ? "Top of the file" : fmt::format("[{}]", group);
        case Section::rpc: return "[[chain.rpc]]";
        case Section::defaults: return "[defaults]";
        case Section::policy: return group.empty() ? "[defaults]" : fmt::format("[defaults.{}]", group);
        case Section::position: return "[[position]]";
        case Section::venue: return "[venues.NAME]";
    }
    return "";
}

std::string plain(double v) {
    return v == static_cast<double>(static_cast<std::int64_t>(v))
               ? fmt::format("{}", static_cast<std::int64_t>(v))
               : fmt::format("{}", v);
}

/// "30d" of 2592000.
std::string in_words(double seconds) {
    const auto s = static_cast<std::int64_t>(seconds);
    if (static_cast<double>(s) != seconds) return fmt::format("{}ms", plain(seconds * 1000));
    if (s != 0 && s % 86400 == 0) return fmt::format("{}d", s / 86400);
    if (s != 0 && s % 3600 == 0) return fmt::format("{}h", s / 3600);
    if (s != 0 && s % 60 == 0) return fmt::format("{}m", s / 60);
    return fmt::format("{}s", s);
}

std::string values_of(const Field& f) {
    const bool low = f.range.low > std::numeric_limits<double>::lowest();
    const bool high = f.range.high < std::numeric_limits<double>::max();
    std::string range;
    if (low) range = fmt::format("{} {}", f.range.open_low ? "above" : "from", plain(f.range.low));
    if (high) range += fmt::format("{}to {}", range.empty() ? "" : " ", plain(f.range.high));
    switch (f.type) {
        case Type::boolean: return "true, false";
        case Type::integer: return "whole number " + range;
        case Type::number: return "number " + range;
        case Type::ratio:
            return fmt::format("ratio {}; `0.10` or `\"10%\"`{}", range,
                               f.choices.empty() ? "" : fmt::format(", or `\"{}\"`", f.choices));
        case Type::text: return "text";
        case Type::choice: {
            std::string all;
            for (const auto& c : choices_of(f)) all += fmt::format("{}`{}`", all.empty() ? "" : ", ", c);
            return all;
        }
        case Type::duration:
            return fmt::format("duration from {} to {}{}", in_words(f.range.low), in_words(f.range.high),
                               f.choices.empty() ? "" : fmt::format(", or `\"{}\"`", f.choices));
        case Type::address: return "address, EIP-55";
        case Type::path: return "path";
        case Type::secret: return "`${cred:NAME}`, `${file:PATH}`; nothing else";
        case Type::url: return "http(s) URL";
        case Type::ws_url: return "ws(s) URL";
        case Type::list: return "list of texts";
        case Type::addresses: return "list of addresses, EIP-55";
    }
    return "";
}

std::string row(const Field& f) {
    std::string fallback =
        f.fallback.empty() ? (f.required ? "**required**" : "-") : fmt::format("`{}`", f.fallback);
    std::string doc(f.doc);
    if (!f.only_kind.empty()) doc += fmt::format(" Only `{}`.", f.only_kind);
    return fmt::format("| `{}` | {} | {} | {} | {} |\n", last_part(f.path), values_of(f),
                       f.unit.empty() ? "-" : f.unit, fallback, doc);
}

constexpr std::string_view kIntroduction = R"(# Configuration

Every key, written from the table in `config/fields.cpp`; do not edit this page by hand. An annotated sample
is `config/outrigger.example.toml`. Everything that has a default may be left out; a key that is not on this
page is an error.

## Where a value comes from

Weakest first: built-in default, chain preset, `[defaults]`, `[profiles.NAME]`, `[[position]]`, environment,
`--set`. Tables merge key by key, lists replace. What is said outside the file counts for every position it
names: a variable for `[defaults]` is stronger than a `[[position]]` in the file.

* `--set KEY=VALUE` takes the whole key, with positions, venues and profiles by name:
  `--set position.eth-usdc.thresholds.delta_band_ratio=0.15`, `--set chain.rpc[0].url=...`.
* `OUTRIGGER__TABLE__KEY` is the same key in capitals, `.` written `__`, other signs `_`:
  `OUTRIGGER__POSITION__ETH_USDC__THRESHOLDS__DELTA_BAND_RATIO=0.15`. An unknown variable is an error. Lists
  are separated by commas.
* `ETH_RPC_URL`, `ETH_KEYSTORE`, `ETH_KEYSTORE_ACCOUNT` and `ETH_PASSWORD` (a file) mean what they mean to
  cast, for keys the configuration does not give.

## Values

* Durations are text with units: `"90s"`, `"2m"`, `"1h30m"`, `"30d"`. A bare number is an error.
* Ratios are `0.10` or `"10%"`.
* Addresses are in quotes, all lower case or with a correct EIP-55 checksum.
* Paths in the file begin at the file's directory, others at the working directory; `~/` is your home.
* In texts of the file, `${VAR}`, `${VAR:-default}`, `${file:PATH}` and `${cred:NAME}` are replaced; `$$` is a
  dollar sign. A credential is looked for in `$CREDENTIALS_DIRECTORY/NAME`, then `/run/secrets/NAME`. A
  variable that is unset or empty is an error unless it has a default.
)";

/// What each preset says about keys that the operator leaves out.
std::string preset_page() {
    std::string page = "\n## What the presets change\n\n| Preset | Key | Default there |\n|---|---|---|\n";
    for (const auto& name : preset_names()) {
        const auto network = parse_network(preset_text(name), /*complete=*/false);
        if (!network) continue;
        for (const auto& [key, value] : network->settings)
            page += fmt::format("| `{}` | `{}` | `{}` |\n", name, key, value);
    }
    return page;
}

}  // namespace

std::string reference_page() {
    std::vector<std::string> order;
    std::map<std::string, std::string> tables;
    for (const Field& f : fields()) {
        const std::string header = header_of(f);
        if (!tables.contains(header)) order.push_back(header);
        tables[header] += row(f);
    }
    std::string page(kIntroduction);
    for (const auto& header : order) {
        page += fmt::format("\n## {}\n\n", header.starts_with('[') ? fmt::format("`{}`", header) : header);
        if (header.starts_with("[defaults")) {
            const bool only_here = header == "[defaults]";
            page += fmt::format("{} in `[profiles.NAME]` and `[[position]]`.\n\n",
                                only_here ? "`venues` may also stand" : "The same keys may stand");
        }
        page += "| Key | Value | Unit | Default | Meaning |\n|---|---|---|---|---|\n" + tables[header];
    }
    return page + preset_page();
}

}  // namespace outrigger::config
