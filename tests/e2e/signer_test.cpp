// SPDX-License-Identifier: Apache-2.0
// The signer against a keeper that has been taken over: everything it may be asked for that it must not sign.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>

#include "chain/tx/encode.hpp"
#include "keeper/shell/crash_point.hpp"
#include "keeper/signer/client.hpp"
#include "keeper/signer/server.hpp"
#include "tests/e2e/world.hpp"
#include "tests/support/process.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using signer::AskSignature;
using signer::Judge;
using signer::Ledger;
using test::World;

/// A world, what its keeper would send first, and a signer to ask.
struct Takeover : testing::Test {
    Takeover() : settings(world.settings()) {
        auto keeper = world.keeper(Mode::live);
        if (!keeper) {
            ADD_FAILURE() << keeper.error().what;
            return;
        }
        self = (*keeper)->account();
        propose(**keeper);
        // At first all that is wanted is approvals; a few rounds in, something that moves money.
        const auto moves = [](const auto& ask) { return !ask.first.starts_with("let "); };
        const std::size_t approvals = asks.size();
        for (int n = 0; n < 400 && std::none_of(asks.begin(), asks.end(), moves); ++n) {
            const auto round = (*keeper)->round();
            if (!round || round->idle) world.post("/mine", {{"blocks", 1}, {"interval", 12}});
            asks.resize(approvals);
            propose(**keeper);
        }
        keeper->reset();
        judge.emplace(Judge::make(settings, self).value());
        ledger = Ledger::open(world.directory() + "/signer.sqlite", self, ChainId(31337)).value();
    }

    /// Adds the steps an honest keeper asks for now, by label.
    void propose(Keeper& keeper) {
        const auto look = keeper.look().value();
        for (const auto& [asset, price] : look.seen.prices)
            honest.price_usd[keeper.market().universe.symbol(asset)] = price.value->usd;
        honest.chain_time = look.seen.now;
        const auto& market = keeper.market();
        std::map<AssetId, double> prices;
        for (const auto& [asset, price] : look.seen.prices) prices[asset] = price.value->usd;
        for (const auto& venue : market.venues) {
            for (const auto& position : look.decision.positions) {
                const auto* act = std::get_if<AdjustHedge>(&position.action);
                if (act == nullptr || act->order.venue != venue->id()) continue;
                const PlanContext context{self, look.seen.now, look.seen.now + std::chrono::seconds(120),
                                          prices};
                const auto step =
                    venue->next_step(act->order, *look.seen.accounts.at(venue->id()).value, context);
                ASSERT_TRUE(step && *step);
                AskSignature ask = honest;
                ask.tx = {Nonce(0), (*step)->call, U256(2'000'000'000), U256(1'000'000'000)};
                ask.tx.call.gas_limit = Gas(300'000);
                asks.emplace_back((*step)->label, std::move(ask));
            }
        }
    }

    /// The rule that refuses it, or "signed".
    std::string verdict(const AskSignature& ask) {
        const auto approved = judge->judge(ask, *ledger, ask.chain_time);
        if (approved) return "signed";
        return approved.error().what.substr(0, approved.error().what.find(':'));
    }
    AskSignature with(std::size_t which, const std::function<void(AskSignature&)>& change) {
        AskSignature out = asks.at(which).second;
        change(out);
        return out;
    }

    World world;
    config::Settings settings;
    Address self{};
    AskSignature honest;
    std::vector<std::pair<std::string, AskSignature>> asks;
    std::optional<Judge> judge;
    std::unique_ptr<Ledger> ledger;
    std::uint64_t next_nonce = 1000;
};

TEST_F(Takeover, WhatAnHonestKeeperAsksForIsSigned) {
    ASSERT_GE(asks.size(), 2U);
    for (std::size_t i = 0; i < asks.size(); ++i)
        EXPECT_EQ(verdict(with(i, [&](AskSignature& a) { a.tx.nonce = Nonce(i); })), "signed")
            << asks[i].first;
}

TEST_F(Takeover, NothingElseIs) {
    ASSERT_FALSE(asks.empty());
    Address thief;
    thief.data.fill(0x66);
    for (std::size_t i = 0; i < asks.size(); ++i) {
        SCOPED_TRACE(asks[i].first);
        // A venue refuses what it does not know in words of its own; a limit by its name.
        const auto refused = [&](const std::function<void(AskSignature&)>& change) {
            EXPECT_NE(verdict(with(i, change)), "signed");
        };
        const auto refused_by = [&](const char* rule, const std::function<void(AskSignature&)>& change) {
            EXPECT_EQ(verdict(with(i, change)), rule);
        };
        refused([](auto& a) { a.tx.call.chain = ChainId(1); });
        refused([](auto& a) { a.tx.call.value = U256(1); });
        refused([](auto& a) { a.tx.call.data.push_back(0); });
        refused_by("target", [&](auto& a) { a.tx.call.to = thief; });
        refused_by("target", [](auto& a) { a.tx.call.data[0] ^= 1; });
        refused_by("target", [](auto& a) { a.tx.call.data.clear(); });
        refused_by("fee_cap", [](auto& a) { a.tx.max_fee = U256::pow2(60); });
        refused_by("fee_cap", [](auto& a) { a.tx.tip = a.tx.max_fee + 1; });
        refused_by("gas_limit", [](auto& a) { a.tx.call.gas_limit = Gas(30'000'000); });
        refused_by("price", [](auto& a) { a.price_usd["USDC"] = 0.5; });
        // Ether and tokens to somebody else, in the plainest words there are.
        refused_by("target", [&](auto& a) {
            a.tx.call.to = thief;
            a.tx.call.value = U256::pow2(60);
            a.tx.call.data.clear();
        });
    }
}

TEST_F(Takeover, EveryAddressInTheBytesIsOursOrTheProtocols) {
    // An approval or a supply names us or a contract: put a thief wherever an address stands.
    Address thief;
    thief.data.fill(0x66);
    std::size_t planted = 0;
    for (std::size_t i = 0; i < asks.size(); ++i) {
        const Bytes& data = asks[i].second.tx.call.data;
        for (std::size_t word = 4; word + 32 <= data.size(); word += 32) {
            const bool address_like = std::all_of(data.begin() + static_cast<std::ptrdiff_t>(word),
                                                  data.begin() + static_cast<std::ptrdiff_t>(word + 12),
                                                  [](auto b) { return b == 0; }) &&
                                      data[word + 12] != 0;
            if (!address_like) continue;
            ++planted;
            const auto ask = with(i, [&](AskSignature& a) {
                std::copy(thief.data.begin(), thief.data.end(),
                          a.tx.call.data.begin() + static_cast<std::ptrdiff_t>(word + 12));
            });
            EXPECT_NE(verdict(ask), "signed") << asks[i].first << ", word at " << word;
        }
    }
    EXPECT_GT(planted, 1U);
}

/// The word that holds an amount, anywhere in the bytes, made enormous or endless.
TEST_F(Takeover, AmountsAreBoundedWhateverTheyAreCalled) {
    for (std::size_t i = 0; i < asks.size(); ++i) {
        const Bytes& data = asks[i].second.tx.call.data;
        for (std::size_t word = 4; word + 32 <= data.size(); word += 32) {
            const auto ask = with(i, [&](AskSignature& a) {
                std::fill_n(a.tx.call.data.begin() + static_cast<std::ptrdiff_t>(word), 32, 0xff);
            });
            EXPECT_NE(verdict(ask), "signed") << asks[i].first << ", word at " << word;
        }
    }
}

TEST_F(Takeover, TheWindowsEndWhatEachTransactionMayNot) {
    std::size_t moving = 0;
    std::reverse(asks.begin(), asks.end());  // what moves money before the approvals have used up the gas
    for (const auto& [label, first] : asks) {
        double per_tx = 0;
        std::string last = "signed";
        const double before = ledger->windows(first.chain_time).value().hour_usd;
        for (int n = 0; n < 2000 && last == "signed"; ++n) {
            auto ask = first;
            ask.tx.nonce = Nonce(next_nonce++);
            last = verdict(ask);
            const double now = ledger->windows(ask.chain_time).value().hour_usd;
            if (n == 0) per_tx = now - before;
            EXPECT_LE(now, settings.guard.max_hour_usd.value());
        }
        if (per_tx == 0) continue;  // an approval: gas alone
        ++moving;
        EXPECT_TRUE(last == "notional_hour" || last == "notional_day" || last == "notional_tx")
            << label << ": " << last;
    }
    EXPECT_GT(moving, 0U);
}

TEST_F(Takeover, AWordOnPricesMovesADecisionNeverALimit) {
    ASSERT_EQ(verdict(asks[0].second), "signed");
    // From now on ETH is known. A keeper that says it is worth a tenth would trade ten times as much.
    const auto cheap = with(0, [](AskSignature& a) {
        a.tx.nonce = Nonce(1);
        a.price_usd["ETH"] *= 0.1;
    });
    EXPECT_EQ(verdict(cheap), "price");
}

TEST_F(Takeover, TheKillSwitchLeavesOnlyCancellations) {
    const auto file = kill_switch_path(settings);
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file) << "";
    EXPECT_EQ(verdict(asks[0].second), "kill_switch");
    AskSignature cancel = honest;
    cancel.tx = tx::cancellation(ChainId(31337), self, Nonce(0), {U256(2'000'000'000), U256(1)});
    EXPECT_EQ(verdict(cancel), "signed");
    std::filesystem::remove(file);
    EXPECT_NE(verdict(asks[0].second), "signed") << "it was cancelled meanwhile";
}

// ---- as a process

/// The live program's own signer, found by what it calls itself.
pid_t child_of(pid_t parent) {
    std::ifstream in("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    pid_t out = 0;
    in >> out;
    return out;
}

std::string status_line(pid_t pid, const std::string& key) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(key + ":")) return line.substr(line.find_last_of(" \t") + 1);
    return "";
}

/// Whether those bytes are anywhere in the memory of a process; nothing when we may not look into it.
std::optional<bool> remembers(pid_t pid, const std::string& secret) {
    std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
    std::ifstream memory("/proc/" + std::to_string(pid) + "/mem", std::ios::binary);
    if (!maps || !memory) return std::nullopt;
    bool looked = false;
    for (std::string line; std::getline(maps, line);) {
        if (line.find("rw") == std::string::npos || line.find("[v") != std::string::npos) continue;
        const auto from = std::stoull(line, nullptr, 16);
        const auto to = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
        std::string bytes(to - from, '\0');
        memory.clear();
        memory.seekg(static_cast<std::streamoff>(from));
        memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        looked = looked || memory.gcount() > 0;
        if (bytes.find(secret) != std::string::npos) return true;
    }
    return looked ? std::optional(false) : std::nullopt;
}

/// The real program, and the words a live run of it takes.
struct SignerProcess : testing::Test {
    void SetUp() override {
        const auto pair = cli::open_key(settings);
        ASSERT_TRUE(pair);
        account = pair->address();
    }
    std::vector<std::string> live(std::vector<std::string> more) {
        std::vector<std::string> out{program,
                                     "run",
                                     "-c",
                                     world.config_file(),
                                     "--live",
                                     "--confirm",
                                     cli::confirmation_of(settings, account)};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
    World world;
    const config::Settings settings = world.settings();
    const std::string program = OUTRIGGER_BINARY_DIR "/outrigger";
    Address account{};
};

TEST_F(SignerProcess, HoldsTheKeyWithoutANetworkAndTheKeeperHasNone) {
    test::Process keeper({live({"--set", "log.format=json"}), {}, ""});
    while (keeper.running() && keeper.err().find("\"event\":\"sent\"") == std::string::npos)
        keeper.wait(std::chrono::milliseconds(5));
    ASSERT_TRUE(keeper.running()) << keeper.err();
    const pid_t signer = child_of(keeper.pid());
    ASSERT_GT(signer, 0);
    EXPECT_EQ(status_line(signer, "Seccomp"), "2");
    EXPECT_EQ(status_line(signer, "NoNewPrivs"), "1");
    // The devnet's built-in key, as anvil publishes it.
    const auto key = parse_hex("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d").value();
    const std::string secret(key.begin(), key.end());
    if (const auto seen = remembers(signer, secret)) {  // closed to all but a privileged user
        EXPECT_TRUE(*seen) << "the search cannot see";
        EXPECT_EQ(remembers(keeper.pid(), secret), false);
    }
    keeper.signal(SIGTERM);
    EXPECT_EQ(keeper.wait(std::chrono::seconds(10)), 128 + SIGTERM) << keeper.err();
    const auto gone = [&] {
        return ::kill(signer, 0) != 0 || status_line(signer, "State").find("zombie") != std::string::npos;
    };
    for (int i = 0; i < 500 && !gone(); ++i) keeper.wait(std::chrono::milliseconds(10));
    EXPECT_TRUE(gone()) << "it outlived its keeper";
}

TEST_F(SignerProcess, IsReachedAsAServiceAndMissedWhenItIsNotThere) {
    const auto run = live({"--rounds", "1", "--set", "key.signer=service"});
    const auto alone = test::run_command({run, {}, ""}, std::chrono::seconds(30));
    ASSERT_TRUE(alone);
    EXPECT_EQ(alone->code, 4) << alone->err;
    EXPECT_NE(alone->err.find("outrigger signer"), std::string::npos) << alone->err;
    test::Process service({{program, "signer", "-c", world.config_file()}, {}, ""});
    while (service.running() && service.err().find("no network") == std::string::npos)
        service.wait(std::chrono::milliseconds(5));
    ASSERT_TRUE(service.running()) << service.err();
    const auto served = test::run_command({run, {}, ""}, std::chrono::seconds(30));
    ASSERT_TRUE(served);
    EXPECT_EQ(served->code, 0) << served->err;
    // Who has the ledger has it alone.
    auto second =
        test::run_command({{program, "signer", "-c", world.config_file()}, {}, ""}, std::chrono::seconds(30));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->code, 10) << second->err;
    // SIGUSR1 stops all signatures, and stays.
    service.signal(SIGUSR1);
    for (int i = 0; i < 200 && !std::filesystem::exists(kill_switch_path(settings)); ++i)
        service.wait(std::chrono::milliseconds(10));
    EXPECT_TRUE(std::filesystem::exists(kill_switch_path(settings)));
}

/// A signer in a process of its own for as long as it lives, without a program around it.
class SignerChild {
  public:
    explicit SignerChild(const config::Settings& settings)
        : socket_(ledger_directory(settings, Mode::live) + "/signer.sock") {
        child_ = ::fork();
        if (child_ != 0) return;
        const std::string directory = ledger_directory(settings, Mode::live);
        auto key = cli::open_key(settings);
        if (!key || !make_private_directory(directory)) ::_exit(1);
        tx::LocalSigner local(*std::move(key), settings.chain.network.chain_id);
        auto judge = Judge::make(settings, local.address());
        auto ledger = Ledger::open(directory + "/signer.sqlite", local.address(), local.chain());
        auto listening = signer::listen_at(socket_);
        if (!judge || !ledger || !listening) ::_exit(1);
        signer::SigningDesk desk(std::move(local), *std::move(judge), *std::move(ledger), true);
        static_cast<void>(signer::serve(*listening, desk, {::geteuid(), false, [](const std::string&) {}}));
        ::_exit(0);
    }
    ~SignerChild() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    SignerChild(const SignerChild&) = delete;
    SignerChild& operator=(const SignerChild&) = delete;

    std::unique_ptr<tx::Signer> connect() const {
        for (int i = 0;; ++i) {
            auto made = signer::ProcessSigner::connect(socket_, ChainId(31337));
            if (made) return *std::move(made);
            if (i == 1000) return nullptr;
            ::poll(nullptr, 0, 10);
        }
    }

  private:
    std::string socket_;
    pid_t child_ = -1;
};

int passings = 0;
void die_when_signed(const char* point) {
    if (std::string_view(point) == "send.signed" && --passings == 0) ::kill(::getpid(), SIGKILL);
}

/// As settle_down, but a refusal is no end: a nonce may have to be cancelled first.
Result<RoundReport> settle_with_refusals(Keeper& keeper, World& world) {
    for (int n = 0; n < 600; ++n) {
        auto round = keeper.round();
        if (!round) return round;
        if (round->idle || round->acted.what == Acted::What::refused)
            world.post("/mine", {{"blocks", 1}, {"interval", 12}});
        if (round->idle || round->acted.what != Acted::What::nothing || !round->seen.in_flight.empty())
            continue;
        return round;
    }
    return fail(Errc::timeout, "the keeper does not come to rest");
}

/// The signer has bound the nonce and answered; the keeper dies before its journal knows. The bytes are lost.
TEST_F(SignerProcess, ASignatureLostWithItsKeeperIsCancelledAndTheHedgeIsMadeOnce) {
    const SignerChild child(settings);
    int kills = 0;
    // Each life signs some and dies with one more; until one finds nothing more to do. One cancellation among
    // successes: three in a row would rightly pause the position.
    for (bool done = false; !done && kills < 60;) {
        const pid_t victim = ::fork();
        if (victim == 0) {
            passings = kills == 0 ? 3 : 5;
            set_crash_hook(die_when_signed);
            auto keeper = world.keeper(Mode::live, false, child.connect());
            const bool fine = keeper && settle_with_refusals(**keeper, world);
            ::_exit(fine ? 0 : 1);
        }
        int status = 0;
        ::waitpid(victim, &status, 0);
        done = !WIFSIGNALED(status);
        kills += done ? 0 : 1;
        world.post("/mine", {{"blocks", 1}, {"interval", 12}});  // the next life is a later one
        ASSERT_TRUE(!done || WEXITSTATUS(status) == 0);
    }
    EXPECT_GT(kills, 1);
    auto keeper = world.keeper(Mode::live, false, child.connect());
    ASSERT_TRUE(keeper) << keeper.error().what;
    const auto rest = settle_with_refusals(**keeper, world);
    ASSERT_TRUE(rest) << rest.error().what;
    for (const auto& position : rest->decision.positions) {
        const auto& f = position.figures;
        EXPECT_LE(std::abs(f.residual_usd), f.band_usd);
    }
    const auto debt = world.post("/aave", {{"user", "keeper"}}).at("reserves").at("WETH").at("variable_debt");
    EXPECT_NEAR(std::stod(debt.get<std::string>()) / 1e18,
                -rest->decision.positions.at(0).figures.legs.at(0).held_units, 1e-3)
        << "what is held is what was borrowed once";
    const auto totals = (*keeper)->journal().totals().value();
    const auto count =
        world.devnet().rpc("eth_getTransactionCount",
                           json::array({world.devnet().world().at("accounts").at("keeper"), "latest"}));
    EXPECT_EQ(parse_quantity_u64(count.value().get<std::string>()).value(), totals.sent) << "a nonce gap";
    EXPECT_GT(totals.sent, totals.verified)
        << "a call with a deadline is another call later: its nonce is cancelled";
    EXPECT_EQ(totals.failed, totals.sent - totals.verified);
    EXPECT_TRUE((*keeper)->journal().open_txs().value().empty());
}

}  // namespace
}  // namespace outrigger
