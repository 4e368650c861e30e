// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/venue/fixture.hpp"

namespace outrigger::venue_test {

template <class Toy>
Result<VenueAccount> read(const Query<VenueAccount>& query, const Toy& toy) {
    std::vector<Result<Bytes>> out;
    for (const Read& r : query.reads) out.push_back(toy.answer(std::get<EthCall>(r)));
    return query.decode(out);
}
template <class Toy>
Result<VenueAccount> read(const Venue& venue, const Toy& toy) {
    return read(venue.account(at("keeper")), toy);
}

struct Outcome {
    std::vector<std::string> log;
    std::optional<Error> refused;
    bool settled = false;
    std::size_t writes = 0;
    std::string text() const {
        std::string all;
        for (const auto& line : log) all += line + "\n";
        if (refused) all += "refused: " + refused->what + "\n";
        return all;
    }
};

/// What the bytes say must be what the step says.
inline void expect_consistent(const Venue& venue, const Step& step, const HedgeOrder& order,
                              const PlanContext& c) {
    const auto seen = venue.inspect(step.call);
    ASSERT_TRUE(seen.has_value()) << step.label << ": " << seen.error().what;
    const bool whole = seen->kind == EffectKind::close && seen->amount == U256::max();
    if (!whole) {
        EXPECT_DOUBLE_EQ(seen->delta_units, step.delta_units) << step.label;
    }
    if (seen->kind == EffectKind::approve) {
        const auto spenders = venue.spenders();
        EXPECT_NE(std::find(spenders.begin(), spenders.end(), seen->beneficiary), spenders.end());
        EXPECT_EQ(step.notional_usd, 0);
    } else {
        EXPECT_TRUE(seen->beneficiary == c.account || seen->beneficiary == Address{}) << step.label;
        EXPECT_GT(step.notional_usd, 0) << step.label;
    }
    if (seen->limit_usd != 0) {
        // Never worse than the order's, and at most 0.2 % (a fee of 0.1 %) better; dust rounds to whole base
        // units.
        const double slack = seen->limit_usd * 1e-12 + 1e-3;
        if (step.delta_units < 0) {
            EXPECT_GE(seen->limit_usd, order.limit_usd - 1e-9) << step.label;
        } else {
            EXPECT_LE(seen->limit_usd, order.limit_usd + 1e-9) << step.label;
        }
        EXPECT_NEAR(seen->limit_usd, order.limit_usd, order.limit_usd * 2e-3 + slack) << step.label;
        ASSERT_TRUE(seen->deadline.has_value());
        EXPECT_EQ(*seen->deadline, std::min(order.deadline, c.deadline));
    }
    bool allowed = false;
    for (const auto& a : venue.allowed_calls()) {
        allowed =
            allowed || (a.target == step.call.to &&
                        std::equal(a.selector.data.begin(), a.selector.data.end(), step.call.data.begin()));
    }
    EXPECT_TRUE(allowed) << step.label;
}

/// Verifies a mined step the way the keeper does: by reading the account back.
inline void expect_effect(const Step& step, const VenueAccount& after) {
    EXPECT_FALSE(step.expect.empty()) << step.label;
    for (const Expectation& e : step.expect) {
        ASSERT_TRUE(after.facts.contains(e.fact)) << step.label << ": no fact " << e.fact;
        const I256& value = after.facts.at(e.fact);
        EXPECT_TRUE(e.min <= value && value <= e.max)
            << step.label << ": " << e.fact << " is " << value.to_decimal() << ", expected "
            << e.min.to_decimal() << " to " << e.max.to_decimal();
    }
}

/// Runs the keeper's loop until the position is at the target and tidy, or the venue refuses. `between` is
/// called after every round and may change the world; when it answers false the step is lost before it is
/// mined.
template <class Toy>
Outcome settle(const Venue& venue, Toy& toy, double target, std::size_t rounds,
               const std::function<bool(Toy&)>& between,
               const std::function<void(const Toy&, const Toy&)>& check) {
    constexpr double kMinTradeUsd = 1;
    const auto query = venue.account(at("keeper"));
    Outcome out;
    for (std::size_t i = 0; i < rounds; ++i) {
        const auto account = read(query, toy);
        if (!account) {
            out.refused = account.error();
            return out;
        }
        PlanContext c = context(toy.eth_usd);
        c.now = toy.now;
        c.deadline = toy.now + std::chrono::seconds(120);
        const double delta = target - account->position.at(kEth);
        const double limit = toy.eth_usd * (delta < 0 ? 0.99 : 1.01);
        const HedgeOrder order{venue.id(), kEth, delta, limit, c.deadline};
        const bool at_target = std::fabs(delta) * toy.eth_usd < kMinTradeUsd;
        const auto step = at_target ? venue.upkeep(*account, c) : venue.next_step(order, *account, c);
        if (!step) {
            out.refused = step.error();
            return out;
        }
        if (!*step) {
            out.settled = at_target;
            return out;
        }
        out.log.push_back((**step).label);
        expect_consistent(venue, **step, order, c);
        const Toy before = toy;
        if (!between(toy)) continue;
        const Toy then = toy;
        const auto mined = toy.apply((**step).call);
        if (!mined) {
            toy = then;  // a revert changes nothing
            out.log.back() += " -> reverted: " + mined.error().what;
            continue;
        }
        ++out.writes;
        check(then, toy);
        if (then.eth_usd == before.eth_usd) expect_effect(**step, *read(query, toy));
        if (::testing::Test::HasFailure()) return out;
    }
    return out;
}

}  // namespace outrigger::venue_test
