// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/v2_math.hpp"

namespace outrigger {
namespace {

constexpr unsigned kReserveBits = 112;

}  // namespace

U256 v2_supply_at_burn(const V2Pair& pair) {
    if (!pair.fee_on || pair.k_last.is_zero()) return pair.total_supply;
    const U256 root = isqrt(pair.reserve0 * pair.reserve1);
    const U256 root_last = isqrt(pair.k_last);
    if (root <= root_last) return pair.total_supply;
    return pair.total_supply + pair.total_supply * (root - root_last) / (root * 5 + root_last);
}

Result<TokenAmounts> v2_share_amounts(const V2Pair& pair, const U256& shares) {
    for (const U256* reserve : {&pair.reserve0, &pair.reserve1}) {
        if (reserve->bit_length() > kReserveBits)
            return fail(Errc::decode, "a reserve is wider than the contract stores");
    }
    if (shares > pair.total_supply) return fail(Errc::decode, "more shares than the pair has issued");
    // The contract multiplies in 256 bits and reverts where that overflows: nothing could be taken out.
    if (pair.total_supply.bit_length() > 128 || pair.balance0.bit_length() > 128 ||
        pair.balance1.bit_length() > 128)
        return fail(Errc::unsupported,
                    "shares or balances exceed 128 bits, where the contract's own products overflow");
    if (shares.is_zero()) return TokenAmounts{};
    const U256 supply = v2_supply_at_burn(pair);
    return TokenAmounts{shares * pair.balance0 / supply, shares * pair.balance1 / supply};
}

}  // namespace outrigger
