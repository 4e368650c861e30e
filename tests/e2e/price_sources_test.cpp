// SPDX-License-Identifier: Apache-2.0
// Several sources of one price, and a layer 2's sequencer, as the keeper lives with them on the local chain.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "chain/abi/codec.hpp"
#include "tests/e2e/world.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::World;

struct PriceSourcesLive : ::testing::Test {
    /// The devnet's description with more sources of prices in it.
    void describe(const json& more) {
        json description = world.devnet().world();
        description.update(more);
        const std::string path = world.directory() + "/world.json";
        std::ofstream(path) << description.dump();
        std::string text = world.config_text();
        const auto at = text.find(world.devnet().world_path());
        ASSERT_NE(at, std::string::npos) << text;
        world.write_config(text.replace(at, world.devnet().world_path().size(), path));
    }
    json feed(const char* symbol) {
        return world.devnet().world().at("addresses").at(std::string("feeds.") + symbol);
    }
    /// Why nothing is done, or nothing when everything could be read.
    std::string reason(Keeper& keeper) {
        const auto look = keeper.look();
        if (!look) return look.error().what;
        const auto* hold = std::get_if<Hold>(&look->decision.positions.at(0).action);
        return hold != nullptr && hold->reason == "unreadable" ? hold->detail : "";
    }
    /// Code that answers latestRoundData of an uptime feed.
    void sequencer(bool down, std::int64_t since) {
        const Bytes words = abi::encode(U256(7), U256(down ? 1 : 0), U256(static_cast<std::uint64_t>(since)),
                                        U256(static_cast<std::uint64_t>(since)), U256(7));
        std::string code = "0x";
        for (std::size_t i = 0; i < 5; ++i)  // PUSH32 word PUSH1 at MSTORE
            code +=
                fmt::format("7f{}60{:02x}52", to_hex(ByteView(words).subspan(32 * i, 32)).substr(2), 32 * i);
        ASSERT_TRUE(world.devnet().rpc("anvil_setCode", json::array({kUptime, code + "60a06000f3"})));
        world.post("/mine", {{"blocks", 1}, {"interval", 1}});
    }
    std::int64_t now() { return world.devnet().get("/status").value().at("timestamp").get<std::int64_t>(); }

    static constexpr const char* kUptime = "0x5e90000000000000000000000000000000000009";
    World world;
};

TEST_F(PriceSourcesLive, TwoSourcesThatAgreeAreOnePrice) {
    describe({{"composed_feeds",
               {{{"asset", "ETH"},
                 {"proxy", feed("WETH")},
                 {"through", "USDC"},
                 {"heartbeat_s", 3600},
                 {"deviation", 0.005}}}}});
    auto keeper = world.keeper(Mode::dry_run);
    ASSERT_TRUE(keeper) << keeper.error().what;
    EXPECT_EQ(reason(**keeper), "");
    ASSERT_EQ((*keeper)->market().prices.seconds.size(), 1U);
}

TEST_F(PriceSourcesLive, TwoSourcesThatDisagreeHoldAndAreNamed) {
    describe({{"composed_feeds",
               {{{"asset", "ETH"},
                 {"proxy", feed("WBTC")},
                 {"through", "USDC"},
                 {"heartbeat_s", 3600},
                 {"deviation", 0.005}}}}});
    auto keeper = world.keeper(Mode::dry_run);
    ASSERT_TRUE(keeper) << keeper.error().what;
    const auto said = reason(**keeper);
    EXPECT_NE(said.find("sources disagree"), std::string::npos) << said;
    EXPECT_NE(said.find("ETH/USDC through USDC"), std::string::npos) << said;
}

TEST_F(PriceSourcesLive, TheSequencerIsHeededWithItsGrace) {
    sequencer(false, now() - 7200);
    describe({{"sequencer_uptime", kUptime}});
    auto keeper = world.keeper(Mode::dry_run);
    ASSERT_TRUE(keeper) << keeper.error().what;
    EXPECT_EQ(reason(**keeper), "");
    const auto since = now();
    sequencer(true, since);
    EXPECT_NE(reason(**keeper).find("sequencer has been down"), std::string::npos) << reason(**keeper);
    sequencer(false, since);
    EXPECT_NE(reason(**keeper).find("sequencer is back since"), std::string::npos) << reason(**keeper);
    world.post("/price", {{"WETH", 3152.4}, {"seconds", 3700}});
    EXPECT_EQ(reason(**keeper), "");
}

}  // namespace
}  // namespace outrigger
