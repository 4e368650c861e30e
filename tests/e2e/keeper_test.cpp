// SPDX-License-Identifier: Apache-2.0
// The keeper, live, on the real contracts of the devnet; judged by an independent read-back through ethers.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "chain/abi/function.hpp"
#include "chain/base/quantize.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "keeper/shell/crash_point.hpp"
#include "tests/e2e/world.hpp"
#include "tests/faultproxy/fault_proxy.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::settle_down;
using test::World;

double decimal(const json& text, int decimals) {
    return std::stod(text.get<std::string>()) / std::pow(10, decimals);
}

/// The ETH debt on Aave, and the ETH position on Perp, as ethers reads them.
double aave_debt(World& world) {
    const auto user = world.post("/aave", {{"user", "keeper"}});
    return decimal(user.at("reserves").at("WETH").at("variable_debt"), 18);
}
double perp_size(World& world, const std::string& market) {
    const auto user = world.post("/perp", {{"user", "keeper"}});
    return decimal(user.at("markets").at(market).at("size"), 18);
}
std::uint64_t sent_by_keeper(World& world) {
    const auto count =
        world.devnet().rpc("eth_getTransactionCount",
                           json::array({world.devnet().world().at("accounts").at("keeper"), "latest"}));
    return parse_quantity_u64(count.value().get<std::string>()).value();
}

const PositionFigures& figures(const RoundReport& round, std::size_t i) {
    return round.decision.positions.at(i).figures;
}

TEST(KeeperLive, HedgesBothVenuesAndTheVenuesShowIt) {
    World world;
    auto keeper = world.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    auto rest = settle_down(**keeper, world);
    ASSERT_TRUE(rest) << rest.error().what;
    for (const double eth : {3152.40, 3040.0, 2890.0, 3000.0, 3180.0}) {
        world.post("/price", {{"WETH", eth}, {"ARB", 1.2 * std::pow(eth / 3152.40, 1.28)}, {"seconds", 300}});
        rest = settle_down(**keeper, world);
        ASSERT_TRUE(rest) << rest.error().what;
        // The direct hedge: the debt is what the LP holds, within the band, read back by ethers.
        const auto& direct = figures(*rest, 0);
        ASSERT_TRUE(direct.known);
        EXPECT_FALSE(direct.cross);
        EXPECT_LE(std::abs(direct.residual_usd), direct.band_usd);
        EXPECT_NEAR(aave_debt(world), -direct.legs.at(0).held_units, 1e-4);
        // The cross hedge: Perp's own position is what the keeper believes.
        const auto& cross = figures(*rest, 1);
        ASSERT_TRUE(cross.known);
        EXPECT_TRUE(cross.cross);
        EXPECT_GT(cross.r_squared, 0.5);
        EXPECT_LE(std::abs(cross.residual_usd), cross.band_usd);
        for (const auto& leg : cross.legs) {
            const bool eth_leg = (*keeper)->market().universe.symbol(leg.asset) == "ETH";
            EXPECT_NEAR(perp_size(world, eth_leg ? "WETH" : "WBTC"), leg.held_units, 1e-9);
        }
    }
    const auto totals = (*keeper)->journal().totals().value();
    EXPECT_GT(totals.sent, 10U);
    EXPECT_EQ(totals.sent, totals.verified);
    EXPECT_EQ(totals.sent, sent_by_keeper(world));
}

/// A day of hours: what the journal says hedging did, against what the positions and the hedge were worth.
TEST(KeeperLive, WhatHedgingDidIsJournalledBarByBar) {
    World world;
    auto keeper = world.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    auto before = settle_down(**keeper, world);
    ASSERT_TRUE(before) << before.error().what;
    double unhedged = 0;
    double hedge = 0;
    int bars = 0;
    for (const double eth : {3120.0, 3170.0, 3150.0, 3185.0, 3140.0}) {  // inside the band: nothing is traded
        world.post("/price", {{"WETH", eth}, {"seconds", 3600}});
        const auto after = settle_down(**keeper, world);
        ASSERT_TRUE(after) << after.error().what;
        const auto& was = figures(*before, 0);
        const auto& is = figures(*after, 0);
        ASSERT_EQ(is.legs.at(0).held_units < 0, true);
        unhedged += is.value_usd - was.value_usd;
        hedge += was.legs.at(0).held_units * (eth - was.legs.at(0).held_usd / was.legs.at(0).held_units);
        before = after;
        ++bars;
    }
    const auto parts = (*keeper)->journal().effects("eth-usdc", TimePoint{}).value();
    const auto by_hour = by_bar(parts, std::chrono::hours{1});
    EXPECT_GE(by_hour.size(), static_cast<std::size_t>(bars));
    const auto sum = sum_of(parts);
    // The keeper values at oracle prices, the journal takes amounts from the pool: a few cents apart.
    EXPECT_NEAR(sum.unhedged_usd(), unhedged, 5);
    EXPECT_NEAR(sum.hedge_usd, hedge, 1);
    EXPECT_LT(sum.gamma_usd, 0);
    EXPECT_LT(std::abs(sum.hedged_usd()), std::abs(sum.delta_usd) + 50);
    ASSERT_TRUE(sum.carry_usd);
    EXPECT_LT(std::abs(*sum.carry_usd), 5) << "interest of a few hours, and the dollar's own price";
}

/// What a short at Perp is said to cost, against what its own contract then says is owed.
TEST(KeeperLive, PerpsFundingIsReadAsItAccrues) {
    World world;
    auto keeper = world.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    ASSERT_TRUE(settle_down(**keeper, world));
    world.post("/mine", {{"blocks", 1}, {"interval", 1200}});  // the mean forgets our own trades
    const auto account = [&]() -> VenueAccount {
        const auto look = (*keeper)->look();
        for (const auto& venue : (*keeper)->market().venues)
            if (venue->kind() == "perp-v2") return look.value().seen.accounts.at(venue->id()).value.value();
        return {};
    };
    const auto before = account();
    constexpr double kSeconds = 600;
    world.post("/mine", {{"blocks", 1}, {"interval", 600}});
    const auto after = account();
    int shorts = 0;
    for (const auto& [asset, cost] : before.short_cost_per_day) {
        const std::string symbol = (*keeper)->market().universe.symbol(asset);
        const double units = before.position.at(asset);
        if (units >= 0) continue;
        ++shorts;
        const double owed = to_units(after.facts.at("funding:" + symbol), 18) -
                            to_units(before.facts.at("funding:" + symbol), 18);
        const double index = (*keeper)->look()->seen.prices.at(asset).value->usd;
        const double expected = cost * -units * index * kSeconds / 86400;
        EXPECT_NEAR(owed, expected, 0.02 * std::abs(expected) + 1e-6)
            << symbol << " costs " << cost << " a day";
        EXPECT_NE(cost, 0);
    }
    EXPECT_GT(shorts, 0);
}

TEST(KeeperLive, SecondRunDoesNothing) {
    World world;
    {
        auto keeper = world.keeper(Mode::live);
        ASSERT_TRUE(keeper) << keeper.error().what;
        ASSERT_TRUE(settle_down(**keeper, world));
    }
    const auto before = sent_by_keeper(world);
    auto again = world.keeper(Mode::live);
    ASSERT_TRUE(again) << again.error().what;
    const auto rest = settle_down(**again, world);
    ASSERT_TRUE(rest) << rest.error().what;
    EXPECT_EQ(rest->acted.what, Acted::What::nothing);
    EXPECT_EQ(sent_by_keeper(world), before);
}

/// Sends a call from the owner of the LP positions.
void send_as_lp(World& world, const Bytes& calldata) {
    const auto& about = world.devnet().world();
    const json tx{{"from", about.at("accounts").at("lp")},
                  {"to", about.at("addresses").at("v3.npm")},
                  {"gas", "0xf4240"},
                  {"data", to_hex(calldata)}};
    const auto sent = world.devnet().rpc("eth_sendTransaction", json::array({tx}));
    ASSERT_TRUE(sent) << sent.error().what;
    world.post("/mine", {{"blocks", 1}, {"interval", 12}});
}

/// Takes everything out of the NFT and burns it.
void burn(World& world, const U256& id) {
    using Amount = abi::UInt<128>;
    using Decrease = abi::Function<"decreaseLiquidity",
                                   std::tuple<U256, U256>(std::tuple<U256, Amount, U256, U256, U256>)>;
    using Collect =
        abi::Function<"collect", std::tuple<U256, U256>(std::tuple<U256, Address, Amount, Amount>)>;
    using Burn = abi::Function<"burn", void(U256)>;
    const json quote = world.post("/position_quotes", {{"token_ids", {id.as_u64()}}}).at(0);
    const U256 liquidity = *U256::from_decimal(quote.at("liquidity").get<std::string>());
    const Address owner = *parse_address(quote.at("owner").get<std::string>());
    const U256 deadline(4'102'444'800U);
    const Amount everything(Amount::max());
    send_as_lp(world, Decrease::encode({id, Amount(liquidity), U256(), U256(), deadline}));
    send_as_lp(world, Collect::encode({id, owner, everything, everything}));
    send_as_lp(world, Burn::encode(id));
}

void give_away(World& world, const U256& id) {
    using Transfer = abi::Function<"transferFrom", void(Address, Address, U256)>;
    const auto& accounts = world.devnet().world().at("accounts");
    send_as_lp(world, Transfer::encode(*parse_address(accounts.at("lp").get<std::string>()),
                                       *parse_address(accounts.at("trader").get<std::string>()), id));
}

TEST(KeeperLive, AGonePositionsHedgeIsUnwoundAndTheOthersStays) {
    for (const bool burned : {false, true}) {
        SCOPED_TRACE(burned ? "burned" : "transferred");
        World world;
        auto keeper = world.keeper(Mode::live);
        ASSERT_TRUE(keeper) << keeper.error().what;
        auto rest = settle_down(**keeper, world);
        ASSERT_TRUE(rest) << rest.error().what;
        ASSERT_GT(aave_debt(world), 1);
        const double other = perp_size(world, "WETH");
        const U256 id((*keeper)->settings().positions.at(0).ref.id);
        burned ? burn(world, id) : give_away(world, id);
        world.post("/price", {{"WETH", 3150.0}, {"seconds", 300}});
        rest = settle_down(**keeper, world);
        ASSERT_TRUE(rest) << rest.error().what;
        EXPECT_EQ(rest->seen.pools.at(0).value->state,
                  burned ? PositionState::burned : PositionState::transferred);
        // What is left is smaller than the least that is traded.
        const double least_usd = (*keeper)->settings().positions.at(0).limits.min_trade_usd;
        EXPECT_LT(aave_debt(world) * 3150, least_usd);
        EXPECT_NEAR(perp_size(world, "WETH"), other, 0.2 * std::abs(other));
    }
}

/// The same when it went while no keeper was running.
TEST(KeeperLive, APositionThatWentBetweenTwoRunsIsUnwoundByTheSecond) {
    for (const bool burned : {false, true}) {
        SCOPED_TRACE(burned ? "burned" : "transferred");
        World world;
        U256 id;
        {
            auto keeper = world.keeper(Mode::live);
            ASSERT_TRUE(keeper) << keeper.error().what;
            ASSERT_TRUE(settle_down(**keeper, world));
            ASSERT_GT(aave_debt(world), 1);
            id = U256((*keeper)->settings().positions.at(0).ref.id);
        }
        burned ? burn(world, id) : give_away(world, id);
        world.post("/price", {{"WETH", 3150.0}, {"seconds", 300}});
        auto keeper = world.keeper(Mode::live);
        ASSERT_TRUE(keeper) << keeper.error().what;
        const auto rest = settle_down(**keeper, world);
        ASSERT_TRUE(rest) << rest.error().what;
        EXPECT_EQ(rest->seen.pools.at(0).value->state,
                  burned ? PositionState::burned : PositionState::transferred);
        const double least_usd = (*keeper)->settings().positions.at(0).limits.min_trade_usd;
        EXPECT_LT(aave_debt(world) * 3150, least_usd);
    }
}

TEST(KeeperLive, SecondInstanceIsRefusedBeforeAnyRequest) {
    World world;
    auto first = world.keeper(Mode::live);
    ASSERT_TRUE(first) << first.error().what;
    const auto second = world.keeper(Mode::live);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::rejected);
    EXPECT_NE(second.error().what.find("another keeper"), std::string::npos);
}

TEST(KeeperLive, ForeignTransactionLatchesUntilTheOperatorResumes) {
    World world;
    {
        auto keeper = world.keeper(Mode::live);
        ASSERT_TRUE(keeper) << keeper.error().what;
        ASSERT_TRUE(settle_down(**keeper, world));
        // The same key, used by another tool.
        const auto account = world.devnet().world().at("accounts").at("keeper");
        ASSERT_TRUE(world.devnet().rpc(
            "eth_sendTransaction", json::array({{{"from", account}, {"to", account}, {"value", "0x0"}}})));
        world.post("/price", {{"WETH", 2900.0}, {"seconds", 600}});
        const auto before = sent_by_keeper(world);
        for (int i = 0; i < 4; ++i) {
            const auto round = (*keeper)->round();
            ASSERT_TRUE(round) << round.error().what;
            EXPECT_NE(round->acted.what, Acted::What::sent);
            world.post("/mine", {{"blocks", 1}, {"interval", 12}});
        }
        EXPECT_EQ(sent_by_keeper(world), before);
    }
    const auto refused = world.keeper(Mode::live);
    ASSERT_FALSE(refused) << "the latch did not survive the restart";
    EXPECT_EQ(refused.error().code, Errc::rejected);
    EXPECT_NE(refused.error().what.find("foreign transaction"), std::string::npos);
    auto resumed = world.keeper(Mode::live, true);
    ASSERT_TRUE(resumed) << resumed.error().what;
    const auto rest = settle_down(**resumed, world);
    ASSERT_TRUE(rest) << rest.error().what;
    EXPECT_LE(std::abs(figures(*rest, 0).residual_usd), figures(*rest, 0).band_usd);
}

// ---- kill -9
// --------------------------------------------------------------------------------------------------

const char* kill_point = nullptr;
int kill_after = 0;
void kill_at_point(const char* point) {
    if (std::strcmp(point, kill_point) == 0 && --kill_after == 0) ::kill(::getpid(), SIGKILL);
}

/// Runs the keeper in a process of its own that dies at the n-th passing of a point. True when it really died
/// there.
bool run_until_killed(World& world, const char* point, int nth) {
    const pid_t child = ::fork();
    if (child == 0) {
        kill_point = point;
        kill_after = nth;
        set_crash_hook(kill_at_point);
        auto keeper = world.keeper(Mode::live);
        const bool fine = keeper && settle_down(**keeper, world);
        ::_exit(fine ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

class KillAnywhere : public ::testing::TestWithParam<const char*> {};

TEST_P(KillAnywhere, RestartNeitherLosesNorDoublesAHedge) {
    World world;
    // Where an uninterrupted run ends.
    double debt = 0;
    double size = 0;
    {
        const auto snapshot = world.post("/snapshot", json::object());
        auto keeper = world.keeper(Mode::live);
        ASSERT_TRUE(keeper) << keeper.error().what;
        const auto rest = settle_down(**keeper, world);
        ASSERT_TRUE(rest) << rest.error().what;
        debt = aave_debt(world);
        size = perp_size(world, "WETH");
        keeper->reset();
        std::filesystem::remove_all(world.datadir());
        world.post("/revert", {{"id", snapshot.at("id")}});
    }
    ASSERT_GT(debt, 1.0);
    ASSERT_LT(size, -0.5);
    int kills = 0;
    for (const int nth : {1, 2, 4, 7}) {
        const auto snapshot = world.post("/snapshot", json::object());
        if (run_until_killed(world, GetParam(), nth)) ++kills;
        run_until_killed(world, GetParam(), 1);  // and once more on the way up
        auto keeper = world.keeper(Mode::live);
        ASSERT_TRUE(keeper) << keeper.error().what;
        const auto rest = settle_down(**keeper, world);
        ASSERT_TRUE(rest) << GetParam() << " #" << nth << ": " << rest.error().what;
        EXPECT_NEAR(aave_debt(world), debt, 1e-3) << GetParam() << " #" << nth;
        EXPECT_NEAR(perp_size(world, "WETH"), size, 1e-3) << GetParam() << " #" << nth;
        const auto totals = (*keeper)->journal().totals().value();
        EXPECT_EQ(totals.sent, sent_by_keeper(world))
            << "a nonce gap or a foreign transaction at " << GetParam() << " #" << nth;
        EXPECT_EQ(totals.sent, totals.verified) << GetParam() << " #" << nth;
        EXPECT_TRUE((*keeper)->journal().open_txs().value().empty());
        keeper->reset();
        std::filesystem::remove_all(world.datadir());
        world.post("/revert", {{"id", snapshot.at("id")}});
    }
    EXPECT_GT(kills, 0) << "the point " << GetParam() << " was never passed";
}

INSTANTIATE_TEST_SUITE_P(Points, KillAnywhere,
                         ::testing::Values("commit.before_claim", "commit.claimed", "send.signed",
                                           "send.version_stored", "send.sending", "send.offered",
                                           "send.submitted", "settle.saved", "settle.before_finish",
                                           "settle.finished", "round.settled", "round.recorded"),
                         [](const auto& param) {
                             std::string name = param.param;
                             for (char& c : name) c = c == '.' ? '_' : c;
                             return name;
                         });

// ---- dry run
// --------------------------------------------------------------------------------------------------

TEST(KeeperDryRun, SendsNothing) {
    World world;
    test::FaultProxy node(world.devnet().rpc_url());
    world.use_rpc(node.url());
    auto keeper = world.keeper(Mode::dry_run);
    ASSERT_TRUE(keeper) << keeper.error().what;
    int wishes = 0;
    for (const double eth : {3152.40, 3050.0, 2900.0, 3100.0}) {
        world.post("/price", {{"WETH", eth}, {"seconds", 300}});
        for (int i = 0; i < 6; ++i) {
            const auto round = (*keeper)->round();
            ASSERT_TRUE(round) << round.error().what;
            if (round->idle) continue;
            EXPECT_NE(round->acted.what, Acted::What::sent);
            wishes += round->decision.act_on ? 1 : 0;
        }
        world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    }
    EXPECT_GE(wishes, 4) << "a dry run that wishes for nothing proves nothing";
    for (const auto& method : node.methods()) {
        EXPECT_EQ(method.find("eth_send"), std::string::npos) << method;
        EXPECT_EQ(method.find("sign"), std::string::npos) << method;
    }
    EXPECT_EQ(sent_by_keeper(world), 0U);
    EXPECT_EQ((*keeper)->journal().totals().value().sent, 0U);
}

// ---- unreadable is never zero
// ----------------------------------------------------------------------------------

/// Passes every read on, and fails one of them.
class OneFails final : public BatchReader {
  public:
    OneFails(MulticallReader& reader, std::size_t which) : reader_(reader), which_(which) {}
    std::size_t asked() const { return asked_; }

  private:
    std::vector<Result<Bytes>> execute(const Pins& pins, std::span<const Read> reads) override {
        const Query<std::vector<Result<Bytes>>> all{
            std::vector<Read>(reads.begin(), reads.end()),
            [](std::span<const Result<Bytes>> a) -> Result<std::vector<Result<Bytes>>> {
                return std::vector<Result<Bytes>>(a.begin(), a.end());
            }};
        auto answers = reader_.read(pins, all).value();
        asked_ = answers.size();
        if (which_ < answers.size()) answers[which_] = fail(Errc::timeout, "this one read was lost");
        return answers;
    }

    MulticallReader& reader_;
    std::size_t which_;
    std::size_t asked_ = 0;
};

TEST(KeeperReads, AnyOneReadFailingMeansHoldWithTheReason) {
    World world;
    auto keeper = world.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    // Nothing is hedged yet: with everything readable both positions want a trade.
    const auto whole = (*keeper)->look();
    ASSERT_TRUE(whole) << whole.error().what;
    for (const auto& position : whole->decision.positions)
        ASSERT_TRUE(std::holds_alternative<AdjustHedge>(position.action));

    OneFails counting((*keeper)->link().reader(), static_cast<std::size_t>(-1));
    read_round(counting, (*keeper)->market(), whole->head, (*keeper)->account());
    ASSERT_GT(counting.asked(), 40U);
    std::size_t held = 0;
    for (std::size_t i = 0; i < counting.asked(); ++i) {
        OneFails reader((*keeper)->link().reader(), i);
        const auto reading = read_round(reader, (*keeper)->market(), whole->head, (*keeper)->account());
        Snapshot seen = whole->seen;
        for (std::size_t k = 0; k < seen.pools.size(); ++k) seen.pools[k].value = reading.pools[k];
        const auto& market = (*keeper)->market();
        seen.prices =
            agreed_prices(market.prices, reading.prices, market.universe, reading.head.block, seen.now);
        for (auto& [venue, account] : seen.accounts) account.value = reading.accounts[venue.value];
        const auto decision = decide(seen, State{}, (*keeper)->market().params);
        // Whatever was lost, a position that needs it holds and says so; one that does not may go on, to the
        // same wish.
        bool lost_mattered = !reading.nonce || !reading.balance;
        // What holding a short costs only tilts a hedge, which does without it.
        bool cost_lost = false;
        for (const auto& [venue, account] : seen.accounts) {
            const auto& before = whole->seen.accounts.at(venue).value->short_cost_per_day;
            cost_lost = cost_lost || (account.value && account.value->short_cost_per_day != before);
        }
        for (std::size_t k = 0; k < decision.positions.size(); ++k) {
            const auto& action = decision.positions[k].action;
            if (const auto* hold = std::get_if<Hold>(&action)) {
                EXPECT_EQ(hold->reason, "unreadable") << "read " << i;
                EXPECT_FALSE(hold->detail.empty());
                EXPECT_FALSE(decision.positions[k].figures.known);
                lost_mattered = true;
                ++held;
            } else {
                ASSERT_TRUE(std::holds_alternative<AdjustHedge>(action)) << "read " << i;
                EXPECT_TRUE(cost_lost || std::get<AdjustHedge>(action).order ==
                                             std::get<AdjustHedge>(whole->decision.positions[k].action).order)
                    << "read " << i;
            }
        }
        // A price no position uses (the gas token's is the ETH feed here) is the only kind of read that may
        // go unnoticed.
        bool unused_price = false;
        for (const auto& price : reading.prices.feeds) unused_price = unused_price || !price;
        EXPECT_TRUE(lost_mattered || unused_price || cost_lost)
            << "read " << i << " was lost and nobody noticed";
    }
    EXPECT_GT(held, 40U);
}

TEST(KeeperReads, DeadNodeIsBlindnessNotZero) {
    World world;
    test::FaultProxy node(world.devnet().rpc_url());
    world.use_rpc(node.url());
    auto keeper = world.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    node.set(test::faults::break_method("eth_call"));
    world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    const auto round = (*keeper)->round();
    if (round) {
        EXPECT_EQ(round->acted.what, Acted::What::nothing);
        for (const auto& position : round->decision.positions)
            EXPECT_EQ(std::get<Hold>(position.action).reason, "unreadable");
    }
    EXPECT_EQ(sent_by_keeper(world), 0U);
}

}  // namespace
}  // namespace outrigger
