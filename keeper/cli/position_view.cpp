// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/position_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "keeper/cli/output.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

constexpr double kFullRange = 1e12;  // upper edge over lower edge; nobody means a price that far away

/// A number below ten with so many digits after its first one.
std::string small_number(double value, int digits) {
    if (value == 0) return "0";
    const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
    return grouped(value, std::clamp(digits - magnitude, 0, 18));
}

std::string price_text(double price) {
    return std::abs(price) >= 10 ? grouped(price, 2) : small_number(price, 5);
}

std::string usd(double value) {
    return (value < 0 && std::abs(value) >= 0.005 ? "-$" : "$") + grouped(std::abs(value), 2);
}

std::string percent(double ratio) {
    return signed_grouped(100 * ratio, std::abs(ratio) < 0.0995 ? 2 : 1) + " %";
}

/// The edges as they are shown, lower first; a full range has none.
struct Edges {
    std::optional<RangeEdge> lower;
    std::optional<RangeEdge> upper;
};

Edges shown_edges(const PositionStory& s) {
    const auto &low = s.report.lower, &high = s.report.upper;
    if (low && high && high->price / low->price > kFullRange) return {};
    const auto turned = [](const std::optional<RangeEdge>& e) {
        return e ? std::optional(RangeEdge{1 / e->price, 1 / (1 + e->move) - 1}) : std::nullopt;
    };
    return s.inverted ? Edges{turned(high), turned(low)} : Edges{low, high};
}

/// The two halves of a sentence about both tokens, the one the price is of first.
std::string in_order(const PositionStory& s, const std::string& of0, const std::string& of1,
                     const char* and_) {
    return s.inverted ? of1 + and_ + of0 : of0 + and_ + of1;
}

std::string both_amounts(const PositionStory& s, double amount0, double amount1) {
    return in_order(s, token_amount(amount0) + " " + s.token0, token_amount(amount1) + " " + s.token1, " + ");
}

/// Outside its range a position is all of one token: below it of token0, above it of token1.
std::string out_of_range(const PositionStory& s) {
    const bool below = s.view.tick < s.view.tick_lower;
    const Edges edges = shown_edges(s);
    const bool shown_below = below != s.inverted;
    const auto& edge = shown_below ? edges.lower : edges.upper;
    std::string text = fmt::format("out of range: all {}", below ? s.token0 : s.token1);
    if (edge) {
        text += fmt::format("; back in range {} {} {} ({})", shown_below ? "above" : "below",
                            price_text(edge->price), price_unit(s), percent(edge->move));
    }
    return text;
}

std::string range_text(const PositionStory& s) {
    const Edges edges = shown_edges(s);
    const std::string now = price_text(shown_price(s, s.view.pool_price));
    if (!edges.lower || !edges.upper) return fmt::format("at every price, now {} {}", now, price_unit(s));
    return fmt::format("{}–{} {}, now {}", price_text(edges.lower->price), price_text(edges.upper->price),
                       price_unit(s), now);
}

/// "0.05 %", "0.3 %".
std::string fee_text(std::uint32_t pips) {
    return fmt::format("{} %", pips / 1e4);
}

std::string worth_line(const PositionStory& s) {
    const auto& r = s.report;
    const std::string amounts = both_amounts(s, r.principal0, r.principal1);
    if (!r.greeks) return fmt::format("worth       {} (in USD unknown: {})", amounts, s.unpriced);
    return fmt::format("worth       {}: {}", usd(r.greeks->value_usd), amounts);
}

std::string fees_line(const PositionStory& s) {
    const auto& r = s.report;
    const auto* kind = config::position_kind(s.ref.kind);
    if (kind != nullptr && kind->by_pair)
        return "fees        stay in the pair: they are part of what it is worth";
    if (r.fees0 == 0 && r.fees1 == 0) return "fees        none uncollected";
    return fmt::format("fees        {}{} uncollected; {}", both_amounts(s, r.fees0, r.fees1),
                       r.fees_usd ? fmt::format(" ({})", usd(*r.fees_usd)) : "",
                       s.fees_hedged ? "they count as exposure" : "kept apart, not hedged");
}

std::string leaves_line(const PositionStory& s) {
    const Edges edges = shown_edges(s);
    if (!edges.lower || !edges.upper) return "range       has no edge: it earns fees at every price";
    return fmt::format("range       left below {} ({}) and above {} ({}) {}", price_text(edges.lower->price),
                       percent(edges.lower->move), price_text(edges.upper->price), percent(edges.upper->move),
                       price_unit(s));
}

void greeks_lines(const PositionStory& s, std::vector<std::string>& out) {
    const auto& r = s.report;
    if (!r.greeks) return;
    const LpGreeks& g = *r.greeks;
    const auto delta = [](const AssetDelta& d, const std::string& token) {
        return fmt::format("{} {} ({})", token_amount(d.units), token, usd(d.usd));
    };
    out.push_back("delta       " + in_order(s, delta(*r.delta0, s.token0), delta(*r.delta1, s.token1), ", "));
    if (g.dollar_gamma == 0) {
        out.emplace_back("gamma       none: outside its range the tokens do not change");
        return;
    }
    const std::string own0 = small_number(g.gamma00, 3) + " " + s.token0;
    const std::string own1 = small_number(g.gamma11, 3) + " " + s.token1;
    const std::string own = s.dollar_pair ? (s.inverted ? own1 : own0) : in_order(s, own0, own1, " and ");
    out.push_back(fmt::format("gamma       {} per USD of price; a move of 1 % changes the delta by {}", own,
                              usd(std::abs(0.01 * g.dollar_gamma))));
}

std::string arbitrage_line(const PositionStory& s) {
    const auto& r = s.report;
    if (!r.lvr_usd_per_day)
        return fmt::format("arbitrage   its cost is unknown: {}", r.greeks ? s.volatility_note : s.unpriced);
    if (*r.lvr_usd_per_day == 0) return "arbitrage   costs nothing while the price is outside the range";
    std::string text = fmt::format("arbitrage   costs {} a day ({:.2f} bp of value) before fees",
                                   usd(*r.lvr_usd_per_day), 1e4 * *r.lvr_usd_per_day / r.greeks->value_usd);
    if (r.arbitrage_usd_per_day)
        text += fmt::format(", {} of it past the pool's fee", usd(*r.arbitrage_usd_per_day));
    return text + fmt::format("; at {:.0f} % a year, {}", 100 * s.volatility.value_or(std::nan("")),
                              s.volatility_note);
}

std::string divergence_line(const PositionStory& s) {
    const auto& d = s.report.divergence;
    if (!d) return fmt::format("divergence  from holding is unknown: {}", s.entry_note);
    const double entry = shown_price(s, s.entry_price.value_or(std::nan("")));
    return fmt::format("divergence  {}{} against holding since {} {}, {}", percent(d->ratio),
                       d->usd ? fmt::format(" ({})", usd(*d->usd)) : "", price_text(entry), price_unit(s),
                       s.entry_note);
}

json maybe(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? json(*value) : json(nullptr);
}

json edge_json(const std::optional<RangeEdge>& edge) {
    if (!edge || !std::isfinite(edge->move)) return nullptr;
    return {{"price", edge->price}, {"move", edge->move}};
}

json price_json(const PositionStory& s) {
    const Edges edges = shown_edges(s);
    return {{"unit", price_unit(s)},
            {"now", shown_price(s, s.view.pool_price)},
            {"lower", edge_json(edges.lower)},
            {"upper", edge_json(edges.upper)}};
}

json token_json(const PositionStory& s, bool first) {
    const auto& r = s.report;
    const auto& amounts = s.view.principal;
    const auto& fees = s.view.uncollected_fees;
    json out{{"symbol", first ? s.token0 : s.token1},
             {"decimals", first ? s.view.decimals0 : s.view.decimals1},
             {"principal", first ? r.principal0 : r.principal1},
             {"principal_base_units", (first ? amounts.amount0 : amounts.amount1).to_decimal()},
             {"fees", first ? r.fees0 : r.fees1},
             {"fees_base_units", (first ? fees.amount0 : fees.amount1).to_decimal()}};
    const auto greek = [&](auto pick) { return r.greeks ? json(pick(*r.greeks)) : json(nullptr); };
    const auto& delta = first ? r.delta0 : r.delta1;
    out["delta_units"] = delta ? json(delta->units) : json(nullptr);
    out["delta_usd"] = delta ? json(delta->usd) : json(nullptr);
    out["gamma_units_per_usd"] = greek([&](const LpGreeks& g) { return first ? g.gamma00 : g.gamma11; });
    out["gamma_usd"] = greek([](const LpGreeks& g) { return g.dollar_gamma; });
    return out;
}

json reference_json(const config::PositionRef& ref) {
    json out{{"kind", ref.kind}};
    const auto* kind = config::position_kind(ref.kind);
    if (kind != nullptr && kind->by_pair) {
        out["pair"] = checksum_address(ref.pair);
    } else {
        out["id"] = std::to_string(ref.id);
    }
    if (ref.staked_in != Address{}) out["staked_in"] = checksum_address(ref.staked_in);
    return out;
}

}  // namespace

std::string token_amount(double units) {
    if (std::abs(units) >= 1000) return grouped(units, 2);
    if (std::abs(units) >= 1) return grouped(units, 4);
    return small_number(units, 3);
}

std::string price_unit(const PositionStory& s) {
    return s.inverted ? fmt::format("{} per {}", s.token0, s.token1)
                      : fmt::format("{} per {}", s.token1, s.token0);
}

double shown_price(const PositionStory& s, double price) {
    return s.inverted ? 1 / price : price;
}

std::string standing(const PositionStory& s) {
    switch (s.view.state) {
        case PositionState::burned: return "burned: the NFT no longer exists, there is nothing left to hedge";
        case PositionState::transferred:
            return fmt::format(
                "transferred: it belongs to {} now, its former owner has nothing left to hedge",
                checksum_address(s.view.owner));
        case PositionState::emptied:
            return s.report.fees0 == 0 && s.report.fees1 == 0
                       ? "emptied: it holds no liquidity, there is nothing to hedge"
                       : "emptied: it holds no liquidity, only fees that were not collected yet";
        case PositionState::open: break;
    }
    return s.view.in_range ? "in range " + range_text(s) : out_of_range(s);
}

std::string in_brief(const PositionStory& s) {
    std::string value = s.report.greeks ? usd(s.report.greeks->value_usd + s.report.fees_usd.value_or(0))
                                        : both_amounts(s, s.report.principal0, s.report.principal1);
    if (is_gone(s.view.state)) value.clear();
    return fmt::format("{} · fee {}{} · {}", describe(s.ref), fee_text(s.view.fee_pips),
                       value.empty() ? "" : " · " + value, standing(s));
}

std::vector<std::string> in_full(const PositionStory& s) {
    std::vector<std::string> out{standing(s)};
    if (is_gone(s.view.state)) return out;
    if (s.view.state == PositionState::open) out.push_back(worth_line(s));
    out.push_back(fees_line(s));
    if (s.view.state != PositionState::open) return out;
    out.push_back(leaves_line(s));
    greeks_lines(s, out);
    out.push_back(arbitrage_line(s));
    out.push_back(divergence_line(s));
    return out;
}

json position_document(const PositionStory& s) {
    const auto& r = s.report;
    json out{{"name", s.name},
             {"reference", reference_json(s.ref)},
             {"state", std::string(to_string(s.view.state))},
             {"owner", s.view.owner == Address{} ? json(nullptr) : json(checksum_address(s.view.owner))},
             {"fee", s.view.fee_pips / 1e6},
             {"liquidity", s.view.liquidity.to_decimal()},
             {"tokens", json::array({token_json(s, true), token_json(s, false)})},
             {"in_range", s.view.in_range},
             {"price", price_json(s)},
             {"sqrt_price_x96", s.view.sqrt_price_x96.to_decimal()},
             {"value_usd", r.greeks ? json(r.greeks->value_usd) : json(nullptr)},
             {"fees_usd", maybe(r.fees_usd)},
             {"fees_in_exposure", s.fees_hedged},
             {"volatility_per_year", maybe(s.volatility)},
             {"volatility_from", s.volatility_note},
             {"lvr_usd_per_day", maybe(r.lvr_usd_per_day)},
             {"arbitrage_usd_per_day", maybe(r.arbitrage_usd_per_day)},
             {"text", in_full(s)}};
    out["divergence"] = nullptr;
    if (r.divergence) {
        out["divergence"] = {{"ratio", r.divergence->ratio},
                             {"usd", maybe(r.divergence->usd)},
                             {"entry_price", shown_price(s, s.entry_price.value_or(std::nan("")))},
                             {"from", s.entry_note}};
    }
    if (!s.unpriced.empty()) out["unpriced"] = s.unpriced;
    return out;
}

json position_document(const UnreadablePosition& p) {
    return {{"name", p.name}, {"reference", reference_json(p.ref)}, {"state", nullptr}, {"error", p.why}};
}

}  // namespace outrigger::cli
