// SPDX-License-Identifier: Apache-2.0
// Random snapshots that are readable, and comparisons between decisions.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "tests/unit/decide/builder.hpp"

namespace outrigger::decide_test {

/// Uniform over a grid of ten thousand points: rapidcheck shrinks towards `low`.
inline double between(double low, double high) {
    return low + (high - low) * *rc::gen::inRange(0, 10'001) / 10'000.0;
}
inline bool coin() {
    return *rc::gen::inRange(0, 2) == 1;
}

inline std::vector<LegParams> random_legs() {
    std::vector<LegParams> out;
    const int mask = *rc::gen::inRange(1, 16);
    for (int i = 0; i < 4; ++i) {
        if ((mask >> i & 1) != 0)
            out.push_back(leg(i < 2 ? kAave : kPerp, i % 2 == 0 ? kEth : kBtc, between(500, 60'000)));
    }
    if (coin()) std::reverse(out.begin(), out.end());
    return out;
}

inline ConcentratedCurve random_curve(const World& w) {
    const std::vector<std::pair<AssetId, AssetId>> pairs{
        {kEth, kUsdc}, {kUsdc, kEth}, {kBtc, kEth}, {kArb, kUsdc}, {kArb, kEth}};
    const auto [a, b] = pairs[*rc::gen::inRange<std::size_t>(0, pairs.size())];
    const double p = w.price(a) / w.price(b);
    const double lower = p * between(0.7, 1.1);
    return curve_worth(a, b, lower, lower * between(1.02, 1.6), between(1000, 60'000), w.price(a),
                       w.price(b));
}

/// Readable, otherwise anything: one to three positions, any legs, any holdings.
inline World random_world() {
    World w = market();
    w.move_price(kEth, between(1500, 4500));
    w.move_price(kBtc, between(30'000, 90'000));
    w.move_price(kArb, between(0.3, 2));
    w.seen.panel = history(60, between(0.001, 0.02), *rc::gen::inRange<std::uint64_t>(1, 50));
    const int positions = *rc::gen::inRange(1, 4);
    for (int i = 0; i < positions; ++i) {
        w.add_position("p" + std::to_string(i), random_curve(w), random_legs());
        auto& s = w.params.positions.back();
        s.delta_band_ratio = between(0.0, 0.3);
        s.delta_band_usd = coin() ? between(0, 500) : 0;
        s.min_trade_usd = between(1, 500);
        s.max_trade_usd = s.min_trade_usd + between(1000, 20'000);
        s.pipeline.min_variance_removed = between(0, 0.9);
        s.max_abs_ratio = between(0.2, 2);
        if (coin()) w.seen.facts.back().last_fill = kNow - seconds(*rc::gen::inRange(0, 4000));
        w.seen.facts.back().hedge_open = *rc::gen::inRange(0, 5) == 0;
        w.seen.facts.back().trades_today = *rc::gen::inRange<std::uint32_t>(0, 22);
        if (coin()) s.force_after = seconds(*rc::gen::inRange(60, 4000));
    }
    for (const auto venue : {kAave, kPerp}) {
        w.account(venue).position = {{kEth, between(-4, 0.1)}, {kBtc, between(-0.3, 0.01)}};
        w.account(venue).health = coin() ? kInfinity : between(1.4, 6);
        w.account(venue).untidy = *rc::gen::inRange(0, 4) == 0;
    }
    return w;
}

/// As above, with every gate but band, size and proxy open.
inline World willing_world() {
    World w = random_world();
    for (std::size_t i = 0; i < w.params.positions.size(); ++i) w.seen.facts[i] = {};
    for (const auto venue : {kAave, kPerp}) {
        w.account(venue).health = kInfinity;
        w.account(venue).untidy = false;
    }
    return w;
}

/// Everything a decision says, as text: equal text is the same decision to the last bit.
inline std::string text_of(const Decision& d) {
    std::string out = std::to_string(d.next.blind_rounds) + (d.next.halted ? "h" : "") +
                      (d.act_on ? std::to_string(*d.act_on) : "-") +
                      (d.tidy ? std::to_string(d.tidy->venue.value) : "-");
    const auto exact = [](double v) {
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, " %a", v);
        return std::string(buffer);
    };
    for (std::size_t i = 0; i < d.positions.size(); ++i) {
        const auto& p = d.positions[i];
        out += "\n" + held_for(d, i);
        if (const auto* h = hold(d, i)) out += h->detail;
        if (const auto* a = adjust(d, i)) {
            out += std::to_string(a->order.venue.value) + "/" + std::to_string(a->order.asset.value) +
                   exact(a->order.delta_units) + exact(a->order.limit_usd) + a->detail;
        }
        for (const auto& g : p.gates)
            out += " " + g.name + std::to_string(static_cast<int>(g.state)) + g.now + g.limit;
        for (const auto& l : p.figures.legs) out += exact(l.held_usd) + exact(l.target_usd);
        out += exact(p.figures.value_usd) + exact(p.figures.residual_usd) + exact(p.figures.r_squared);
    }
    return out;
}

}  // namespace outrigger::decide_test
