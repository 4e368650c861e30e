// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "chain/rpc/head.hpp"
#include "keeper/decide/decide.hpp"
#include "keeper/shell/market.hpp"

namespace outrigger {

/// What one round reads from the chain, all of it at one block.
struct Reading {
    Head head;
    Pins pins;
    std::vector<Result<LpView>> pools;  // index: position
    PriceReadings prices;
    std::vector<Result<VenueAccount>> accounts;  // index: venue
    Result<Nonce> nonce =
        fail(Errc::not_found, "not read");  // transactions of the account mined at the block
    Result<U256> balance = fail(Errc::not_found, "not read");  // native, wei
};

/// One batched read of everything. Cannot fail: failures are in their slots.
Reading read_round(BatchReader& reader, const Market& market, const Head& head, const Address& account);

}  // namespace outrigger
