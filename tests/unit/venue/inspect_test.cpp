// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "chain/base/quantize.hpp"
#include "hedge/venue/contracts.hpp"
#include "tests/unit/venue/fixture.hpp"

namespace outrigger::venue_test {
namespace {

U256 units(double whole, unsigned decimals) {
    return *quantize(whole, decimals, Rounding::down);
}

Bytes multicall(Bytes inner) {
    const auto until = static_cast<std::uint64_t>(deadline().time_since_epoch().count());
    return swap_router02::Multicall::encode(until, {std::move(inner)});
}
abi::UInt<160> root(unsigned n) {
    return {U256::pow2(n)};
}
U256 until() {
    return static_cast<std::uint64_t>(deadline().time_since_epoch().count());
}

TEST(VenueCalldata, TypedFunctionsEncodeAsEthers) {
    const Address me = at("keeper");
    const Address usdc = at("usdc");
    const Address weth = at("weth");
    const U256 dollars = units(1234.5, 6);
    const U256 eth = units(1.5, 18);
    EXPECT_EQ(erc20::Approve::encode(at("pool"), dollars), golden("approve"));
    EXPECT_EQ(aave::Supply::encode(usdc, dollars, me, 0), golden("supply"));
    EXPECT_EQ(aave::Withdraw::encode(usdc, dollars, me), golden("withdraw"));
    EXPECT_EQ(aave::Withdraw::encode(usdc, U256::max(), me), golden("withdraw_all"));
    EXPECT_EQ(aave::Borrow::encode(weth, eth, 2, 0, me), golden("borrow"));
    EXPECT_EQ(aave::Repay::encode(weth, eth, 2, me), golden("repay"));
    EXPECT_EQ(aave::Repay::encode(weth, U256::max(), 2, me), golden("repay_all"));
    EXPECT_EQ(
        multicall(swap_router02::ExactInputSingle::encode({weth, usdc, 500, me, eth, units(4477.5, 6), 0})),
        golden("sell"));
    EXPECT_EQ(multicall(swap_router02::ExactOutputSingle::encode(
                  {usdc, weth, 500, me, units(0.25, 18), units(753.75, 6), 0})),
              golden("buy"));
    EXPECT_EQ(perp::Deposit::encode(usdc, dollars), golden("deposit"));
    EXPECT_EQ(perp::Withdraw::encode(usdc, dollars), golden("perp_withdraw"));
    const Address base = at("base_token");
    EXPECT_EQ(perp::OpenPosition::encode({base, true, true, eth, units(4477.5, 18), until(), 0, Hash32{}}),
              golden("open"));
    EXPECT_EQ(perp::OpenPosition::encode(
                  {base, false, false, units(0.25, 18), units(753.75, 18), until(), 0, Hash32{}}),
              golden("reduce"));
    EXPECT_EQ(perp::ClosePosition::encode({base, root(101), units(4000, 18), until(), Hash32{}}),
              golden("close"));
}

// The allow-list is exactly the write functions of the published ABIs, with their selectors.
TEST(VenueCalldata, AllowedCallsHaveThePublishedSelectors) {
    std::map<std::string, std::string> published;  // name: selector
    for (const auto& [signature, selector] : recorded()["selectors"].items()) {
        if (signature.find("exact") == std::string::npos) {
            published[signature.substr(0, signature.find('('))] += selector.get<std::string>();
        }
    }
    std::size_t seen = 0;
    for (const auto& venue : {aave(), perp()}) {
        for (const AllowedCall& allowed : venue->allowed_calls()) {
            ASSERT_TRUE(published.contains(allowed.name)) << allowed.name;
            EXPECT_THAT(published[allowed.name], testing::HasSubstr(to_hex(allowed.selector)))
                << allowed.name;
            ++seen;
        }
    }
    EXPECT_EQ(seen, 7U + 5U);
    EXPECT_THAT(aave()->spenders(), testing::ElementsAre(at("pool"), at("router")));
    EXPECT_THAT(perp()->spenders(), testing::ElementsAre(at("vault")));
}

struct Reading {
    const char* golden;
    const char* to;
    EffectKind kind;
    const char* token;
    std::string amount;
    const char* beneficiary;  // name of an address, empty: nobody named
    double delta = 0;
    double limit = 0;
    bool dated = false;
};

void expect_reading(const Venue& venue, const Reading& r) {
    SCOPED_TRACE(r.golden);
    const auto seen = venue.inspect(call(at(r.to), golden(r.golden)));
    ASSERT_TRUE(seen.has_value()) << seen.error().what;
    EXPECT_EQ(seen->kind, r.kind);
    EXPECT_EQ(seen->token, r.token);
    EXPECT_EQ(seen->amount.to_decimal(), r.amount);
    EXPECT_EQ(seen->beneficiary, *r.beneficiary == 0 ? Address{} : at(r.beneficiary));
    EXPECT_DOUBLE_EQ(seen->delta_units, r.delta);
    EXPECT_NEAR(seen->limit_usd, r.limit, 1e-9 * r.limit);
    EXPECT_EQ(seen->deadline.has_value(), r.dated);
    if (r.dated) {
        EXPECT_EQ(*seen->deadline, deadline());
    }
    EXPECT_EQ(seen->asset.has_value(), std::string(r.token) == "WETH");
}

const std::string kDollars = "1234500000";
const std::string kEther = "1500000000000000000";
const std::string kQuarter = "250000000000000000";
const std::string kEverything = U256::max().to_decimal();

std::vector<Reading> aave_readings() {
    return {{"approve", "usdc", EffectKind::approve, "USDC", kDollars, "pool"},
            {"supply", "pool", EffectKind::fund, "USDC", kDollars, "keeper"},
            {"withdraw", "pool", EffectKind::defund, "USDC", kDollars, "keeper"},
            {"withdraw_all", "pool", EffectKind::defund, "USDC", kEverything, "keeper"},
            {"borrow", "pool", EffectKind::borrow, "WETH", kEther, "keeper"},
            {"repay", "pool", EffectKind::repay, "WETH", kEther, "keeper"},
            {"repay_all", "pool", EffectKind::repay, "WETH", kEverything, "keeper"},
            {"sell", "router", EffectKind::swap, "WETH", kEther, "keeper", -1.5, 2985, true},
            {"buy", "router", EffectKind::swap, "WETH", kQuarter, "keeper", 0.25, 3015, true}};
}

std::vector<Reading> perp_readings() {
    return {{"deposit", "vault", EffectKind::fund, "USDC", kDollars, ""},
            {"perp_withdraw", "vault", EffectKind::defund, "USDC", kDollars, ""},
            {"open", "clearing_house", EffectKind::open, "WETH", kEther, "", -1.5, 2985, true},
            {"reduce", "clearing_house", EffectKind::close, "WETH", kQuarter, "", 0.25, 3015, true},
            {"close", "clearing_house", EffectKind::close, "WETH", kEverything, "", 0, 1024, true}};
}

TEST(VenueInspect, ReadsEthersCalldataBack) {
    for (const auto& r : aave_readings()) expect_reading(*aave(), r);
    for (const auto& r : perp_readings()) expect_reading(*perp(), r);
}

bool same(const Inspection& a, const Inspection& b) {
    return a.kind == b.kind && a.token == b.token && a.amount == b.amount && a.beneficiary == b.beneficiary &&
           a.delta_units == b.delta_units && a.asset == b.asset && a.limit_usd == b.limit_usd &&
           a.deadline == b.deadline;
}

// Whatever byte is changed, the call is refused or reads differently: nothing in the bytes goes unseen. The
// one exception is a price bound's last digits, below what a double shows, and closePosition's second bound.
void expect_every_byte_matters(const Venue& venue, const Reading& r) {
    SCOPED_TRACE(r.golden);
    const Bytes good = golden(r.golden);
    const Inspection original = *venue.inspect(call(at(r.to), good));
    std::size_t refused = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const int flip : {0x01, 0x80, 0xff}) {
            Bytes bad = good;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ flip);
            const auto seen = venue.inspect(call(at(r.to), bad));
            refused += seen ? 0U : 1U;
            if (!seen || !same(*seen, original)) continue;
            const std::size_t word = (i - 4) / 32;
            const std::size_t place = (i - 4) % 32;
            const bool open = r.kind == EffectKind::open || r.kind == EffectKind::close;
            const bool is_close = std::string(r.golden) == "close";
            const bool invisible =
                open && ((is_close && word == 2) || (is_close && word == 1 && place >= 25) ||
                         (!is_close && word == 4 && place >= 28));
            EXPECT_TRUE(invisible) << "byte " << i << " (word " << word << ") may be anything";
        }
    }
    EXPECT_GT(refused, good.size());
    for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{4}, good.size() - 1}) {
        EXPECT_EQ(venue
                      .inspect(call(at(r.to),
                                    Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))))
                      .error()
                      .code,
                  Errc::rejected);
    }
    Bytes longer = good;
    longer.insert(longer.end(), 32, 0);
    EXPECT_EQ(venue.inspect(call(at(r.to), longer)).error().code, Errc::rejected);
}

TEST(VenueInspect, EveryByteMatters) {
    for (const auto& r : aave_readings()) expect_every_byte_matters(*aave(), r);
    for (const auto& r : perp_readings()) expect_every_byte_matters(*perp(), r);
}

TEST(VenueInspect, EnvelopeIsChecked) {
    const auto venue = aave();
    TxCall good = call(at("pool"), golden("borrow"));
    ASSERT_TRUE(venue->inspect(good).has_value());
    TxCall other_chain = good;
    other_chain.chain = ChainId(1);
    EXPECT_THAT(venue->inspect(other_chain).error().what, testing::HasSubstr("another chain"));
    TxCall paying = good;
    paying.value = 1;
    EXPECT_THAT(venue->inspect(paying).error().what, testing::HasSubstr("native value"));
    // Right bytes, wrong contract.
    for (const char* to : {"usdc", "weth", "router", "oracle", "keeper", "vault"}) {
        EXPECT_EQ(venue->inspect(call(at(to), golden("borrow"))).error().code, Errc::rejected) << to;
    }
    EXPECT_EQ(perp()->inspect(call(at("pool"), golden("borrow"))).error().code, Errc::rejected);
}

TEST(VenueInspect, OtherShapesOfOurOwnCallsAreRefused) {
    const auto a = aave();
    const auto p = perp();
    const Address me = at("keeper");
    const Address usdc = at("usdc");
    const Address weth = at("weth");
    const Address base = at("base_token");
    const U256 one = units(1, 18);
    const U256 quote = units(2900, 6);
    const Address router_itself{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
    const auto sale = [&](const Address& in, const Address& out, std::uint64_t fee, const Address& to,
                          const U256& amount, const U256& least, const U256& limit) {
        return multicall(swap_router02::ExactInputSingle::encode({in, out, fee, to, amount, least, limit}));
    };
    struct Bad {
        const char* why;
        const Venue& venue;
        Address to;
        Bytes data;
    };
    const std::vector<Bad> all{
        {"swap without a deadline", *a, at("router"), golden("sell_bare")},
        {"multicall without a deadline", *a, at("router"), golden("sell_undated")},
        {"two swaps in one", *a, at("router"), golden("sell_twice")},
        {"no swap at all", *a, at("router"), swap_router02::Multicall::encode(until(), {})},
        {"a nested multicall", *a, at("router"), multicall(golden("sell"))},
        {"deadline 0", *a, at("router"), swap_router02::Multicall::encode(0, {golden("sell_bare")})},
        {"deadline never", *a, at("router"),
         swap_router02::Multicall::encode(U256::max(), {golden("sell_bare")})},
        {"no minimum", *a, at("router"), sale(weth, usdc, 500, me, one, 0, 0)},
        {"the router's whole balance", *a, at("router"), sale(weth, usdc, 500, me, 0, quote, 0)},
        {"another pool", *a, at("router"), sale(weth, usdc, 3000, me, one, quote, 0)},
        {"proceeds stay in the router", *a, at("router"),
         sale(weth, usdc, 500, router_itself, one, quote, 0)},
        {"a partial swap", *a, at("router"), sale(weth, usdc, 500, me, one, quote, 1)},
        {"the wrong way round", *a, at("router"), sale(usdc, weth, 500, me, quote, one, 0)},
        {"for another token", *a, at("router"), sale(weth, base, 500, me, one, quote, 0)},
        {"unlimited approval", *a, usdc, erc20::Approve::encode(at("pool"), U256::max())},
        {"approval of a stranger", *a, usdc, erc20::Approve::encode(at("vault"), 5)},
        {"a stable-rate loan", *a, at("pool"), aave::Borrow::encode(weth, one, 1, 0, me)},
        {"a loan of the collateral", *a, at("pool"), aave::Borrow::encode(usdc, one, 2, 0, me)},
        {"a referral", *a, at("pool"), aave::Borrow::encode(weth, one, 2, 7, me)},
        {"a loan to nobody", *a, at("pool"), aave::Borrow::encode(weth, one, 2, 0, Address{})},
        {"an unlimited loan", *a, at("pool"), aave::Borrow::encode(weth, U256::max(), 2, 0, me)},
        {"supply of a hedge token", *a, at("pool"), aave::Supply::encode(weth, one, me, 0)},
        {"withdrawal of a hedge token", *a, at("pool"), aave::Withdraw::encode(weth, one, me)},
        {"repayment of nothing", *a, at("pool"), aave::Repay::encode(weth, 0, 2, me)},
        {"another market", *p, at("clearing_house"),
         perp::OpenPosition::encode({weth, true, true, one, one, until(), 0, Hash32{}})},
        {"an exact amount of quote", *p, at("clearing_house"),
         perp::OpenPosition::encode({base, true, false, one, one, until(), 0, Hash32{}})},
        {"an open without a bound", *p, at("clearing_house"),
         perp::OpenPosition::encode({base, true, true, one, 0, until(), 0, Hash32{}})},
        {"an open that never expires", *p, at("clearing_house"),
         perp::OpenPosition::encode({base, true, true, one, one, U256::max(), 0, Hash32{}})},
        {"a close without a bound", *p, at("clearing_house"),
         perp::ClosePosition::encode({base, root(96), 0, until(), Hash32{}})},
        {"a close without a price limit", *p, at("clearing_house"),
         perp::ClosePosition::encode({base, 0, one, until(), Hash32{}})},
        {"a deposit of another token", *p, at("vault"), perp::Deposit::encode(weth, one)},
        {"approval of the clearing house", *p, usdc, erc20::Approve::encode(at("clearing_house"), 5)},
    };
    for (const Bad& bad : all) {
        const auto seen = bad.venue.inspect(call(bad.to, bad.data));
        ASSERT_FALSE(seen.has_value()) << bad.why;
        EXPECT_EQ(seen.error().code, Errc::rejected) << bad.why;
    }
}

// A stranger as receiver is not hidden: it is what the policy gate compares with our own address.
TEST(VenueInspect, StrangersAreReportedAsBeneficiaries) {
    const Address stranger = at("usdc");
    const auto borrow =
        aave()->inspect(call(at("pool"), aave::Borrow::encode(at("weth"), 5, 2, 0, stranger)));
    ASSERT_TRUE(borrow.has_value());
    EXPECT_EQ(borrow->beneficiary, stranger);
    const auto swap = aave()->inspect(
        call(at("router"), multicall(swap_router02::ExactInputSingle::encode(
                               {at("weth"), at("usdc"), 500, stranger, units(1, 18), units(2900, 6), 0}))));
    ASSERT_TRUE(swap.has_value());
    EXPECT_EQ(swap->beneficiary, stranger);
}

}  // namespace
}  // namespace outrigger::venue_test
