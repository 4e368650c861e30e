// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "chain/base/assert.hpp"
#include "config/crosscheck.hpp"
#include "config/document.hpp"
#include "config/fields.hpp"
#include "config/layers.hpp"
#include "config/nearest.hpp"

namespace outrigger::config {
namespace {

/// Builds Settings from the layers: the strongest word on each key counts, and its origin is kept.
class Loader {
  public:
    explicit Loader(const Sources& sources) : sources_(sources) {}

    tl::expected<Settings, ConfigErrors> run() {
        Document document = parse_document(sources_.name, sources_.text);
        layers_.errors = std::move(document.errors);
        const bool readable = document.root.kind == Node::Kind::table && !document.root.children.empty();
        if (readable || document.usable) read_file_layer(document, sources_, layers_);
        if (document.usable) {
            read_override_layers(sources_, layers_);
            network();
            fill();
            if (layers_.errors.empty()) cross_check(settings_, places_, layers_.errors);
        }
        if (!layers_.errors.empty()) return tl::unexpected(in_file_order(std::move(layers_.errors)));
        std::sort(settings_.effective.begin(), settings_.effective.end(),
                  [](const Effective& a, const Effective& b) { return a.path < b.path; });
        return std::move(settings_);
    }

  private:
    void error(std::string key, std::string where, Place at, std::string what, std::string why,
               std::string fix) {
        layers_.errors.push_back({.key = std::move(key),
                                  .where = std::move(where),
                                  .what = std::move(what),
                                  .why = std::move(why),
                                  .fix = std::move(fix),
                                  .line = at.line,
                                  .column = at.column});
    }

    /// The candidate that counts for a key that may stand at several paths, weakest path first.
    const Candidate* strongest(const std::vector<std::string>& paths) const {
        for (const Layer* layer : {&layers_.set, &layers_.environment, &layers_.file, &layers_.preset}) {
            for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
                if (const auto it = layer->find(*path); it != layer->end()) return &it->second;
            }
        }
        return nullptr;
    }

    /// The built-in default of a field, or nothing. Pre: the table's defaults satisfy its own checks
    /// (tested).
    std::optional<Candidate> built_in(const Field& field, const std::string& path) {
        std::string text(field.fallback);
        std::string origin = "default";
        if (path == "storage.datadir") {
            if (const auto it = sources_.environment.find("XDG_DATA_HOME");
                it != sources_.environment.end() && !it->second.empty()) {
                text = it->second + "/outrigger";
                origin = "default ($XDG_DATA_HOME)";
            }
        }
        if (text.empty()) return std::nullopt;
        auto candidate = candidate_of_text(field, path, text, origin, sources_);
        if (!candidate) {
            layers_.errors.push_back(candidate.error());
            return std::nullopt;
        }
        return *std::move(candidate);
    }

    /// Stores one field under its path; `paths` are where it may be said, weakest first.
    void take(const Field& field, const std::string& path, const std::vector<std::string>& paths,
              Slot& slot) {
        const Candidate* found = strongest(paths);
        std::optional<Candidate> fallback;
        if (found == nullptr) {
            fallback = built_in(field, path);
            if (!fallback) return;
            found = &*fallback;
        }
        field.store(slot, found->value);
        places_.insert_or_assign(path, Said{found->where, found->place});
        settings_.effective.push_back({path, found->value.shown, found->origin});
    }

    void network() {
        const Candidate* preset = strongest({"chain.preset"});
        if (preset == nullptr) {
            if (!reported("chain.preset")) {
                error("chain.preset", sources_.name, {}, "chain.preset is missing",
                      "without it nobody knows which chain is meant",
                      "add under [chain]:  preset = \"sepolia\"");
            }
            return;
        }
        const std::string name = preset->value.shown;
        auto built_in_part = parse_network(preset_text(name).empty() ? "{}" : preset_text(name),
                                           name != "devnet" && name != "custom");
        OR_ASSERT(built_in_part.has_value());  // compiled in, and tested
        Network network = *std::move(built_in_part);
        if (name == "devnet" || name == "custom") {
            auto world = read_world(name);
            if (!world) return;
            world->settings.merge(network.settings);
            network = *std::move(world);
        }
        network.name = name;
        read_preset_layer(network, sources_, layers_);
        settings_.chain.network = std::move(network);
        have_network_ = true;
    }

    bool reported(std::string_view key) const {
        return std::any_of(layers_.errors.begin(), layers_.errors.end(),
                           [&](const ConfigError& e) { return e.key == key; });
    }

    std::optional<Network> read_world(const std::string& preset) {
        const Candidate* world = strongest({"chain.world"});
        if (world == nullptr) {
            if (!reported("chain.world")) {
                error("chain.world", sources_.name, {},
                      fmt::format("chain.world is missing, and preset \"{}\" needs it", preset),
                      "the network's addresses are in that file",
                      preset == "devnet" ? "chain.world = \"<the devnet's world.json>\""
                                         : "chain.world = \"network.json\", in the form of config/networks");
            }
            return std::nullopt;
        }
        const std::string path = std::get<std::string>(world->value.held);
        const auto text = sources_.read_file ? sources_.read_file(path)
                                             : Result<std::string>(fail(Errc::not_found, "no files here"));
        if (!text) {
            error("chain.world", world->where, world->place, fmt::format("{} cannot be read", path),
                  text.error().what,
                  preset == "devnet" ? "start the devnet first; it prints the file's path"
                                     : "correct the path");
            return std::nullopt;
        }
        auto network = parse_network(*text);
        if (!network) {
            error("chain.world", world->where, world->place,
                  fmt::format("{} does not describe a network", path), network.error().what,
                  preset == "devnet" ? "start the devnet again; it writes the file anew"
                                     : "compare it with config/networks/README.md");
            return std::nullopt;
        }
        return *std::move(network);
    }

    void fill() {
        Slot root{settings_};
        for (const Field& f : fields()) {
            if (f.section == Section::root && !f.file_only)
                take(f, std::string(f.path), {std::string(f.path)}, root);
            if (f.section == Section::defaults) {
                const std::string path = "defaults." + std::string(f.path);
                take(f, path, {path}, root);
            }
        }
        if (!layers_.file.contains("schema") && !reported("schema")) {
            error("schema", sources_.name + ":1:1", {1, 1}, "schema is missing",
                  "it says which version of the format the file is written in",
                  "begin the file with  schema = 1");
        }
        finish_key();
        finish_addresses();
        endpoints();
        positions();
        venues();
    }

    void finish_key() {
        KeySettings& key = settings_.key;
        const auto both = [&](const char* a, const char* b) {
            if (!places_.contains(a) || !places_.contains(b)) return;
            const Said& second = places_.at(b);
            error(b, second.where, second.place, fmt::format("both {} and {} are given", a, b),
                  "which of the two counts would be a guess", "delete one of the two");
        };
        both("key.keystore_file", "key.keystore_account");
        both("key.password", "key.password_file");
        if (key.keystore.empty() && !key.account.empty()) foundry_keystore();
    }

    void foundry_keystore() {
        const std::string path = "key.keystore_account";
        const std::string& account = settings_.key.account;
        const Said& said = places_.at(path);
        if (account.find('/') != std::string::npos || account.starts_with('.')) {
            error(path, said.where, said.place,
                  fmt::format("keystore_account = \"{}\" is not a name", account),
                  "it is the name of a file in ~/.foundry/keystores",
                  "for a path, write keystore_file = \"...\"");
            return;
        }
        const auto home = sources_.environment.find("HOME");
        if (home == sources_.environment.end() || home->second.empty()) {
            error(path, said.where, said.place, "keystore_account needs a home directory", "HOME is not set",
                  "set HOME, or write keystore_file = \"...\"");
            return;
        }
        settings_.key.keystore = fmt::format("{}/.foundry/keystores/{}", home->second, account);
    }

    void finish_addresses() {
        if (!have_network_) return;
        if (const auto derived = derive_addresses(settings_.chain.network); !derived) {
            error("chain.addresses", sources_.name, {}, derived.error().what,
                  "a venue's addresses are given all together or not at all",
                  "add it under [chain.addresses]");
        }
    }

    void endpoints() {
        const std::size_t count = std::max<std::size_t>(layers_.names.rpcs, 1);
        for (std::size_t i = 0; i < count; ++i) {
            const std::string prefix = prefix_of(Section::rpc, std::to_string(i));
            const std::string url = prefix + "url";
            const bool overridden = layers_.environment.contains(url) || layers_.set.contains(url);
            const bool in_file = i < layers_.names.rpcs;
            if (in_file && layers_.names.rpc_dropped[i] && !overridden) continue;
            if (strongest({url}) == nullptr) {
                if (in_file && !reported(url)) {
                    error(url, sources_.name, {}, fmt::format("{} is missing", url),
                          "an endpoint is nothing without its address", "url = \"${ETH_RPC_URL}\"");
                }
                if (in_file) any_endpoint_written_ = true;
                continue;
            }
            RpcEndpoint endpoint;
            Slot slot{settings_, &endpoint};
            for (const Field& f : fields()) {
                if (f.section == Section::rpc)
                    take(f, prefix + std::string(f.path), {prefix + std::string(f.path)}, slot);
            }
            settings_.chain.rpc.push_back(std::move(endpoint));
        }
        const bool can_read = std::any_of(settings_.chain.rpc.begin(), settings_.chain.rpc.end(),
                                          [](const RpcEndpoint& e) { return e.reads(); });
        if (can_read || any_endpoint_written_ || !have_network_ || reported("chain.rpc") ||
            reported("chain.rpc[0].url"))
            return;
        error("chain.rpc", sources_.name, {}, "there is no node to read from",
              settings_.chain.rpc.empty() ? "no [[chain.rpc]] has a url, and ETH_RPC_URL is not set"
                                          : "every [[chain.rpc]] has role = \"send\"",
              settings_.chain.rpc.empty() ? "export ETH_RPC_URL=https://..."
                                          : "give one of them role = \"read\" or \"read+send\"");
    }

    void positions() {
        const auto& names = layers_.names.positions;
        if (names.empty() && sources_.positions_needed && !reported("position")) {
            error("position", sources_.name, {}, "there is no position",
                  "without one there is nothing to hedge",
                  "add  [[position]]  and below it  uniswap_v3 = <NFT id>");
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            PositionSettings p;
            p.name = names[i];
            Slot slot{settings_, nullptr, &p};
            const std::string prefix = prefix_of(Section::position, p.name);
            for (const Field& f : fields()) {
                const std::string path = prefix + std::string(f.path);
                if (f.section == Section::position && !f.file_only) take(f, path, {path}, slot);
            }
            one_kind(p, prefix, layers_.names.position_places[i]);
            if (!known_profile(p, prefix)) p.profile.clear();
            policy(p, prefix, slot);
            settings_.positions.push_back(std::move(p));
        }
    }

    /// Complains unless exactly one key says which position is meant.
    void one_kind(const PositionSettings& p, const std::string& prefix, Place at) {
        const PositionKind* first = nullptr;
        std::string keys;
        for (const PositionKind& kind : kPositionKinds) {
            const std::string path = prefix + std::string(kind.key);
            keys += fmt::format("{}{}", keys.empty() ? "" : ", ", kind.key);
            if (reported(path)) return;
            const auto said = places_.find(path);
            if (said == places_.end()) continue;
            if (first != nullptr) {
                error(path, said->second.where, said->second.place,
                      fmt::format("position {} has both {} and {}", p.name, first->key, kind.key),
                      "which of the two is meant would be a guess",
                      "delete one, or give it a [[position]] of its own");
                return;
            }
            first = &kind;
        }
        if (first != nullptr) return;
        const std::string& missing = prefix + std::string(kPositionKinds.front().key);
        error(missing, fmt::format("{}:{}:{}", sources_.name, at.line, at.column), at,
              fmt::format("position {} has no {} nor another key that says which it is", p.name,
                          kPositionKinds.front().key),
              fmt::format("one of these does: {}", keys),
              fmt::format("{} = <NFT id>", kPositionKinds.front().key));
    }

    bool known_profile(const PositionSettings& p, const std::string& prefix) {
        const auto& profiles = layers_.names.profiles;
        if (p.profile.empty() || std::find(profiles.begin(), profiles.end(), p.profile) != profiles.end())
            return true;
        const Said& said = places_.at(prefix + "profile");
        const auto close = nearest(p.profile, profiles);
        error(prefix + "profile", said.where, said.place,
              fmt::format("there is no profile {}{}", p.profile,
                          close ? fmt::format("; did you mean {}?", *close) : ""),
              profiles.empty() ? "the file has no [profiles.NAME] table"
                               : fmt::format("the file has: {}", fmt::join(profiles, ", ")),
              close ? fmt::format("profile = \"{}\"", *close)
                    : fmt::format("add [profiles.{}.thresholds], or delete the line", p.profile));
        return false;
    }

    void policy(PositionSettings& p, const std::string& prefix, Slot& slot) {
        for (const Field& f : fields()) {
            if (f.section != Section::policy) continue;
            std::vector<std::string> paths{"defaults." + std::string(f.path)};
            if (!p.profile.empty())
                paths.push_back(prefix_of(Section::policy, p.profile) + std::string(f.path));
            paths.push_back(prefix + std::string(f.path));
            take(f, prefix + std::string(f.path), paths, slot);
        }
    }

    void venues() {
        for (const auto& name : layers_.names.venues) add_venue(name, /*in_file=*/true);
        for (auto& p : settings_.positions) {
            const std::string prefix = prefix_of(Section::position, p.name);
            p.venues = ids_of(p.venue_names, prefix + "venues");
            p.fallback_venues = ids_of(p.stability.fallback_venues, prefix + "stability.fallback_venues");
        }
    }

    std::vector<VenueId> ids_of(const std::vector<std::string>& names, const std::string& asked_by) {
        std::vector<VenueId> out;
        for (const auto& name : names) {
            if (settings_.venue(name) == nullptr) add_venue(name, /*in_file=*/false, asked_by);
            for (std::size_t i = 0; i < settings_.venues.size(); ++i) {
                if (settings_.venues[i].name == name) out.emplace_back(static_cast<std::uint8_t>(i));
            }
        }
        return out;
    }

    void add_venue(const std::string& name, bool in_file, const std::string& asked_by = "") {
        if (unknown_venues_.contains(name)) return;
        VenueSettings v;
        v.name = name;
        Slot slot{settings_, nullptr, nullptr, &v};
        const std::string prefix = prefix_of(Section::venue, name);
        const auto known = std::find_if(kBuiltInVenues.begin(), kBuiltInVenues.end(),
                                        [&](const BuiltInVenue& b) { return b.name == name; });
        const bool kind_said = strongest({prefix + "kind"}) != nullptr;
        if (known != kBuiltInVenues.end()) v.kind = known->kind;
        if (!kind_said && known == kBuiltInVenues.end()) {
            unknown_venues_.insert(name);
            if (!reported(prefix + "kind")) complain_about_venue(name, in_file, asked_by);
            return;
        }
        if (settings_.venues.size() >= 200) return;
        for (const Field& f : fields()) {
            if (f.section != Section::venue) continue;
            const std::string path = prefix + std::string(f.path);
            const Candidate* said = strongest({path});
            if (!f.only_kind.empty() && f.only_kind != to_string(v.kind)) {
                if (said != nullptr) {
                    error(path, said->where, said->place,
                          fmt::format("{} has no meaning for a venue of kind {}", f.path, to_string(v.kind)),
                          fmt::format("it belongs to {}", f.only_kind), "delete the line");
                }
                continue;
            }
            take(f, path, {path}, slot);
        }
        if (!kind_said)
            settings_.effective.push_back({prefix + "kind", std::string(to_string(v.kind)), "default"});
        settings_.venues.push_back(std::move(v));
    }

    void complain_about_venue(const std::string& name, bool in_file, const std::string& asked_by) {
        if (in_file) {
            error("venues." + name + ".kind", sources_.name, {}, fmt::format("venues.{} has no kind", name),
                  "only the venues named aave and perp have one by default",
                  "kind = \"aave-v3\" or kind = \"perp-v2\"");
            return;
        }
        std::vector<std::string> known = layers_.names.venues;
        for (const BuiltInVenue& b : kBuiltInVenues) known.emplace_back(b.name);
        const auto close = nearest(name, known);
        const Said& said = places_.at(asked_by);
        error(
            asked_by, said.where, said.place,
            fmt::format("there is no venue {}{}", name,
                        close ? fmt::format("; did you mean {}?", *close) : ""),
            fmt::format("known are: {}", fmt::join(known, ", ")),
            close ? fmt::format("write \"{}\"", *close) : fmt::format("add [venues.{}] with its kind", name));
    }

    const Sources& sources_;
    Layers layers_;
    Settings settings_;
    SaidAt places_;
    std::set<std::string> unknown_venues_;
    bool have_network_ = false;
    bool any_endpoint_written_ = false;
};

}  // namespace

std::optional<std::string> Settings::origin_of(std::string_view path) const {
    const auto it =
        std::find_if(effective.begin(), effective.end(), [&](const Effective& e) { return e.path == path; });
    return it == effective.end() ? std::nullopt : std::optional(it->origin);
}

const VenueSettings* Settings::venue(std::string_view name) const {
    const auto it =
        std::find_if(venues.begin(), venues.end(), [&](const VenueSettings& v) { return v.name == name; });
    return it == venues.end() ? nullptr : &*it;
}

tl::expected<Settings, ConfigErrors> load(const Sources& sources) {
    return Loader(sources).run();
}

std::chrono::seconds price_age_max(const OracleSettings& oracle, const Feed& feed) {
    return oracle.max_age.value_or(feed.heartbeat + feed.heartbeat / 5);
}

std::string redacted_url(std::string_view url) {
    const std::size_t scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return "...";
    const std::size_t host_begin = scheme_end + 3;
    const std::size_t host_end = std::min(url.find_first_of("/?#", host_begin), url.size());
    const std::string_view authority = url.substr(host_begin, host_end - host_begin);
    const std::size_t at = authority.rfind('@');
    const std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
    const std::string_view rest = url.substr(host_end);
    return fmt::format("{}{}{}{}", url.substr(0, host_begin), at == std::string_view::npos ? "" : "...@",
                       host, rest.empty() || rest == "/" ? rest : std::string_view("/..."));
}

std::string_view to_string(ClockSource source) {
    return source == ClockSource::chain ? "chain" : "wall";
}
std::string_view to_string(VenueKind kind) {
    return kind == VenueKind::perp_v2 ? "perp-v2" : "aave-v3";
}

}  // namespace outrigger::config
