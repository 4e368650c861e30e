// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/support.hpp"

namespace outrigger::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The band of one position with one word said in each of the layers of `mask`, and where it came from.
struct Said2 {
    double value;
    std::string origin;
};

Said2 band_with(unsigned mask) {
    // On mainnet, where the preset has a word too: max_gas_gwei.
    std::string text =
        "schema = 1\nchain.preset = \"" + std::string((mask & 1) != 0 ? "mainnet" : "arbitrum") + "\"\n";
    if ((mask & 2) != 0) text += "[defaults.limits]\nmax_gas_gwei = 2\n";
    text += "[profiles.p]\n";
    if ((mask & 4) != 0) text += "limits.max_gas_gwei = 3\n";
    text += "[[position]]\nname = \"eth-usdc\"\nuniswap_v3 = 1\nprofile = \"p\"\n";
    if ((mask & 8) != 0) text += "limits.max_gas_gwei = 4\n";
    Sources s = with_text(text);
    if ((mask & 16) != 0) s.environment["OUTRIGGER__DEFAULTS__LIMITS__MAX_GAS_GWEI"] = "5";
    if ((mask & 32) != 0) s.environment["OUTRIGGER__PROFILES__P__LIMITS__MAX_GAS_GWEI"] = "6";
    if ((mask & 64) != 0) s.environment["OUTRIGGER__POSITION__ETH_USDC__LIMITS__MAX_GAS_GWEI"] = "7";
    if ((mask & 128) != 0) s.set.push_back("defaults.limits.max_gas_gwei=8");
    if ((mask & 256) != 0) s.set.push_back("position.eth-usdc.limits.max_gas_gwei=9");
    const auto loaded = load(s);
    if (!loaded) return {-1, render(loaded.error())};
    return {loaded->positions[0].limits.max_gas_gwei,
            loaded->origin_of("position.eth-usdc.limits.max_gas_gwei").value_or("none")};
}

TEST(ConfigLayers, TheStrongestOfEveryCombinationCounts) {
    const double value_of_bit[] = {40, 2, 3, 4, 5, 6, 7, 8, 9};
    const char* origin_of_bit[] = {"preset mainnet",
                                   "[defaults.limits]",
                                   "[profiles.p.limits]",
                                   "[[position]]",
                                   "environment OUTRIGGER__DEFAULTS__LIMITS__MAX_GAS_GWEI",
                                   "environment OUTRIGGER__PROFILES__P__LIMITS__MAX_GAS_GWEI",
                                   "environment OUTRIGGER__POSITION__ETH_USDC__LIMITS__MAX_GAS_GWEI",
                                   "--set",
                                   "--set"};
    for (unsigned mask = 0; mask < 512; ++mask) {
        const Said2 said = band_with(mask);
        if (mask == 0) {
            EXPECT_EQ(said.value, 1);
            EXPECT_EQ(said.origin, "default");
            continue;
        }
        unsigned top = 8;
        while ((mask >> top & 1) == 0) --top;
        ASSERT_EQ(said.value, value_of_bit[top]) << "layers " << mask;
        ASSERT_THAT(said.origin, HasSubstr(origin_of_bit[top])) << "layers " << mask;
    }
}

TEST(ConfigLayers, OriginsNameFileLineAndTable) {
    const auto loaded =
        load(minimum("[defaults.thresholds]\ndelta_band_ratio = \"12%\"\n[guard]\nmax_data_age = \"30s\"\n"
                     "[[chain.rpc]]\nurl = \"${ETH_RPC_URL}\"\n"));
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->origin_of("position.v3-4471220.thresholds.delta_band_ratio"),
              "outrigger.toml:8 [defaults.thresholds]");
    EXPECT_EQ(loaded->origin_of("guard.max_data_age"), "outrigger.toml:10 [guard]");
    EXPECT_EQ(loaded->origin_of("chain.rpc[0].url"), "outrigger.toml:12 [[chain.rpc]] ${ETH_RPC_URL}");
    EXPECT_EQ(loaded->origin_of("position.v3-4471220.uniswap_v3"), "outrigger.toml:6 [[position]]");
    EXPECT_EQ(loaded->origin_of("chain.preset"), "outrigger.toml:2 [chain]");
    EXPECT_EQ(loaded->origin_of("log.level"), "default");
    EXPECT_EQ(loaded->origin_of("guard.max_tx_usd"), std::nullopt);
    EXPECT_EQ(loaded->origin_of("no.such.key"), std::nullopt);
}

TEST(ConfigLayers, TablesMergeAndListsReplace) {
    const auto loaded = load(minimum(
        "venues = [\"b\"]\n[defaults]\nvenues = [\"aave\", \"b\"]\n[venues.b]\nkind = \"aave-v3\"\n"));
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_THAT(loaded->positions[0].venue_names, ElementsAre("b"));
    ASSERT_EQ(loaded->venues.size(), 1u);
    EXPECT_THAT(loaded->positions[0].venues, ElementsAre(VenueId(0)));
}

TEST(ConfigLayers, EnvironmentValuesHaveTheirFieldsTypes) {
    Sources s = minimum("model.proxies = [\"ARB\"]\n");
    s.environment["OUTRIGGER__POSITION__V3_4471220__MODEL__PROXIES"] = "ETH, BTC";
    s.environment["OUTRIGGER__POSITION__V3_4471220__ENABLED"] = "false";
    s.environment["OUTRIGGER__DEFAULTS__THRESHOLDS__DELTA_BAND_RATIO"] = "15%";
    s.environment["OUTRIGGER__CHAIN__RPC__0__TIMEOUT"] = "3s";
    s.environment["OUTRIGGER__VENUES__AAVE__MAX_BORROW_APR"] = "0.1";
    s.environment["OUTRIGGER__GUARD__MAX_TX_USD"] = "5000";
    const auto loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_THAT(loaded->positions[0].model.proxies, ElementsAre("ETH", "BTC"));
    EXPECT_FALSE(loaded->positions[0].enabled);
    EXPECT_DOUBLE_EQ(loaded->positions[0].thresholds.delta_band_ratio.value(), 0.15);
    EXPECT_EQ(loaded->chain.rpc[0].timeout, std::chrono::seconds(3));
    EXPECT_EQ(loaded->venues[0].max_borrow_apr, 0.1);
    EXPECT_EQ(loaded->guard.max_tx_usd, 5000);
}

TEST(ConfigLayers, BadOverridesNameTheirPlace) {
    Sources s = minimum();
    s.environment["OUTRIGGER__DEFAULTS__THRESHOLDS__DELTA_BAND_RATIO"] = "10";
    ConfigError e = only_error(s);
    EXPECT_EQ(e.where, "environment OUTRIGGER__DEFAULTS__THRESHOLDS__DELTA_BAND_RATIO");
    EXPECT_THAT(e.what, HasSubstr("did you mean 0.10 (10 %)?"));

    s = minimum();
    s.environment["OUTRIGGER__DEFAULTS__THRESHOLD__DELTA_BAND_RATIO"] = "0.1";
    e = only_error(s);
    EXPECT_THAT(e.what, HasSubstr("did you mean OUTRIGGER__DEFAULTS__THRESHOLDS__DELTA_BAND_RATIO?"));
    EXPECT_THAT(e.fix, HasSubstr("unset OUTRIGGER__DEFAULTS__THRESHOLD__DELTA_BAND_RATIO"));

    s = minimum();
    s.set = {"guard.max_txusd=5"};
    EXPECT_THAT(only_error(s).fix, HasSubstr("--set guard.max_tx_usd=5"));
    s.set = {"guard.max_tx_usd=lots"};
    EXPECT_EQ(only_error(s).where, "--set guard.max_tx_usd");
    s.set = {"key.password=hunter2"};
    EXPECT_THAT(only_error(s).what, HasSubstr("is a secret"));
    s.set = {"schema=1"};
    EXPECT_FALSE(load(s));
    s.set = {"chain.preset=mainnet"};
    EXPECT_EQ(load(s)->chain.network.chain_id, ChainId(1));
    s.set = {"log.level=warn", "log.level=\"error\""};  // the last one counts; quotes as in the file
    EXPECT_EQ(load(s)->log.level, LogLevel::error);
}

TEST(ConfigLayers, OneVariableForTwoNamesIsRefused) {
    Sources s = minimum("name = \"a-b\"\n[[position]]\nname = \"a_b\"\nuniswap_v3 = 2\n");
    EXPECT_TRUE(load(s));
    s.environment["OUTRIGGER__POSITION__A_B__ENABLED"] = "false";
    EXPECT_THAT(only_error(s).what, HasSubstr("could mean position.a-b.enabled or position.a_b.enabled"));
}

TEST(ConfigLayers, OtherVariablesOfOursAreNotMeant) {
    Sources s = minimum();
    s.environment["OUTRIGGER_CONFIG"] = "x";
    s.environment["OUTRIGGER_HTTP_TOKEN"] = "x";
    EXPECT_TRUE(load(s));
}

TEST(ConfigInterpolation, EveryForm) {
    Sources s = minimum(
        "[[chain.rpc]]\nurl = \"http://${HOST}:${PORT:-8545}/$$x/${file:part}/${cred:token}\"\n"
        "[defaults.limits]\nmax_gas_gwei = \"${GWEI}\"\n");
    s.directory = "/etc/o";
    s.environment["HOST"] = "node";
    s.environment["GWEI"] = "0.25";
    s.environment["CREDENTIALS_DIRECTORY"] = "/creds";
    s.read_file = reader({{"/etc/o/part", "p\n"}, {"/creds/token", "t\n"}});
    const auto loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->chain.rpc[0].url, "http://node:8545/$x/p/t");
    EXPECT_EQ(loaded->positions[0].limits.max_gas_gwei, 0.25);
}

TEST(ConfigInterpolation, Failures) {
    const auto of = [](const std::string& url, const std::map<std::string, std::string>& environment = {}) {
        Sources s = minimum("[[chain.rpc]]\nurl = \"" + url + "\"\n");
        for (const auto& [k, v] : environment) s.environment[k] = v;
        return only_error(s);
    };
    ConfigError e = of("${NODE_URL}");
    EXPECT_THAT(e.what, HasSubstr("NODE_URL is not set"));
    EXPECT_EQ(e.where, "outrigger.toml:8:7");
    EXPECT_THAT(e.fix, HasSubstr("export NODE_URL="));
    EXPECT_THAT(of("${NODE_URL}", {{"NODE_URL", ""}}).what, HasSubstr("NODE_URL is empty"));
    EXPECT_THAT(of("http://n/$x").what, HasSubstr("a $ stands alone"));
    EXPECT_THAT(of("http://n/${x").what, HasSubstr("a $ stands alone"));
    EXPECT_THAT(of("${a b}").what, HasSubstr("not a reference"));
    EXPECT_THAT(of("${}").what, HasSubstr("not a reference"));
    EXPECT_THAT(of("${file:/nowhere}").why, HasSubstr("there is no /nowhere"));
    EXPECT_THAT(of("${file:/x/forbidden}").why, HasSubstr("permission denied"));
    EXPECT_THAT(of("${file:}").what, HasSubstr("names no file"));
    EXPECT_THAT(of("${cred:token}").why, HasSubstr("/run/secrets/token"));
    EXPECT_THAT(of("${EMPTY:-}").what, HasSubstr("no node"));  // dropped, and it was the only one
}

}  // namespace
}  // namespace outrigger::config
