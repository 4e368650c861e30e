// SPDX-License-Identifier: Apache-2.0
// How Uniswap v3 names its pools and the liquidity in them.
#include <algorithm>

#include "chain/abi/codec.hpp"
#include "chain/base/assert.hpp"
#include "chain/base/keccak.hpp"
#include "chain/pool/uniswap_v3.hpp"

namespace outrigger {

Address v3_pool_address(const Address& factory, const Hash32& init_code_hash, const Address& token0,
                        const Address& token1, std::uint32_t fee_pips) {
    OR_ASSERT(token0 < token1);
    const auto salt = keccak256(abi::encode(token0, token1, abi::UInt<24>(fee_pips)));
    Bytes packed{0xff};
    packed.insert(packed.end(), factory.data.begin(), factory.data.end());
    packed.insert(packed.end(), salt.begin(), salt.end());
    packed.insert(packed.end(), init_code_hash.data.begin(), init_code_hash.data.end());
    const auto hash = keccak256(packed);
    Address out;
    std::copy(hash.begin() + 12, hash.end(), out.data.begin());
    return out;
}

Hash32 v3_position_key(const Address& owner, const TickRange& range) {
    Bytes packed(owner.data.begin(), owner.data.end());
    for (const Tick tick : {range.lower, range.upper}) {
        const auto bits = static_cast<std::uint32_t>(tick.value);  // two's complement, as int24 is packed
        for (const unsigned shift : {16U, 8U, 0U}) packed.push_back(static_cast<std::uint8_t>(bits >> shift));
    }
    return Hash32{keccak256(packed)};
}

}  // namespace outrigger
