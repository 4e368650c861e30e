// SPDX-License-Identifier: Apache-2.0
#include "chain/abi/query.hpp"

#include <gtest/gtest.h>

#include "chain/abi/call.hpp"

namespace outrigger {
namespace {

using Number = abi::Function<"number", U256()>;
using BalanceOf = abi::Function<"balanceOf", U256(Address)>;

const Address kContract = *parse_address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");

Bytes word(std::uint64_t v) {
    return abi::encode(U256(v));
}

using Answers = std::vector<Result<Bytes>>;

TEST(EthQuery, AsksOneCall) {
    const auto q = eth_query<BalanceOf>(ChainId(5), kContract, Address{{7}});
    ASSERT_EQ(q.reads.size(), 1U);
    const auto& call = std::get<EthCall>(q.reads[0]);
    EXPECT_EQ(call.chain, ChainId(5));
    EXPECT_EQ(call.to, kContract);
    EXPECT_EQ(call.data, BalanceOf::encode(Address{{7}}));
    EXPECT_EQ(q.decode(Answers{word(42)}), U256(42));
}

TEST(EthQuery, FailuresStayFailures) {
    const auto q = eth_query<Number>(ChainId(1), kContract);
    EXPECT_EQ(q.decode(Answers{fail(Errc::timeout, "late")}).error(), (Error{Errc::timeout, "late"}));
    const auto empty = q.decode(Answers{Bytes{}});
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, Errc::decode);
    EXPECT_EQ(
        empty.error().what,
        "no contract at 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed or it returned nothing for number()");
    EXPECT_FALSE(q.decode(Answers{Bytes(31)}));
    EXPECT_FALSE(q.decode(Answers{Bytes(64)}));
}

TEST(Query, MapTransformsAndMayFail) {
    const auto doubled = map(eth_query<Number>(ChainId(1), kContract), [](const U256& v) { return v * 2; });
    EXPECT_EQ(doubled.decode(Answers{word(21)}), U256(42));
    const auto refused = map(eth_query<Number>(ChainId(1), kContract),
                             [](const U256&) -> Result<int> { return fail(Errc::stale, "old"); });
    EXPECT_EQ(refused.decode(Answers{word(1)}).error().code, Errc::stale);
    EXPECT_EQ(doubled.decode(Answers{fail(Errc::rpc, "no")}).error().code, Errc::rpc);
}

TEST(Query, BothNeedsBothAndEachKeepsThemApart) {
    const auto one = eth_query<Number>(ChainId(1), kContract);
    const auto two = both(one, eth_query<BalanceOf>(ChainId(1), kContract, Address{}));
    EXPECT_EQ(two.reads.size(), 2U);
    EXPECT_EQ(two.decode(Answers{word(1), word(2)}), (std::pair<U256, U256>(1, 2)));
    EXPECT_FALSE(two.decode(Answers{word(1), fail(Errc::rpc, "no")}));
    EXPECT_FALSE(two.decode(Answers{fail(Errc::rpc, "no"), word(1)}));

    const auto many = each(std::vector{one, one, one});
    const auto answers = many.decode(Answers{word(1), fail(Errc::rpc, "no"), word(3)});
    ASSERT_TRUE(answers);
    EXPECT_EQ((*answers)[0], U256(1));
    EXPECT_EQ((*answers)[1].error().code, Errc::rpc);
    EXPECT_EQ((*answers)[2], U256(3));
}

}  // namespace
}  // namespace outrigger
