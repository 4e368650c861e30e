// SPDX-License-Identifier: Apache-2.0
// What hedging did, bar by bar.
#include <nlohmann/json.hpp>

#include "keeper/store/journal.hpp"
#include "keeper/store/journal_impl.hpp"

namespace outrigger {

using nlohmann::json;
using store::at_seconds;
using store::seconds;

namespace {

const std::string kPointPrefix = "point ";  // of the keys in meta

std::string point_json(const HoldingPoint& p) {
    return json{{"at", seconds(p.at)},
                {"principal", p.principal},
                {"fees", p.fees},
                {"hedge", p.hedge},
                {"price_usd", p.price_usd},
                {"liquidity", p.liquidity},
                {"venue_equity_usd", p.venue_equity_usd ? json(*p.venue_equity_usd) : json(nullptr)},
                {"loans", p.loans ? json{{"equity_usd", p.loans->equity_usd}, {"hedge", p.loans->hedge}}
                                  : json(nullptr)},
                {"gas_usd", p.gas_usd},
                {"writes", p.writes}}
        .dump();
}

HoldingPoint point_from(const std::string& text) {
    const json j = json::parse(text);
    HoldingPoint p;
    p.at = at_seconds(j.at("at").get<std::int64_t>());
    j.at("principal").get_to(p.principal);
    j.at("fees").get_to(p.fees);
    j.at("hedge").get_to(p.hedge);
    j.at("price_usd").get_to(p.price_usd);
    j.at("liquidity").get_to(p.liquidity);
    if (!j.at("venue_equity_usd").is_null()) p.venue_equity_usd = j["venue_equity_usd"].get<double>();
    if (const auto loans = j.find("loans"); loans != j.end() && !loans->is_null()) {
        p.loans.emplace();
        loans->at("equity_usd").get_to(p.loans->equity_usd);
        loans->at("hedge").get_to(p.loans->hedge);
    }
    j.at("gas_usd").get_to(p.gas_usd);
    j.at("writes").get_to(p.writes);
    return p;
}

}  // namespace

Result<std::optional<HoldingPoint>> Journal::holding_point(const std::string& position) const {
    return impl_->guarded("read what was held", [&]() -> std::optional<HoldingPoint> {
        const auto text = impl_->meta(kPointPrefix + position);
        return text ? std::optional(point_from(*text)) : std::nullopt;
    });
}

Result<void> Journal::record_effect(const std::string& position, const HoldingPoint& point,
                                    const std::optional<Attribution>& effect) {
    return impl_->guarded("record what hedging did", [&] {
        SQLite::Transaction t(impl_->db);
        impl_->set_meta(kPointPrefix + position, point_json(point));
        if (effect) {
            SQLite::Statement q(
                impl_->db,
                "INSERT OR REPLACE INTO effects (position, since, until, delta_usd, gamma_usd, "
                "fees_usd, hedge_usd, gas_usd, carry_usd, interest_usd) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
                "?)");
            q.bind(1, position);
            q.bind(2, seconds(effect->from));
            q.bind(3, seconds(effect->to));
            q.bind(4, effect->delta_usd);
            q.bind(5, effect->gamma_usd);
            q.bind(6, effect->fees_usd);
            q.bind(7, effect->hedge_usd);
            q.bind(8, effect->gas_usd);
            if (effect->carry_usd) q.bind(9, *effect->carry_usd);
            if (effect->interest_usd) q.bind(10, *effect->interest_usd);
            q.exec();
        }
        t.commit();
    });
}

Result<std::vector<Attribution>> Journal::effects(const std::string& position, TimePoint from) const {
    return impl_->guarded("read what hedging did", [&] {
        SQLite::Statement q(impl_->db,
                            "SELECT since, until, delta_usd, gamma_usd, fees_usd, hedge_usd, gas_usd, "
                            "carry_usd, interest_usd "
                            "FROM effects WHERE position = ? AND since >= ? ORDER BY until");
        q.bind(1, position);
        q.bind(2, seconds(from));
        std::vector<Attribution> out;
        while (q.executeStep()) {
            Attribution a;
            a.from = at_seconds(q.getColumn(0).getInt64());
            a.to = at_seconds(q.getColumn(1).getInt64());
            a.delta_usd = q.getColumn(2).getDouble();
            a.gamma_usd = q.getColumn(3).getDouble();
            a.fees_usd = q.getColumn(4).getDouble();
            a.hedge_usd = q.getColumn(5).getDouble();
            a.gas_usd = q.getColumn(6).getDouble();
            if (!q.isColumnNull(7)) a.carry_usd = q.getColumn(7).getDouble();
            if (!q.isColumnNull(8)) a.interest_usd = q.getColumn(8).getDouble();
            out.push_back(a);
        }
        return out;
    });
}

}  // namespace outrigger
