// SPDX-License-Identifier: Apache-2.0
// Faults of prices (G) and of pools (H), row by row: docs/faults_prices.md. The contracts are real; what is
// said of them is changed on the way, or their own state is.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "tests/e2e/fault_world.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::FaultWorld;
namespace faults = test::faults;

/// A number as the 64 digits of a word.
std::string word(const U256& value) {
    return to_hex(value.to_be()).substr(2);
}
std::string minus(std::uint64_t value) {
    return word(~U256(value) + U256(1));
}

struct FaultG : FaultWorld {
    static Address feed(const char* symbol) {
        return *parse_address(
            world().devnet().world().at("addresses").at(std::string("feeds.") + symbol).get<std::string>());
    }
    /// The five words a feed answers latestRoundData with now: id, answer, startedAt, updatedAt, answeredIn.
    std::vector<std::string> round_of(const char* symbol) {
        const auto answer = proxy().ask(
            "eth_call", json::array({{{"to", to_hex(feed(symbol))}, {"data", "0xfeaf968c"}}, "latest"}));
        const auto text = answer.get<std::string>();
        std::vector<std::string> out;
        for (std::size_t i = 0; i < 5; ++i) out.push_back(text.substr(2 + 64 * i, 64));
        return out;
    }
    static std::string joined(const std::vector<std::string>& words) {
        std::string out;
        for (const auto& w : words) out += w;
        return out;
    }
    /// From now on the feed's newest round has these words in the places named.
    void lie(const char* symbol, const std::vector<std::pair<std::size_t, std::string>>& changes) {
        auto words = round_of(symbol);
        const auto truth = joined(words);
        for (const auto& [at, w] : changes) words.at(at) = w;
        proxy().set(faults::replace_in_calls(truth, joined(words)));
    }
    static U256 number(const std::string& digits) { return U256::from_be(*parse_hex("0x" + digits)); }

    /// The ETH position holds for this reason; nothing was sent.
    static void expect_reason(const Result<RoundReport>& round, const std::string& cause) {
        ASSERT_TRUE(round) << round.error().what;
        ASSERT_FALSE(round->decision.act_on && *round->decision.act_on == 0U);
        const auto* hold = std::get_if<Hold>(&round->decision.positions.at(0).action);
        ASSERT_NE(hold, nullptr);
        const std::string said = hold->reason + ": " + hold->detail;
        EXPECT_NE(said.find(cause), std::string::npos) << "'" << said << "' does not say '" << cause << "'";
    }
    void expect_lie_held(Keeper& keeper, const char* symbol,
                         const std::vector<std::pair<std::size_t, std::string>>& changes,
                         const std::string& cause) {
        SCOPED_TRACE(cause);
        lie(symbol, changes);
        expect_reason(next_round(keeper), cause);
        proxy().set({});
        const auto after = next_round(keeper);
        expect_complete(after);
    }
    void SetUp() override {
        FaultWorld::SetUp();
        use_proxy_alone();
    }
};
using FaultG1 = FaultG;
using FaultG2 = FaultG;
using FaultG3 = FaultG;
using FaultG4 = FaultG;
using FaultG5 = FaultG;
using FaultG6 = FaultG;
using FaultG9 = FaultG;
using FaultG10 = FaultG;
using FaultG11 = FaultG;
using FaultG12 = FaultG;
using FaultF11 = FaultG;

TEST_F(FaultG1, ZeroNegativeAndTheSmallestNumberAreNoPrices) {
    const auto keeper = start();
    expect_lie_held(*keeper, "WETH", {{1, word(U256(0))}}, "the answer is 0, a price must be positive");
    expect_lie_held(*keeper, "WETH", {{1, minus(1)}}, "the answer is -1, a price must be positive");
    expect_lie_held(*keeper, "WETH", {{1, word(U256::pow2(255))}}, "a price must be positive");
}

TEST_F(FaultG2, AFeedOlderThanItsHeartbeatHolds) {
    const auto keeper = start();
    world().post("/warp", {{"seconds", 5000}});
    expect_reason(next_round(*keeper), "s old (limit 4,320 s)");
}

TEST_F(FaultG3, ATimeThatIsZeroOrToComeIsRefused) {
    const auto keeper = start();
    expect_lie_held(*keeper, "WETH", {{3, word(U256(0))}}, "the round is not complete");
    expect_lie_held(*keeper, "WETH", {{3, word(number(round_of("WETH")[3]) + U256(7200))}}, "in the future");
}

TEST_F(FaultG4, AnEarlierRoundIsAStepBack) {
    const auto keeper = start();
    const auto now = round_of("WETH");
    const U256 earlier = number(now[0]) - U256(1);
    expect_lie_held(*keeper, "WETH",
                    {{0, word(earlier)}, {3, word(number(now[3]) - U256(600))}, {4, word(earlier)}},
                    "went back by 600 s");
    expect_lie_held(*keeper, "WETH", {{4, word(earlier)}}, "repeats the answer of round");
}

TEST_F(FaultG5, AnAnswerAtItsBoundIsAClamp) {
    const auto keeper = start();
    expect_lie_held(*keeper, "WETH", {{1, word(U256(1))}}, "within 1 % of the aggregator's bounds");
}

TEST_F(FaultG6, AJumpWaitsForTheNextPublication) {
    const auto keeper = start();
    const auto now = round_of("WETH");
    const U256 crashed = number(now[1]) * U256(7) / U256(10);
    lie("WETH", {{1, word(crashed)}});
    expect_reason(next_round(*keeper), "it jumped from");
    expect_reason(next_round(*keeper), "it jumped from");  // the same publication again confirms nothing
    const U256 next = number(now[0]) + U256(1);
    lie("WETH", {{0, word(next)}, {1, word(crashed)}, {3, word(number(now[3]) + U256(12))}, {4, word(next)}});
    const auto confirmed = next_round(*keeper);
    expect_complete(confirmed);
    // Then the pool disagrees, which holds as well.
    EXPECT_NE(std::get_if<Hold>(&confirmed->decision.positions.at(0).action), nullptr);
}

TEST_F(FaultF11, APriceAllEndpointsLieAboutStaysInsideItsBand) {
    use({proxy().url(), proxy().url() + "again"});
    const auto keeper = start();
    const auto now = round_of("WETH");
    lie("WETH", {{1, word(number(now[1]) * U256(3))}});
    expect_reason(next_round(*keeper), "it jumped from");
}

TEST_F(FaultG9, AReplacedAggregatorIsNotBelieved) {
    const auto keeper = start();
    const U256 phase2 = U256::pow2(65) + U256(1);
    expect_lie_held(*keeper, "WETH", {{0, word(phase2)}, {4, word(phase2)}}, "its aggregator was replaced");
}

TEST_F(FaultG10, AnOracleAndAPoolThatDisagreeHold) {
    const auto keeper = start();
    expect_complete(next_round(*keeper));
    world().post("/pool", {{"WETH", 3260.0}});
    expect_reason(next_round(*keeper), "pool_gap");
    world().post("/price", {{"WETH", 3152.4}, {"seconds", 12}});
}

TEST_F(FaultG11, AFeedThatRevertsHolds) {
    const auto keeper = start();
    const auto at = to_hex(feed("WETH"));
    const auto code = proxy().ask("eth_getCode", json::array({at, "latest"}));
    ASSERT_TRUE(world().devnet().rpc("anvil_setCode", json::array({at, "0x60006000fd"})));
    expect_reason(next_round(*keeper), "revert");
    ASSERT_TRUE(world().devnet().rpc("anvil_setCode", json::array({at, code})));
    expect_complete(next_round(*keeper));
}

TEST_F(FaultG12, ADollarOffItsPegHoldsWhatIsCountedInIt) {
    const auto keeper = start();
    expect_lie_held(*keeper, "USDC", {{1, word(U256(95'000'000))}}, "off its peg");
}

// ---- pools ----

using FaultH1 = FaultG;
using FaultH2 = FaultG;

void ask_for_means(test::World& world, const char* window) {
    std::string text = world.config_text();
    text += fmt::format("\n[defaults.oracle]\nmean_window = \"{}\"\nmax_pool_gap_bps = 2000\n", window);
    world.write_config(text);
}

TEST_F(FaultH1, APoolMovedWithinABlockHoldsAndIsForgottenWhenItComesBack) {
    const auto keeper = start();
    world().post("/pool", {{"WETH", 3400.0}});
    expect_reason(next_round(*keeper), "pool_gap");
    world().post("/pool", {{"WETH", 3152.4}});
    expect_complete(next_round(*keeper));
}

TEST_F(FaultH1, APoolAwayFromItsOwnMeanHoldsUntilItHasStayed) {
    world().post("/price", {{"WETH", 3152.4}, {"seconds", 1900}});
    ask_for_means(world(), "30m");
    const auto keeper = start();
    // The oracle and the pool agree, but the pool has only just come here.
    world().post("/price", {{"WETH", 3300.0}, {"seconds", 12}});
    expect_reason(next_round(*keeper), "mean_gap");
    world().post("/price", {{"WETH", 3300.0}, {"seconds", 2000}});
    mine();
    const auto later = next_round(*keeper);
    ASSERT_TRUE(later) << later.error().what;
    const auto* hold = std::get_if<Hold>(&later->decision.positions.at(0).action);
    EXPECT_TRUE(hold == nullptr || hold->reason != "mean_gap") << hold->detail;
}

TEST_F(FaultH2, TooShortAPastHoldsWithTheReason) {
    ask_for_means(world(), "7d");
    const auto keeper = start();
    const auto round = next_round(*keeper);
    expect_reason(round, "mean_gap");
}

/// A token that keeps a part of what is sent: status 1 is not success, and the next step stands on what
/// arrived.
TEST(FaultH5, WhatArrivedCountsNotWhatWasSent) {
    test::World world;
    auto keeper = world.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    const auto& about = world.devnet().world();
    const auto token = about.at("addresses").at("tokens.WETH");
    const auto account = about.at("accounts").at("keeper");
    bool borrowed = false;
    for (int i = 0; i < 60 && !borrowed; ++i) {
        const auto round = (*keeper)->round();
        ASSERT_TRUE(round) << round.error().what;
        borrowed = round->acted.what == Acted::What::sent && round->acted.label.starts_with("borrow");
        if (!borrowed) world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    }
    ASSERT_TRUE(borrowed) << "nothing was borrowed";
    world.post("/mine",
               {{"blocks", 1}, {"interval", 12}});  // it is in a block before its effect is looked at
    const auto calldata = "0x70a08231000000000000000000000000" + account.get<std::string>().substr(2);
    const auto held =
        world.devnet().rpc("eth_call", json::array({{{"to", token}, {"data", calldata}}, "latest"}));
    ASSERT_TRUE(held);
    const U256 arrived = U256::from_be(*parse_hex(held->get<std::string>())) * U256(97) / U256(100);
    ASSERT_FALSE(arrived.is_zero());
    ASSERT_TRUE(world.devnet().rpc("anvil_dealERC20", json::array({account, token, "0x" + word(arrived)})));
    world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    const auto next = (*keeper)->round();
    ASSERT_TRUE(next) << next.error().what;
    ASSERT_EQ(next->settled.settled.size(), 1U);
    EXPECT_FALSE(next->settled.settled.front().verified) << "three parts in a hundred are missing";
    // What is sold next is what is there.
    const auto rest = test::settle_down(**keeper, world);
    ASSERT_TRUE(rest) << rest.error().what;
    const auto& figures = rest->decision.positions.at(0).figures;
    EXPECT_LE(std::abs(figures.residual_usd), figures.band_usd);
}

/// Somebody trades ahead of our transaction in the same block: it reverts instead of taking any price.
TEST(FaultH6, ATransactionThatIsTradedAheadOfRevertsInsteadOfFilling) {
    test::World world;
    auto keeper = world.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    const auto set_automine = [&](bool on) {
        ASSERT_TRUE(world.devnet().rpc("evm_setAutomine", json::array({on})));
    };
    std::string hash;
    for (int i = 0; i < 40 && hash.empty(); ++i) {
        set_automine(false);
        const auto round = (*keeper)->round();
        ASSERT_TRUE(round) << round.error().what;
        const bool trades = round->acted.what == Acted::What::sent &&
                            round->acted.label.find(" WETH for at least ") != std::string::npos;
        if (trades) hash = round->acted.hash;
        if (!trades) {
            set_automine(true);
            world.post("/mine", {{"blocks", 1}, {"interval", 12}});
        }
    }
    ASSERT_FALSE(hash.empty()) << "no trade was sent";
    // Whoever orders the block puts a trade before ours that moves the pool further than our limit.
    const std::uint64_t before = test::sent_by_keeper(world);
    const auto open = (*keeper)->journal().open_txs();
    ASSERT_TRUE(open);
    const std::string raw = to_hex(open->front().raws.back());
    ASSERT_TRUE(world.devnet().rpc("anvil_dropTransaction", json::array({hash})));
    world.post("/pool", {{"WETH", 3000.0}});
    ASSERT_TRUE(world.devnet().rpc("eth_sendRawTransaction", json::array({raw})));
    set_automine(true);
    world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    EXPECT_EQ(test::sent_by_keeper(world), before + 1);
    const auto receipt = world.devnet().rpc("eth_getTransactionReceipt", json::array({hash}));
    ASSERT_TRUE(receipt);
    ASSERT_FALSE(receipt->is_null());
    EXPECT_EQ(receipt->at("status"), "0x0") << "it was filled at a price it did not allow";
    const auto next = (*keeper)->round();
    ASSERT_TRUE(next) << next.error().what;
    ASSERT_FALSE(next->settled.settled.empty());
    EXPECT_FALSE(next->settled.settled.front().verified);
}

}  // namespace
}  // namespace outrigger
