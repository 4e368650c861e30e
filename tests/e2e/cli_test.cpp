// SPDX-License-Identifier: Apache-2.0
// The program as its user meets it: exit codes, messages, what goes where. Every message names what failed
// and the fix.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/world.hpp"
#include "tests/faultproxy/fault_proxy.hpp"
#include "tests/support/process.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::Finished;
using test::World;

const std::string kProgram = OUTRIGGER_BINARY_DIR "/outrigger";

Finished outrigger(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {},
                   const std::string& directory = "") {
    std::vector<std::string> command{kProgram};
    command.insert(command.end(), arguments.begin(), arguments.end());
    environment.emplace("OUTRIGGER_DEVNET", OUTRIGGER_SOURCE_DIR "/devnet");
    const auto done =
        test::run_command({command, std::move(environment), directory}, std::chrono::seconds(120));
    EXPECT_TRUE(done) << "did not end: " << arguments.front();
    return done.value_or(Finished{-1, "", ""});
}

void expect_message(const Finished& done, int code, const std::vector<std::string>& words) {
    EXPECT_EQ(done.code, code) << done.err;
    for (const auto& word : words)
        EXPECT_NE(done.err.find(word), std::string::npos) << "no '" << word << "' in:\n" << done.err;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Cli, OverviewHelpAndVersionGoToStdout) {
    for (const auto& arguments : {std::vector<std::string>{},
                                  {"--help"},
                                  {"run", "--help"},
                                  {"check", "--help"},
                                  {"status", "--help"},
                                  {"explain", "--help"},
                                  {"positions", "--help"},
                                  {"demo", "--help"},
                                  {"devnet", "--help"},
                                  {"version"}}) {
        const auto done = outrigger(arguments);
        EXPECT_EQ(done.code, 0);
        EXPECT_FALSE(done.out.empty());
        EXPECT_TRUE(done.err.empty()) << done.err;
    }
    EXPECT_EQ(json::parse(outrigger({"version", "--json"}).out).at("schema"), 1);
}

TEST(Cli, MisspeltVerbSuggestsTheNearest) {
    expect_message(outrigger({"chekc"}), 2, {"chekc", "outrigger check"});
}
TEST(Cli, UnknownFlagIsUsage) {
    expect_message(outrigger({"run", "--leverage"}), 2, {"--leverage"});
}

TEST(Cli, NoConfigurationSaysWhereItLookedAndWhatToDo) {
    const test::TemporaryDirectory empty;
    const auto done = outrigger({"check"}, {{"XDG_CONFIG_HOME", empty.path()}}, empty.path());
    expect_message(done, 3, {"no configuration file", "outrigger.toml", "outrigger demo"});
}

TEST(Cli, JsonErrorsAreOneDocumentOnStdout) {
    const test::TemporaryDirectory empty;
    const auto done = outrigger({"check", "--json"}, {{"XDG_CONFIG_HOME", empty.path()}}, empty.path());
    const auto document = json::parse(done.out);
    EXPECT_EQ(document.at("error").at("exit"), 3);
    EXPECT_EQ(document.at("error").at("code"), "config.missing");
}

class CliWithWorld : public ::testing::Test {
  protected:
    Finished with(const std::string& text, std::vector<std::string> arguments) {
        world.write_config(text);
        arguments.insert(arguments.begin() + 1, {"-c", world.config_file()});
        return outrigger(arguments);
    }
    void expect_nothing_sent() {
        const auto count =
            world.devnet().rpc("eth_getTransactionCount",
                               json::array({world.devnet().world().at("accounts").at("keeper"), "latest"}));
        EXPECT_EQ(count.value(), "0x0");
    }
    std::string confirmation() { return "devnet:79c8"; }
    World world;
};

TEST_F(CliWithWorld, WrongConfigurationIsOneClearMessageAndExit3) {
    const std::string good = world.config_text();
    expect_message(with(replaced(good, "max_slippage_bps = 60", "max_slipage_bps = 60"), {"check"}), 3,
                   {"max_slipage_bps", "max_slippage_bps", "outrigger.toml"});
    expect_message(with(replaced(good, "delta_band_ratio = 0.10", "delta_band_ratio = 10"), {"check"}), 3,
                   {"delta_band_ratio = 10 is 1,000 %", "0.10"});
    expect_message(with(replaced(good, "rehedge_cooldown = \"2m\"", "rehedge_cooldown = 120"), {"check"}), 3,
                   {"rehedge_cooldown"});
    expect_message(
        with(good + "\n[chain.addresses]\n\"v3.npm\" = \"0x52908400098527886E0F7030069857D2E4169Ee7\"\n",
             {"check"}),
        3, {"checksum"});
    expect_message(with(good + "\nthis is not toml", {"check"}), 3, {"outrigger.toml:"});
    expect_nothing_sent();
}

TEST_F(CliWithWorld, WrongChainIdIsExit3) {
    ASSERT_TRUE(world.devnet().rpc("anvil_setChainId", json::array({1})));
    const auto done = with(world.config_text(), {"run", "--rounds", "1"});
    expect_message(done, 3, {"chain", "31337"});
    expect_nothing_sent();
}

TEST_F(CliWithWorld, MissingKeystoreAndWrongPasswordAreExit4) {
    const std::string good = world.config_text();
    const auto keystore = world.devnet().world().at("keystores").at("cast").get<std::string>();
    expect_message(with(replaced(good, keystore, world.directory() + "/nowhere"),
                        {"run", "--live", "--confirm", confirmation()}),
                   4, {"nowhere", "key.keystore_file"});
    const auto keeper = world.devnet().world().at("accounts").at("keeper").get<std::string>();
    const auto lender = world.devnet().world().at("accounts").at("lender").get<std::string>();
    expect_message(with(replaced(good, keeper, lender), {"run", "--live", "--confirm", confirmation()}), 4,
                   {"another account", lender});
    const std::string wrong = world.directory() + "/wrong-password";
    std::ofstream(wrong) << "not it\n";
    std::filesystem::permissions(wrong,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto password = world.devnet().world().at("keystores").at("password_file").get<std::string>();
    expect_message(with(replaced(good, password, wrong), {"run", "--live", "--confirm", confirmation()}), 4,
                   {"wrong password"});
    std::filesystem::permissions(wrong, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    expect_message(with(replaced(good, password, wrong), {"run", "--live", "--confirm", confirmation()}), 4,
                   {"chmod 600"});
    expect_nothing_sent();
}

TEST_F(CliWithWorld, NoNodeAndDeadNodeAreExit5) {
    const std::string good = world.config_text();
    expect_message(with(replaced(good, "url = \"" + world.devnet().rpc_url(), "url = \"http://127.0.0.1:1"),
                        {"run", "--rounds", "1"}),
                   5, {"no RPC endpoint answers", "ETH_RPC_URL"});
    world.devnet().suspend_node();  // hangs: accepts, never answers
    auto slow = replaced(good, "[[chain.rpc]]", "[[chain.rpc]]\ntimeout = \"1s\"");
    expect_message(with(slow, {"run", "--rounds", "1"}), 5, {"no RPC endpoint answers"});
    world.devnet().resume_node();
    expect_nothing_sent();
}

TEST_F(CliWithWorld, NoSuchPositionIsExit6) {
    expect_message(with(replaced(world.config_text(), "uniswap_v3 = 4", "uniswap_v3 = 4000"), {"check"}), 6,
                   {"4000"});
}

TEST_F(CliWithWorld, PositionsSaysWhatEachHoldsAndWhereItsRangeEnds) {
    const auto text = with(world.config_text(), {"positions", "--volatility", "80%"});
    EXPECT_EQ(text.code, 0) << text.err;
    for (const char* words :
         {"eth-usdc · Uniswap v3 NFT 4 · fee 0.05 %", "in range 2,898.66–3,401.58 USDC per WETH",
          "left below 2,898.66 (-8.05 %)", "fees        none uncollected", "gamma       -0.0122",
          "as given with --volatility", "--entry-price eth-usdc=PRICE"})
        EXPECT_NE(text.out.find(words), std::string::npos) << words << " is not in:\n" << text.out;

    const auto done = with(world.config_text(), {"positions", "--json", "--entry-price", "eth-usdc=2500"});
    EXPECT_EQ(done.code, 0) << done.err;
    const auto document = json::parse(done.out);
    EXPECT_EQ(document.at("schema"), 1);
    const auto& eth = document.at("positions").at(0);
    EXPECT_EQ(eth.at("name"), "eth-usdc");
    EXPECT_EQ(eth.at("state"), "open");
    EXPECT_EQ(eth.at("owner"), world.devnet().world().at("accounts").at("lp"));
    EXPECT_NEAR(eth.at("value_usd").get<double>(), 19'020, 1);
    EXPECT_NEAR(eth.at("price").at("now").get<double>(), 3152.40, 0.01);
    EXPECT_LT(eth.at("divergence").at("ratio").get<double>(), 0);
    EXPECT_GT(eth.at("lvr_usd_per_day").get<double>(), 0);  // from the feeds' history
    EXPECT_TRUE(document.at("positions").at(1).at("divergence").is_null());
    double delta = 0;
    for (const auto& token : eth.at("tokens")) delta += token.at("delta_usd").get<double>();
    EXPECT_NEAR(delta, eth.at("value_usd").get<double>(), 1e-6);  // methods A.1: the deltas are the tokens

    // Once a keeper has seen them, the entry is known without being told.
    EXPECT_EQ(with(world.config_text(), {"run", "--rounds", "1"}).code, 0);
    world.post("/price", {{"WETH", 3000.0}, {"seconds", 300}});
    const auto later =
        json::parse(with(world.config_text(), {"positions", "--json"}).out).at("positions").at(0);
    EXPECT_NEAR(later.at("divergence").at("entry_price").get<double>(), 3152.40, 0.01);
    EXPECT_LT(later.at("divergence").at("usd").get<double>(), 0);
    EXPECT_NE(later.at("divergence").at("from").get<std::string>().find("first saw"), std::string::npos);

    expect_message(with(world.config_text(), {"positions", "--volatility", "-1"}), 2, {"--volatility"});
    expect_message(with(world.config_text(), {"positions", "--entry-price", "eth-usdc"}), 2,
                   {"--entry-price"});
    expect_nothing_sent();
}

TEST_F(CliWithWorld, V2AndV4PositionsStandBesideTheOthers) {
    const auto& about = world.devnet().world();
    const auto text = world.config_text() + "\n[[position]]\nname = \"pair\"\nuniswap_v2 = \"" +
                      about.at("addresses").at("v2.pair.WETH-USDC").get<std::string>() + "\"\nowner = \"" +
                      about.at("accounts").at("lp").get<std::string>() +
                      "\"\n[[position]]\nname = \"ether\"\nuniswap_v4 = " +
                      std::to_string(about.at("positions_v4").at("eth-usdc").get<int>()) + "\n";
    const auto check = with(text, {"check"});
    EXPECT_EQ(check.code, 0) << check.err << check.out;
    for (const char* words :
         {"ok    pair        Uniswap v2 pair 0x", "$20,000.00 · in range at every price, now 3,152.40",
          "ok    ether       Uniswap v4 NFT ", "$12,000.00 · in range 2,841.27–3,463.36 USDC per "})
        EXPECT_NE(check.out.find(words), std::string::npos) << words << " is not in:\n" << check.out;
    const auto positions = json::parse(with(text, {"positions", "--json"}).out).at("positions");
    ASSERT_EQ(positions.size(), 4U);
    EXPECT_TRUE(positions[2].at("price").at("lower").is_null());
    // A pair's loss to arbitrage is an eighth of the variance, whatever its price (methods A.2).
    const double volatility = positions[2].at("volatility_per_year");
    EXPECT_NEAR(positions[2].at("lvr_usd_per_day").get<double>(),
                positions[2].at("value_usd").get<double>() * volatility * volatility / 365 / 8, 1e-6);
    EXPECT_EQ(positions[3].at("tokens").at(0).at("decimals"), 18);  // the native currency
    const auto run = with(text, {"run", "--rounds", "1", "--json"});
    EXPECT_EQ(run.code, 0) << run.err;
    for (const auto& position : json::parse(run.out).at("decision").at("positions"))
        EXPECT_TRUE(position.at("known").get<bool>()) << position;
    expect_nothing_sent();
}

TEST_F(CliWithWorld, AnotherAccountsPositionIsSaidToBe) {
    const auto& accounts = world.devnet().world().at("accounts");
    const auto text =
        replaced(world.config_text(), "uniswap_v3 = 4",
                 "owner = \"" + accounts.at("trader").get<std::string>() + "\"\nuniswap_v3 = 4");
    const std::string words = "transferred: it belongs to " + accounts.at("lp").get<std::string>() + " now";
    const auto check = with(text, {"check"});
    EXPECT_EQ(check.code, 0) << check.err;
    EXPECT_NE(check.out.find("warn  eth-usdc    Uniswap v3 NFT 4 · fee 0.05 % · " + words), std::string::npos)
        << check.out;
    const auto positions = with(text, {"positions"});
    EXPECT_EQ(positions.code, 0) << positions.err;
    EXPECT_NE(positions.out.find(words), std::string::npos) << positions.out;
    const auto document = json::parse(with(text, {"positions", "--json"}).out).at("positions").at(0);
    EXPECT_EQ(document.at("state"), "transferred");
    EXPECT_EQ(document.at("owner"), accounts.at("lp"));
    EXPECT_EQ(document.at("liquidity"), "0");  // of ours
}

TEST_F(CliWithWorld, PositionsOfAnAccountNeedNoConfiguration) {
    const auto lp = world.devnet().world().at("accounts").at("lp").get<std::string>();
    // A network that does not know ARB: the token is then told by what its contract says of itself.
    json network = json::parse(std::ifstream(world.devnet().world_path()));
    const auto arb = network.at("addresses").at("tokens.ARB").get<std::string>();
    network.at("addresses").erase("tokens.ARB");
    network.at("addresses").erase("feeds.ARB");
    const std::string file = world.directory() + "/without-arb.json";
    std::ofstream(file) << network.dump();
    const test::TemporaryDirectory empty;
    const auto ask = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"positions",
                                           "--set",
                                           "chain.preset=devnet",
                                           "--set",
                                           "chain.world=" + file,
                                           "--set",
                                           "chain.rpc[0].url=" + world.devnet().rpc_url()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return outrigger(arguments, {{"XDG_CONFIG_HOME", empty.path()}}, empty.path());
    };
    const auto done = ask({"--owner", lp, "--json"});
    EXPECT_EQ(done.code, 0) << done.err;
    const auto found = json::parse(done.out).at("positions");
    ASSERT_EQ(found.size(), 4U);
    // Of Uniswap v4 there is no list: it was found in the logs of its position manager.
    EXPECT_EQ(found[3].at("reference").at("id"),
              std::to_string(world.devnet().world().at("positions_v4").at("eth-usdc").get<int>()));
    EXPECT_NEAR(found[3].at("value_usd").get<double>(), 12'000, 60);
    EXPECT_EQ(
        found[2].at("reference").at("pair"),
        checksum_address(*parse_address(network.at("addresses").at("v2.pair.WETH-USDC").get<std::string>())));
    EXPECT_NEAR(found[2].at("value_usd").get<double>(), 20'000, 1);
    EXPECT_EQ(found[0].at("reference").at("id"),
              std::to_string(world.devnet().world().at("positions").at("eth-usdc").get<int>()));
    EXPECT_NEAR(found[0].at("value_usd").get<double>(), 19'020, 1);
    EXPECT_TRUE(found[1].at("value_usd").is_null());
    const auto name = "ARB (" + arb.substr(0, 6) + "…" + arb.substr(arb.size() - 4) + ")";
    EXPECT_EQ(found[1].at("unpriced"), name + " has no price feed on devnet");
    bool named = false;
    for (const auto& token : found[1].at("tokens")) {
        named = named || token.at("symbol") == name;
        EXPECT_GT(token.at("principal").get<double>(), 0);
        EXPECT_TRUE(token.at("delta_usd").is_null());
    }
    EXPECT_TRUE(named);
    const auto nobody = ask({"--owner", "0x0000000000000000000000000000000000000009"});
    EXPECT_EQ(nobody.code, 0) << nobody.err;
    EXPECT_NE(nobody.err.find("owns no position"), std::string::npos) << nobody.err;
    expect_message(ask({"--owner", "0x12"}), 2, {"--owner 0x12", "address"});
    expect_message(outrigger({"positions", "--owner", lp}, {{"XDG_CONFIG_HOME", empty.path()}}, empty.path()),
                   3, {"chain.preset", "--set chain.preset="});
}

TEST_F(CliWithWorld, LiveNeedsTheExactConfirmation) {
    const std::string good = world.config_text();
    expect_message(with(good, {"run", "--live"}), 2, {"--confirm " + confirmation()});
    expect_message(with(good, {"run", "--live", "--confirm", "devnet:0000"}), 2,
                   {"--confirm " + confirmation()});
    expect_message(with(good, {"run", "--confirm", confirmation()}), 2, {"--live"});
    expect_message(
        with(replaced(good, "max_day_usd = 5000000.0", ""), {"run", "--live", "--confirm", confirmation()}),
        3, {"max_day_usd"});
    expect_nothing_sent();
}

TEST_F(CliWithWorld, CheckMeasuresTheEndpointUnlessItIsToBeQuick) {
    const auto text = world.config_text();
    const auto check = with(text, {"check"});
    EXPECT_EQ(check.code, 0) << check.err << check.out;
    for (const char* words :
         {"anvil", "batches of 1000", "is used for reading, history and logs (first choice)"})
        EXPECT_NE(check.out.find(words), std::string::npos) << words << " is not in:\n" << check.out;
    const auto quick = with(text, {"check", "--quick"});
    EXPECT_EQ(quick.code, 0) << quick.err;
    EXPECT_EQ(quick.out.find("batches of"), std::string::npos) << quick.out;
    const auto endpoints = json::parse(with(text, {"check", "--json"}).out).at("endpoints");
    ASSERT_EQ(endpoints.size(), 1U);
    EXPECT_EQ(endpoints[0].at("batch"), 1000);
    EXPECT_EQ(endpoints[0].at("key"), "chain.rpc[0]");
    EXPECT_TRUE(endpoints[0].at("unknown").empty()) << endpoints[0].dump();
    EXPECT_TRUE(json::parse(with(text, {"check", "--json", "--quick"}).out).at("endpoints").empty());
}

TEST_F(CliWithWorld, CheckFailsForAnEndpointThatDoesNotOfferWhatItsRoleNeeds) {
    test::FaultProxy proxy{world.devnet().rpc_url()};
    proxy.set([](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (asked.is_object() && asked.value("method", "") == "eth_sendRawTransaction")
            answered = {{"jsonrpc", "2.0"},
                        {"id", asked.at("id")},
                        {"error", {{"code", -32601}, {"message", "Method not found"}}}};
        return std::nullopt;
    });
    const auto first = world.config_text();
    const std::string second = "\n[[chain.rpc]]\nurl = \"" + proxy.url() + "/v2/secret\"\n";
    const auto check = with(first + second, {"check"});
    EXPECT_EQ(check.code, 5) << check.out;
    for (const char* words :
         {"does not offer eth_sendRawTransaction", "chain.rpc[1].url", "chain.rpc[1].role"})
        EXPECT_NE(check.out.find(words), std::string::npos) << words << " is not in:\n" << check.out;
    EXPECT_EQ((check.out + check.err).find("secret"), std::string::npos) << "only the host is shown";
    const auto only_read = with(first + second + "role = \"read\"\n", {"check"});
    EXPECT_EQ(only_read.code, 0) << only_read.out;
}

TEST_F(CliWithWorld, ADryRunNeedsNeitherKeyNorAccount) {
    const std::string good = world.config_text();
    const auto from = good.find("[key]");
    const auto to = good.find("[defaults.thresholds]");
    ASSERT_LT(from, to);
    const std::string keyless = good.substr(0, from) + good.substr(to);
    EXPECT_EQ(with(keyless, {"check"}).code, 0);
    const auto done = with(keyless, {"run", "--rounds", "1", "--json"});
    EXPECT_EQ(done.code, 0) << done.err;
    const auto round = json::parse(done.out);
    EXPECT_EQ(round.at("mode"), "DRY-RUN");
    for (const auto& position : round.at("decision").at("positions"))
        EXPECT_EQ(position.at("action"), "adjust");
    // Nobody's account holds no collateral: the wish is booked, and what it would take is said.
    EXPECT_EQ(round.at("acted").at("what"), "refused");
    EXPECT_NE(round.at("acted").at("reason").get<std::string>().find("fund the account"), std::string::npos);
    expect_nothing_sent();
}

TEST_F(CliWithWorld, CheckRunStatusExplainKeepTheOutputContract) {
    const std::vector<std::string> config{"-c", world.config_file()};
    const auto check = outrigger({"check", "-c", world.config_file(), "--json"});
    EXPECT_EQ(check.code, 0) << check.err << check.out;
    EXPECT_TRUE(json::parse(check.out).at("ready").get<bool>());
    EXPECT_EQ(outrigger({"check", "-c", world.config_file(), "--offline"}).code, 0);

    expect_message(outrigger({"status", "-c", world.config_file()}), 9,
                   {"no keeper has run", "outrigger run"});
    const auto live = outrigger(
        {"run", "-c", world.config_file(), "--live", "--confirm", confirmation(), "--rounds", "9", "--json"});
    EXPECT_EQ(live.code, 0) << live.err;
    std::istringstream lines(live.out);
    int documents = 0;
    int sent = 0;
    for (std::string line; std::getline(lines, line); ++documents) {
        const auto document = json::parse(line);
        EXPECT_EQ(document.at("schema"), 1);
        EXPECT_EQ(document.at("mode"), "LIVE");
        EXPECT_EQ(document.at("chain_id"), 31337);
        sent += document.at("acted").at("what") == "sent" ? 1 : 0;
    }
    EXPECT_GT(documents, 3);
    EXPECT_GT(sent, 2);
    const auto status = json::parse(outrigger({"status", "-c", world.config_file(), "--json"}).out);
    EXPECT_EQ(status.at("mode"), "LIVE");
    EXPECT_EQ(status.at("transactions").at("failed"), 0);
    EXPECT_GT(status.at("transactions").at("verified").get<int>(), 2);
    const auto explain =
        json::parse(outrigger({"explain", "eth-usdc", "-c", world.config_file(), "--json"}).out);
    EXPECT_EQ(explain.at("positions").at(0).at("name"), "eth-usdc");
    const auto text = outrigger({"explain", "eth-usdc", "-c", world.config_file()});
    EXPECT_NE(text.out.find("it would hedge if"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("decided here"), std::string::npos) << text.out;
    expect_message(outrigger({"explain", "nobody", "-c", world.config_file()}), 2, {"nobody"});
    EXPECT_NE(outrigger({"status", "-c", world.config_file()}).out.find("verified on chain"),
              std::string::npos);
}

TEST_F(CliWithWorld, PauseHoldsAcrossRunsAndResumeGoesOn) {
    const auto verb = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"-c", world.config_file()});
        return outrigger(words);
    };
    const auto live = [&] {
        const auto done = verb({"run", "--live", "--confirm", confirmation(), "--rounds", "1", "--json"});
        EXPECT_EQ(done.code, 0) << done.err;
        world.post("/mine", {{"blocks", 1}, {"interval", 12}});
        return json::parse(done.out).at("acted").at("what").get<std::string>();
    };
    expect_message(verb({"pause", "nobody"}), 2, {"nobody", "eth-usdc"});
    EXPECT_EQ(verb({"pause", "--reason", "moving the range"}).code, 0);
    EXPECT_EQ(live(), "nothing");
    expect_nothing_sent();
    EXPECT_NE(verb({"explain", "eth-usdc"}).out.find("paused: moving the range"), std::string::npos);
    EXPECT_EQ(verb({"pause", "arb-usdc"}).code, 0);
    const auto resumed = verb({"resume"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(live(), "sent") << "eth-usdc goes on, arb-usdc is still paused";
    EXPECT_NE(verb({"explain", "arb-usdc"}).out.find("paused"), std::string::npos);
    EXPECT_FALSE(json::parse(verb({"resume", "arb-usdc", "--json"}).out).at("paused").get<bool>());
    EXPECT_NE(verb({"resume", "arb-usdc"}).out.find("not paused"), std::string::npos);
}

TEST_F(CliWithWorld, StressTakesThePortfolioAsItStands) {
    const auto run =
        outrigger({"stress", "--now", "-c", world.config_file(), "--json", "--correlation", "ETH:ARB=-0.9"});
    ASSERT_EQ(run.code, 0) << run.err;
    const auto groups = json::parse(run.out).at("groups");
    ASSERT_EQ(groups.size(), 2U);
    for (const auto& group : groups) {
        EXPECT_EQ(group.at("no_correlations"), "");
        for (const auto& row : group.at("prices"))
            EXPECT_NEAR(row.at("total_usd").get<double>(),
                        row.at("positions_usd").get<double>() + row.at("hedge_usd").get<double>(), 1e-6);
        bool seen_frozen = false;
        for (const auto& row : group.at("reactions")) {
            if (row.at("name") != "oracles frozen for 26 h") continue;
            seen_frozen = true;
            EXPECT_EQ(row.at("action"), "hold");
        }
        EXPECT_TRUE(seen_frozen);
    }
    // Half the price is below the range: all of it is WETH then, at half the price (whitepaper, 6.29).
    const auto& eth = groups.at(0);
    const auto position =
        json::parse(outrigger({"positions", "-c", world.config_file(), "--json"}).out).at("positions").at(0);
    const double value = position.at("value_usd").get<double>();
    double lost = 0;
    for (const auto& row : eth.at("prices"))
        if (row.at("name") == "everything -50 %") lost = row.at("positions_usd").get<double>();
    EXPECT_LT(lost, -0.4 * value);
    EXPECT_GT(lost, -0.5 * value);
    EXPECT_EQ(groups.at(1).at("correlations").back().at("name"), "ETH:ARB -0.90 (repaired)");
    const auto text = outrigger({"stress", "--now", "-c", world.config_file()});
    EXPECT_NE(text.out.find("all against us"), std::string::npos) << text.out;
    expect_message(outrigger({"stress", "--correlation", "ETH:ARB=2", "-c", world.config_file()}), 2,
                   {"from -1 to 1"});
    expect_message(outrigger({"stress", "--correlation", "ETH:XYZ=0", "-c", world.config_file()}), 2,
                   {"XYZ"});
}

TEST_F(CliWithWorld, SigtermEndsItInOrder) {
    test::Process keeper({{kProgram, "run", "-c", world.config_file()}, {}, ""});
    while (keeper.err().find("started") == std::string::npos && keeper.running())
        keeper.wait(std::chrono::milliseconds(20));
    keeper.signal(SIGTERM);
    const auto code = keeper.wait(std::chrono::seconds(10));
    ASSERT_TRUE(code);
    EXPECT_EQ(*code, 128 + SIGTERM);
    EXPECT_NE(keeper.err().find("Nothing was sent."), std::string::npos) << keeper.err();
}

TEST(CliReadme, TheFourLineConfigurationLoads) {
    std::ifstream readme(OUTRIGGER_SOURCE_DIR "/README.md");
    const std::string text{std::istreambuf_iterator<char>(readme), {}};
    const auto from = text.find("```toml\n") + 8;
    const auto to = text.find("```", from);
    ASSERT_LT(from, to);
    const test::TemporaryDirectory directory;
    std::ofstream(directory.path() + "/outrigger.toml") << text.substr(from, to - from);
    const auto done = outrigger({"check", "--offline"},
                                {{"ETH_RPC_URL", "https://sepolia.example/v2/secret"}}, directory.path());
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ((done.out + done.err).find("secret"), std::string::npos);
    // The node behind it does not exist: said so, with the fix, and without the key in its address.
    const auto online =
        outrigger({"check"}, {{"ETH_RPC_URL", "http://127.0.0.1:1/v2/secret"}}, directory.path());
    expect_message(online, 5, {"no RPC endpoint answers", "ETH_RPC_URL"});
    EXPECT_EQ((online.out + online.err).find("secret"), std::string::npos);
}

TEST(CliDevnet, UpStatusPriceMineDown) {
    const test::TemporaryDirectory directory;
    const std::string dir = directory.path() + "/dn";
    expect_message(outrigger({"devnet", "status", "--dir", dir}), 9, {"outrigger devnet up"});
    const auto up = outrigger({"devnet", "up", "--dir", dir, "--port", "0", "--json"});
    ASSERT_EQ(up.code, 0) << up.err;
    const auto config = json::parse(up.out).at("config").get<std::string>();
    expect_message(outrigger({"devnet", "up", "--dir", dir, "--port", "0"}), 10, {"outrigger devnet down"});
    EXPECT_EQ(outrigger({"devnet", "price", "2900", "--dir", dir}).code, 0);
    expect_message(outrigger({"devnet", "price", "cheap", "--dir", dir}), 2,
                   {"'cheap' is not a positive number"});
    EXPECT_EQ(outrigger({"devnet", "mine", "3", "--dir", dir}).code, 0);
    const auto status = json::parse(outrigger({"devnet", "status", "--dir", dir, "--json"}).out);
    EXPECT_NEAR(status.at("feeds").at("WETH").at("price").get<double>(), 2900, 0.01) << status.dump();
    EXPECT_EQ(outrigger({"check", "-c", config}).code, 0);
    EXPECT_EQ(outrigger({"devnet", "down", "--dir", dir}).code, 0);
    expect_message(outrigger({"devnet", "down", "--dir", dir}), 9, {"outrigger devnet up"});
}

/// How often an event has been logged so far.
int events(const std::string& log, const std::string& event) {
    int count = 0;
    for (auto at = log.find("\"event\":\"" + event + "\""); at != std::string::npos;
         at = log.find("\"event\":\"" + event + "\"", at + 1))
        ++count;
    return count;
}

TEST_F(CliWithWorld, SigkillOfTheRealProgramNeverDoublesAHedge) {
    const std::vector<std::string> live{kProgram,    "run",          "-c",    world.config_file(), "--live",
                                        "--confirm", confirmation(), "--set", "log.format=json"};
    int kills = 0;
    // Each start gets one transaction further before it is killed, in the midst of whatever it does then.
    for (int n = 0; n < 12; ++n) {
        test::Process keeper({live, {}, ""});
        while (keeper.running() && events(keeper.err(), "sent") < 1 && events(keeper.err(), "hold") < 2)
            keeper.wait(std::chrono::milliseconds(1));
        keeper.signal(SIGKILL);
        kills += keeper.wait(std::chrono::seconds(5)).value_or(0) == 128 + SIGKILL ? 1 : 0;
    }
    EXPECT_EQ(kills, 12);
    auto keeper = world.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    const auto rest = test::settle_down(**keeper, world);
    ASSERT_TRUE(rest) << rest.error().what;
    const auto& wanted = rest->decision.positions.at(0).figures.legs.at(0);
    const auto debt = world.post("/aave", {{"user", "keeper"}}).at("reserves").at("WETH").at("variable_debt");
    EXPECT_NEAR(std::stod(debt.get<std::string>()) / 1e18, -wanted.target_units, 0.01);
    const auto totals = (*keeper)->journal().totals().value();
    EXPECT_EQ(totals.sent, totals.verified);
    const auto count =
        world.devnet().rpc("eth_getTransactionCount",
                           json::array({world.devnet().world().at("accounts").at("keeper"), "latest"}));
    EXPECT_EQ(parse_quantity_u64(count.value().get<std::string>()).value(), totals.sent);
}

TEST(CliDemo, OnceAsJsonHoldsEveryInvariant) {
    const auto done = outrigger({"demo", "--once", "--json"});
    EXPECT_EQ(done.code, 0) << done.err;
    const auto document = json::parse(done.out);
    EXPECT_EQ(document.at("schema"), 1);
    EXPECT_TRUE(document.at("invariants_ok").get<bool>()) << document.dump(2);
    EXPECT_EQ(document.at("transactions").at("failed"), 0);
    EXPECT_EQ(document.at("transactions").at("sent"), document.at("transactions").at("verified"));
    const auto& positions = document.at("positions");
    ASSERT_EQ(positions.size(), 2U);
    EXPECT_EQ(positions[0].at("hedge"), "direct");
    EXPECT_EQ(positions[1].at("hedge"), "cross");
    for (const auto& p : positions) {
        EXPECT_GT(p.at("hedges").get<int>(), 2);
        EXPECT_GT(p.at("hedged").at("worst_usd").get<double>(),
                  p.at("unhedged").at("worst_usd").get<double>())
            << p.dump();
        EXPECT_GT(p.at("variance_removed").get<double>(), 0.0) << p.dump();
    }
    // The cheapest band leaves a part of a narrow range's delta alone.
    EXPECT_GT(positions[0].at("variance_removed").get<double>(), 0.9);
}

}  // namespace
}  // namespace outrigger
