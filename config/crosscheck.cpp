// SPDX-License-Identifier: Apache-2.0
#include "config/crosscheck.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/nearest.hpp"

namespace outrigger::config {
namespace {

class Checker {
  public:
    Checker(const Settings& settings, const SaidAt& said, ConfigErrors& errors)
        : s_(settings), said_(said), errors_(errors) {}

    void run() {
        guard();
        quote();
        for (const VenueSettings& v : s_.venues) venue(v);
        for (const PositionSettings& p : s_.positions) position(p);
        same_bar();
        same_nft();
        quorum();
    }

  private:
    /// Blames the first of the paths that somebody has set, rather than a default.
    void error(const std::vector<std::string>& paths, std::string what, std::string why, std::string fix) {
        std::string path = paths.front();
        for (const std::string& candidate : paths) {
            const auto it = said_.find(candidate);
            if (it == said_.end() || it->second.where.starts_with("default") ||
                it->second.where.starts_with("preset"))
                continue;
            path = candidate;
            break;
        }
        const auto it = said_.find(path);
        const Said at = it == said_.end() ? Said{"the configuration", {}} : it->second;
        errors_.push_back({.key = path,
                           .where = at.where,
                           .what = std::move(what),
                           .why = std::move(why),
                           .fix = std::move(fix),
                           .line = at.place.line,
                           .column = at.place.column});
    }

    void quorum() {
        const auto readers = std::count_if(s_.chain.rpc.begin(), s_.chain.rpc.end(),
                                           [](const RpcEndpoint& e) { return e.reads(); });
        if (static_cast<std::size_t>(readers) >= s_.chain.read_quorum) return;
        error({"chain.read_quorum"},
              fmt::format("{} endpoints must agree, and {} may be read", s_.chain.read_quorum, readers),
              "every round would hold",
              "add a [[chain.rpc]] with role = \"read\", or lower chain.read_quorum");
    }

    void guard() {
        const GuardSettings& g = s_.guard;
        const auto order = [&](const char* small, const std::optional<double>& a, const char* large,
                               const std::optional<double>& b) {
            if (!a || !b || *a <= *b) return;
            error({fmt::format("guard.{}", large)},
                  fmt::format("{} = {} is above {} = {}", small, *a, large, *b),
                  fmt::format("{} would never be reached", small),
                  fmt::format("raise {}, or lower {}", large, small));
        };
        order("max_tx_usd", g.max_tx_usd, "max_hour_usd", g.max_hour_usd);
        order("max_hour_usd", g.max_hour_usd, "max_day_usd", g.max_day_usd);
        order("max_tx_usd", g.max_tx_usd, "max_day_usd", g.max_day_usd);
    }

    void quote() {
        const auto& tokens = s_.chain.network.tokens;
        if (std::any_of(tokens.begin(), tokens.end(), [&](const Token& t) { return t.asset == s_.quote; }))
            return;
        error({"defaults.quote"}, fmt::format("{} does not exist on {}", s_.quote, s_.chain.preset),
              "amounts are reported in it", "choose one of USDC, USDT, DAI that does");
    }

    void venue(const VenueSettings& v) {
        if (v.kind != VenueKind::aave_v3) return;
        const std::string prefix = "venues." + v.name + ".";
        if (!(v.health_factor_panic < v.health_factor_floor)) {
            error({prefix + "health_factor_panic", prefix + "health_factor_floor"},
                  fmt::format("health_factor_panic = {} is not below health_factor_floor = {}",
                              v.health_factor_panic, v.health_factor_floor),
                  "panic repays what the floor still allows to borrow", "lower health_factor_panic");
        }
        if (!(v.health_factor_floor < v.health_factor_target)) {
            error({prefix + "health_factor_target", prefix + "health_factor_floor"},
                  fmt::format("health_factor_target = {} is not above health_factor_floor = {}",
                              v.health_factor_target, v.health_factor_floor),
                  "a borrow at the target would be refused by the floor", "raise health_factor_target");
        }
    }

    void position(const PositionSettings& p) {
        const std::string prefix = "position." + p.name + ".";
        const Limits& l = p.limits;
        if (l.min_trade_usd > l.max_trade_usd) {
            error({prefix + "limits.min_trade_usd", prefix + "limits.max_trade_usd"},
                  fmt::format("min_trade_usd = {} is above max_trade_usd = {}", l.min_trade_usd,
                              l.max_trade_usd),
                  "no trade would ever be allowed", "lower min_trade_usd");
        }
        if (l.min_trade_usd > l.max_hedge_usd) {
            error({prefix + "limits.max_hedge_usd", prefix + "limits.min_trade_usd"},
                  fmt::format("max_hedge_usd = {} is below min_trade_usd = {}", l.max_hedge_usd,
                              l.min_trade_usd),
                  "no trade would ever be allowed", "raise max_hedge_usd");
        }
        if (l.max_gas_usd_per_tx > l.max_gas_usd_per_day) {
            error({prefix + "limits.max_gas_usd_per_day", prefix + "limits.max_gas_usd_per_tx"},
                  fmt::format("max_gas_usd_per_tx = {} is above max_gas_usd_per_day = {}",
                              l.max_gas_usd_per_tx, l.max_gas_usd_per_day),
                  "max_gas_usd_per_tx would never be reached", "raise max_gas_usd_per_day");
        }
        model(p, prefix);
        venues(p, prefix);
        reference(p, prefix);
    }

    void model(const PositionSettings& p, const std::string& prefix) {
        const ModelSettings& m = p.model;
        const auto bar = m.usual_bar();
        if (m.lookback < bar * static_cast<std::int64_t>(m.min_bars)) {
            error({prefix + "model.min_bars", prefix + "model.lookback", prefix + "model.bar"},
                  fmt::format("min_bars = {} do not fit into the lookback of {} bars", m.min_bars,
                              m.lookback / bar),
                  "no proxy would ever be used", "lower min_bars, or lengthen lookback");
        }
        const Network& network = s_.chain.network;
        std::vector<std::string> assets;
        for (const Feed& f : network.feeds) {
            if (!is_quote_asset(f.asset)) assets.push_back(f.asset);
        }
        for (const std::string& proxy : m.proxies) {
            if (std::find(assets.begin(), assets.end(), proxy) != assets.end()) continue;
            const Token* token = network.token(proxy);
            const auto close = token != nullptr && token->asset != proxy ? std::optional(token->asset)
                                                                         : nearest(proxy, assets);
            error({prefix + "model.proxies"},
                  fmt::format("proxies names {}, which has no price feed{}", proxy,
                              close ? fmt::format("; did you mean {}?", *close) : ""),
                  fmt::format("assets of {} that move and have a feed: {}", s_.chain.preset,
                              fmt::join(assets, ", ")),
                  close ? fmt::format("write \"{}\"", *close) : fmt::format("delete \"{}\"", proxy));
        }
    }

    void venues(const PositionSettings& p, const std::string& prefix) {
        if (!p.enabled) return;
        if (p.venue_names.empty()) {
            error({prefix + "venues"}, "venues is empty", "a position without a venue cannot be hedged",
                  "name a venue, or write enabled = false to watch the position only");
        }
        for (const VenueId id : p.venues) {
            const VenueSettings& v = s_.venues[id.value];
            const Network& n = s_.chain.network;
            if (v.kind == VenueKind::aave_v3 ? n.aave_v3.has_value() : n.perp_v2.has_value()) continue;
            error(
                {prefix + "venues"},
                fmt::format("venue {}: {} is not deployed on {}", v.name, to_string(v.kind), s_.chain.preset),
                "the network's addresses do not hold it",
                "take it out of venues, or add its addresses under [chain.addresses]");
        }
    }

    void same_bar() {
        for (const PositionSettings& p : s_.positions) {
            if (p.model.bar == s_.positions.front().model.bar) continue;
            error(
                {"position." + p.name + ".model.bar", "position." + s_.positions.front().name + ".model.bar"},
                fmt::format("bar differs between {} and {}", s_.positions.front().name, p.name),
                "all positions share one price history", "set bar once, in [defaults.model]");
        }
    }

    /// What the kind of a position needs beside its own key, and what has no meaning for it.
    void reference(const PositionSettings& p, const std::string& prefix) {
        const PositionKind* kind = position_kind(p.ref.kind);
        if (kind == nullptr) return;  // already complained about
        const std::string key = prefix + std::string(kind->key);
        if (!kind->manager.empty() && !s_.chain.network.address(kind->manager)) {
            error({key}, fmt::format("{}: {} is not deployed on {}", kind->key, kind->title, s_.chain.preset),
                  fmt::format("the network's addresses do not hold {}", kind->manager),
                  fmt::format("correct the chain, or add {} under [chain.addresses]", kind->manager));
        }
        if (kind->by_pair && p.ref.owner == Address{}) {
            error({key}, fmt::format("position {} has no owner", p.name),
                  "a pair has many holders; an LP token does not say whose share is meant",
                  "owner = \"0x...\", the address that holds the LP tokens");
        }
        const auto meaningless = [&](const char* name) {
            error({prefix + name}, fmt::format("{} has no meaning for {}", name, kind->key),
                  fmt::format("a position of {} has none", kind->title), "delete the line");
        };
        if (!kind->stakes && p.ref.staked_in != Address{}) meaningless("staked_in");
        if (kind->key != "uniswap_v4" && !p.ref.hooks_allowed.empty()) meaningless("hooks_allowed");
    }

    void same_nft() {
        for (std::size_t i = 0; i < s_.positions.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const PositionRef &a = s_.positions[i].ref, &b = s_.positions[j].ref;
                const PositionKind* kind = position_kind(a.kind);
                if (kind == nullptr || a.kind != b.kind || a.id != b.id || a.pair != b.pair) continue;
                if (kind->by_pair && a.owner != b.owner) continue;
                error({fmt::format("position.{}.{}", s_.positions[i].name, kind->key)},
                      fmt::format("{} and {} are the same {}", s_.positions[j].name, s_.positions[i].name,
                                  describe(a)),
                      "it would be hedged twice", "delete one of the two");
            }
        }
    }

    const Settings& s_;
    const SaidAt& said_;
    ConfigErrors& errors_;
};

void demand(bool present, const char* key, const char* why, const char* fix, ConfigErrors& errors) {
    if (present) return;
    errors.push_back({.key = key,
                      .where = "the configuration",
                      .what = fmt::format("{} is not set, and live trading needs it", key),
                      .why = why,
                      .fix = fix});
}

}  // namespace

void cross_check(const Settings& settings, const SaidAt& said, ConfigErrors& errors) {
    Checker(settings, said, errors).run();
}

tl::expected<void, ConfigErrors> require_live(const Settings& s) {
    ConfigErrors errors;
    const char* window = "limits that protect money have no default: you decide what may be lost";
    demand(s.guard.max_tx_usd.has_value(), "guard.max_tx_usd", window,
           "add under [guard]:  max_tx_usd = 5000", errors);
    demand(s.guard.max_hour_usd.has_value(), "guard.max_hour_usd", window,
           "add under [guard]:  max_hour_usd = 20000", errors);
    demand(s.guard.max_day_usd.has_value(), "guard.max_day_usd", window,
           "add under [guard]:  max_day_usd = 50000", errors);
    demand(!s.key.keystore.empty(), "key.keystore_file", "transactions are signed with a key",
           "add under [key]:  keystore_file = \"...\", or keystore_account = \"...\" for one of cast's",
           errors);
    demand(s.key.keystore.empty() || s.key.password.has_value(), "key.password", "the keystore is encrypted",
           "add under [key]:  password = \"${cred:keystore-password}\", or password_file = \"...\"", errors);
    const auto& rpc = s.chain.rpc;
    demand(std::any_of(rpc.begin(), rpc.end(), [](const RpcEndpoint& e) { return e.sends(); }),
           "chain.rpc.role", "no endpoint may send", "give one [[chain.rpc]] role = \"read+send\"", errors);
    if (!errors.empty()) return tl::unexpected(std::move(errors));
    return {};
}

}  // namespace outrigger::config
