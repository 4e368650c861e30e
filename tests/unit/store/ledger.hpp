// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "keeper/store/journal.hpp"

namespace outrigger::test {

/// A directory of its own, gone at the end of the test.
class ScratchDir {
  public:
    ScratchDir() {
        auto pattern = (std::filesystem::temp_directory_path() / "outrigger-store-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~ScratchDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchDir(const ScratchDir&) = delete;
    ScratchDir& operator=(const ScratchDir&) = delete;
    std::string file(const std::string& name) const { return (path_ / name).string(); }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

inline constexpr std::int64_t kT0 = 1'660'000'000;
inline TimePoint at(std::int64_t seconds_after) {
    return TimePoint{std::chrono::seconds{kT0 + seconds_after}};
}

inline Address address_of(std::uint8_t tail) {
    Address a{};
    a.data[0] = 0xAB;
    a.data[19] = tail;
    return a;
}
template <class H>
H hash_of(std::uint8_t tail) {
    H h{};
    h.data[0] = 0xC0;
    h.data[31] = tail;
    return h;
}
inline BlockRef block(std::uint64_t number, std::uint8_t tail = 0) {
    return {ChainId(31337), BlockNumber(number),
            hash_of<BlockHash>(tail == 0 ? static_cast<std::uint8_t>(number) : tail),
            at(static_cast<std::int64_t>(number) * 12)};
}

inline JournalIdentity identity() {
    return {Mode::live, ChainId(31337), address_of(1)};
}

inline std::unique_ptr<Journal> open_or_die(const std::string& path,
                                            const JournalIdentity& who = identity()) {
    auto opened = Journal::open(path, who);
    if (!opened) ADD_FAILURE() << opened.error().what;
    return opened ? *std::move(opened) : nullptr;
}

inline RoundRow round_row(std::int64_t t = 0) {
    return {at(t), block(100), false, R"({"a":1})", R"({"b":2})"};
}

inline HedgeRow hedge_row(const std::string& position = "eth-usdc", std::int64_t t = 0) {
    HedgeRow row;
    row.position = position;
    row.venue = "aave";
    row.asset = "ETH";
    row.opened_at = at(t);
    row.wanted_units = -1.5;
    row.price_usd = 1700.25;
    row.status = "open";
    return row;
}

inline ClaimRequest claim_row(std::uint64_t nonce, std::int64_t round, std::optional<std::int64_t> hedge = {},
                              std::int64_t t = 0, double notional = 1000, double worst_gas = 5) {
    ClaimRequest r;
    r.round = round;
    r.hedge = hedge;
    r.position = "eth-usdc";
    r.venue = "aave";
    r.step.label = "borrow 0.603 WETH";
    r.step.delta_units = -0.603;
    r.step.notional_usd = notional;
    r.step.expect = {{"debt:WETH", I256(603), I256::max()}, {"balance:WETH", I256::min(), I256(-1)}};
    r.facts_before = {{"debt:WETH", I256(0)}, {"balance:WETH", I256(-7)}};
    r.tx.nonce = Nonce(nonce);
    r.tx.call = {ChainId(31337), address_of(9), U256::pow2(255), Bytes{0xA4, 0x15, 0xBC, 0xAD, 0x00},
                 Gas(321'000)};
    r.tx.max_fee = U256(30'000'000'000ULL);
    r.tx.tip = U256(1'500'000'000ULL);
    r.at = at(t);
    r.deadline = at(t + 120);
    r.worst_gas_usd = worst_gas;
    return r;
}

/// Version `n` of a nonce: its hash and bytes follow from both.
inline tx::SignedTx version(std::uint64_t nonce, std::uint8_t n) {
    auto hash = hash_of<TxHash>(n);
    hash.data[1] = static_cast<std::uint8_t>(nonce);
    return {Bytes{0x02, static_cast<std::uint8_t>(nonce), n, 0x00, 0xFF}, hash};
}

template <class T>
void expect_ok(const Result<T>& r) {
    EXPECT_TRUE(r.has_value()) << r.error().what;
}
template <class T>
void expect_refused(const Result<T>& r, Errc code, const std::string& part) {
    ASSERT_FALSE(r.has_value());
    EXPECT_EQ(r.error().code, code) << r.error().what;
    EXPECT_NE(r.error().what.find(part), std::string::npos) << r.error().what;
}

}  // namespace outrigger::test
