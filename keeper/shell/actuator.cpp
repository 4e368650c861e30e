// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/actuator.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "chain/base/hex.hpp"
#include "chain/rpc/broadcaster.hpp"
#include "chain/tx/fees.hpp"
#include "keeper/shell/crash_point.hpp"

namespace outrigger {

/// What a step is for.
struct Actuator::Wish {
    const Venue* venue = nullptr;
    std::optional<std::size_t> position;  // empty: upkeep of the venue itself
    std::optional<HedgeOrder> order;
    std::string reason;
};

namespace {

std::map<AssetId, double> usable_prices(const Snapshot& seen) {
    std::map<AssetId, double> out;
    for (const auto& [asset, price] : seen.prices) {
        if (price.value) out[asset] = price.value->usd;
    }
    return out;
}

PlanContext plan_context(const Snapshot& seen, const Params& params, const Address& account) {
    return {account, seen.now, seen.now + params.order_deadline, usable_prices(seen)};
}

/// Room above the estimate for state that moves between estimate and inclusion.
std::uint64_t gas_limit(Gas estimate, std::uint64_t most) {
    return std::min(most, estimate.value + estimate.value / 4 + 20'000);
}

/// Only a journal that cannot be written stops the process; a version that was not sent is wished for again.
Result<void> keep_storage(const Result<void>& sent) {
    if (sent) return {};
    if (sent.error().code == Errc::storage) return sent;
    spdlog::error("a version was not sent: {}", sent.error().what);
    return {};
}

/// What the signer is told beside the bytes.
tx::MarketWord market_word(const Snapshot& seen, const Universe& universe) {
    tx::MarketWord out{{}, seen.now};
    for (const auto& [asset, usd] : usable_prices(seen)) out.price_usd[universe.symbol(asset)] = usd;
    return out;
}

Acted refused(const Step& step, std::string reason) {
    return {Acted::What::refused, step.label, std::move(reason), "", 0};
}

}  // namespace

Actuator::Actuator(Options options, Journal& journal, ChainLink& link, const Market& market,
                   tx::PolicyGate gate, tx::Signer* signer)
    : options_(options),
      journal_(journal),
      link_(link),
      market_(market),
      gate_(std::move(gate)),
      signer_(signer) {}

void Actuator::offer(const Bytes& raw) {
    // Whatever the endpoints answer is a hint: only the chain says what became of it.
    for (const auto& report : broadcast(link_.transport(), link_.nodes(), raw)) {
        if (!report.outcome.accepted()) {
            spdlog::debug("endpoint {} answered {}: {}", report.origin, to_string(report.outcome.fault),
                          report.outcome.text);
        }
    }
}

Result<void> Actuator::send_version(Nonce nonce, tx::Record& record,
                                    const tx::Approved<tx::UnsignedTx>& approved, bool cancellation,
                                    BlockNumber head, TimePoint now, const tx::MarketWord& word) {
    OR_ASSERT(signer_ != nullptr);
    const tx::SignedTx version = OR_TRY(signer_->sign(approved, word));
    crash_point("send.signed");
    OR_TRY(journal_.add_version(nonce, version, approved.get(), cancellation));
    crash_point("send.version_stored");
    auto signed_step =
        tx::step(record, tx::Signed{approved.get(), version.hash, cancellation}, options_.fees, now);
    for (const auto& effect : signed_step.effects) {
        // The lifecycle refuses this version (another nonce, another call): its bytes must not leave.
        if (const auto* alarm = std::get_if<tx::Alarm>(&effect)) return fail(Errc::rejected, alarm->what);
    }
    record = std::move(signed_step.next);
    record = tx::step(record, tx::Sending{}, options_.fees, now).next;
    OR_TRY(journal_.save(nonce, record));
    crash_point("send.sending");
    offer(version.raw);
    crash_point("send.offered");
    record = tx::step(record, tx::Submitted{head}, options_.fees, now).next;
    OR_TRY(journal_.save(nonce, record));
    crash_point("send.submitted");
    return {};
}

Result<void> Actuator::upkeep(const SettleReport& settled, const Reading& reading, TimePoint now) {
    if (options_.mode != Mode::live) return {};
    for (const auto& item : settled.upkeep) {
        tx::Record record = item.tx.record;
        const Nonce nonce = record.tx.nonce;
        for (const auto& effect : item.effects) {
            if (std::holds_alternative<tx::Rebroadcast>(effect) && !item.tx.raws.empty()) {
                record = tx::step(record, tx::Sending{}, options_.fees, now).next;
                OR_TRY(journal_.save(nonce, record));
                crash_point("upkeep.sending");
                offer(item.tx.raws.back());
                crash_point("upkeep.offered");
                record = tx::step(record, tx::Submitted{reading.head.block.number}, options_.fees, now).next;
                OR_TRY(journal_.save(nonce, record));
            } else if (const auto* send = std::get_if<tx::Send>(&effect)) {
                tx::UnsignedTx dearer = record.tx;
                dearer.max_fee = send->max_fee;
                dearer.tip = send->tip;
                const auto approved = gate_.approve_bump(dearer, record.tx);
                if (approved)
                    OR_TRY(keep_storage(send_version(nonce, record, *approved, false,
                                                     reading.head.block.number, now, {{}, now})));
            } else if (const auto* cancel = std::get_if<tx::Cancel>(&effect)) {
                const auto approved = gate_.approve_cancel(nonce, cancel->max_fee, cancel->tip);
                if (approved)
                    OR_TRY(keep_storage(send_version(nonce, record, *approved, true,
                                                     reading.head.block.number, now, {{}, now})));
            }
        }
    }
    return {};
}

Result<tx::Evidence> Actuator::evidence(const Snapshot& seen, const Venue& venue, const Step& step,
                                        const Reading& reading) {
    tx::Evidence out;
    out.now = seen.now;
    const auto prices = usable_prices(seen);
    out.reading = OR_TRY(read_back(venue, step.call, prices, market_.universe, options_.account));
    out.native_usd = OR_TRY(price_of(prices, market_.native));
    const auto spent = OR_TRY(journal_.spending(seen.now));
    out.spent_hour_usd = spent.hour_usd;
    out.spent_day_usd = spent.day_usd;
    out.gas_day_usd = spent.gas_day_usd;
    // The estimate runs the very call from our own address: a revert shows here, before a nonce is bound.
    out.gas_estimate = OR_TRY(link_.nodes().read(
        [&](Node& node) { return node.estimate_gas(options_.account, step.call, reading.head.block); }));
    out.simulated_ok = true;
    return out;
}

/// A claim that was not signed. A refusal frees its nonce. But a signer that has given it to something else
/// has signed for us before, and we died between its answer and our journal: those bytes are lost, and
/// nothing but a cancellation may spend the nonce. Silence is no answer: the claim then stands until its
/// deadline.
Result<void> Actuator::give_back(tx::Record& record, const Error& why, const Reading& reading,
                                 TimePoint now) {
    if (!record.attempts.empty() || why.code != Errc::rejected) return {};
    const Nonce nonce = record.tx.nonce;
    if (why.what.find("nonce: ") == std::string::npos) return journal_.release(nonce, why.what);
    spdlog::warn("nonce {} is taken by something signed and never journalled: it is cancelled", nonce.value);
    const auto approved = gate_.approve_cancel(nonce, record.tx.max_fee, record.tx.tip);
    if (!approved) return {};
    return keep_storage(
        send_version(nonce, record, *approved, true, reading.head.block.number, now, {{}, now}));
}

Result<Acted> Actuator::commit(std::int64_t round, const Snapshot& seen, const Wish& wish, const Step& step,
                               const Reading& reading, const tx::Approved<tx::UnsignedTx>& approved,
                               const tx::Evidence& evidence) {
    ClaimRequest claim;
    claim.round = round;
    claim.venue = wish.venue->name();
    claim.step = step;
    claim.step.notional_usd = evidence.reading.moved_usd();
    claim.tx = approved.get();
    claim.at = seen.now;
    claim.deadline = seen.now + market_.params.order_deadline;
    // A dearer version may follow without another look at the windows: debit what the cap allows.
    claim.worst_gas_usd =
        tx::gas_cost_usd(approved.get().call.gas_limit, options_.fees.max_fee_cap, evidence.native_usd);
    const auto& account = seen.accounts.at(wish.venue->id()).value;
    if (account) claim.facts_before = account->facts;
    if (wish.position) {
        claim.position = market_.params.positions.at(*wish.position).name;
        auto open = OR_TRY(journal_.hedge_in_progress(claim.position));
        if (!open) {
            HedgeRow row;
            row.position = claim.position;
            row.venue = claim.venue;
            row.asset = market_.universe.symbol(wish.order->asset);
            row.opened_at = seen.now;
            row.wanted_units = wish.order->delta_units;
            row.price_usd = OR_TRY(price_of(usable_prices(seen), wish.order->asset));
            row.status = "open";
            claim.hedge = OR_TRY(journal_.open_hedge(row));
        } else {
            claim.hedge = open->id;
        }
    }
    crash_point("commit.before_claim");
    OR_TRY(journal_.claim(claim));
    crash_point("commit.claimed");
    tx::Record record;
    record.tx = approved.get();
    record.deadline = claim.deadline;
    if (const auto sent = send_version(record.tx.nonce, record, approved, false, reading.head.block.number,
                                       seen.now, market_word(seen, market_.universe));
        !sent) {
        if (sent.error().code == Errc::storage) return tl::unexpected(sent.error());
        OR_TRY(give_back(record, sent.error(), reading, seen.now));
        return refused(step, sent.error().what);
    }
    return Acted{Acted::What::sent, step.label, "", to_hex(record.attempts.back()), step.delta_units};
}

Result<Acted> Actuator::take_step(std::int64_t round, const Snapshot& seen, const Wish& wish,
                                  const Step& step, const Reading& reading) {
    const auto found = evidence(seen, *wish.venue, step, reading);
    if (!found) return refused(step, found.error().what);
    const U256 tip_cap = options_.fees.tip_cap;
    const auto tip = link_.nodes().read([&](Node& node) { return node.suggested_tip(tip_cap); });
    if (!tip) return refused(step, "the fee market could not be read: " + tip.error().what);
    const auto fees = tx::initial_fees(reading.head.base_fee, *tip, options_.fees);
    if (!fees) return refused(step, fees.error().what);
    if (!reading.nonce)
        return refused(step, "the account's nonce could not be read: " + reading.nonce.error().what);

    tx::UnsignedTx unsigned_tx{*reading.nonce, step.call, fees->max_fee, fees->tip};
    unsigned_tx.call.gas_limit = Gas(gas_limit(found->gas_estimate, options_.gas_limit_max));
    if (options_.mode == Mode::live) {
        const auto nonce = journal_.next_nonce(*reading.nonce);
        if (!nonce) return refused(step, nonce.error().what);
        if (*nonce > *reading.nonce)
            return refused(
                step, fmt::format("the node has mined {} of our transactions, the journal {}: it is behind",
                                  reading.nonce->value, nonce->value));
        unsigned_tx.nonce = *nonce;
    }
    const auto approved = gate_.approve(unsigned_tx, *found);
    if (!approved) return refused(step, "policy: " + approved.error().what);
    if (options_.mode == Mode::dry_run)
        return Acted{Acted::What::simulated, step.label, "", "", step.delta_units};
    return commit(round, seen, wish, step, reading, *approved, *found);
}

Result<Acted> Actuator::act(std::int64_t round, const Snapshot& seen, const Decision& decision,
                            const Reading& reading) {
    const PlanContext context = plan_context(seen, market_.params, options_.account);
    Wish wish;
    if (decision.act_on) {
        wish.position = *decision.act_on;
        wish.order = std::get<AdjustHedge>(decision.positions[*decision.act_on].action).order;
        wish.venue = market_.venues.at(wish.order->venue.value).get();
    } else if (decision.tidy) {
        wish.venue = market_.venues.at(decision.tidy->venue.value).get();
    } else {
        return Acted{};
    }
    const auto& account = seen.accounts.at(wish.venue->id()).value;
    OR_ASSERT(account.has_value());  // decide acts on nothing it could not read
    auto step = wish.order ? wish.venue->next_step(*wish.order, *account, context)
                           : wish.venue->upkeep(*account, context);
    if (!step) return Acted{Acted::What::refused, wish.order ? "plan" : "upkeep", step.error().what, "", 0};
    if (!*step) return Acted{};
    return take_step(round, seen, wish, **step, reading);
}

}  // namespace outrigger
