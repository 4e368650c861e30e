// SPDX-License-Identifier: Apache-2.0
#include "oracle/chainlink.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "chain/abi/call.hpp"
#include "chain/base/hex.hpp"
#include "chain/base/quantize.hpp"
#include "chain/pool/gather.hpp"
#include "oracle/chainlink_abi.hpp"

namespace outrigger {
namespace {

/// Seconds since 1970 beyond this are no time of this chain (the year 4147).
constexpr std::uint64_t kLatestTime = std::uint64_t{1} << 36;

std::string where(const ChainlinkSpec& spec) {
    return fmt::format("{} feed {}", spec.name, checksum_address(spec.proxy));
}

/// A round that exists but was not completed, or breaks a rule.
enum class Defect : std::uint8_t { none, incomplete, invalid };

struct Checked {
    Round round;
    Defect defect = Defect::none;
    std::string why;
};

Checked check(const chainlink::RoundReturn& raw) {
    const auto& [id, answer, started_at, updated_at, answered_in] = raw;
    Checked c{.round = {.id = RoundId::from_u256(id.u256()), .answer = {}, .updated_at = {}}, .why = {}};
    const auto defect = [&](Defect d, std::string why) {
        c.defect = d;
        c.why = std::move(why);
        return c;
    };
    if (updated_at.is_zero()) return defect(Defect::incomplete, "the round is not complete (updatedAt is 0)");
    if (updated_at > kLatestTime)
        return defect(Defect::invalid, "updatedAt " + updated_at.to_decimal() + " is no time");
    if (answer.is_negative() || answer.is_zero()) {
        return defect(Defect::invalid, "the answer is " + answer.to_decimal() + ", a price must be positive");
    }
    if (answered_in < id) {
        return defect(Defect::invalid, fmt::format("round {} repeats the answer of round {}",
                                                   id.u256().to_decimal(), answered_in.u256().to_decimal()));
    }
    c.round.answer = answer.magnitude();
    c.round.updated_at = TimePoint(std::chrono::seconds(static_cast<std::int64_t>(updated_at.as_u64())));
    return c;
}

Result<Round> valid_round(const ChainlinkSpec& spec, const chainlink::RoundReturn& raw) {
    const Checked c = check(raw);
    if (c.defect != Defect::none) return fail(Errc::decode, fmt::format("{}: {}", where(spec), c.why));
    return c.round;
}

/// The same answer with the feed's name in front of its error.
template <class T>
Result<T> from_feed(const ChainlinkSpec& spec, Result<T> answer) {
    if (answer) return answer;
    return fail(answer.error().code, fmt::format("{}: {}", where(spec), answer.error().what));
}

/// Puts the feed's name in front of a read's error.
template <class T>
Query<T> named(const ChainlinkSpec& spec, Query<T> q) {
    return {std::move(q.reads), [spec, d = std::move(q.decode)](typename Query<T>::Answers a) -> Result<T> {
                return from_feed(spec, d(a));
            }};
}

/// A contract without the function answers with a revert, or with nothing when it has a fallback.
bool no_such_function(const Error& e) {
    return e.code == Errc::reverted || e.code == Errc::decode;
}

template <class T>
Result<T> or_else(const Result<T>& answer, T instead) {
    if (answer || !no_such_function(answer.error())) return answer;
    return instead;
}

/// The two bounds when the contract has both; nothing when it has not; an error when that could not be found
/// out.
Result<std::optional<AnswerBounds>> bounds_of(const Result<I256>& min, const Result<I256>& max) {
    for (const auto* bound : {&min, &max}) {
        if (*bound) continue;
        if (no_such_function(bound->error())) return std::nullopt;
        return tl::unexpected(bound->error());
    }
    if (max->is_negative() || *max < *min) return std::nullopt;  // not what their names promise
    return AnswerBounds{min->is_negative() ? U256(0) : min->magnitude(), max->magnitude()};
}

/// Within 1 % of a bound. A bound of zero or one unit bounds nothing.
bool clamped(const U256& answer, const AnswerBounds& bounds) {
    const double a = answer.to_double();
    return a <= 1.01 * bounds.min.to_double() || a >= 0.99 * bounds.max.to_double();
}

}  // namespace

RoundId RoundId::from_u256(const U256& id) {
    OR_ASSERT(id.bit_length() <= 80);
    return {static_cast<std::uint16_t>((id >> 64).as_u64()), id.limbs()[0]};
}

U256 RoundId::to_u256() const {
    return U256::from_limbs({round, phase, 0, 0});
}

Query<ChainlinkIdentity> identify_chainlink(const ChainlinkSpec& spec) {
    auto reads = gather(eth_query<chainlink::Decimals>(spec.chain, spec.proxy),
                        eth_query<chainlink::LatestRoundData>(spec.chain, spec.proxy),
                        eth_query<chainlink::Aggregator>(spec.chain, spec.proxy),
                        eth_query<chainlink::Description>(spec.chain, spec.proxy));
    return map(std::move(reads), [spec](const auto& answers) -> Result<ChainlinkIdentity> {
        const auto& [decimals_answer, latest, aggregator, description] = answers;
        const std::uint64_t decimals = OR_TRY(from_feed(spec, decimals_answer)).value();
        if (decimals > kMaxDecimals) {
            return fail(Errc::decode, fmt::format("{}: {} decimals are not credible", where(spec), decimals));
        }
        if (spec.decimals && *spec.decimals != decimals) {
            return fail(Errc::config,
                        fmt::format("{} has {} decimals, the configuration says {}; check the address, then "
                                    "correct the decimals",
                                    where(spec), decimals, *spec.decimals));
        }
        const Round round = OR_TRY(valid_round(spec, OR_TRY(from_feed(spec, latest))));
        // A feed without a proxy in front is its own aggregator; a description is for people only.
        return ChainlinkIdentity{.aggregator = OR_TRY(from_feed(spec, or_else(aggregator, spec.proxy))),
                                 .description = OR_TRY(from_feed(spec, or_else(description, std::string()))),
                                 .decimals = static_cast<std::uint8_t>(decimals),
                                 .phase = round.id.phase,
                                 .bounds = std::nullopt};
    });
}

Query<std::optional<AnswerBounds>> chainlink_bounds(ChainId chain, const Address& aggregator) {
    // Both generations of names; a contract has one of the pairs or none.
    auto reads = each(std::vector{eth_query<chainlink::MinAnswer>(chain, aggregator),
                                  eth_query<chainlink::MaxAnswer>(chain, aggregator),
                                  eth_query<chainlink::MinSubmissionValue>(chain, aggregator),
                                  eth_query<chainlink::MaxSubmissionValue>(chain, aggregator)});
    return map(std::move(reads), [](const auto& a) -> Result<std::optional<AnswerBounds>> {
        const auto newer = OR_TRY(bounds_of(a[0], a[1]));
        return newer ? newer : OR_TRY(bounds_of(a[2], a[3]));
    });
}

ChainlinkFeed::ChainlinkFeed(ChainlinkSpec spec, ChainlinkIdentity identity)
    : spec_(std::move(spec)), identity_(std::move(identity)) {}

Result<ChainlinkFeed> ChainlinkFeed::make(ChainlinkSpec spec, ChainlinkIdentity identity) {
    if (!(spec.deviation_ratio > 0 && spec.deviation_ratio < 1)) {
        return fail(Errc::config,
                    fmt::format("{}: deviation {} is not a ratio between 0 and 1 (0.5 % is 0.005)",
                                where(spec), spec.deviation_ratio));
    }
    OR_ASSERT(identity.decimals <= kMaxDecimals);
    return ChainlinkFeed(std::move(spec), std::move(identity));
}

Price ChainlinkFeed::to_price(const Round& round) const {
    const double usd = to_units(round.answer, identity_.decimals);
    return {.usd = usd, .half_width_usd = usd * spec_.deviation_ratio, .published = round.updated_at};
}

Query<Round> ChainlinkFeed::latest_round() const {
    auto read = eth_query<chainlink::LatestRoundData>(spec_.chain, spec_.proxy);
    return map(
        named(spec_, std::move(read)), [self = *this](const chainlink::RoundReturn& raw) -> Result<Round> {
            Round round = OR_TRY(valid_round(self.spec_, raw));
            const auto& id = self.identity_;
            if (round.id.phase != id.phase) {
                return fail(
                    Errc::rejected,
                    fmt::format("{}: its aggregator was replaced (phase {} at the start, now {}); check the "
                                "feed, then restart to accept it",
                                where(self.spec_), id.phase, round.id.phase));
            }
            if (id.bounds && clamped(round.answer, *id.bounds)) {
                return fail(
                    Errc::rejected,
                    fmt::format("{}: the answer {} is within 1 % of the aggregator's bounds [{}, {}], so the "
                                "market may be beyond it",
                                where(self.spec_), round.answer.to_decimal(), id.bounds->min.to_decimal(),
                                id.bounds->max.to_decimal()));
            }
            return round;
        });
}

Query<Price> ChainlinkFeed::latest() const {
    return map(latest_round(), [self = *this](const Round& round) { return self.to_price(round); });
}

Result<ChainlinkFeed> open_chainlink(BatchReader& reader, const Pins& pins, const ChainlinkSpec& spec) {
    auto identity = OR_TRY(reader.read(pins, identify_chainlink(spec)));
    identity.bounds =
        OR_TRY(reader.read(pins, named(spec, chainlink_bounds(spec.chain, identity.aggregator))));
    return ChainlinkFeed::make(spec, std::move(identity));
}

Query<RoundHistory> chainlink_history(const ChainlinkSpec& spec, RoundId last, std::size_t count) {
    OR_ASSERT(count > 0);
    std::vector<Query<chainlink::RoundReturn>> queries;
    const std::uint64_t first = last.round > count ? last.round - count + 1 : 1;  // rounds start at 1
    for (std::uint64_t n = first; n <= last.round; ++n) {
        const abi::UInt<80> id(RoundId{last.phase, n}.to_u256());
        queries.push_back(eth_query<chainlink::GetRoundData>(spec.chain, spec.proxy, id));
    }
    return map(
        each(std::move(queries)),
        [spec, phase = last.phase, first](const auto& answers) -> Result<RoundHistory> {
            RoundHistory history;
            std::uint64_t n = first;
            for (const auto& answer : answers) {
                const RoundId asked{phase, n++};
                if (!answer && answer.error().code == Errc::reverted) {  // "No data present"
                    ++history.missing;
                    continue;
                }
                if (!answer)
                    return fail(answer.error().code, fmt::format("{}: {}", where(spec), answer.error().what));
                const Checked c = check(*answer);
                if (c.defect == Defect::none && c.round.id != asked) {
                    return fail(Errc::decode,
                                fmt::format("{}: asked for round {}, the answer is for round {}", where(spec),
                                            asked.to_u256().to_decimal(), c.round.id.to_u256().to_decimal()));
                }
                if (c.defect == Defect::none) history.rounds.push_back(c.round);
                if (c.defect == Defect::incomplete) ++history.missing;
                if (c.defect == Defect::invalid) ++history.invalid;
            }
            if (first > 1) history.earlier = RoundId{phase, first - 1};
            return history;
        });
}

Query<Address> chainlink_previous_aggregator(const ChainlinkSpec& spec, std::uint16_t phase) {
    const std::uint16_t before = phase > 0 ? static_cast<std::uint16_t>(phase - 1) : std::uint16_t{0};
    auto read = eth_query<chainlink::PhaseAggregators>(spec.chain, spec.proxy, abi::UInt<16>(before));
    return {std::move(read.reads),
            [spec, before, d = std::move(read.decode)](Query<Address>::Answers a) -> Result<Address> {
                auto aggregator = d(a);
                if (!aggregator && no_such_function(aggregator.error())) {
                    return fail(Errc::unsupported,
                                fmt::format("{}: it keeps no list of earlier aggregators", where(spec)));
                }
                if (!aggregator) return aggregator;
                if (before == 0 || *aggregator == Address{}) {
                    return fail(Errc::not_found,
                                fmt::format("{}: there is no earlier aggregator", where(spec)));
                }
                return aggregator;
            }};
}

Query<RoundId> chainlink_last_round(const ChainlinkSpec& spec, const Address& aggregator,
                                    std::uint16_t phase) {
    auto read = eth_query<chainlink::LatestRound>(spec.chain, aggregator);
    return {
        std::move(read.reads),
        [spec, aggregator, phase, d = std::move(read.decode)](Query<RoundId>::Answers a) -> Result<RoundId> {
            const auto round = d(a);
            if (!round && no_such_function(round.error())) {
                return fail(Errc::unsupported,
                            fmt::format("{}: its earlier aggregator {} does not let itself be read",
                                        where(spec), checksum_address(aggregator)));
            }
            if (!round) return tl::unexpected(round.error());
            if (round->is_zero() || !round->fits_u64()) {
                return fail(Errc::unsupported,
                            fmt::format("{}: its earlier aggregator {} names round {} as its last",
                                        where(spec), checksum_address(aggregator), round->to_decimal()));
            }
            return RoundId{phase, round->as_u64()};
        }};
}

namespace {

/// Where the phase before `phase` ends, or why the search stops there.
Result<RoundId> end_of_previous_phase(BatchReader& reader, const Pins& pins, const ChainlinkSpec& spec,
                                      std::uint16_t phase) {
    const Address aggregator = OR_TRY(reader.read(pins, chainlink_previous_aggregator(spec, phase)));
    return reader.read(pins, chainlink_last_round(spec, aggregator, static_cast<std::uint16_t>(phase - 1)));
}

bool ends_history(const Error& e) {
    return e.code == Errc::not_found || e.code == Errc::unsupported;
}

}  // namespace

Result<RoundPage> chainlink_page(BatchReader& reader, const Pins& pins, const ChainlinkSpec& spec,
                                 RoundId last, std::size_t count) {
    RoundPage page;
    page.history = OR_TRY(reader.read(pins, chainlink_history(spec, last, count)));
    page.next = page.history.earlier;
    if (page.history.rounds.empty()) {
        page.next.reset();
        page.stopped = fmt::format("{}: no round at or just before {} is kept", where(spec),
                                   last.to_u256().to_decimal());
        return page;
    }
    if (page.next) return page;
    const auto end = end_of_previous_phase(reader, pins, spec, last.phase);
    if (!end && !ends_history(end.error())) return tl::unexpected(end.error());
    if (end) {
        page.next = *end;
    } else {
        page.stopped = end.error().what;
    }
    return page;
}

Result<Backfill> chainlink_backfill(BatchReader& reader, const Pins& pins, const ChainlinkFeed& feed,
                                    TimePoint from, std::size_t wanted, std::size_t page) {
    OR_ASSERT(page > 0);
    Backfill out;
    std::optional<RoundId> next = OR_TRY(reader.read(pins, feed.latest_round())).id;
    while (next && out.rounds.size() < wanted) {
        auto got = OR_TRY(
            chainlink_page(reader, pins, feed.spec(), *next, std::min(page, wanted - out.rounds.size())));
        out.missing += got.history.missing;
        out.invalid += got.history.invalid;
        const auto& rounds = got.history.rounds;
        const auto before =
            std::find_if(rounds.rbegin(), rounds.rend(), [&](const Round& r) { return r.updated_at < from; });
        const bool reached = before != rounds.rend();
        out.rounds.insert(out.rounds.end(), rounds.rbegin(), reached ? before + 1 : before);
        if (reached) break;
        next = got.next;
        if (!next) out.stopped = got.stopped;
    }
    // An aggregator may publish before it takes over, so phases can overlap in time.
    std::reverse(out.rounds.begin(), out.rounds.end());
    std::stable_sort(out.rounds.begin(), out.rounds.end(),
                     [](const Round& a, const Round& b) { return a.updated_at < b.updated_at; });
    return out;
}

}  // namespace outrigger
