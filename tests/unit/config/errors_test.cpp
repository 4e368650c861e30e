// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/fields.hpp"
#include "tests/unit/config/support.hpp"

namespace outrigger::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// One spoiled line, what must be said about it, and where.
struct Spoiled {
    const char* text;  // appended to the minimum, from line 7 on
    const char* where;
    const char* what;
    const char* fix;
};
void PrintTo(const Spoiled& s, std::ostream* out) {
    *out << s.text;
}

class SpoiledLine : public ::testing::TestWithParam<Spoiled> {};

TEST_P(SpoiledLine, IsNamedWithPlaceAndFix) {
    const Spoiled& s = GetParam();
    const ConfigError e = only_error(minimum(s.text));
    EXPECT_EQ(e.where, s.where);
    EXPECT_THAT(e.what, HasSubstr(s.what));
    EXPECT_THAT(e.fix, HasSubstr(s.fix));
    EXPECT_FALSE(e.why.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Values, SpoiledLine,
    ::testing::Values(
        Spoiled{"[defaults.thresholds]\ndelta_band_ratio = 10", "outrigger.toml:8:20",
                "delta_band_ratio = 10 is 1,000 %; did you mean 0.10 (10 %)?", "delta_band_ratio = 0.10"},
        Spoiled{"[defaults.thresholds]\ndelta_band_ratio = 25.0", "outrigger.toml:8:20",
                "25 is 2,500 %; did you mean 0.25 (25 %)?", "0.25"},
        Spoiled{"[defaults.thresholds]\ndelta_band_ratio = 0.6", "outrigger.toml:8:20", "is 60 %", "0.10"},
        Spoiled{"[defaults.thresholds]\ndelta_band_ratio = \"60%\"", "outrigger.toml:8:20", "is 60 %",
                "0.10"},
        Spoiled{"[defaults.thresholds]\ndelta_band_ratio = \"10\"", "outrigger.toml:8:20", "where a ratio",
                "0.10"},
        Spoiled{"[defaults.thresholds]\ndelta_band_ratio = 0", "outrigger.toml:8:20",
                "delta_band_ratio = 0 is 0 %", "0.10"},
        Spoiled{"[defaults.thresholds]\ndelta_band_ratio = -0.1", "outrigger.toml:8:20", "out of range",
                "0.10"},
        Spoiled{"[defaults.thresholds]\ndelta_band_ratio = nan", "outrigger.toml:8:20", "out of range",
                "0.10"},
        Spoiled{"[defaults.thresholds]\ndelta_band_usd = inf", "outrigger.toml:8:18", "out of range", "150"},
        Spoiled{"[venues.aave]\nmax_borrow_apr = 25", "outrigger.toml:8:18", "is 2,500 %; did you mean 0.25",
                "0.25"},
        Spoiled{"[defaults.thresholds]\nrehedge_cooldown = 120", "outrigger.toml:8:20", "has no unit",
                "rehedge_cooldown = \"120s\""},
        Spoiled{"[defaults.thresholds]\nrehedge_cooldown = \"2 m\"", "outrigger.toml:8:20", "not a duration",
                "\"2m\""},
        Spoiled{"[defaults.thresholds]\nrehedge_cooldown = \"never\"", "outrigger.toml:8:20",
                "not a duration", "\"2m\""},
        Spoiled{"[defaults.thresholds]\nrehedge_cooldown = \"1500ms\"", "outrigger.toml:8:20",
                "whole number of seconds", "\"2m\""},
        Spoiled{"[defaults.thresholds]\nforce_after = \"1s\"", "outrigger.toml:8:15", "out of range",
                "\"24h\""},
        Spoiled{"[defaults.thresholds]\nforce_after = 2026-11-22", "outrigger.toml:8:15", "a date",
                "\"24h\""},
        Spoiled{"[defaults.limits]\nmax_gas_gwei = \"1.0\"", "outrigger.toml:8:16",
                "is text, where a number belongs", "max_gas_gwei = 1"},
        Spoiled{"[defaults.limits]\nmax_trades_per_day = 24.0", "outrigger.toml:8:22",
                "where a whole number belongs", "24"},
        Spoiled{"[defaults.limits]\nmax_trades_per_day = 0", "outrigger.toml:8:22", "out of range", "24"},
        Spoiled{"[defaults.limits]\nmax_slippage_bps = 5000", "outrigger.toml:8:20", "out of range", "30"},
        Spoiled{"[defaults.model]\nestimator = \"ledoit_wolf\"", "outrigger.toml:8:13",
                "did you mean \"ledoit-wolf\"?", "ledoit-wolf"},
        Spoiled{"[defaults.model]\nproxies = \"ETH\"", "outrigger.toml:8:11", "where a list belongs",
                "proxies = ["},
        Spoiled{"[defaults.model]\nproxies = [1]", "outrigger.toml:8:11", "where text in quotes belongs",
                "proxies"},
        Spoiled{"[defaults.model]\nproxies = [\"ETH\", \"ETH\"]", "outrigger.toml:8:11", "names ETH twice",
                "delete"},
        Spoiled{"[defaults.model]\nproxies = [\"WETH\"]", "outrigger.toml:8:11", "did you mean ETH?",
                "\"ETH\""},
        Spoiled{"[defaults]\nvenues = [\"aav\"]", "outrigger.toml:8:10",
                "there is no venue aav; did you mean aave?", "aave"},
        Spoiled{"[defaults]\nvenues = []", "outrigger.toml:8:10", "venues is empty", "enabled = false"},
        Spoiled{"[defaults]\nvenues = [\"perp\"]", "outrigger.toml:8:10",
                "perp-v2 is not deployed on arbitrum", "chain.addresses"},
        Spoiled{"[defaults]\nquote = \"EUR\"", "outrigger.toml:8:9", "is not known", "USDC"},
        Spoiled{"[log]\nlevel = \"verbose\"", "outrigger.toml:8:9", "is not known", "level = "},
        Spoiled{"[key]\npassword = \"hunter2\"", "outrigger.toml:8:12",
                "is a secret; it may not stand in the file", "${cred:keystore-password}"},
        Spoiled{"[key]\npassword = \"${KEY_PASSWORD}\"", "outrigger.toml:8:12", "comes from the environment",
                "${cred:"},
        Spoiled{"[key]\npassword = \"${cred:../x}\"", "outrigger.toml:8:12", "not the name of a credential",
                "${file:PATH}"},
        Spoiled{"[key]\nkeystore_file = \"\"", "outrigger.toml:8:17", "is empty", "delete"},
        Spoiled{
            "[chain.addresses]\nv3.npm = \"0xC36442b4a4522E871399CD717aBDD847Ab11FE89\"",
            "outrigger.toml:8:10",
            "checksum of 0xC36442b4a4522E871399CD717aBDD847Ab11FE89 does not match: one character is wrong",
            "copy"},
        Spoiled{"[chain.addresses]\nv3.npm = \"0x0000000000000000000000000000000000000000\"",
                "outrigger.toml:8:10", "zero address", "delete"},
        Spoiled{"[chain.addresses]\nv3.npm = \"0xC36442b4\"", "outrigger.toml:8:10", "is not an address",
                "copy"},
        Spoiled{"[[chain.rpc]]\nurl = \"ws://node\"", "outrigger.toml:8:7", "WebSocket", "https"},
        Spoiled{"[[chain.rpc]]\nurl = \"node:8545\"", "outrigger.toml:8:7", "not an http://", "ETH_RPC_URL"},
        Spoiled{"[[chain.rpc]]\nurl = \"https://arb.example/v2/\"", "outrigger.toml:8:7",
                "access key is missing", "whole endpoint"},
        Spoiled{"[[chain.rpc]]\nurl = \"http://n\"\nrole = \"write\"", "outrigger.toml:9:8", "is not known",
                "role"},
        Spoiled{"[[position]]\nuniswap_v3 = \"4471221\"", "outrigger.toml:8:14",
                "where a whole number belongs", "uniswap_v3"},
        Spoiled{"[[position]]\nuniswap_v3 = 0", "outrigger.toml:8:14", "out of range", "uniswap_v3"},
        Spoiled{"[[position]]\nuniswap_v3 = 7\nenabled = \"no\"", "outrigger.toml:9:11",
                "where true or false belongs", "enabled = true"},
        Spoiled{"[[position]]\nuniswap_v3 = 7\nname = \"eth/usdc\"", "outrigger.toml:9:8",
                "cannot be the name of a position", "rename"}));

INSTANTIATE_TEST_SUITE_P(
    Kinds, SpoiledLine,
    ::testing::Values(
        Spoiled{"[[position]]\nname = \"x\"\nuniswap_v3 = 7\nuniswap_v4 = 8", "outrigger.toml:10:14",
                "position x has both uniswap_v3 and uniswap_v4", "delete one"},
        Spoiled{"[[position]]\nname = \"x\"\npancake_v3 = 7\nsushi_v3 = 8", "outrigger.toml:9:14",
                "position x has both sushi_v3 and pancake_v3", "delete one"},
        Spoiled{"[[position]]\nname = \"x\"\nuniswap_v2 = \"0xa478c2975ab1ea89e8196811f51a7b7ade33eb11\"",
                "outrigger.toml:9:14", "position x has no owner", "owner = "},
        Spoiled{"[[position]]\nname = \"x\"\nuniswap_v2 = \"0x12\"", "outrigger.toml:9:14",
                "is not an address", "copy the address again"},
        Spoiled{"[[position]]\nuniswap_v4 = 7\nstaked_in = \"0xa478c2975ab1ea89e8196811f51a7b7ade33eb11\"",
                "outrigger.toml:9:13", "staked_in has no meaning for uniswap_v4", "delete the line"},
        Spoiled{"[[position]]\nuniswap_v3 = 7\nhooks_allowed = "
                "[\"0xa478c2975ab1ea89e8196811f51a7b7ade33eb11\"]",
                "outrigger.toml:9:17", "hooks_allowed has no meaning for uniswap_v3", "delete the line"},
        Spoiled{"[[position]]\nuniswap_v4 = 7\nhooks_allowed = [\"0x12\"]", "outrigger.toml:9:17",
                "is not an address", "copy the address again"},
        Spoiled{"[[position]]\nslipstream = 7", "outrigger.toml:8:14",
                "slipstream: Slipstream is not deployed on arbitrum", "slipstream.position_manager"}));

INSTANTIATE_TEST_SUITE_P(
    Keys, SpoiledLine,
    ::testing::Values(
        Spoiled{"[defaults.thresholds]\ndelta_band_ratoi = 0.1", "outrigger.toml:8:1",
                "did you mean delta_band_ratio?", "rename it"},
        Spoiled{"[defaults.tresholds]\ndelta_band_ratio = 0.1", "outrigger.toml:7:11",
                "unknown table defaults.tresholds; did you mean thresholds?", "rename it"},
        Spoiled{"[defaults]\nmax_gas_gwei = 1.0", "outrigger.toml:8:1", "unknown key defaults.max_gas_gwei",
                "[defaults.limits]"},
        Spoiled{"[http]\nlisten = \"127.0.0.1:8787\"", "outrigger.toml:7:2", "unknown table http",
                "docs/configuration.md"},
        Spoiled{"[profiles.x.thresholds]\nname = \"a\"", "outrigger.toml:8:1",
                "unknown key profiles.x.thresholds.name", ""},
        Spoiled{"[guard.max_tx_usd]\nx = 1", "outrigger.toml:7:1", "a table, where a number belongs",
                "max_tx_usd"},
        Spoiled{"[[position]]\nuniswap_v3 = 7\nlimits.max_gas_gwie = 1", "outrigger.toml:9:8",
                "did you mean max_gas_gwei?", "rename"},
        Spoiled{"[[position]]\nname = \"x\"", "outrigger.toml:7:1", "position x has no uniswap_v3",
                "uniswap_v3 = <NFT id>"},
        Spoiled{"[[position]]\nuniswap_v3 = 7\nprofile = \"tigth\"\n[profiles.tight]", "outrigger.toml:9:11",
                "there is no profile tigth; did you mean tight?", "tight"},
        Spoiled{"[[position]]\nuniswap_v3 = 4471220\nname = \"again\"", "outrigger.toml:8:14",
                "are the same Uniswap v3 NFT 4471220", "delete one"},
        Spoiled{"[[position]]\nuniswap_v3 = 7\nname = \"v3-4471220\"", "outrigger.toml:7:1",
                "two positions are named v3-4471220", "another name"},
        Spoiled{"[venues.other]\nmax_leverage = 2", "outrigger.toml", "venues.other has no kind", "kind = "},
        Spoiled{"[venues.aave]\nmax_leverage = 2", "outrigger.toml:8:16",
                "max_leverage has no meaning for a venue of kind aave-v3", "delete"},
        Spoiled{"[[chain.rpc]]\nrole = \"read\"", "outrigger.toml", "chain.rpc[0].url is missing", "url = "},
        Spoiled{"[key]\nkeystore_file = \"a\"\nkeystore_account = \"b\"", "outrigger.toml:9:20",
                "both key.keystore_file and key.keystore_account", "delete one"},
        Spoiled{"[key]\npassword = \"${cred:a}\"\npassword_file = \"b\"", "outrigger.toml:9:17",
                "both key.password and key.password_file", "delete one"}));

INSTANTIATE_TEST_SUITE_P(
    Relations, SpoiledLine,
    ::testing::Values(Spoiled{"[defaults.limits]\nmin_trade_usd = 20000", "outrigger.toml:8:17",
                              "min_trade_usd = 20000 is above max_trade_usd = 10000", "lower"},
                      Spoiled{"[defaults.limits]\nmax_gas_usd_per_day = 1", "outrigger.toml:8:23",
                              "max_gas_usd_per_tx = 2 is above", "raise"},
                      Spoiled{"[guard]\nmax_tx_usd = 9\nmax_day_usd = 8", "outrigger.toml:9:15",
                              "max_tx_usd = 9 is above max_day_usd = 8", "raise"},
                      Spoiled{"[venues.aave]\nhealth_factor_panic = 1.7", "outrigger.toml:8:23",
                              "is not below health_factor_floor = 1.6", "lower"},
                      Spoiled{"[venues.aave]\nhealth_factor_target = 1.5", "outrigger.toml:8:24",
                              "is not above health_factor_floor = 1.6", "raise"},
                      Spoiled{"[defaults.model]\nlookback = \"3d\"", "outrigger.toml:8:12",
                              "min_bars = 168 do not fit into the lookback of 72 bars", "lower min_bars"},
                      Spoiled{"[[position]]\nuniswap_v3 = 7\nmodel.bar = \"30m\"", "outrigger.toml:9:13",
                              "bar differs between v3-4471220 and v3-7", "once"}));

INSTANTIATE_TEST_SUITE_P(
    Syntax, SpoiledLine,
    ::testing::Values(
        Spoiled{"[log]\nlevel = \"info\"\nlevel = \"warn\"", "outrigger.toml:9:1", "level is given twice",
                "delete one"},
        Spoiled{"[log]\nlevel = \"info\"\n[log]\nformat = \"json\"", "outrigger.toml:9:1", "given twice",
                "delete one"},
        Spoiled{"[chain.addresses]\nv3.npm = 0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
                "outrigger.toml:8:52", "not TOML", "put the address in quotes"},
        Spoiled{"[log]\nlevel: info", "outrigger.toml:8:6", "not TOML", "key = value"},
        Spoiled{"[log]\nlevel = info", "outrigger.toml:8:12", "not TOML", "put the text in quotes"},
        Spoiled{"[defaults.limits]\nmax_gas_gwei = 1,5", "outrigger.toml:8:17", "not TOML", "no comma here"},
        Spoiled{"[log\nlevel = \"info\"", "outrigger.toml:7:5", "not TOML", "example"}));

TEST(ConfigErrors, AreListedAllAtOnceInTheOrderOfTheFile) {
    Sources s = minimum(
        "[defaults.thresholds]\ndelta_band_ratio = 10\nrehedge_cooldown = 5\n[log]\nlevle = \"info\"\n"
        "format = \"xml\"\n[guard]\nmax_tx_usd = -1\n");
    s.environment["OUTRIGGER__LOG__LEVLE"] = "info";
    s.set = {"log.format"};
    const auto errors = errors_of(s);
    ASSERT_EQ(errors.size(), 7u) << render(errors);
    EXPECT_EQ(errors[0].line, 8);
    EXPECT_EQ(errors[1].line, 9);
    EXPECT_EQ(errors[2].line, 11);
    EXPECT_EQ(errors[3].line, 12);
    EXPECT_EQ(errors[4].line, 14);
    EXPECT_EQ(errors[5].where, "environment OUTRIGGER__LOG__LEVLE");
    EXPECT_EQ(errors[6].where, "--set log.format");
    const std::string text = render(errors);
    EXPECT_THAT(text, AllOf(HasSubstr("7 errors"), HasSubstr("  where  outrigger.toml:8:20\n"),
                            HasSubstr("  why    "), HasSubstr("  fix    ")));
}

TEST(ConfigErrors, SyntaxErrorsDoNotHideTheOthers) {
    const auto errors = errors_of(
        minimum("[log]\nlevel = info\nformat = json\n[defaults.thresholds]\ndelta_band_ratio = 10\n"));
    ASSERT_EQ(errors.size(), 3u) << render(errors);
    EXPECT_EQ(errors[0].line, 8);
    EXPECT_EQ(errors[1].line, 9);
    EXPECT_EQ(errors[2].line, 11);
}

TEST(ConfigErrors, TheFirstOfTwoIsNamed) {
    EXPECT_THAT(only_error(minimum("[log]\nlevel = \"info\"\nformat = \"text\"\nlevel = \"warn\"")).why,
                HasSubstr("line 8"));
}

TEST(ConfigErrors, EachRequiredLineDropped) {
    EXPECT_THAT(only_error(with_text("chain.preset = \"arbitrum\"\n[[position]]\nuniswap_v3 = 1\n")).what,
                HasSubstr("schema is missing"));
    EXPECT_THAT(only_error(with_text("schema = 1\n[[position]]\nuniswap_v3 = 1\n")).what,
                HasSubstr("chain.preset is missing"));
    EXPECT_THAT(only_error(with_text("schema = 1\nchain.preset = \"arbitrum\"\n")).what,
                HasSubstr("there is no position"));
    EXPECT_EQ(errors_of(with_text("")).size(), 3u);
    Sources s = minimum();
    s.environment.erase("ETH_RPC_URL");
    const ConfigError e = only_error(s);
    EXPECT_THAT(e.what, HasSubstr("no node"));
    EXPECT_THAT(e.fix, HasSubstr("export ETH_RPC_URL="));
}

TEST(ConfigErrors, SecretsAreNeverShown) {
    for (const char* line : {"password = \"hunter2\"", "password = 'hunter2", "password = hunter2",
                             "password = [\"hunter2\"]", "passwort = \"hunter2\"", "password = 4815162342",
                             "password = \"hunter2\"\npassword = \"hunter2\""}) {
        const auto errors = errors_of(minimum(std::string("[key]\n") + line + "\n"));
        ASSERT_FALSE(errors.empty()) << line;
        EXPECT_EQ(render(errors).find("hunter2"), std::string::npos) << render(errors);
        EXPECT_EQ(render(errors).find("4815162342"), std::string::npos) << render(errors);
    }
    Sources s = minimum();
    s.environment["OUTRIGGER__KEY__PASSWORD"] = "hunter2";
    s.environment["ETH_RPC_URL"] = "wss://node/hunter2";
    s.set = {"key.password=hunter2"};
    EXPECT_EQ(errors_of(s).size(), 3u);
    EXPECT_EQ(render(errors_of(s)).find("hunter2"), std::string::npos) << render(errors_of(s));
}

TEST(ConfigErrors, DisabledPositionsNeedNoVenue) {
    EXPECT_TRUE(load(minimum("enabled = false\nvenues = []\n")));
    EXPECT_TRUE(load(minimum("enabled = false\nvenues = [\"perp\"]\n")));
}

TEST(ConfigErrors, KeystoreAccountIsAName) {
    EXPECT_THAT(only_error(minimum("[key]\nkeystore_account = \"../x\"\n")).what, HasSubstr("is not a name"));
    Sources s = minimum("[key]\nkeystore_account = \"x\"\n[storage]\ndatadir = \"/d\"\n");
    s.environment.erase("HOME");
    EXPECT_THAT(only_error(s).why, HasSubstr("HOME is not set"));
}

TEST(ConfigErrors, SchemaOfAnotherVersion) {
    EXPECT_THAT(
        only_error(with_text("schema = 2\nchain.preset = \"arbitrum\"\n[[position]]\nuniswap_v3 = 1\n")).why,
        HasSubstr("only 1 is known"));
}

TEST(ConfigErrors, MistypedPreset) {
    EXPECT_THAT(
        only_error(with_text("schema = 1\nchain.preset = \"seplia\"\n[[position]]\nuniswap_v3 = 1\n")).what,
        HasSubstr("did you mean \"sepolia\"?"));
}

TEST(ConfigErrors, WrongShapes) {
    const char* head = "schema = 1\nchain.preset = \"arbitrum\"\n";
    EXPECT_THAT(only_error(with_text(std::string(head) + "[position]\nuniswap_v3 = 1\n")).fix,
                HasSubstr("[[position]]"));
    EXPECT_THAT(only_error(with_text(std::string(head) + "position = [1]\n")).fix, HasSubstr("[[position]]"));
    EXPECT_THAT(only_error(with_text("schema = 1\nchain = 5\n[[position]]\nuniswap_v3 = 1\n")).what,
                HasSubstr("chain is a whole number"));
    EXPECT_THAT(only_error(with_text(std::string(head) +
                                     "[chain.rpc]\nurl = \"http://n\"\n[[position]]\nuniswap_v3 = 1\n"))
                    .fix,
                HasSubstr("[[chain.rpc]]"));
    EXPECT_THAT(only_error(minimum("[venues]\naave = \"x\"\n")).what, HasSubstr("where a table belongs"));
    EXPECT_THAT(
        only_error(with_text(std::string(head) + "defaults = 1\n[[position]]\nuniswap_v3 = 1\n")).what,
        HasSubstr("where a table belongs"));
}

// Every key of the table, each spoiled in the ways that any key can be.
struct Line {
    std::string header;
    std::string key;
};

Line line_of(const Field& f) {
    const std::string path(f.path);
    switch (f.section) {
        case Section::root: {
            const auto dot = path.find('.');
            return dot == std::string::npos ? Line{"", path}
                                            : Line{"[" + path.substr(0, dot) + "]", path.substr(dot + 1)};
        }
        case Section::rpc: return {"[[chain.rpc]]", path};
        case Section::defaults:
        case Section::policy: return {"[defaults]", path};
        case Section::position: return {"[[position]]", path};
        case Section::venue: return {"[venues.x]", path};
    }
    return {};
}

class EveryKey : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EveryKey, MistypedWrongAndTwice) {
    const Field& f = fields()[GetParam()];
    const Line line = line_of(f);
    const std::string header = line.header, key = line.key;
    const auto at_line_3 = [&](const std::string& spoiled) {
        const auto errors =
            errors_of(with_text("\n" + (header.empty() ? "# " : header) + "\n" + spoiled + "\n"));
        return std::any_of(errors.begin(), errors.end(), [](const ConfigError& e) {
            return e.line == 3 && e.column >= 1 && e.where.starts_with("outrigger.toml:3:") &&
                   !e.what.empty() && !e.why.empty() && !e.fix.empty();
        });
    };
    EXPECT_TRUE(at_line_3(key + "x = 1")) << key << " mistyped";
    EXPECT_TRUE(at_line_3(key + " = 1979-05-27")) << key << " a date";
    EXPECT_TRUE(at_line_3(key + " = {}")) << key << " a table";
    EXPECT_TRUE(at_line_3(key + " = [[1]]")) << key << " a list of lists";
    EXPECT_TRUE(at_line_3(key + " = -1e300")) << key << " far out of range";
    EXPECT_TRUE(at_line_3(key + " = \"\\u0000${\"")) << key << " nonsense";
    const auto twice = errors_of(
        with_text("\n" + (header.empty() ? "# " : header) + "\n" + key + " = 1\n" + key + " = 1\n"));
    EXPECT_TRUE(std::any_of(
        twice.begin(), twice.end(),
        [](const ConfigError& e) { return e.line == 4 && e.what.find("given twice") != std::string::npos; }))
        << key << render(twice);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryKey, ::testing::Range(std::size_t{0}, fields().size()),
                         [](const auto& run) {
                             std::string name;
                             for (const char c : std::string(fields()[run.param].path))
                                 name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                             return name + "_" + std::to_string(run.param);
                         });

}  // namespace
}  // namespace outrigger::config
