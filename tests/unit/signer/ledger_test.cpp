// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/ledger.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "keeper/signer/judge.hpp"

namespace outrigger::signer {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const TimePoint kNow{std::chrono::seconds{1'764'000'000}};
constexpr ChainId kChain{42161};

Address self() {
    Address out;
    out.data.fill(0x42);
    return out;
}

Purpose purpose(std::uint8_t call, std::uint64_t fee = 100, bool cancelled = false) {
    Purpose out;
    out.call.data.fill(call);
    out.fees = {U256(fee), U256(1)};
    out.cancelled = cancelled;
    return out;
}

struct SignerLedger : testing::Test {
    SignerLedger() {
        std::string name = (std::filesystem::temp_directory_path() / "outrigger-ledger-XXXXXX").string();
        directory = ::mkdtemp(name.data());
    }
    ~SignerLedger() override { std::filesystem::remove_all(directory); }
    std::unique_ptr<Ledger> open() {
        auto out = Ledger::open(directory + "/signer.sqlite", self(), kChain);
        if (!out) ADD_FAILURE() << out.error().what;
        return *std::move(out);
    }
    Result<void> bind(Ledger& ledger, std::uint64_t nonce, const Purpose& what, double usd = 0,
                      double gas = 0, TimePoint at = kNow) {
        return ledger.bind(Nonce(nonce), what, {usd, gas}, {}, "policy", at);
    }
    std::string directory;
};

TEST_F(SignerLedger, OneNonceServesOnePurpose) {
    auto ledger = open();
    ASSERT_TRUE(bind(*ledger, 3, purpose(1)));
    const auto other = bind(*ledger, 3, purpose(2, 200));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::rejected);
    EXPECT_TRUE(other.error().what.starts_with("nonce: ")) << other.error().what;
    EXPECT_TRUE(bind(*ledger, 3, purpose(1, 113))) << "dearer, and the same otherwise";
    EXPECT_FALSE(bind(*ledger, 3, purpose(1, 112))) << "cheaper than before";
    EXPECT_TRUE(bind(*ledger, 4, purpose(1))) << "another nonce is another matter";
}

TEST_F(SignerLedger, AfterACancellationNothingElse) {
    auto ledger = open();
    ASSERT_TRUE(bind(*ledger, 3, purpose(1)));
    ASSERT_TRUE(bind(*ledger, 3, purpose(9, 50, true))) << "whatever it pays";
    EXPECT_FALSE(bind(*ledger, 3, purpose(1, 500)));
    EXPECT_TRUE(bind(*ledger, 3, purpose(9, 80, true)));
    ASSERT_TRUE(bind(*ledger, 8, purpose(9, 50, true))) << "a gap is filled by a cancellation alone";
    EXPECT_FALSE(bind(*ledger, 8, purpose(1, 500)));
}

TEST_F(SignerLedger, RemembersAcrossRestarts) {
    {
        auto ledger = open();
        ASSERT_TRUE(ledger->bind(Nonce(3), purpose(1, 77), {900, 2}, {{"ETH", 3000.5}}, "policy", kNow));
    }
    auto ledger = open();
    EXPECT_EQ(ledger->purpose_of(Nonce(3)).value(), purpose(1, 77));
    EXPECT_EQ(ledger->purpose_of(Nonce(4)).value(), std::nullopt);
    EXPECT_EQ(ledger->windows(kNow).value().hour_usd, 900);
    EXPECT_EQ(ledger->prices().value().at("ETH").usd, 3000.5);
    EXPECT_EQ(ledger->newest().value(), kNow);
}

TEST_F(SignerLedger, WindowsForgetAfterAnHourAndADayAndNeverGiveBack) {
    auto ledger = open();
    ASSERT_TRUE(bind(*ledger, 1, purpose(1), 100, 1, kNow));
    ASSERT_TRUE(bind(*ledger, 2, purpose(1), 50, 2, kNow + minutes(30)));
    ASSERT_TRUE(
        bind(*ledger, 2, purpose(9, 200, true), 0, 3, kNow + minutes(31)));  // cancelled: still debited
    const auto at = [&](TimePoint t) { return ledger->windows(t).value(); };
    EXPECT_EQ(at(kNow + minutes(59)).hour_usd, 150);
    EXPECT_EQ(at(kNow + minutes(60)).hour_usd, 50);
    EXPECT_EQ(at(kNow + minutes(61)).day_usd, 150);
    EXPECT_EQ(at(kNow + minutes(61)).gas_day_usd, 4) << "of two versions the dearer";
    EXPECT_EQ(at(kNow + hours(25)).day_usd, 0);
}

TEST_F(SignerLedger, HasOneSignerAndOneOwner) {
    auto first = open();
    const auto second = Ledger::open(directory + "/signer.sqlite", self(), kChain);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().what.find("busy"), std::string::npos);
    first.reset();
    EXPECT_FALSE(Ledger::open(directory + "/signer.sqlite", Address{}, kChain));
    EXPECT_FALSE(Ledger::open(directory + "/signer.sqlite", self(), ChainId(1)));
    std::filesystem::permissions(directory + "/signer.sqlite", std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_FALSE(Ledger::open(directory + "/signer.sqlite", self(), kChain));
}

/// What success was reported for is there after a SIGKILL.
TEST_F(SignerLedger, ABindingThatWasReportedSurvivesSigkill) {
    for (std::uint64_t nonce = 0; nonce < 10; ++nonce) {
        const pid_t child = ::fork();
        if (child == 0) {
            auto ledger = Ledger::open(directory + "/signer.sqlite", self(), kChain);
            const bool done = ledger && bind(**ledger, nonce, purpose(static_cast<std::uint8_t>(nonce)), 1);
            if (done) ::kill(::getpid(), SIGKILL);
            ::_exit(1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
    }
    auto ledger = open();
    for (std::uint64_t nonce = 0; nonce < 10; ++nonce)
        EXPECT_EQ(ledger->purpose_of(Nonce(nonce)).value(), purpose(static_cast<std::uint8_t>(nonce)));
    EXPECT_EQ(ledger->windows(kNow).value().day_usd, 10);
}

TEST(BelievedPrices, MayMoveAsFarAsAMarketCanAndADollarHardly) {
    const PriceLimits limits{0.10, 0.02};
    const BelievedPrice last{3000, kNow};
    const auto say = [&](double usd, TimePoint at) {
        return believe_price("ETH", usd, false, last, at, limits).has_value();
    };
    EXPECT_TRUE(believe_price("ETH", 5, false, std::nullopt, kNow, limits)) << "the first is believed";
    EXPECT_TRUE(say(3299, kNow));
    EXPECT_FALSE(say(3301, kNow));
    EXPECT_FALSE(say(2699, kNow));
    EXPECT_TRUE(say(2701, kNow - hours(5))) << "a clock that goes back widens nothing and breaks nothing";
    EXPECT_TRUE(say(3590, kNow + minutes(4)));  // 10 % times the root of four
    EXPECT_FALSE(say(3610, kNow + minutes(4)));
    EXPECT_TRUE(believe_price("USDC", 0.985, true, std::nullopt, kNow, limits));
    EXPECT_FALSE(believe_price("USDC", 0.97, true, std::nullopt, kNow, limits));
    EXPECT_FALSE(believe_price("ETH", std::nan(""), false, std::nullopt, kNow, limits));
}

}  // namespace
}  // namespace outrigger::signer
