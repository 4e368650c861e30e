// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/settle.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "chain/base/quantize.hpp"
#include "keeper/shell/crash_point.hpp"

namespace outrigger {

namespace {

constexpr double kWeiPerNative = 1e18;

const Venue* venue_named(const Market& market, const std::string& name) {
    for (const auto& venue : market.venues) {
        if (venue->name() == name) return venue.get();
    }
    return nullptr;
}

/// Gas a receipt paid, in USD; nothing when the native price could not be read this round.
std::optional<double> gas_cost(const tx::Receipt& receipt, const Market& market, const Reading& reading) {
    for (std::size_t i = 0; i < market.prices.feeds.size(); ++i) {
        if (market.prices.feeds[i].asset() != market.native || !reading.prices.feeds[i]) continue;
        return receipt.effective_gas_price.to_double() * static_cast<double>(receipt.gas_used.value) /
               kWeiPerNative * reading.prices.feeds[i]->usd;
    }
    return std::nullopt;
}

/// Compares what the step promised with what the venue's account shows.
/// Errors: Errc::not_found when the account could not be read: not yet known either way.
Result<std::string> unmet_expectation(const OpenTx& open, const Market& market, const Reading& reading) {
    const auto* venue = venue_named(market, open.venue);
    if (venue == nullptr) return std::string("the venue is no longer configured");
    const auto& account = reading.accounts.at(venue->id().value);
    if (!account) return fail(Errc::not_found, "the venue's account could not be read");
    for (const auto& e : open.expect) {
        const auto fact = account->facts.find(e.fact);
        if (fact == account->facts.end()) return "the venue reports no " + e.fact;
        if (fact->second < e.min || fact->second > e.max) {
            return fmt::format("{} is {}, expected {} to {}", e.fact, fact->second.to_decimal(),
                               e.min.to_decimal(), e.max.to_decimal());
        }
    }
    return std::string();
}

class Settling {
  public:
    Settling(Journal& journal, ChainLink& link, const Market& market, const Reading& reading,
             const tx::FeePolicy& fees, TimePoint now)
        : journal_(journal), link_(link), market_(market), reading_(reading), fees_(fees), now_(now) {}

    Result<void> one(OpenTx open, const std::vector<BlockRef>& dropped, SettleReport& report) {
        std::vector<tx::Effect> effects;
        const auto apply = [&](const tx::Event& event) {
            auto stepped = tx::step(open.record, event, fees_, now_);
            open.record = std::move(stepped.next);
            effects.insert(effects.end(), stepped.effects.begin(), stepped.effects.end());
        };
        if (left_the_chain(open, dropped)) apply(tx::Vanished{reading_.head.block});
        if (const auto receipt = find_receipt(open); receipt) apply(tx::Included{*receipt});
        if (reading_.nonce) {
            // Only the newest knowledge says what to do; what was noticed on the way is still said.
            std::erase_if(effects, [](const tx::Effect& e) { return !std::holds_alternative<tx::Alarm>(e); });
            apply(tx::NewHead{reading_.head.block, reading_.head.base_fee, reading_.nonce->value,
                              std::nullopt});
        }
        OR_TRY(journal_.save(open.record.tx.nonce, open.record));
        crash_point("settle.saved");
        for (const auto& effect : effects) {
            if (const auto* alarm = std::get_if<tx::Alarm>(&effect)) report.alarms.push_back(alarm->what);
        }
        if (tx::is_final(open.record.phase)) return close(std::move(open), report);
        report.in_flight.push_back(in_flight(open));
        if (!effects.empty()) report.upkeep.push_back({std::move(open), std::move(effects)});
        return {};
    }

  private:
    static bool left_the_chain(const OpenTx& open, const std::vector<BlockRef>& dropped) {
        if (!open.record.receipt) return false;
        return std::any_of(dropped.begin(), dropped.end(),
                           [&](const BlockRef& b) { return b.hash == open.record.receipt->block.hash; });
    }

    /// The receipt of whichever version was mined at or before the pinned head, if any node shows one.
    std::optional<tx::Receipt> find_receipt(const OpenTx& open) {
        for (const auto& hash : open.record.attempts) {
            auto receipt = link_.nodes().read([&](Node& node) { return node.receipt(hash); });
            if (receipt && *receipt && (*receipt)->block.number <= reading_.head.block.number)
                return **receipt;
        }
        return std::nullopt;
    }

    InFlight in_flight(const OpenTx& open) const {
        InFlight out;
        if (const auto* venue = venue_named(market_, open.venue)) out.order.venue = venue->id();
        out.order.delta_units = open.delta_units;
        out.order.deadline = open.record.deadline;
        return out;
    }

    Result<void> close(OpenTx open, SettleReport& report) {
        Settled done;
        if (open.record.receipt) {
            const auto gas = gas_cost(*open.record.receipt, market_, reading_);
            if (!gas) {  // what it cost is not known yet: the decision stays open until it is
                report.in_flight.push_back(in_flight(open));
                return {};
            }
            done.gas_usd = *gas;
        }
        if (open.record.phase == tx::Phase::confirmed) {
            const auto unmet = unmet_expectation(open, market_, reading_);
            if (!unmet) {  // mined, but the venue cannot be read: the decision stays open until it can
                report.in_flight.push_back(in_flight(open));
                return {};
            }
            done.verified = unmet->empty();
            done.note = done.verified ? "verified" : "mined, but " + *unmet;
            if (!done.verified) report.alarms.push_back(fmt::format("{}: {}", open.label, done.note));
        } else {
            done.note = open.record.phase == tx::Phase::failed ? "reverted" : "cancelled";
        }
        crash_point("settle.before_finish");
        OR_TRY(journal_.finish(open.record.tx.nonce, done.verified, done.note, done.gas_usd));
        crash_point("settle.finished");
        done.tx = std::move(open);
        report.settled.push_back(std::move(done));
        return {};
    }

    Journal& journal_;
    ChainLink& link_;
    const Market& market_;
    const Reading& reading_;
    const tx::FeePolicy& fees_;
    TimePoint now_;
};

}  // namespace

Result<SettleReport> settle(Journal& journal, ChainLink& link, const Market& market, const Reading& reading,
                            const std::vector<BlockRef>& dropped, const tx::FeePolicy& fees, TimePoint now) {
    SettleReport report;
    Settling settling(journal, link, market, reading, fees, now);
    for (auto& open : OR_TRY(journal.open_txs())) {
        if (open.record.phase == tx::Phase::claimed && open.record.attempts.empty()) {
            // Claimed and never signed: the process ended in between. The nonce is given back.
            OR_TRY(journal.release(open.record.tx.nonce, "never signed: the process ended before"));
            continue;
        }
        OR_TRY(settling.one(std::move(open), dropped, report));
    }
    return report;
}

}  // namespace outrigger
