// SPDX-License-Identifier: Apache-2.0
// outrigger history: what prices the estimator stands on, and how to get more of them.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "keeper/cli/verbs.hpp"
#include "keeper/shell/keeper.hpp"
#include "oracle/history_fill.hpp"
#include "oracle/pool_observations.hpp"
#include "oracle/price_csv.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

constexpr std::size_t kFileMax = 256UL * 1024 * 1024;

Mode mode_of(const HistoryFlags& flags) {
    return flags.live ? Mode::live : Mode::dry_run;
}

/// A ledger whose prices may be changed: no keeper has it open.
struct Desk {
    std::optional<FileLock> lock;
    std::unique_ptr<Journal> journal;
};

Outcome<Desk> open_desk(const config::Settings& settings, const HistoryFlags& flags) {
    const Mode mode = mode_of(flags);
    const std::string directory = ledger_directory(settings, mode);
    const auto failed = [&](const Error& e) {
        return stop({Exit::error, "history.ledger", "the ledger cannot be opened for writing", directory,
                     e.what, "stop the keeper that uses it, or look at the file it names"});
    };
    if (const auto made = make_private_directory(directory); !made) return failed(made.error());
    Desk out;
    auto lock = FileLock::acquire(directory + "/lock");
    if (!lock) return failed(lock.error());
    out.lock.emplace(*std::move(lock));
    auto journal = Journal::open(journal_path(settings, mode),
                                 {mode, settings.chain.network.chain_id, dry_run_account(settings)});
    if (!journal) return failed(journal.error());
    out.journal = *std::move(journal);
    return out;
}

/// A ledger to look at, whoever has it open. Errors: Exit::not_running when there is none.
Outcome<std::unique_ptr<Journal>> open_to_look(const config::Settings& settings, Mode mode) {
    const std::string path = journal_path(settings, mode);
    auto journal = Journal::open_read_only(path);
    if (journal) return *std::move(journal);
    return stop({Exit::not_running, "history.none", "there is no price history yet", path,
                 journal.error().what, "outrigger history backfill"});
}

/// One asset's prices, as they are stored.
struct Stored {
    std::string asset;
    std::vector<RecordedTick> ticks;
    std::vector<std::pair<std::string, Coverage>> covered;  // by source
    std::size_t bars = 0;                                   // complete, in the model's lookback
    std::size_t gaps = 0;                                   // bars that are not, since the first tick
};

Result<Stored> read_stored(const config::Settings& settings, Journal& journal, const std::string& asset) {
    Stored out;
    out.asset = asset;
    out.ticks = OR_TRY(journal.load(asset, TimePoint{}));
    for (const auto& source : OR_TRY(journal.price_sources(asset))) {
        for (const auto& c : OR_TRY(journal.coverage(asset, source))) out.covered.emplace_back(source, c);
    }
    if (out.ticks.empty() || settings.positions.empty()) return out;
    const auto& model = settings.positions.front().model;
    const auto* feed = settings.chain.network.feed(asset);
    PriceSeries series{AssetId(0), feed != nullptr ? feed->heartbeat : std::chrono::hours{24}, {}};
    for (const auto& t : out.ticks) series.ticks.push_back(t.tick);
    const TimePoint to = out.ticks.back().tick.at;
    if (const auto panel = make_panel(std::span(&series, 1),
                                      {.bar = model.usual_bar(), .from = to - model.lookback, .to = to})) {
        out.bars = static_cast<std::size_t>(panel->returns.rows());
        out.gaps = panel->dropped;
    }
    return out;
}

json document(const Stored& s) {
    json covered = json::array();
    for (const auto& [source, c] : s.covered)
        covered.push_back({{"source", source},
                           {"since", iso_time(c.since)},
                           {"until", iso_time(c.until)},
                           {"goes_on", !c.next.empty()},
                           {"stopped", c.stopped}});
    json out{{"asset", s.asset},
             {"prices", s.ticks.size()},
             {"bars", s.bars},
             {"incomplete_bars", s.gaps},
             {"covered", std::move(covered)}};
    out["first"] = s.ticks.empty() ? json(nullptr) : json(iso_time(s.ticks.front().tick.at));
    out["newest"] = s.ticks.empty() ? json(nullptr) : json(iso_time(s.ticks.back().tick.at));
    return out;
}

int show(const Globals& globals, const config::Settings& settings, const HistoryFlags& flags) {
    const Mode mode = mode_of(flags);
    auto journal = open_to_look(settings, mode);
    if (!journal) return globals.out.failed(journal.error());
    json rows = json::array();
    std::vector<std::vector<std::string>> lines;
    for (const auto& asset : (*journal)->priced_assets().value_or(std::vector<std::string>{})) {
        const auto s = read_stored(settings, **journal, asset);
        if (!s) {
            return globals.out.failed({Exit::error, "history.read", "the price history cannot be read",
                                       journal_path(settings, mode), s.error().what, ""});
        }
        rows.push_back(document(*s));
        std::string since = "-";
        if (!s->covered.empty()) since = iso_time(s->covered.front().second.since);
        lines.push_back({s->asset, std::to_string(s->ticks.size()), iso_time(s->ticks.front().tick.at), since,
                         iso_time(s->ticks.back().tick.at), std::to_string(s->bars),
                         std::to_string(s->gaps)});
    }
    if (globals.out.json) {
        globals.out.document({{"schema", 1}, {"mode", to_string(mode)}, {"assets", std::move(rows)}});
        return 0;
    }
    globals.out.result(table({{"asset"},
                              {"prices", true},
                              {"first"},
                              {"complete since"},
                              {"newest"},
                              {"bars", true},
                              {"missing", true}},
                             lines));
    globals.out.result(
        "\nBars: complete ones in the model's lookback. Missing: those without a fresh price; they are "
        "left out, never filled.");
    return 0;
}

std::string bar_of(const FillProgress& p, TimePoint now) {
    const auto whole = std::max<double>(1, static_cast<double>((now - p.goal).count()));
    const double share = std::clamp(static_cast<double>((now - p.reached).count()) / whole, 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(share * 30);
    return fmt::format("[{}{}] {:3.0f} %  {} rounds, back to {}", std::string(filled, '#'),
                       std::string(30 - filled, '.'), 100 * share, p.rounds, iso_time(p.reached));
}

/// What a pool's observations add before an asset's first stored price. The number of prices, and why not
/// more.
Result<std::string> fill_from_pool(Keeper& keeper, Journal& journal, const Pins& pins, const Pool& pool,
                                   const LpView& view) {
    const auto& market = keeper.market();
    const auto& assets = market.params.assets;
    const AssetId a0 = view.curve.asset0;
    const AssetId a1 = view.curve.asset1;
    const bool quote1 = assets.at(a1.value).is_quote;
    if (quote1 == assets.at(a0.value).is_quote) return std::string("neither of its tokens is a dollar");
    const auto& [chain, block] = *pins.begin();
    const auto ring =
        OR_TRY(read_pool_observations(keeper.link().reader(), pins, chain, *pool.observed_pool()));
    auto prices = OR_TRY(mean_prices(ring, view.decimals0, view.decimals1));
    if (!quote1)
        for (auto& tick : prices) tick.usd = 1 / tick.usd;
    const auto& asset = market.universe.symbol(quote1 ? a0 : a1);
    const auto& quote = market.universe.symbol(quote1 ? a1 : a0);
    const auto quoted = OR_TRY(journal.load(quote, TimePoint{}));
    const auto known = OR_TRY(journal.load(asset, TimePoint{}));
    const TimePoint first = known.empty() ? TimePoint::max() : known.front().tick.at;
    std::vector<RecordedTick> ticks;
    for (const auto& tick : in_usd(prices, quoted, std::chrono::hours{36})) {
        if (tick.at < first && tick.at + FillOptions{}.settled_after <= block.timestamp)
            ticks.push_back({tick, std::nullopt});
    }
    OR_TRY(journal.append(asset, ticks));
    return fmt::format("{}: {} prices before the feed's first, of {} observations", asset, ticks.size(),
                       ring.size());
}

int backfill(const Globals& globals, config::Settings settings, const HistoryFlags& flags) {
    auto desk = open_desk(settings, flags);
    if (!desk) return globals.out.failed(desk.error());
    Keeper::Options options;
    options.account = dry_run_account(settings);
    options.prices = false;
    auto keeper = Keeper::look_only(settings, std::move(options));
    if (!keeper) return globals.out.failed(start_failure(keeper.error(), settings));
    const auto look = (*keeper)->look();
    if (!look) return globals.out.failed(start_failure(look.error(), settings));
    const auto& market = (*keeper)->market();
    const Pins pins{{look->head.block.chain, look->head.block}};
    const TimePoint now = look->head.block.timestamp;
    std::chrono::seconds back{std::chrono::hours{24} * static_cast<std::int64_t>(flags.days)};
    if (flags.days == 0)
        for (const auto& p : settings.positions)
            back = std::max(back, p.model.lookback + p.model.usual_bar());
    int code = 0;
    for (const auto& feed : market.prices.feeds) {
        const auto& symbol = market.universe.symbol(feed.asset());
        const auto report =
            fill_from_rounds((*keeper)->link().reader(), pins, feed, symbol, *desk->journal, now - back, {},
                             [&](const FillProgress& p) {
                                 globals.out.progress(fmt::format("{:<6} {}", symbol, bar_of(p, now)));
                             });
        if (!report) {
            globals.out.talk(fmt::format("{}: {}", symbol, report.error().what));
            code = static_cast<int>(report.error().code == Errc::storage ? Exit::error : Exit::network);
            continue;
        }
        globals.out.talk(fmt::format("{}: {} rounds read; complete since {}{}", symbol, report->rounds,
                                     iso_time(report->reached),
                                     report->stopped.empty() ? "" : "; " + report->stopped));
    }
    for (std::size_t i = 0; flags.pools && i < market.pools.size(); ++i) {
        const auto& pool = *market.pools[i];
        const auto& view = look->seen.pools[i].value;
        if (!pool.observed_pool() || !view) {
            globals.out.talk(pool.name() + ": its pool keeps no observations that can be read");
            continue;
        }
        const auto added = fill_from_pool(**keeper, *desk->journal, pins, pool, *view);
        globals.out.talk(fmt::format("{}: {}", pool.name(), added ? *added : added.error().what));
    }
    if (code != 0) globals.out.talk("What was read is kept: run it again, and it goes on there.");
    return code;
}

int import(const Globals& globals, const config::Settings& settings, const HistoryFlags& flags) {
    const auto bad = [&](const std::string& why, const std::string& fix) {
        return globals.out.failed(
            {Exit::usage, "history.import", "nothing was imported", flags.file, why, fix});
    };
    const auto text = read_file(flags.file, kFileMax);
    if (!text) return bad(text.error().what, "outrigger history import FILE");
    const auto prices = parse_price_csv(*text, flags.asset);
    if (!prices) return bad(prices.error().what, "mend that line; outrigger history --help shows the form");
    auto desk = open_desk(settings, flags);
    if (!desk) return globals.out.failed(desk.error());
    for (const auto& [asset, ticks] : *prices) {
        const auto known = desk->journal->load(asset, TimePoint{});
        if (!known) return bad(known.error().what, "");
        std::map<TimePoint, double> by_time;
        for (const auto& k : *known) by_time.emplace(k.tick.at, k.tick.usd);
        for (const auto& tick : ticks) {
            const auto old = by_time.find(tick.at);
            if (!flags.replace && old != by_time.end() && old->second != tick.usd) {
                return bad(fmt::format("{} at {}: {} is stored, the file says {}", asset, iso_time(tick.at),
                                       old->second, tick.usd),
                           "mend the file, or say --replace");
            }
        }
    }
    for (const auto& [asset, ticks] : *prices) {
        std::vector<RecordedTick> rows;
        for (const auto& tick : ticks) rows.push_back({tick, std::nullopt});
        if (const auto stored = desk->journal->append(asset, rows); !stored)
            return bad(stored.error().what, "");
        globals.out.talk(fmt::format("{}: {} prices imported", asset, rows.size()));
    }
    return 0;
}

int export_csv(const Globals& globals, const config::Settings& settings, const HistoryFlags& flags) {
    auto journal = open_to_look(settings, mode_of(flags));
    if (!journal) return globals.out.failed(journal.error());
    std::map<std::string, std::vector<PriceTick>> prices;
    for (const auto& asset : (*journal)->priced_assets().value_or(std::vector<std::string>{})) {
        if (!flags.asset.empty() && asset != flags.asset) continue;
        for (const auto& t : (*journal)->load(asset, TimePoint{}).value_or(std::vector<RecordedTick>{}))
            prices[asset].push_back(t.tick);
    }
    std::string text = to_price_csv(prices);
    text.pop_back();
    globals.out.result(text);
    return 0;
}

}  // namespace

int history(const Globals& globals, const HistoryFlags& flags) {
    auto settings = load_settings(globals);
    if (!settings) return globals.out.failed(settings.error());
    if (flags.action == "backfill") return backfill(globals, *std::move(settings), flags);
    if (flags.action == "import") return import(globals, *settings, flags);
    if (flags.action == "export") return export_csv(globals, *settings, flags);
    return show(globals, *settings, flags);
}

}  // namespace outrigger::cli
