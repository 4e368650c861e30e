// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chain/base/hex.hpp"
#include "config/fields.hpp"
#include "tests/unit/config/support.hpp"

namespace outrigger::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Sources sample() {
    Sources s = minimum();
    s.text = slurp("config/outrigger.example.toml");
    return s;
}

TEST(ConfigLoad, FourLinesAreEnough) {
    const auto loaded =
        load(with_text("schema = 1\nchain.preset = \"arbitrum\"\n[[position]]\nuniswap_v3 = 4471220\n"));
    ASSERT_TRUE(loaded) << render(loaded.error());
    ASSERT_EQ(loaded->positions.size(), 1u);
    const PositionSettings& p = loaded->positions.front();
    EXPECT_EQ(p.name, "v3-4471220");
    EXPECT_EQ(p.ref.kind, "uniswap-v3");
    EXPECT_EQ(p.ref.id, 4471220u);
    EXPECT_TRUE(p.fees_in_exposure);
    EXPECT_TRUE(p.enabled);
    EXPECT_EQ(loaded->chain.network.chain_id, ChainId(42161));
    EXPECT_EQ(loaded->quote, "USDC");
    // The documented defaults, written out here a second time.
    EXPECT_EQ(p.thresholds.delta_band_ratio, std::nullopt);  // auto
    EXPECT_EQ(p.thresholds.delta_band_usd, 150);
    EXPECT_EQ(p.thresholds.rehedge_cooldown, 120s);
    EXPECT_EQ(p.thresholds.force_after, 86400s);
    EXPECT_EQ(p.limits.min_trade_usd, 100);
    EXPECT_EQ(p.limits.max_trade_usd, 10'000);
    EXPECT_EQ(p.limits.max_trades_per_day, 24u);
    EXPECT_EQ(p.limits.max_hedge_usd, 50'000);
    EXPECT_DOUBLE_EQ(p.limits.max_slippage_ratio, 0.0030);
    EXPECT_EQ(p.limits.max_gas_gwei, 1);
    EXPECT_EQ(p.limits.max_gas_usd_per_tx, 2);
    EXPECT_EQ(p.limits.max_gas_usd_per_day, 15);
    EXPECT_EQ(p.limits.max_failed_tx_in_a_row, 3u);
    EXPECT_EQ(p.oracle.max_age, std::nullopt);
    EXPECT_DOUBLE_EQ(p.oracle.max_pool_gap_ratio, 0.0080);
    EXPECT_EQ(p.model.estimator, CovarianceEstimator::ewma);
    EXPECT_EQ(p.model.lookback, 90 * 86400s);
    EXPECT_EQ(p.model.half_life, 7 * 86400s);
    EXPECT_EQ(p.model.long_half_life, 60 * 86400s);
    EXPECT_EQ(p.model.alarm_half_life, 2 * 86400s);
    EXPECT_EQ(p.model.ridge, 1);
    EXPECT_EQ(p.model.legs, 4U);
    EXPECT_EQ(p.stability.on_broken, StressReaction::unwind);
    EXPECT_EQ(p.model.bar, std::nullopt);
    EXPECT_EQ(p.model.min_bars, 168u);
    EXPECT_EQ(p.model.min_variance_removed, 0.05);
    EXPECT_EQ(p.model.max_abs_ratio, 1.5);
    EXPECT_THAT(p.model.proxies, IsEmpty());
    EXPECT_EQ(loaded->guard.max_data_age, 60s);
    EXPECT_EQ(loaded->guard.blind_rounds_max, 5u);
    EXPECT_EQ(loaded->guard.max_tx_usd, std::nullopt);
    EXPECT_EQ(loaded->storage.datadir, "/srv/op/.local/share/outrigger");
    EXPECT_EQ(loaded->log.level, LogLevel::info);
    ASSERT_EQ(loaded->venues.size(), 1u);
    EXPECT_EQ(loaded->venues[0].name, "aave");
    EXPECT_EQ(loaded->venues[0].kind, VenueKind::aave_v3);
    EXPECT_THAT(p.venues, ElementsAre(VenueId(0)));
    ASSERT_EQ(loaded->chain.rpc.size(), 1u);
    EXPECT_EQ(loaded->chain.rpc[0].url, "https://arb.example/v2/secret");
    EXPECT_TRUE(loaded->chain.rpc[0].reads() && loaded->chain.rpc[0].sends());
    EXPECT_EQ(loaded->chain.rpc[0].timeout, 10s);
    EXPECT_EQ(loaded->origin_of("chain.rpc[0].url"), "environment ETH_RPC_URL");
}

TEST(ConfigLoad, EveryKindOfPositionHasItsKey) {
    const Address pair = parse_address("0xa478c2975ab1ea89e8196811f51a7b7ade33eb11").value();
    const std::string text = to_hex(pair);
    const auto loaded = load(minimum(
        "owner = \"" + text + "\"\nstaked_in = \"" + text + "\"\n[[position]]\nuniswap_v2 = \"" + text +
        "\"\nowner = \"" + text + "\"\n[[position]]\nuniswap_v4 = 4471220\nhooks_allowed = [\"" + text +
        "\"]\n[[position]]\nsushi_v3 = 4471220\n[[position]]\npancake_v3 = 2\n"));
    ASSERT_TRUE(loaded) << render(loaded.error());
    ASSERT_EQ(loaded->positions.size(), 5u);
    const auto& p = loaded->positions;
    EXPECT_EQ(p[0].ref, (PositionRef{"uniswap-v3", 4471220, {}, pair, pair, {}}));
    EXPECT_EQ(p[1].ref, (PositionRef{"uniswap-v2", 0, pair, pair, {}, {}}));
    EXPECT_EQ(p[2].ref, (PositionRef{"uniswap-v4", 4471220, {}, {}, {}, {pair}}));
    EXPECT_EQ(p[3].ref, (PositionRef{"sushi-v3", 4471220, {}, {}, {}, {}}));
    EXPECT_EQ(p[4].ref, (PositionRef{"pancake-v3", 2, {}, {}, {}, {}}));
    EXPECT_EQ(p[1].name, "v2-0xa478c297");
    EXPECT_EQ(p[2].name, "v4-4471220");
    EXPECT_EQ(p[3].name, "sushi-v3-4471220");
    EXPECT_EQ(describe(p[0].ref),
              "Uniswap v3 NFT 4471220, staked in 0xA478c2975Ab1Ea89e8196811F51A7B7Ade33eB11");
    EXPECT_EQ(describe(p[3].ref), "Sushi v3 NFT 4471220");
    EXPECT_EQ(describe(p[1].ref), "Uniswap v2 pair 0xA478c2975Ab1Ea89e8196811F51A7B7Ade33eB11");
}

TEST(ConfigLoad, TheSampleLoadsAndSaysWhatItSays) {
    const auto loaded = load(sample());
    ASSERT_TRUE(loaded) << render(loaded.error());
    ASSERT_EQ(loaded->positions.size(), 2u);
    const PositionSettings &eth = loaded->positions[0], &arb = loaded->positions[1];
    EXPECT_EQ(eth.thresholds.delta_band_ratio, std::nullopt);
    EXPECT_EQ(arb.thresholds.delta_band_ratio, 0.15);  // its own
    EXPECT_EQ(arb.thresholds.rehedge_cooldown, 900s);  // its profile's
    EXPECT_EQ(arb.thresholds.delta_band_usd, 150);     // the defaults'
    EXPECT_EQ(arb.limits.max_gas_gwei, 0.5);
    EXPECT_DOUBLE_EQ(arb.oracle.max_pool_gap_ratio, 0.0120);
    EXPECT_THAT(arb.model.proxies, ElementsAre("ETH"));
    EXPECT_EQ(loaded->chain.rpc.size(), 1u);  // the second one's variable is unset: dropped
    EXPECT_EQ(loaded->key.keystore, "/srv/op/.foundry/keystores/lp-hedger");
    ASSERT_TRUE(loaded->key.password);
    EXPECT_THAT(loaded->key.password->paths, ElementsAre("/run/secrets/keystore-password"));
    EXPECT_TRUE(require_live(*loaded));
    EXPECT_EQ(loaded->venues.size(), 2u);
}

TEST(ConfigLoad, TheSampleNamesEveryKeyOfTheTable) {
    const std::string text = slurp("config/outrigger.example.toml");
    for (const Field& f : fields()) {
        if (f.path.starts_with("chain.addresses.")) continue;
        EXPECT_THAT(text, HasSubstr(std::string(last_part(f.path)))) << f.path;
    }
}

TEST(ConfigLoad, TheSampleWritesDownTheDefaults) {
    // Everything that has a default may be deleted: the four lines give the sample's values for the first
    // position.
    const auto full = load(sample()), four = load(minimum());
    ASSERT_TRUE(full && four);
    for (const Effective& e : four->effective) {
        if (!e.path.starts_with("position.") || e.path.ends_with(".venues")) continue;
        const std::string same =
            "position.eth-usdc" + e.path.substr(std::string("position.v3-4471220").size());
        const auto it = std::find_if(full->effective.begin(), full->effective.end(),
                                     [&](const Effective& x) { return x.path == same; });
        ASSERT_NE(it, full->effective.end()) << same;
        EXPECT_EQ(it->value, e.value) << same;
    }
}

TEST(ConfigLoad, JsonIsTheSameConfiguration) {
    Sources s = minimum();
    s.name = "outrigger.json";
    s.text = R"({ // comments are read over
        "schema": 1, "chain": {"preset": "arbitrum", "rpc": [{"url": "http://n:8545", "timeout": "1500ms"}]},
        "defaults": {"thresholds": {"delta_band_ratio": "12%"}},
        "position": [{"name": "eth \u002d usdc", "uniswap_v3": 4471220}] })";
    EXPECT_THAT(only_error(s).what, HasSubstr("cannot be the name of a position"));
    s.text.replace(s.text.find("eth \\u002d usdc"), 15, "eth\\u002dusdc");
    const auto loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->positions[0].name, "eth-usdc");
    EXPECT_DOUBLE_EQ(loaded->positions[0].thresholds.delta_band_ratio.value(), 0.12);
    EXPECT_EQ(loaded->chain.rpc[0].timeout, 1500ms);
    EXPECT_EQ(loaded->origin_of("position.eth-usdc.thresholds.delta_band_ratio"),
              "outrigger.json:3 [defaults.thresholds]");
}

TEST(ConfigLoad, JsonErrorsHavePlaces) {
    Sources s = minimum();
    s.name = "o.json";
    s.text =
        "{\"schema\": 1,\n \"chain\": {\"preset\": \"arbitrum\", \"preset\": \"mainnet\", \"x\": 1},\n"
        " \"position\": [{\"uniswap_v3\": -5 }]}";
    const auto errors = errors_of(s);
    ASSERT_EQ(errors.size(), 3u) << render(errors);
    EXPECT_EQ(errors[0].where, "o.json:2:34");
    EXPECT_THAT(errors[0].what, HasSubstr("preset is given twice"));
    EXPECT_EQ(errors[1].where, "o.json:2:55");
    EXPECT_EQ(errors[2].where, "o.json:3:30");
    s.text = "{\"schema\": 1,\n  \"chain\": {\"preset\" \"arbitrum\"}}";
    EXPECT_THAT(only_error(s).where, HasSubstr("o.json:2:"));
    for (const char* text : {"", "[]", "1", "null", "{", "{\"a\":", "\"",
                             "{\"schema\": 99999999999999999999}", "{\"schema\": null}"}) {
        s.text = text;
        EXPECT_FALSE(errors_of(s).empty()) << text;
    }
    s.text = std::string(100'000, '[');
    EXPECT_THAT(only_error(s).what, HasSubstr("nested too deeply"));
}

TEST(ConfigLoad, YamlIsRefused) {
    Sources s = minimum();
    s.name = "outrigger.yaml";
    const ConfigError e = only_error(s);
    EXPECT_THAT(e.what, HasSubstr("YAML"));
    EXPECT_THAT(e.fix, HasSubstr("TOML"));
}

TEST(ConfigLoad, PathsBeginAtTheFile) {
    Sources s = minimum(
        "[key]\nkeystore_file = \"keys/a.json\"\npassword = \"${file:keys/pw}\"\n[storage]\ndatadir = "
        "\"~/d\"\n");
    s.directory = "/etc/outrigger";
    auto loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->key.keystore, "/etc/outrigger/keys/a.json");
    EXPECT_THAT(loaded->key.password->paths, ElementsAre("/etc/outrigger/keys/pw"));
    EXPECT_EQ(loaded->storage.datadir, "/srv/op/d");
    s.set = {"key.keystore_file=keys/b.json"};  // said on the command line: relative to where one stands
    loaded = load(s);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->key.keystore, "keys/b.json");
    s.environment.erase("HOME");
    EXPECT_THAT(only_error(s).what, HasSubstr("home directory"));
}

TEST(ConfigLoad, VariablesOfOtherTools) {
    Sources s = minimum();
    s.environment["ETH_KEYSTORE_ACCOUNT"] = "lp";
    s.environment["ETH_PASSWORD"] = "/pw";
    auto loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->key.keystore, "/srv/op/.foundry/keystores/lp");
    EXPECT_THAT(loaded->key.password->paths, ElementsAre("/pw"));
    EXPECT_EQ(loaded->origin_of("key.password_file"), "environment ETH_PASSWORD");
    s.environment["ETH_KEYSTORE"] = "/k.json";
    loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->key.keystore, "/k.json");
    s.text += "[key]\nkeystore_file = \"/mine.json\"\npassword_file = \"/mine.pw\"\n";
    loaded = load(s);
    ASSERT_TRUE(loaded) << render(loaded.error());
    EXPECT_EQ(loaded->key.keystore, "/mine.json");
    EXPECT_THAT(loaded->key.password->paths, ElementsAre("/mine.pw"));
}

TEST(ConfigLoad, DatadirByItsOwnVariables) {
    Sources s = minimum();
    s.environment["XDG_DATA_HOME"] = "/xdg";
    EXPECT_EQ(load(s)->storage.datadir, "/xdg/outrigger");
    s.environment["OUTRIGGER_DATADIR"] = "/data";
    EXPECT_EQ(load(s)->storage.datadir, "/data");
    EXPECT_EQ(load(s)->origin_of("storage.datadir"), "environment OUTRIGGER_DATADIR");
}

TEST(ConfigLoad, LiveNeedsWhatDryRunDoesNot) {
    const auto loaded = load(minimum());
    ASSERT_TRUE(loaded);
    const auto live = require_live(*loaded);
    ASSERT_FALSE(live);
    std::vector<std::string> keys;
    for (const auto& e : live.error()) keys.push_back(e.key);
    EXPECT_THAT(keys, ElementsAre("guard.max_tx_usd", "guard.max_hour_usd", "guard.max_day_usd",
                                  "key.keystore_file"));
    const auto read_only = load(minimum(
        "[[chain.rpc]]\nurl = \"http://n\"\nrole = \"read\"\n"
        "[guard]\nmax_tx_usd = 1\nmax_hour_usd = 2\nmax_day_usd = 3\n[key]\nkeystore_file = \"k\"\n"));
    ASSERT_TRUE(read_only) << render(read_only.error());
    const auto missing = require_live(*read_only);
    ASSERT_FALSE(missing);
    ASSERT_EQ(missing.error().size(), 2u);
    EXPECT_EQ(missing.error()[0].key, "key.password");
    EXPECT_EQ(missing.error()[1].key, "chain.rpc.role");
}

TEST(ConfigLoad, SecretsAreReadOnlyWhenAsked) {
    const SecretRef ref{"${cred:pw}", {"/creds/pw", "/run/secrets/pw"}};
    EXPECT_EQ(read_secret(ref, reader({{"/run/secrets/pw", "hunter2\r\n"}})).value(), "hunter2");
    EXPECT_EQ(read_secret(ref, reader({{"/creds/pw", "first"}, {"/run/secrets/pw", "second"}})).value(),
              "first");
    EXPECT_THAT(read_secret(ref, reader({})).error().what, HasSubstr("/creds/pw or /run/secrets/pw"));
    const SecretRef unreadable{"x", {"/a/forbidden"}};
    EXPECT_EQ(read_secret(unreadable, reader({})).error().code, Errc::key);
    EXPECT_THAT(read_secret(unreadable, reader({})).error().what, HasSubstr("permission denied"));
}

TEST(ConfigLoad, EndpointsAreShownWithoutTheirKeys) {
    EXPECT_EQ(redacted_url("https://arb.example/v2/secret"), "https://arb.example/...");
    EXPECT_EQ(redacted_url("https://arb.example/?key=secret"), "https://arb.example/...");
    EXPECT_EQ(redacted_url("https://arb.example?key=secret"), "https://arb.example/...");
    EXPECT_EQ(redacted_url("https://user:secret@arb.example:8545"), "https://...@arb.example:8545");
    EXPECT_EQ(redacted_url("http://127.0.0.1:8545/"), "http://127.0.0.1:8545/");
    EXPECT_EQ(redacted_url("secret"), "...");
    const auto loaded = load(minimum());
    ASSERT_TRUE(loaded);
    for (const Effective& e : loaded->effective)
        EXPECT_EQ(e.value.find("secret"), std::string::npos) << e.path;
}

}  // namespace
}  // namespace outrigger::config
