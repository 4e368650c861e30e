// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "keeper/base/pauses.hpp"
#include "keeper/shell/crash_point.hpp"
#include "keeper/shell/effect.hpp"
#include "keeper/shell/record.hpp"

namespace outrigger {

namespace {

TimePoint wall_clock() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

const std::string kEverything = "*";  // the name under which a latch stops every position

}  // namespace

std::string ledger_directory(const config::Settings& settings, Mode mode) {
    return ledger_directory(settings, mode == Mode::live);
}

std::string journal_path(const config::Settings& settings, Mode mode) {
    return ledger_directory(settings, mode) + "/journal.sqlite";
}

Keeper::Keeper(config::Settings settings, Options options, std::unique_ptr<tx::Signer> signer)
    : settings_(std::move(settings)), options_(std::move(options)), signer_(std::move(signer)) {
    if (signer_) options_.account = signer_->address();
}

Result<std::unique_ptr<Keeper>> Keeper::start(const config::Settings& settings, Options options,
                                              std::unique_ptr<tx::Signer> signer) {
    auto keeper = std::unique_ptr<Keeper>(new Keeper(settings, std::move(options), std::move(signer)));
    const Mode mode = keeper->options_.mode;
    OR_ASSERT(mode == Mode::dry_run || keeper->signer_ != nullptr);

    const std::string directory = ledger_directory(settings, mode);
    OR_TRY(make_private_directory(directory));
    keeper->lock_.emplace(OR_TRY(FileLock::acquire(directory + "/lock")));

    keeper->journal_ = OR_TRY(Journal::open(
        journal_path(settings, mode), {mode, settings.chain.network.chain_id, keeper->options_.account}));
    const auto before = OR_TRY(keeper->journal_->position_records());
    auto known = before;
    const Pins pins = OR_TRY(keeper->connect(known));
    if (known != before) OR_TRY(keeper->journal_->keep_position_records(known));
    // Rounds that led to nothing are kept for three months; what led to a transaction is kept for good.
    OR_TRY(keeper->journal_->forget_rounds(pins.begin()->second.timestamp - std::chrono::days{90}));
    if (keeper->options_.resume) {
        const auto count = keeper->link_->nodes().read(
            [&](Node& node) { return node.transaction_count(keeper->options_.account, BlockTag::latest); });
        if (!count) return tl::unexpected(count.error());
        OR_TRY(keeper->journal_->resume(*count));
    }
    OR_TRY(keeper->check_code(pins));
    keeper->state_ = OR_TRY(keeper->journal_->state());
    if (const auto latched = OR_TRY(keeper->journal_->paused(kEverything)); latched && mode == Mode::live) {
        return fail(Errc::rejected, *latched);
    }

    OR_TRY(keeper->load_prices(*keeper->journal_, pins));

    Actuator::Options acting;
    acting.mode = mode;
    acting.account = keeper->options_.account;
    acting.fees = fee_policy(settings);
    acting.gas_limit_max = kGasLimitMax;
    tx::PolicyGate gate(policy_limits(settings, keeper->market_.venues, keeper->options_.account),
                        [](const std::string& path) { return std::filesystem::exists(path); });
    keeper->actuator_ = std::make_unique<Actuator>(acting, *keeper->journal_, *keeper->link_, keeper->market_,
                                                   std::move(gate), keeper->signer_.get());
    return keeper;
}

/// Prices of a keeper that only looks: kept for as long as it lives.
class NoStore final : public PriceStore {
  public:
    Result<void> append(std::string_view, std::span<const RecordedTick>) override { return {}; }
    Result<std::vector<RecordedTick>> load(std::string_view asset, TimePoint) override {
        return ticks_[std::string(asset)];
    }
    Result<void> drop_after(const BlockRef&) override { return {}; }
    Result<std::vector<Coverage>> coverage(std::string_view asset, std::string_view) override {
        return covered_[std::string(asset)];
    }
    Result<void> append_page(std::string_view asset, std::string_view, std::span<const RecordedTick> ticks,
                             std::span<const Coverage> covered) override {
        auto& known = ticks_[std::string(asset)];
        known.insert(known.end(), ticks.begin(), ticks.end());
        covered_[std::string(asset)].assign(covered.begin(), covered.end());
        return {};
    }

  private:
    std::map<std::string, std::vector<RecordedTick>> ticks_;
    std::map<std::string, std::vector<Coverage>> covered_;
};

Result<std::unique_ptr<Keeper>> Keeper::look_only(const config::Settings& settings, Options options) {
    auto keeper = std::unique_ptr<Keeper>(new Keeper(settings, std::move(options), nullptr));
    PositionRecords none;
    const Pins pins = OR_TRY(keeper->connect(none));
    keeper->no_store_ = std::make_unique<NoStore>();
    if (keeper->options_.prices) {
        OR_TRY(keeper->load_prices(*keeper->no_store_, pins));
    } else {
        keeper->prices_ = std::make_unique<PriceBook>(*keeper->no_store_, std::chrono::seconds{0},
                                                      keeper->market_.params.bar);
    }
    return keeper;
}

Result<Pins> Keeper::connect(PositionRecords& known) {
    options_.progress("connecting");
    link_ = std::make_unique<ChainLink>(settings_.chain);
    OR_TRY(link_->check_endpoints());
    const Head head = OR_TRY(newest_head()).head;
    link_->heads().reset();  // the first round takes the head it finds as new
    const Pins pins{{head.block.chain, head.block}};
    options_.progress("reading positions, feeds and venues");
    market_ = OR_TRY(open_market(settings_, link_->reader(), pins, known));
    note_tip();
    memory_ = std::make_unique<PriceMemory>(PriceBandLimits{settings_.guard.max_jump_ratio},
                                            settings_.guard.max_depeg_ratio);
    return pins;
}

Result<void> Keeper::load_prices(PriceStore& store, const Pins& pins) {
    std::chrono::seconds lookback{0};
    for (const auto& position : settings_.positions) lookback = std::max(lookback, position.model.lookback);
    prices_ = std::make_unique<PriceBook>(store, lookback, market_.params.bar);
    OR_TRY(prices_->fill(link_->reader(), pins, market_, options_.progress));
    choose_bar(pins.begin()->second.timestamp);
    memory_->begin(prices_->history(), market_.prices);
    return {};
}

/// Where the configuration leaves it open, the bar that the prices' sources allow; kept until the next start.
void Keeper::choose_bar(TimePoint now) {
    BarRule rule{.min_bars = 0};
    for (const auto& position : settings_.positions) {
        if (position.model.bar) return;
        rule.min_bars = std::max(rule.min_bars, std::size_t{position.model.min_bars});
    }
    const auto choice = prices_->bar_choice(market_, now, rule);
    if (!choice) {
        options_.progress(fmt::format("bars of an hour: {}", choice.error().what));
        return;
    }
    market_.params.bar = choice->bar;
    prices_->set_bar(choice->bar);
    options_.progress("bars of " + choice->why);
}

Result<HeadUpdate> Keeper::newest_head() {
    auto update = link_->heads().poll(link_->nodes(), wall_clock());
    if (!update) {
        if (update.error().code == Errc::reorged) OR_TRY(start_over());
        return update;
    }
    if (update->ancestor && prices_) OR_TRY(prices_->drop_after(*update->ancestor));
    if (update->ancestor && memory_) memory_->drop_after(*update->ancestor);
    return update;
}

/// After a reorganisation too deep to follow, no block ever seen is known to be left: prices read at them go,
/// and are asked for again.
Result<void> Keeper::start_over() {
    link_->heads().reset();
    if (!prices_) return {};
    const ChainId chain = settings_.chain.network.chain_id;
    const BlockRef beginning{chain, BlockNumber{0}, {}, TimePoint{}};
    OR_TRY(prices_->drop_after(beginning));
    memory_->drop_after(beginning);
    prices_incomplete_ = true;
    return {};
}

/// The time a round is judged at: ours, or the chain's own where it does not follow ours.
TimePoint Keeper::time_of(const Head& head) const {
    return settings_.chain.clock == config::ClockSource::chain ? head.block.timestamp : wall_clock();
}

/// What a tip is now, for weighing a hedge against waiting; a transaction's own is asked for when it is sent.
/// What cannot be read leaves the last one known.
void Keeper::note_tip() {
    const U256 cap = fee_policy(settings_).tip_cap;
    const auto tip = link_->nodes().read([&](Node& node) { return node.suggested_tip(cap); });
    if (tip) tip_ = *tip;
}

/// What a unit of gas costs: the base fee and the tip, at the native token's price.
Result<double> Keeper::gas_unit_usd(const Head& head,
                                    const std::map<AssetId, Observed<Price>>& prices) const {
    const auto native = prices.find(market_.native);
    if (native == prices.end()) return fail(Errc::not_found, "the native token has no price");
    if (!native->second.value) return tl::unexpected(native->second.value.error());
    if (!tip_) return fail(Errc::not_found, "no endpoint suggests a tip");
    return (head.base_fee.to_double() + tip_->to_double()) * 1e-18 * native->second.value->usd;
}

Result<Snapshot> Keeper::snapshot(const Reading& reading, const SettleReport& settled) {
    Snapshot out;
    out.pins = reading.pins;
    out.now = time_of(reading.head);
    for (const auto& pool : reading.pools) out.pools.push_back({pool, reading.head.block});
    out.prices =
        memory_->believe(market_.prices, reading.prices, market_.universe, reading.head.block, out.now);
    for (std::size_t i = 0; i < market_.venues.size(); ++i) {
        const auto& venue = *market_.venues[i];
        auto account = reading.accounts[i];
        if (account && journal_ && options_.mode == Mode::dry_run) {
            // What a dry run has bought and sold so far exists only in its ledger.
            for (const auto& [symbol, units] : OR_TRY(journal_->virtual_position(venue.name()))) {
                account->position[OR_TRY(market_.universe.find(symbol))] += units;
            }
        }
        out.accounts.insert_or_assign(venue.id(),
                                      Observed<VenueAccount>{std::move(account), reading.head.block});
    }
    out.in_flight = settled.in_flight;
    for (const auto& position : market_.params.positions) {
        out.facts.push_back(journal_ ? OR_TRY(journal_->facts(position.name, out.now)) : PositionFacts{});
        if (const auto why = why_paused(settings_, position.name)) {
            out.facts.back().paused = true;
            out.facts.back().paused_why = *why;
        }
    }
    out.panel = prices_->panel(market_, out.now);
    out.gas_unit_usd = gas_unit_usd(reading.head, out.prices);
    return out;
}

/// With nothing of ours in flight, the chain's count of our transactions is the journal's. Anything else
/// means that the key is used elsewhere, or the journal is an old copy: trading stops, across restarts, until
/// the operator says so.
Result<void> Keeper::watch_nonce(const Reading& reading, SettleReport& settled, TimePoint now) {
    if (options_.mode != Mode::live || !reading.nonce || !settled.in_flight.empty()) return {};
    const auto next = journal_->next_nonce(*reading.nonce);
    if (next || next.error().code != Errc::rejected) return {};
    return latch(next.error().what, settled, now);
}

/// Trading stops, across restarts, until the operator has looked.
Result<void> Keeper::latch(const std::string& reason, SettleReport& settled, TimePoint now) {
    if (!state_.halted) settled.alarms.push_back(reason);
    state_.halted = true;
    OR_TRY(journal_->pause(kEverything, reason, now));
    return journal_->set_state(state_);
}

/// Every contract in use has code, and the code the journal knows; what it does not know yet, or the operator
/// accepts, it learns.
Result<void> Keeper::check_code(const Pins& pins) {
    contracts_ = contracts_in_use(settings_, market_);
    const auto seen = OR_TRY(read_code_hashes(link_->reader(), pins, contracts_));
    const auto fault = code_fault(contracts_, OR_TRY(journal_->code_pins()), seen);
    const bool all_there = !code_fault(contracts_, {}, seen);
    if (fault && !(options_.resume && all_there)) {
        return fail(Errc::rejected, *fault +
                                        ". Check the addresses and the endpoints in another way; a change "
                                        "that is meant is accepted by run --resume");
    }
    if (fault) options_.progress("accepted: " + *fault);
    code_checked_at_ = pins.begin()->second.number;
    return journal_->keep_code_pins(seen);
}

/// The same now and then. What cannot be read is asked for again in the next round.
Result<void> Keeper::watch_code(const Reading& reading, SettleReport& settled, TimePoint now) {
    constexpr std::uint64_t kBlocks = 300;
    const BlockNumber head = reading.head.block.number;
    if (head.value < code_checked_at_.value + kBlocks) return {};
    note_tip();
    const auto seen = read_code_hashes(link_->reader(), reading.pins, contracts_);
    if (!seen) return {};
    code_checked_at_ = head;
    const auto fault = code_fault(contracts_, OR_TRY(journal_->code_pins()), *seen);
    return fault ? latch(*fault, settled, now) : Result<void>{};
}

/// A begun hedge is over when its position no longer wants a trade and nothing of it is in flight.
Result<void> Keeper::keep_hedges(const Snapshot& seen, const Decision& decision) {
    if (!seen.in_flight.empty()) return {};
    for (std::size_t i = 0; i < decision.positions.size(); ++i) {
        const auto& position = decision.positions[i];
        if (!position.figures.known || std::holds_alternative<AdjustHedge>(position.action)) continue;
        const auto open = OR_TRY(journal_->hedge_in_progress(market_.params.positions[i].name));
        if (open)
            OR_TRY(journal_->close_hedge(open->id, seen.now, open->filled_units != 0 ? "done" : "abandoned"));
    }
    return {};
}

/// A dry run books the whole wish at its price limit, the worst it would have accepted.
Result<void> Keeper::book_simulated(const Snapshot& seen, const Decision& decision) {
    if (options_.mode != Mode::dry_run || !decision.act_on) return {};
    const auto& order = std::get<AdjustHedge>(decision.positions[*decision.act_on].action).order;
    const auto& venue = *market_.venues.at(order.venue.value);
    const auto& symbol = market_.universe.symbol(order.asset);
    HedgeRow row;
    row.position = market_.params.positions[*decision.act_on].name;
    row.venue = venue.name();
    row.asset = symbol;
    row.opened_at = seen.now;
    row.closed_at = seen.now;
    row.wanted_units = order.delta_units;
    row.price_usd = order.limit_usd;
    row.status = "simulated";
    OR_TRY(journal_->open_hedge(row));
    return journal_->add_virtual_fill(venue.name(), symbol, order.delta_units,
                                      -order.delta_units * order.limit_usd);
}

Result<RoundReport> Keeper::round() {
    const auto deadline = link_->round_deadline();
    RoundReport report;
    const HeadUpdate update = OR_TRY(newest_head());
    report.head = update.head;
    report.undone = update.dropped;
    report.ancestor = update.ancestor;
    if (!update.is_new) {
        report.idle = true;
        return report;
    }
    const Reading reading = read_round(link_->reader(), market_, report.head, options_.account);
    if (prices_incomplete_) {
        OR_TRY(prices_->fill(link_->reader(), reading.pins, market_, options_.progress));
        prices_incomplete_ = false;
    }
    OR_TRY(prices_->add(reading, market_));
    const TimePoint now = time_of(report.head);
    report.settled =
        OR_TRY(settle(*journal_, *link_, market_, reading, report.undone, actuator_->fees(), now));
    crash_point("round.settled");
    OR_TRY(watch_nonce(reading, report.settled, now));
    OR_TRY(watch_code(reading, report.settled, now));
    report.seen = OR_TRY(snapshot(reading, report.settled));
    report.decision = decide(report.seen, state_, market_.params);
    report.id = OR_TRY(journal_->record_round(
        round_row(report.seen, state_, report.decision, market_, reading, options_.triggers)));
    if (report.decision.next != state_) OR_TRY(journal_->set_state(report.decision.next));
    state_ = report.decision.next;
    crash_point("round.recorded");
    OR_TRY(keep_effects(*journal_, market_, report.seen, report.decision, options_.mode));
    OR_TRY(keep_hedges(report.seen, report.decision));
    OR_TRY(actuator_->upkeep(report.settled, reading, now));
    report.acted = OR_TRY(actuator_->act(report.id, report.seen, report.decision, reading));
    OR_TRY(book_simulated(report.seen, report.decision));
    return report;
}

Result<RoundReport> Keeper::look() {
    RoundReport report;
    report.head = OR_TRY(link_->nodes().latest(wall_clock()));
    const Reading reading = read_round(link_->reader(), market_, report.head, options_.account);
    report.seen = OR_TRY(snapshot(reading, report.settled));
    report.decision = decide(report.seen, state_, market_.params);
    return report;
}

}  // namespace outrigger
