// SPDX-License-Identifier: Apache-2.0
#include "oracle/history_fill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "chain/base/hex.hpp"

namespace outrigger {

namespace {

std::string written(const RoundId& id) {
    return id.to_u256().to_decimal();
}

Result<RoundId> parsed(const std::string& text) {
    const auto id = U256::from_decimal(text);
    if (!id || id->bit_length() > 80)
        return fail(Errc::storage,
                    fmt::format("the stored place of a price history, '{}', is no round", text));
    return RoundId::from_u256(*id);
}

/// One run over one feed.
class Fill {
  public:
    Fill(BatchReader& reader, const Pins& pins, const ChainlinkFeed& feed, std::string_view asset,
         PriceStore& store, TimePoint from, const FillOptions& options,
         const std::function<void(const FillProgress&)>& progress)
        : reader_(reader),
          pins_(pins),
          block_(pins.at(feed.spec().chain)),
          feed_(feed),
          asset_(asset),
          source_(source_of(feed.spec())),
          store_(store),
          from_(from),
          options_(options),
          progress_(progress) {}

    Result<FillReport> run() {
        covered_ = OR_TRY(store_.coverage(asset_, source_));
        OR_TRY(take_what_is_new());
        // The newest stretch grows downwards, and swallows the older ones it meets.
        while (covered_.front().since > from_ && !covered_.front().next.empty() &&
               report_.rounds < options_.rounds_max) {
            OR_TRY(one_page(OR_TRY(parsed(covered_.front().next)), covered_.front().until));
        }
        const Coverage& newest = covered_.front();
        report_.reached = newest.since;
        if (newest.since > from_)
            report_.stopped =
                newest.next.empty()
                    ? newest.stopped
                    : fmt::format("{} rounds are enough for one run; run it again", options_.rounds_max);
        return report_;
    }

  private:
    /// Rounds published since the last stretch ended; a stretch of their own until they meet it.
    Result<void> take_what_is_new() {
        const Round latest = OR_TRY(reader_.read(pins_, feed_.latest_round()));
        const TimePoint now = block_.timestamp;
        if (!covered_.empty() && latest.updated_at <= covered_.front().until) return {};
        return one_page(latest.id, std::max(now, latest.updated_at));
    }

    Result<void> one_page(RoundId last, TimePoint until) {
        const std::size_t count = std::min(options_.page, options_.rounds_max - report_.rounds);
        const RoundPage page =
            OR_TRY(chainlink_page(reader_, pins_, feed_.spec(), last, std::max<std::size_t>(count, 1)));
        report_.missing += page.history.missing + page.history.invalid;
        report_.rounds += page.history.rounds.size();
        std::vector<RecordedTick> ticks;
        TimePoint since = until;
        for (const Round& round : page.history.rounds) {
            ticks.push_back(tick_of(round));
            since = std::min(since, round.updated_at);
        }
        // A page without rounds ends the way down where it was.
        if (ticks.empty() && !covered_.empty() && covered_.front().until == until)
            since = covered_.front().since;
        Coverage stretch{since, until, page.next ? written(*page.next) : "", page.stopped};
        auto covered = covered_;
        if (!covered.empty() && covered.front().until == until) covered.erase(covered.begin());
        covered.push_back(std::move(stretch));
        covered = merged(std::move(covered));
        OR_TRY(store_.append_page(asset_, source_, ticks, covered));
        covered_ = std::move(covered);
        progress_({report_.rounds, covered_.front().since, from_});
        return {};
    }

    RecordedTick tick_of(const Round& round) const {
        RecordedTick out{{round.updated_at, feed_.to_price(round).usd}, std::nullopt};
        if (round.updated_at + options_.settled_after > block_.timestamp)
            out.seen = SeenAt{block_.chain, block_.number, block_.hash};
        return out;
    }

    BatchReader& reader_;
    const Pins& pins_;
    BlockRef block_;
    const ChainlinkFeed& feed_;
    std::string asset_;
    std::string source_;
    PriceStore& store_;
    TimePoint from_;
    const FillOptions& options_;
    const std::function<void(const FillProgress&)>& progress_;
    std::vector<Coverage> covered_;
    FillReport report_;
};

}  // namespace

std::string source_of(const ChainlinkSpec& spec) {
    return "chainlink " + to_hex(spec.proxy);
}

std::vector<Coverage> merged(std::vector<Coverage> covered) {
    std::sort(covered.begin(), covered.end(),
              [](const Coverage& l, const Coverage& r) { return l.until > r.until; });
    std::vector<Coverage> out;
    for (Coverage& c : covered) {
        if (out.empty() || out.back().since > c.until) {
            out.push_back(std::move(c));
        } else if (c.since < out.back().since) {
            out.back() = {c.since, out.back().until, std::move(c.next), std::move(c.stopped)};
        }
    }
    return out;
}

Result<FillReport> fill_from_rounds(BatchReader& reader, const Pins& pins, const ChainlinkFeed& feed,
                                    std::string_view asset, PriceStore& store, TimePoint from,
                                    const FillOptions& options,
                                    const std::function<void(const FillProgress&)>& progress) {
    return Fill(reader, pins, feed, asset, store, from, options, progress).run();
}

}  // namespace outrigger
