// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/nft_record.hpp"

#include <gtest/gtest.h>

namespace outrigger {
namespace {

NftRecord some() {
    NftRecord r;
    r.owner = Address{{1}};
    r.token0 = Address{{2}};
    r.token1 = Address{{3}};
    r.fee_pips = 8388608;
    r.tick_spacing = -60;
    r.hooks = Address{{4}};
    r.range = {Tick(-887272), Tick(887272)};
    return r;
}

TEST(NftRecord, IsReadBackAsItWasWritten) {
    EXPECT_EQ(parse_nft_record(to_text(some())).value(), some());
}

TEST(NftRecord, NothingElseIsTakenForOne) {
    const std::string good = to_text(some());
    for (const std::string& text :
         {std::string(), std::string("x"), good + " ", good + " 1", " " + good, good.substr(1),
          good.substr(0, good.size() - 7), good + "9", good + "x"}) {
        EXPECT_FALSE(parse_nft_record(text)) << text;
    }
    NftRecord swapped = some();
    std::swap(swapped.token0, swapped.token1);
    EXPECT_FALSE(parse_nft_record(to_text(swapped)));
    NftRecord empty = some();
    empty.range.upper = empty.range.lower;
    EXPECT_FALSE(parse_nft_record(to_text(empty)));
}

}  // namespace
}  // namespace outrigger
