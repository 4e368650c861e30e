// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/effect_view.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "hedge/effectiveness.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

constexpr std::chrono::hours kWeek{24 * 7};

struct Effect {
    std::size_t bars = 0;
    Attribution sum;
    std::size_t bars_with_carry = 0;
    Effectiveness figures;
};

std::optional<Effect> effect_of(const LedgerView& view, const std::string& position,
                                std::chrono::seconds bar) {
    const auto parts = view.journal->effects(position, view.round.at - kWeek);
    if (!parts) return std::nullopt;
    const auto bars = by_bar(*parts, bar);
    std::vector<double> unhedged;
    std::vector<double> hedged;
    Effect out;
    for (const auto& b : bars) {
        unhedged.push_back(b.unhedged_usd());
        hedged.push_back(b.hedged_usd());
        out.bars_with_carry += b.carry_usd.has_value() ? 1U : 0U;
    }
    const auto figures = hedge_effectiveness(unhedged, hedged);
    if (!figures) return std::nullopt;
    out.bars = bars.size();
    out.sum = sum_of(*parts);
    out.figures = *figures;
    return out;
}

std::string share(const std::optional<double>& value) {
    return value ? fmt::format("{:.0f} %", 100 * *value) : "-";
}

json number(const std::optional<double>& value) {
    return value ? json(*value) : json(nullptr);
}

}  // namespace

std::vector<std::string> effect_lines(const LedgerView& view, const std::string& position,
                                      std::chrono::seconds bar) {
    const auto e = effect_of(view, position, bar);
    if (!e) return {};
    const auto& s = e->sum;
    std::string money = fmt::format("price {} · gamma {} · fees {} · hedge {}",
                                    signed_grouped(s.delta_usd, 2), signed_grouped(s.gamma_usd, 2),
                                    signed_grouped(s.fees_usd, 2), signed_grouped(s.hedge_usd, 2));
    if (s.funding_usd()) {
        if (*s.interest_usd != 0) money += fmt::format(" · interest {}", signed_grouped(*s.interest_usd, 2));
        if (*s.funding_usd() != 0)
            money += fmt::format(" · funding and basis {}", signed_grouped(*s.funding_usd(), 2));
        money += fmt::format(" ({} of {} bars)", e->bars_with_carry, e->bars);
    } else if (s.carry_usd)
        money += fmt::format(" · carry {} ({} of {} bars)", signed_grouped(*s.carry_usd, 2),
                             e->bars_with_carry, e->bars);
    money +=
        fmt::format(" · gas {} = {} USD", signed_grouped(-s.gas_usd, 2), signed_grouped(s.hedged_usd(), 2));
    return {
        fmt::format("{} bars: variance removed {}, of the worst 5 % {}; hedged sd ${} a bar, unhedged ${}",
                    e->bars, share(e->figures.variance_reduction), share(e->figures.es_reduction95),
                    grouped(e->figures.sd_hedged, 2), grouped(e->figures.sd_unhedged, 2)),
        money};
}

json effect_json(const LedgerView& view, const std::string& position, std::chrono::seconds bar) {
    const auto e = effect_of(view, position, bar);
    if (!e) return nullptr;
    const auto& s = e->sum;
    return {{"since", s.from.time_since_epoch().count()},
            {"until", s.to.time_since_epoch().count()},
            {"bars", e->bars},
            {"variance_reduction", number(e->figures.variance_reduction)},
            {"ederington_r2", number(e->figures.ederington_r2)},
            {"es5_reduction", number(e->figures.es_reduction95)},
            {"sd_unhedged_usd", e->figures.sd_unhedged},
            {"sd_hedged_usd", e->figures.sd_hedged},
            {"delta_usd", s.delta_usd},
            {"gamma_usd", s.gamma_usd},
            {"fees_usd", s.fees_usd},
            {"hedge_usd", s.hedge_usd},
            {"carry_usd", number(s.carry_usd)},
            {"interest_usd", number(s.interest_usd)},
            {"funding_and_basis_usd", number(s.funding_usd())},
            {"bars_with_carry", e->bars_with_carry},
            {"gas_usd", s.gas_usd},
            {"total_usd", s.hedged_usd()}};
}

}  // namespace outrigger::cli
