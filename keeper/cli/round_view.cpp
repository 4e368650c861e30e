// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/round_view.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "keeper/cli/log.hpp"
#include "keeper/cli/output.hpp"
#include "keeper/shell/record.hpp"

namespace outrigger::cli {

std::string residual_sentence(const PositionFigures& figures, const Universe& universe) {
    const double ratio = figures.value_usd > 0 ? figures.residual_usd / figures.value_usd : 0;
    const double band = figures.value_usd > 0 ? figures.band_usd / figures.value_usd : 0;
    std::string units;
    if (figures.legs.size() == 1) {
        const auto& leg = figures.legs.front();
        units = fmt::format("{} {} ", signed_grouped(leg.held_units - leg.target_units, 4),
                            universe.symbol(leg.asset));
    }
    return fmt::format("residual {}({} USD, {} % of value), band ±{:.1f} %", units,
                       signed_grouped(figures.residual_usd, 2), signed_grouped(100 * ratio, 1), 100 * band);
}

void RoundLog::tell_reorg(const RoundReport& round) {
    if (!round.ancestor) return;
    log_event(
        Level::warn, "keeper", "reorg",
        fmt::format("{} block(s) from {} on are no longer on the chain; it now goes from block {} to {} {}",
                    round.undone.size(), round.undone.front().number.value, round.ancestor->number.value,
                    round.head.block.number.value, to_hex(round.head.block.hash)),
        {{"depth", std::to_string(round.undone.size())},
         {"ancestor", to_hex(round.ancestor->hash)},
         {"undone", to_hex(round.undone.back().hash)}});
}

void RoundLog::tell_settled(const RoundReport& round) {
    for (const auto& done : round.settled.settled) {
        const auto& subject = done.tx.position.empty() ? done.tx.venue : done.tx.position;
        log_event(done.verified ? Level::info : Level::warn, subject, done.verified ? "verified" : "failed",
                  fmt::format("{}: {} (gas ${:.2f})", done.tx.label, done.note, done.gas_usd),
                  {{"label", done.tx.label},
                   {"note", done.note},
                   {"gas_usd", fmt::format("{:.6f}", done.gas_usd)},
                   {"nonce", std::to_string(done.tx.record.tx.nonce.value)}});
    }
    for (const auto& alarm : round.settled.alarms) log_event(Level::error, "keeper", "alarm", alarm);
}

void RoundLog::tell_acted(const RoundReport& round) {
    const auto& decision = round.decision;
    const std::string subject =
        decision.act_on
            ? keeper_.market().params.positions[*decision.act_on].name
            : (decision.tidy ? keeper_.market().venues.at(decision.tidy->venue.value)->name() : "keeper");
    switch (round.acted.what) {
        case Acted::What::nothing: return;
        case Acted::What::sent:
            log_event(Level::info, subject, "sent", round.acted.label,
                      {{"label", round.acted.label}, {"hash", round.acted.hash}});
            break;
        case Acted::What::simulated:
            log_event(Level::info, subject, "would send",
                      round.acted.label + " (simulated, allowed by the policy)",
                      {{"label", round.acted.label}});
            break;
        case Acted::What::refused: {
            const std::string said = subject + round.acted.label + round.acted.reason;
            if (said != last_refusal_)
                log_event(Level::warn, subject, "refused", round.acted.label + ": " + round.acted.reason,
                          {{"label", round.acted.label}, {"reason", round.acted.reason}});
            last_refusal_ = said;
            return;
        }
    }
    last_refusal_.clear();
}

void RoundLog::tell_positions(const RoundReport& round) {
    for (std::size_t i = 0; i < round.decision.positions.size(); ++i) {
        const auto& position = round.decision.positions[i];
        const auto& name = keeper_.market().params.positions[i].name;
        const std::string key = action_name(position.action) + action_reason(position.action);
        if (last_[name] == key) continue;
        last_[name] = key;
        const std::string figures =
            position.figures.known ? residual_sentence(position.figures, keeper_.market().universe) : "";
        const bool trouble =
            std::holds_alternative<Halt>(position.action) || action_reason(position.action) == "unreadable";
        log_event(trouble ? Level::warn : Level::info, name, action_name(position.action),
                  (action_detail(position.action).empty() ? action_reason(position.action)
                                                          : action_detail(position.action)) +
                      (figures.empty() ? "" : " · " + figures),
                  {{"reason", action_reason(position.action)},
                   {"residual_usd", fmt::format("{:.2f}", position.figures.residual_usd + 0.0)},
                   {"band_usd", fmt::format("{:.2f}", position.figures.band_usd)}});
    }
}

void RoundLog::tell(const RoundReport& round) {
    tell_reorg(round);
    tell_settled(round);
    tell_positions(round);
    tell_acted(round);
}

nlohmann::json round_document(const Keeper& keeper, const RoundReport& round) {
    nlohmann::json settled = nlohmann::json::array();
    for (const auto& done : round.settled.settled) {
        settled.push_back({{"label", done.tx.label},
                           {"verified", done.verified},
                           {"note", done.note},
                           {"gas_usd", done.gas_usd}});
    }
    constexpr std::array kWhat{"nothing", "sent", "simulated", "refused"};
    return {{"schema", 1},
            {"mode", to_string(keeper.mode())},
            {"chain_id", round.head.block.chain.value},
            {"block", round.head.block.number.value},
            {"round", round.id},
            {"decision", decision_json(round.seen, round.decision, keeper.market())},
            {"undone_blocks", round.undone.size()},
            {"settled", std::move(settled)},
            {"acted",
             {{"what", kWhat.at(static_cast<std::size_t>(round.acted.what))},
              {"label", round.acted.label},
              {"reason", round.acted.reason},
              {"hash", round.acted.hash}}}};
}

}  // namespace outrigger::cli
