// SPDX-License-Identifier: Apache-2.0
#include "config/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "tests/unit/config/support.hpp"

namespace outrigger::config {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Address address(const char* text) {
    return parse_address(text).value();
}

TEST(Presets, AllParseAndAreTheCommittedFiles) {
    EXPECT_THAT(preset_names(), ElementsAre("mainnet", "arbitrum", "sepolia", "devnet"));
    for (const auto& name : preset_names()) {
        EXPECT_EQ(preset_text(name), slurp("config/networks/" + name + ".json")) << name;
        const auto network = parse_network(preset_text(name), name != "devnet");
        ASSERT_TRUE(network) << name << ": " << network.error().what;
        EXPECT_EQ(network->name, name);
    }
    EXPECT_TRUE(preset_text("custom").empty());
}

TEST(Presets, HoldTheWellKnownAddresses) {
    // Written down from the protocols' own deployment pages, not from the generator's packages.
    const auto mainnet = parse_network(preset_text("mainnet")).value();
    EXPECT_EQ(mainnet.chain_id, ChainId(1));
    EXPECT_EQ(mainnet.uniswap_v3.factory, address("0x1F98431c8aD98523631AE4a59f267346ea31F984"));
    EXPECT_EQ(mainnet.uniswap_v3.position_manager, address("0xC36442b4a4522E871399CD717aBDD847Ab11FE88"));
    EXPECT_EQ(mainnet.aave_v3->pool, address("0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2"));
    EXPECT_EQ(mainnet.token("USDC")->address, address("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"));
    EXPECT_EQ(mainnet.feed("ETH")->proxy, address("0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419"));
    EXPECT_EQ(mainnet.feed("BTC")->proxy, address("0xF4030086522a5bEEa4988F8cA5B36dbC97BeE88c"));
    EXPECT_FALSE(mainnet.perp_v2);
    EXPECT_EQ(mainnet.address("v2.factory"), address("0x5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f"));
    EXPECT_EQ(mainnet.uniswap_v4->pool_manager, address("0x000000000004444c5dc75cB358380D2e3dE08A90"));
    EXPECT_EQ(mainnet.uniswap_v4->position_manager, address("0xbD216513d74C8cf14cf4747E6AaA6420FF64ee9e"));
    EXPECT_EQ(mainnet.address("sushi_v3.position_manager"),
              address("0x2214A42d8e2A1d20635c2cb0664422c528B6A432"));
    EXPECT_EQ(mainnet.address("pancake_v3.position_manager"),
              address("0x46A15B0b27311cedF172AB29E4f4766fbE7F4364"));
    EXPECT_EQ(mainnet.address("slipstream.position_manager"), std::nullopt);
    const auto arbitrum = parse_network(preset_text("arbitrum")).value();
    EXPECT_EQ(arbitrum.chain_id, ChainId(42161));
    EXPECT_EQ(arbitrum.fee_model, FeeModel::arbitrum);
    EXPECT_EQ(arbitrum.token("USDC")->address, address("0xaf88d065e77c8cC2239327C5EDb3A432268e5831"));
    EXPECT_EQ(arbitrum.feed("ARB")->proxy, address("0xb2A824043730FE05F3DA2efaFa1CBbe83fa548D6"));
    const auto sepolia = parse_network(preset_text("sepolia")).value();
    EXPECT_EQ(sepolia.chain_id, ChainId(11155111));
    EXPECT_EQ(sepolia.uniswap_v3.position_manager, address("0x1238536071E1c677A632429e3655c799b22cDA52"));
    EXPECT_EQ(sepolia.token_at(address("0xfFf9976782d46CC05630D1f6eBAb18b2324d6B14"))->asset, "ETH");
}

TEST(Presets, EveryTokenButTheUnfedHasAPrice) {
    for (const char* name : {"mainnet", "arbitrum", "sepolia"}) {
        const auto network = parse_network(preset_text(name)).value();
        for (const Token& t : network.tokens) {
            if (std::string(name) == "sepolia" && t.asset == "USDT")
                continue;  // Chainlink has no USDT feed there
            EXPECT_NE(network.feed(t.asset), nullptr) << name << " " << t.symbol;
            EXPECT_NE(t.asset, "WETH");
            EXPECT_EQ(t.address, network.address("tokens." + t.symbol));
        }
        for (const Feed& f : network.feeds) {
            EXPECT_GE(f.heartbeat.count(), 60) << f.asset;
            EXPECT_LE(f.heartbeat.count(), 86400) << f.asset;
        }
    }
}

TEST(Presets, LoadAsConfigurations) {
    for (const char* name : {"mainnet", "arbitrum", "sepolia"}) {
        const auto loaded = load(with_text(std::string("schema = 1\nchain.preset = \"") + name +
                                           "\"\n[[position]]\nuniswap_v3 = 1\n"));
        ASSERT_TRUE(loaded) << render(loaded.error());
        EXPECT_EQ(loaded->chain.network.name, name);
        EXPECT_EQ(loaded->chain.clock, ClockSource::wall);
    }
}

json world() {
    return json::parse(R"({
      "chain_id": 31337, "heartbeat": 1800, "positions": {"eth-usdc": 1},
      "decimals": {"WETH": 18, "USDC": 6, "WBTC": 8, "ARB": 18},
      "addresses": {
        "tokens.WETH": "0x0000000000000000000000000000000000000001",
        "tokens.USDC": "0x0000000000000000000000000000000000000002",
        "tokens.WBTC": "0x0000000000000000000000000000000000000003",
        "tokens.ARB": "0x0000000000000000000000000000000000000004",
        "feeds.WETH": "0x0000000000000000000000000000000000000011",
        "feeds.USDC": "0x0000000000000000000000000000000000000012",
        "feeds.WBTC": "0x0000000000000000000000000000000000000013",
        "feeds.ARB": "0x0000000000000000000000000000000000000014",
        "multicall3": "0xcA11bde05977b3631167028862bE2a173976CA11",
        "v3.factory": "0x0000000000000000000000000000000000000021",
        "v3.npm": "0x0000000000000000000000000000000000000022",
        "v3.router": "0x0000000000000000000000000000000000000023",
        "v3.quoter": "0x0000000000000000000000000000000000000024",
        "aave.pool": "0x0000000000000000000000000000000000000031",
        "aave.data": "0x0000000000000000000000000000000000000032",
        "aave.oracle": "0x0000000000000000000000000000000000000033",
        "aave.aToken.WETH": "0x0000000000000000000000000000000000000034",
        "perp.clearingHouse": "0x0000000000000000000000000000000000000041",
        "perp.vault": "0x0000000000000000000000000000000000000042",
        "perp.accountBalance": "0x0000000000000000000000000000000000000043",
        "perp.exchange": "0x0000000000000000000000000000000000000044",
        "perp.marketRegistry": "0x0000000000000000000000000000000000000045",
        "perp.base.WETH": "0x0000000000000000000000000000000000000051",
        "perp.base.WBTC": "0x0000000000000000000000000000000000000052"
      }})");
}

Sources devnet(const json& w) {
    Sources s = with_text(
        "schema = 1\n[chain]\npreset = \"devnet\"\nworld = \"world.json\"\n[[position]]\nuniswap_v3 = 1\n");
    s.environment.erase("ETH_RPC_URL");
    s.directory = "/dev/net";
    s.read_file = reader({{"/dev/net/world.json", w.dump()}});
    return s;
}

TEST(Devnet, TheWorldBecomesANetwork) {
    const auto loaded = load(devnet(world()));
    ASSERT_TRUE(loaded) << render(loaded.error());
    const Network& n = loaded->chain.network;
    EXPECT_EQ(n.name, "devnet");
    EXPECT_EQ(n.chain_id, ChainId(31337));
    EXPECT_EQ(n.token("WETH")->asset, "ETH");
    EXPECT_EQ(n.token("WBTC")->asset, "BTC");
    EXPECT_EQ(n.token("ARB")->asset, "ARB");
    EXPECT_EQ(n.token("WBTC")->decimals, 8);
    EXPECT_EQ(n.feed("BTC")->proxy, address("0x0000000000000000000000000000000000000013"));
    EXPECT_EQ(n.feed("ETH")->heartbeat, std::chrono::seconds(1800));
    EXPECT_EQ(n.aave_v3->data_provider, address("0x0000000000000000000000000000000000000032"));
    EXPECT_EQ(n.perp_v2->base.at("BTC"), address("0x0000000000000000000000000000000000000052"));
    EXPECT_EQ(n.address("aave.aToken.WETH"), address("0x0000000000000000000000000000000000000034"));
    EXPECT_EQ(price_age_max(loaded->positions[0].oracle, *n.feed("ETH")), std::chrono::seconds(2160));
    // The devnet's own settings, and where they come from.
    EXPECT_EQ(loaded->chain.clock, ClockSource::chain);
    EXPECT_EQ(loaded->origin_of("chain.clock"), "preset devnet");
    EXPECT_EQ(loaded->chain.rpc.at(0).url, "http://127.0.0.1:8545");
    EXPECT_THAT(loaded->positions[0].venue_names, ElementsAre("aave", "perp"));
    EXPECT_EQ(loaded->venues.at(1).kind, VenueKind::perp_v2);
    EXPECT_EQ(loaded->venues.at(1).max_leverage, 3);
}

TEST(Devnet, CustomTakesEitherForm) {
    Sources s = devnet(world());
    s.set = {"chain.preset=custom", "chain.rpc[0].url=http://n:1"};
    auto loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->chain.clock, ClockSource::wall);
    s.read_file = reader({{"/dev/net/world.json", slurp("config/networks/sepolia.json")}});
    loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->chain.network.chain_id, ChainId(11155111));
    EXPECT_EQ(loaded->positions[0].limits.max_gas_gwei, 50);
}

TEST(Devnet, AddressesMayBeReplaced) {
    Sources s = devnet(world());
    s.text += "[chain.addresses]\nv3.router = \"0x00000000000000000000000000000000000000AA\"\n";
    s.set = {"chain.addresses.perp.vault=0x00000000000000000000000000000000000000bb"};
    const auto loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->chain.network.uniswap_v3.router, address("0x00000000000000000000000000000000000000aa"));
    EXPECT_EQ(loaded->chain.network.perp_v2->vault, address("0x00000000000000000000000000000000000000bb"));
}

TEST(Devnet, FaultyWorldsAreExplained) {
    const auto why = [](const json& w) { return only_error(devnet(w)).why; };
    for (const char* gone : {"multicall3", "v3.npm", "v3.router", "aave.data", "perp.vault"}) {
        json w = world();
        w["addresses"].erase(gone);
        EXPECT_THAT(why(w), HasSubstr(gone));
    }
    json w = world();
    w.erase("chain_id");
    EXPECT_THAT(why(w), HasSubstr("chain_id is missing"));
    w = world();
    w["decimals"].erase("ARB");
    EXPECT_THAT(why(w), HasSubstr("ARB is missing"));
    w = world();
    w["addresses"]["v3.npm"] = "0xC36442b4a4522E871399CD717aBDD847Ab11FE89";
    EXPECT_THAT(why(w), HasSubstr("addresses.v3.npm"));
    w = world();
    w["addresses"]["tokens.ARB"] = w["addresses"]["tokens.WETH"];
    EXPECT_THAT(why(w), HasSubstr("the same address"));
    for (const char* text : {"", "[]", "{", "{\"chain_id\": \"1\"}", "{\"chain_id\": 1, \"addresses\": 3}"}) {
        Sources s = devnet(world());
        s.read_file = reader({{"/dev/net/world.json", text}});
        EXPECT_THAT(only_error(s).what, HasSubstr("does not describe a network")) << text;
    }
    Sources s = devnet(world());
    s.read_file = reader({});
    EXPECT_EQ(only_error(s).where, "outrigger.toml:4:9");
    EXPECT_THAT(only_error(s).fix, HasSubstr("start the devnet"));
    s.text = "schema = 1\nchain.preset = \"devnet\"\n[[position]]\nuniswap_v3 = 1\n";
    EXPECT_THAT(only_error(s).what, HasSubstr("chain.world is missing"));
}

TEST(Network, QuoteAssets) {
    EXPECT_TRUE(is_quote_asset("USDC") && is_quote_asset("USDT") && is_quote_asset("DAI"));
    EXPECT_FALSE(is_quote_asset("ETH") || is_quote_asset("USDC.e") || is_quote_asset(""));
}

}  // namespace
}  // namespace outrigger::config
