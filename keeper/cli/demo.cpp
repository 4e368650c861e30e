// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "hedge/effectiveness.hpp"
#include "keeper/cli/demo_ledger.hpp"
#include "keeper/cli/demo_scenario.hpp"
#include "keeper/cli/devnet_config.hpp"
#include "keeper/cli/log.hpp"
#include "keeper/cli/signer_process.hpp"
#include "keeper/cli/verbs.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

/// A directory of its own for the demo's ledger, removed at the end.
class Workspace {
  public:
    Workspace() {
        std::string name = (std::filesystem::temp_directory_path() / "outrigger-demo-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~Workspace() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct Invariant {
    std::string name;
    bool holds = false;
    std::string detail;
};

class Demo {
  public:
    Demo(const Globals& globals, const DemoFlags& flags) : out_(globals.out), flags_(flags) {}

    int play() {
        if (auto ready = set_up(); !ready) return out_.failed(ready.error());
        introduce();
        for (const auto& step : falling_and_recovering(price_of("ETH"), price_of("BTC"), price_of("ARB"))) {
            if (auto done = play_step(step); !done) return out_.failed(done.error());
        }
        const auto invariants = check_invariants();
        const bool ok =
            std::all_of(invariants.begin(), invariants.end(), [](const auto& i) { return i.holds; });
        if (out_.json) {
            out_.document(document(invariants, ok));
        } else {
            summarise(invariants);
        }
        if (flags_.hold) hold();
        return ok ? 0 : 1;
    }

  private:
    Outcome<void> set_up() {
        configure_logging({config::LogLevel::error, config::LogFormat::text}, "DEMO");
        if (workspace_.path().empty())
            return stop(
                {Exit::error, "demo.workspace", "cannot make a temporary directory", "", "", "check TMPDIR"});
        auto chain =
            LocalChain::start([&](const std::string& line) { out_.talk("[chain] " + line); }, 0, false, "");
        if (!chain) return stop(chain.error());
        chain_ = *std::move(chain);
        const auto text = devnet_config(chain_->info(), workspace_.path());
        if (!text)
            return stop(failure_from(text.error(), Exit::error, "demo.world",
                                     "the local chain's description cannot be read", "run: ./scripts/setup"));
        const std::string file = workspace_.path() + "/outrigger.toml";
        if (const auto written = write_file(file, *text); !written)
            return stop(failure_from(written.error(), Exit::error, "demo.config",
                                     "cannot write the demo's configuration", ""));
        auto settings = load_settings({file, {}, out_});
        if (!settings) return stop(settings.error());
        auto signer = start_signer({file, {}, out_}, *settings);
        if (!signer) return stop(signer.error());
        Keeper::Options options;
        options.mode = Mode::live;
        options.triggers = false;  // nobody will ask; two hours are played in seconds
        options.progress = [&](const std::string& line) { out_.talk("[keeper] " + line); };
        auto keeper = Keeper::start(*settings, std::move(options), *std::move(signer));
        if (!keeper) return stop(start_failure(keeper.error(), *settings));
        keeper_ = *std::move(keeper);
        ledger_ = std::make_unique<DemoLedger>(*keeper_);
        return {};
    }

    double price_of(const std::string& symbol) {
        const auto asset = keeper_->market().universe.find(symbol);
        if (!first_) first_ = keeper_->look().value_or(RoundReport{});
        const auto found = asset ? first_->seen.prices.find(*asset) : first_->seen.prices.end();
        return found != first_->seen.prices.end() && found->second.value ? found->second.value->usd : 0;
    }

    void introduce() {
        out_.talk("");
        out_.talk(
            "Nothing here is real money: a chain of its own on this machine, real protocol bytecode, a "
            "built-in key.");
        out_.talk(fmt::format(
            "  chain   {} (id {})   Uniswap v3 · Aave v3 · Perpetual Protocol v2 · Chainlink feeds",
            chain_->info().rpc, chain_->info().chain_id));
        out_.talk(
            "  LP      eth-usdc   WETH/USDC 0.05 %   hedged in the same asset: borrow WETH on Aave, sell it "
            "on Uniswap");
        out_.talk(
            "  LP      arb-usdc   ARB/USDC 0.3 %     ARB can be borrowed or shorted nowhere here: hedged "
            "through ETH and BTC on Perp");
        out_.talk("");
        if (!out_.json) {
            out_.result(
                out_.bold(fmt::format("{:>5}  {:<9} {:>10}  {:>12}  {:>12}  {:>10}  {}", "min", "position",
                                      "price", "LP USD long", "hedge USD", "residual", "what it did")));
        }
    }

    /// Rounds until nothing more is wanted and nothing is in flight. Errors: Exit::error when that takes too
    /// long.
    Outcome<void> settle_down() {
        constexpr int kMostRounds = 200;
        int idle = 0;
        for (int n = 0; n < kMostRounds; ++n) {
            auto round = keeper_->round();
            if (!round)
                return stop(failure_from(round.error(), Exit::error, "demo.round", "a round failed", ""));
            if (round->idle) {
                // A transaction was sent and its block is not there yet.
                if (++idle > 400)
                    return stop({Exit::error, "demo.stuck", "no block came", chain_->info().rpc, "", ""});
                ::poll(nullptr, 0, 5);
                --n;
                continue;
            }
            idle = 0;
            ledger_->observe(*round);
            note(*round);
            if (round->acted.what != Acted::What::sent && round->seen.in_flight.empty()) {
                last_ = std::move(*round);
                return {};
            }
        }
        return stop({Exit::error, "demo.restless", "the keeper did not come to rest", "",
                     "it kept trading at one price", ""});
    }

    /// Collects what happened in a step, to be told in one line per hedge.
    void note(const RoundReport& round) {
        if (round.acted.what == Acted::What::refused && round.acted.reason != last_refusal_) {
            last_refusal_ = round.acted.reason;
            out_.talk(fmt::format("       refused: {}: {}", round.acted.label, round.acted.reason));
        }
        for (const auto& done : round.settled.settled) {
            if (!done.verified) out_.talk(fmt::format("       {}: {}", done.tx.label, done.note));
        }
        if (round.decision.act_on && round.acted.what == Acted::What::sent) {
            const auto& position = round.decision.positions[*round.decision.act_on];
            auto& story = stories_[*round.decision.act_on];
            if (story.txs++ == 0) story.before = position.figures;
            story.venue = std::get<AdjustHedge>(position.action).order.venue;
        }
    }

    Outcome<void> play_step(const DemoStep& step) {
        const json prices{{"WETH", step.eth}, {"WBTC", step.btc}, {"ARB", step.arb}, {"seconds", 60}};
        if (const auto moved = chain_->control("/price", prices); !moved) {
            return stop(failure_from(moved.error(), Exit::error, "demo.price",
                                     "the local chain could not move the price", ""));
        }
        if (auto calm = settle_down(); !calm) return stop(calm.error());
        ledger_->end_step();
        for (const auto& [index, story] : stories_) tell(step, index);
        stories_.clear();
        if (!flags_.once) ::poll(nullptr, 0, static_cast<int>(1000 / std::max(flags_.speed, 0.01)));
        return {};
    }

    void tell(const DemoStep& step, std::size_t index) {
        ++hedges_[index];
        if (out_.json) return;
        const auto& story = stories_.at(index);
        const auto& after = last_.decision.positions[index].figures;
        double sold = 0;
        std::string legs;
        for (std::size_t i = 0; i < after.legs.size() && i < story.before.legs.size(); ++i) {
            const auto& leg = after.legs[i];
            const double change = leg.held_units - story.before.legs[i].held_units;
            if (std::abs(change) * leg.held_usd == 0 && change == 0) continue;
            sold += change;
            legs += fmt::format("{}{} {}", legs.empty() ? "" : ", ",
                                signed_grouped(change, change > -1 && change < 1 ? 4 : 3),
                                keeper_->market().universe.symbol(leg.asset));
        }
        double held = 0;
        for (const auto& leg : after.legs) held += leg.held_usd;
        double long_usd = 0;
        for (const auto& [asset, units] : after.delta_units) {
            if (keeper_->market().universe.assets.at(asset.value).is_quote) continue;
            long_usd += units * last_.seen.prices.at(asset).value->usd;
        }
        const auto& position = keeper_->market().params.positions[index];
        const double price = position.name.starts_with("eth") ? step.eth : step.arb;
        out_.result(fmt::format(
            "{:>2}:{:02}  {:<9} {:>10}  {:>12}  {:>12}  {:>8} %  {} {} on {} ({} tx)", step.minute / 60,
            step.minute % 60, position.name, grouped(price, price < 100 ? 4 : 2), signed_grouped(long_usd, 0),
            signed_grouped(held, 0),
            signed_grouped(100 * after.residual_usd / std::max(after.value_usd, 1.0), 1),
            sold < 0 ? "▲" : "▼", legs, keeper_->market().venues.at(story.venue.value)->name(), story.txs));
    }

    std::vector<Invariant> check_invariants() {
        std::vector<Invariant> out;
        const auto totals = keeper_->journal().totals().value_or(TxTotals{});
        out.push_back(
            {"every transaction's effect was verified on chain",
             totals.sent > 0 && totals.verified == totals.sent && totals.failed == 0,
             fmt::format("{} sent, {} verified, {} failed", totals.sent, totals.verified, totals.failed)});
        const auto open = keeper_->journal().open_txs();
        out.push_back({"nothing is in flight", open && open->empty(), ""});
        const auto count = keeper_->link().nodes().read(
            [&](Node& node) { return node.transaction_count(keeper_->account(), BlockTag::latest); });
        out.push_back({"the chain has mined exactly what was journalled",
                       count && count->value == totals.sent,
                       count ? fmt::format("{} on chain", count->value) : count.error().what});
        out.push_back({"every reading was complete", ledger_->complete(), ""});
        for (std::size_t i = 0; i < last_.decision.positions.size(); ++i) {
            const auto& f = last_.decision.positions[i].figures;
            out.push_back({keeper_->market().params.positions[i].name + " is inside its band",
                           f.known && std::abs(f.residual_usd) <= f.band_usd,
                           fmt::format("residual {:.2f} USD, band {:.2f} USD", f.residual_usd, f.band_usd)});
        }
        out.push_back(second_look(totals));
        return out;
    }

    /// Looking again at the same prices must change nothing.
    Invariant second_look(const TxTotals& before) {
        const auto mined = chain_->control("/mine", json{{"blocks", 1}, {"interval", 12}});
        const auto calm = settle_down();
        const auto after = keeper_->journal().totals().value_or(TxTotals{});
        return {"a second look does nothing", mined && calm && after.sent == before.sent, ""};
    }

    json position_document(std::size_t i) const {
        const auto& p = ledger_->positions()[i];
        const auto effect = effectiveness(p);
        return {{"name", p.name},
                {"hedge", p.hedge},
                {"venue", p.venue},
                {"hedges", hedges_.contains(i) ? hedges_.at(i) : 0},
                {"cost_usd", ledger_->cost_usd(i)},
                {"gas_usd", ledger_->gas_usd(i)},
                {"variance_removed", effect ? json(*effect) : json(nullptr)},
                {"hedged", {{"worst_usd", worst(p.hedged)}, {"end_usd", p.hedged.back()}}},
                {"unhedged", {{"worst_usd", worst(p.unhedged)}, {"end_usd", p.unhedged.back()}}}};
    }

    json document(const std::vector<Invariant>& invariants, bool ok) const {
        json positions = json::array();
        for (std::size_t i = 0; i < ledger_->positions().size(); ++i)
            positions.push_back(position_document(i));
        json list = json::array();
        for (const auto& i : invariants)
            list.push_back({{"name", i.name}, {"holds", i.holds}, {"detail", i.detail}});
        const auto totals = keeper_->journal().totals().value_or(TxTotals{});
        return {{"schema", 1},
                {"mode", "DEMO"},
                {"chain_id", chain_->info().chain_id},
                {"block", last_.head.block.number.value},
                {"invariants_ok", ok},
                {"invariants", std::move(list)},
                {"transactions",
                 {{"sent", totals.sent}, {"verified", totals.verified}, {"failed", totals.failed}}},
                {"positions", std::move(positions)}};
    }

    static double worst(const std::vector<double>& pnl) { return *std::min_element(pnl.begin(), pnl.end()); }

    /// Share of the step-to-step variance the hedge removed, after it was opened in the first step.
    static std::optional<double> effectiveness(const DemoPosition& p) {
        std::vector<double> unhedged;
        std::vector<double> hedged;
        for (std::size_t k = 1; k < p.unhedged.size(); ++k) {
            unhedged.push_back(p.unhedged[k] - p.unhedged[k - 1]);
            hedged.push_back(p.hedged[k] - p.hedged[k - 1]);
        }
        const auto effect = hedge_effectiveness(unhedged, hedged);
        return effect ? effect->variance_reduction : std::nullopt;
    }

    void summarise(const std::vector<Invariant>& invariants) {
        const auto usd = [](double v) { return signed_grouped(v, 0); };
        std::vector<std::vector<std::string>> rows;
        for (std::size_t i = 0; i < ledger_->positions().size(); ++i) {
            const auto& p = ledger_->positions()[i];
            const auto effect = effectiveness(p);
            rows.push_back({p.name, p.hedge + " on " + p.venue, usd(worst(p.unhedged)), usd(worst(p.hedged)),
                            usd(p.unhedged.back()), usd(p.hedged.back()),
                            effect ? fmt::format("{:.1f} %", 100 * *effect) : "-", std::to_string(hedges_[i]),
                            fmt::format("${:.2f}", ledger_->cost_usd(i))});
        }
        out_.result("");
        out_.result(table({{"POSITION", false},
                           {"HEDGE", false},
                           {"WORST unhedged", true},
                           {"hedged", true},
                           {"END unhedged", true},
                           {"hedged", true},
                           {"variance removed", true},
                           {"hedges", true},
                           {"cost", true}},
                          rows));
        out_.result("");
        out_.result(
            "Profit and loss in USD since the start, LP fees included on both sides; cost is fees, slippage, "
            "interest, funding and gas.");
        out_.result(
            "A delta hedge removes the swing and realises the divergence loss. That trade is the point; fees "
            "must pay for it.");
        out_.result("");
        for (const auto& i : invariants) {
            out_.result(fmt::format("  {}  {}{}", i.holds ? out_.good("ok  ") : out_.warn("FAIL"), i.name,
                                    i.detail.empty() ? "" : "  (" + i.detail + ")"));
        }
        out_.talk(
            "\nnext:  outrigger devnet up     then     outrigger check · outrigger run · outrigger explain");
    }

    void hold() {
        out_.talk(fmt::format("The chain stays up at {} until Ctrl-C.", chain_->info().rpc));
        while (::poll(nullptr, 0, 1000) == 0) {
        }
    }

    struct Story {
        PositionFigures before;
        VenueId venue;
        int txs = 0;
    };

    const Output& out_;
    DemoFlags flags_;
    Workspace workspace_;
    std::unique_ptr<LocalChain> chain_;
    std::unique_ptr<Keeper> keeper_;
    std::unique_ptr<DemoLedger> ledger_;
    std::optional<RoundReport> first_;
    RoundReport last_;
    std::map<std::size_t, Story> stories_;
    std::map<std::size_t, int> hedges_;
    std::string last_refusal_;
};

}  // namespace

int demo(const Globals& globals, const DemoFlags& flags) {
    return Demo(globals, flags).play();
}

}  // namespace outrigger::cli
