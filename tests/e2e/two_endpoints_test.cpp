// SPDX-License-Identifier: Apache-2.0
// One of two endpoints is wrong: the round uses the other and says why. The node is real, the proxy lies.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "tests/e2e/world.hpp"
#include "tests/faultproxy/fault_proxy.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::Fault;
using test::FaultProxy;
using test::World;
namespace faults = test::faults;

struct TwoEndpoints : ::testing::Test {
    /// The proxy first, then the node itself, then what is added.
    void configure(const std::string& chain_keys = "", const std::vector<std::string>& more = {}) {
        world.use_rpc(proxy.url());
        std::string text = world.config_text();
        for (const auto& url : more) text += fmt::format("\n[[chain.rpc]]\nurl = \"{}\"\n", url);
        text += fmt::format("\n[[chain.rpc]]\nurl = \"{}\"\ntimeout = \"1s\"\n", world.devnet().rpc_url());
        const auto at = text.find("[chain]\n");
        ASSERT_NE(at, std::string::npos) << text;
        text.insert(at + 8, chain_keys);
        // A hanging endpoint may cost a second, not ten.
        const auto url_end = text.find('\n', text.find("url = \"" + proxy.url()));
        text.insert(url_end + 1, "timeout = \"1s\"\n");
        world.write_config(text);
    }
    /// One round after a new block; everything in it must have been read.
    void expect_complete_round(Keeper& keeper) {
        world.post("/mine", {{"blocks", 1}, {"interval", 12}});
        const auto round = keeper.round();
        ASSERT_TRUE(round) << round.error().what;
        ASSERT_FALSE(round->idle);
        for (const auto& position : round->decision.positions) {
            const auto* hold = std::get_if<Hold>(&position.action);
            EXPECT_TRUE(hold == nullptr || hold->reason != "unreadable") << hold->detail;
        }
        for (const auto& [asset, price] : round->seen.prices) EXPECT_TRUE(price.value);
    }
    std::string why_not(Keeper& keeper) {
        for (const auto& s : keeper.link().nodes().standings()) {
            if (s.set_aside && s.origin == origin_of(proxy.url())) return s.why;
        }
        return {};
    }
    void expect_the_other_serves(const Fault& fault, const std::string& reason) {
        configure();
        auto keeper = world.keeper(Mode::dry_run);
        ASSERT_TRUE(keeper) << keeper.error().what;
        expect_complete_round(**keeper);
        EXPECT_EQ(why_not(**keeper), "");
        proxy.set(fault);
        expect_complete_round(**keeper);
        EXPECT_NE(why_not(**keeper).find(reason), std::string::npos) << why_not(**keeper);
        proxy.set({});
        for (int i = 0; i < 100 && !why_not(**keeper).empty(); ++i) expect_complete_round(**keeper);
        EXPECT_EQ(why_not(**keeper), "") << "a mended endpoint comes back";
    }

    World world;
    FaultProxy proxy{world.devnet().rpc_url()};
};

TEST_F(TwoEndpoints, FiveDaysBehind) {
    json old = proxy.ask("eth_getBlockByNumber", json::array({"latest", false}));
    world.post("/mine", {{"blocks", 10}, {"interval", 43200}});
    world.post("/price", {{"WETH", 3152.4}, {"seconds", 300}});  // the feeds have gone on, too
    expect_the_other_serves(faults::newest_block(old), "s older than block");
}

TEST_F(TwoEndpoints, Hanging) {
    expect_the_other_serves(faults::hang(), "no answer by the time the others had answered");
}

TEST_F(TwoEndpoints, HangingInTheMiddleOfARound) {
    expect_the_other_serves(
        [](const json& asked, json&) -> std::optional<test::HttpAction> {
            if (asked.dump().find("eth_call") == std::string::npos) return std::nullopt;
            return test::HttpAction{"", test::HttpAction::Then::stall, ""};
        },
        "no answer by the time the others had answered");
}

TEST_F(TwoEndpoints, ErrorsAndNonsense) {
    for (const auto& fault : {faults::status(500, "<html>"), faults::status(429, "slow down"),
                              faults::truncate(0.5), faults::instead("nonsense"), faults::swap_ids()}) {
        proxy.set({});
        expect_the_other_serves(fault, origin_of(proxy.url()));
    }
}

TEST_F(TwoEndpoints, AnotherChainAtTheStart) {
    configure();
    proxy.set(faults::chain_id(1));
    auto keeper = world.keeper(Mode::dry_run);
    ASSERT_TRUE(keeper) << keeper.error().what;
    expect_complete_round(**keeper);
    EXPECT_NE(why_not(**keeper).find("serves chain 1, not 31337"), std::string::npos) << why_not(**keeper);
    EXPECT_EQ((*keeper)->link().nodes().senders().size(), 1U) << "nothing is sent to another chain";
}

TEST_F(TwoEndpoints, AnotherChainInTheMiddleOfTheRun) {
    configure();
    auto keeper = world.keeper(Mode::dry_run);
    ASSERT_TRUE(keeper) << keeper.error().what;
    expect_complete_round(**keeper);
    proxy.set(faults::chain_id(1));
    expect_complete_round(**keeper);
    EXPECT_NE(why_not(**keeper).find("serves chain 1, not 31337"), std::string::npos) << why_not(**keeper);
    EXPECT_EQ((*keeper)->link().nodes().senders().size(), 1U);
}

/// The ETH feed's answer, as it stands in every answer that carries it.
std::string price_word(Keeper& keeper, World& world) {
    world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    const auto round = keeper.round();
    const auto eth = keeper.market().universe.find("ETH").value();
    const double usd = round->seen.prices.at(eth).value->usd;
    return to_hex(U256(static_cast<std::uint64_t>(std::llround(usd * 1e8))).to_be()).substr(2);
}

TEST_F(TwoEndpoints, ALieAboutOneValueStopsTheRoundOrIsOutvoted) {
    for (const bool third : {false, true}) {
        FaultProxy honest{world.devnet().rpc_url()};
        proxy.set({});
        configure("read_quorum = 2\n",
                  third ? std::vector<std::string>{honest.url()} : std::vector<std::string>{});
        auto keeper = world.keeper(Mode::dry_run);
        ASSERT_TRUE(keeper) << keeper.error().what;
        const std::string word = price_word(**keeper, world);
        std::string lie = word;
        lie.back() = lie.back() == '0' ? '1' : '0';
        proxy.set(faults::replace_in_calls(word, lie));
        if (third) {
            expect_complete_round(**keeper);
            EXPECT_NE(why_not(**keeper).find("stands alone"), std::string::npos) << why_not(**keeper);
            continue;
        }
        world.post("/mine", {{"blocks", 1}, {"interval", 12}});
        const auto round = (*keeper)->round();
        ASSERT_TRUE(round) << round.error().what;
        EXPECT_FALSE(round->decision.act_on);
        const auto eth = (*keeper)->market().universe.find("ETH").value();
        const auto& price = round->seen.prices.at(eth).value;
        ASSERT_FALSE(price);
        EXPECT_NE(price.error().what.find("disagree about"), std::string::npos) << price.error().what;
    }
}

}  // namespace
}  // namespace outrigger
